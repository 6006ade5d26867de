"""The PIN of a voice mailbox as a hash: PBKDF2-HMAC-SHA256 (RFC 8018), which both pages and call control can check.

A PIN is short, so its hash is only a hurdle for who reads the snapshot; whoever asks for a PIN by phone limits the tries.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

PIN = re.compile(r"[0-9]{4,10}")
NO_PIN = "none"
"""Said where a PIN is asked for: there shall be none any more."""
ITERATIONS = 20_000
"""About 5 ms: checked on the way of a call, by a process that must not stand still for long."""
_NAME = "pbkdf2_sha256"


def hash_pin(pin: str) -> str:
    """What is stored of a PIN: `pbkdf2_sha256$iterations$salt$hash`, salt and hash in hex."""
    salt = secrets.token_hex(16)
    return f"{_NAME}${ITERATIONS}${salt}${_derive(pin, salt, ITERATIONS)}"


def kept_pin(wanted: str, encoded: str) -> str:
    """What is stored from now on, where `encoded` was: the same for the same PIN, or for none said (""); a new hash; or ""
    for `NO_PIN`. What is no PIN (but a hash already) stays what it is."""
    if not wanted:
        return encoded
    if wanted == NO_PIN:
        return ""
    if not PIN.fullmatch(wanted):
        return wanted
    return encoded if check_pin(wanted, encoded) else hash_pin(wanted)


def check_pin(pin: str, encoded: str) -> bool:
    """Whether `encoded` was made of this PIN; False for what is no hash of ours, and for none ("")."""
    name, _, rest = encoded.partition("$")
    iterations, _, rest = rest.partition("$")
    salt, _, wanted = rest.partition("$")
    if name != _NAME or not iterations.isdecimal() or not 0 < int(iterations) <= 1_000_000 or not salt or not wanted:
        return False
    return hmac.compare_digest(_derive(pin, salt, int(iterations)), wanted)


def _derive(pin: str, salt: str, iterations: int) -> str:
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), salt.encode(), iterations).hex()
