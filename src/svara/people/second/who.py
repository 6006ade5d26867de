"""Whom a company may ask for a second factor."""

from __future__ import annotations

SECOND_FACTOR = ("nobody", "administrators", "everybody")
