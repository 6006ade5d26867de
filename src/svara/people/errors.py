"""Errors whose message is written for the person who reads it."""

from __future__ import annotations


class PlainError(Exception):
    """Something that people can understand and do something about; shown as it is, never with a traceback."""
