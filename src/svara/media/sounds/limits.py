"""What is no sound that can be used, and how large one may be: known without loading a decoder."""

from __future__ import annotations

RATE_HZ = 16_000
"""Of every sound that is kept."""
MAX_BYTES = 20 * 1024 * 1024
REFUSED = 3
"""The exit code of the decoding process that goes with a line on standard error."""


class SoundError(Exception):
    """What was given is no sound that can be used; the message says so to the person who gave it, in a plain clause."""
