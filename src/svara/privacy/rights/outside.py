"""Whom outside a number or address stands for: a keyed hash, the same wherever that number is met in one company."""

from __future__ import annotations

from svara.privacy.functions.outside import subject_of

__all__ = ["subject_of"]
