"""Contacts that people keep for themselves: chosen one by one, sealed, and nobody else's."""
