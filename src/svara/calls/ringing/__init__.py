"""Phones and lines that ring for a caller, until somebody picks up or nobody is left to ask."""
