"""Random keys that are handed out once and kept only as a hash.

A key is 256 random bits behind a prefix that says what it opens (and lets scanners of leaked secrets recognise it), so a
plain SHA-256 is enough to store it: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets

API = "svara_"
INVITATION = "svarainv_"
PHONE_TOKEN = "svarapt_"  # noqa: S105  the beginning of one
PHONE = "svaraph_"

_RANDOM_BYTES = 32
_RANDOM_LENGTH = 43


def new_key(prefix: str) -> str:
    """A fresh key, to be shown once."""
    return prefix + secrets.token_urlsafe(_RANDOM_BYTES)


def hash_of(key: str) -> str:
    """What is stored of it: SHA-256 in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def looks_like(key: str, prefix: str) -> bool:
    """Whether it can be a key of this kind at all; spares the database nonsense."""
    return key.startswith(prefix) and len(key) == len(prefix) + _RANDOM_LENGTH and key.isascii()
