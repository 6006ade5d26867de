"""How large the body of a request may be: small, but for the places that take files."""

from __future__ import annotations

import re

from svara.media.sounds.library import MAX_BYTES as MAX_SOUND_BYTES

MAX_BODY_BYTES = 1024 * 1024
UPLOADS = re.compile(r"/api/v1/voicemail/greeting|/voicemail/greetings/|/administration/sounds/.+")
_FORM_BYTES = 64 * 1024
"""What a form adds to its file."""


def max_body_bytes(path: str) -> int:
    """The most that a request to this path may carry."""
    return MAX_SOUND_BYTES + _FORM_BYTES if UPLOADS.fullmatch(path) else MAX_BODY_BYTES
