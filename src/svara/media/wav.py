"""WAV files of 16-bit samples (RIFF WAVE, format tag 1): their header, also where the length is not known yet.

A recording that grows says nothing of its length in its header; how long it is follows from the size of the file (`sized`).
"""

from __future__ import annotations

import struct

from svara.sealing.stream import Content

HEADER_BYTES = 44
SAMPLE_BYTES = 2


def header(rate_hz: int, channels: int, data_bytes: int) -> bytes:
    """The header before `data_bytes` of samples."""
    size = SAMPLE_BYTES * channels
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        rate_hz,
        rate_hz * size,
        size,
        8 * SAMPLE_BYTES,
        b"data",
        data_bytes,
    )


def sized(head: bytes, file_bytes: int) -> bytes:
    """Our own header as it has to be in a file of that size; anything else as it is."""
    if len(head) != HEADER_BYTES or head[:4] != b"RIFF" or head[36:40] != b"data":
        return head
    channels, rate_hz = struct.unpack_from("<HI", head, 22)
    return header(rate_hz, channels, max(0, file_bytes - HEADER_BYTES))


def seconds(head: bytes, file_bytes: int) -> float:
    """How long a file with this header (`header`) is; 0.0 for any other."""
    if len(head) < HEADER_BYTES or head[:4] != b"RIFF":
        return 0.0
    channels, rate_hz = struct.unpack_from("<HI", head, 22)
    return max(0, file_bytes - HEADER_BYTES) / (SAMPLE_BYTES * channels * rate_hz) if channels and rate_hz else 0.0


class SizedWav:
    """A WAV file that grew without knowing its length, as it is to be read: with its length in the header."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self.size = content.size
        self._head = sized(content.read(0, HEADER_BYTES), content.size)

    @property
    def seconds(self) -> float:
        return seconds(self._head, self.size)

    def read(self, offset: int, length: int) -> bytes:
        """As `svara.sealing.file.Reader.read`."""
        part = self._content.read(offset, length)
        return (
            self._head[offset : offset + len(part)] + part[max(0, HEADER_BYTES - offset) :]
            if offset < HEADER_BYTES
            else part
        )
