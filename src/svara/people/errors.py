"""Errors whose message is written for the person who reads it."""

from __future__ import annotations

from svara.privacy.errors import PlainError

__all__ = ["PlainError"]
