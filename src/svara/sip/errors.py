"""The one exception of SIP syntax: what is wrong, and the status that says so to the peer."""

from __future__ import annotations


class SipError(Exception):
    """A message, or one field of it, breaks the grammar or a limit.

    `status` is the SIP status to answer with (400 unless a better one exists) and `reason` a static English phrase
    that is safe to send and to log: it never holds anything that the peer wrote.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.status} {self.reason}"
