"""A file that grows by frames, each sealed by itself under the file's key: what is torn or changed costs that frame alone.

    length (4) | number (8) | content and tag

Big-endian; the length is that of content and tag. AES-256-GCM (NIST SP 800-38D); the nonce is the frame's first twelve
bytes: within a file numbers grow by one from zero, and a file has a random key of its own, so no nonce comes twice.
"""

from __future__ import annotations

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from svara.sealing.field import TAG_BYTES

HEAD = struct.Struct(">IQ")
MAX_CONTENT_BYTES = 1 << 20
OVERHEAD_BYTES = HEAD.size + TAG_BYTES
_MOST_MISSING = 1 << 32
"""A number that is further on than this is none: what stands there is no frame."""


class Sealer:
    """Makes the frames of one new file, in their order. `key` must be the file's own and new."""

    __slots__ = ("_encrypt", "_number")

    def __init__(self, key: AESGCM) -> None:
        self._encrypt = key.encrypt
        self._number = 0

    def frame(self, content: bytes) -> bytes:
        """The next frame."""
        head = HEAD.pack(len(content) + TAG_BYTES, self._number)
        self._number += 1
        return head + self._encrypt(head, content, None)


class Opener:
    """Opens the frames of one file, in their order: one that stands at a second place, or too early, is none."""

    __slots__ = ("_decrypt", "expected")

    def __init__(self, key: AESGCM, expected: int | None = None) -> None:
        self._decrypt = key.decrypt
        self.expected = expected
        """The next frame's number; None where reading begins within the file."""

    def at(self, chunk: bytes, at: int) -> bytes | None:
        """The content of the whole, unchanged frame at `at`, if there is one."""
        begin = at + HEAD.size
        if begin > len(chunk):
            return None
        length, number = HEAD.unpack_from(chunk, at)
        if not TAG_BYTES <= length <= MAX_CONTENT_BYTES + TAG_BYTES or begin + length > len(chunk):
            return None
        if not 0 <= number - (self.expected or 0) < _MOST_MISSING:
            return None
        try:
            return self._decrypt(chunk[at:begin], chunk[begin : begin + length], None)
        except InvalidTag:
            return None

    def passed(self, chunk: bytes, at: int) -> int:
        """The frame at `at` was taken; returns how many before it are missing."""
        number: int = HEAD.unpack_from(chunk, at)[1]
        missing = 0 if self.expected is None else number - self.expected
        self.expected = number + 1
        return missing

    @staticmethod
    def unfinished(chunk: bytes, at: int) -> bool:
        """Whether what stands at `at` may be the beginning of a frame."""
        if at + HEAD.size > len(chunk):
            return True
        length: int = HEAD.unpack_from(chunk, at)[0]
        return TAG_BYTES <= length <= MAX_CONTENT_BYTES + TAG_BYTES and at + HEAD.size + length > len(chunk)
