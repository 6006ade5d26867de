"""What can be read from any place in it, and the same as a file, for what takes files."""

from __future__ import annotations

import io
import os
from typing import Any, BinaryIO, Protocol


class Content(Protocol):
    """What can be read from any place in it."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes:
        """Raises Unreadable."""
        ...


class Stream(io.RawIOBase):
    """Such content as a file that can be read and moved about in, for what takes files. `source` is closed with it."""

    def __init__(self, content: Content, source: BinaryIO | None = None) -> None:
        self._content = content
        self._source = source
        self._at = 0

    def close(self) -> None:
        super().close()
        if self._source is not None:
            self._source.close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises Unreadable."""
        piece = self._content.read(self._at, len(buffer))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._content.size}[whence]
        self._at = max(0, start + offset)
        return self._at
