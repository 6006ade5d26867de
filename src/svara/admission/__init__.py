"""Asking to be let in: a form for anybody, where a company opened it, and deciding about what was asked."""
