"""What every room may answer instead of doing something, so that pages and the API tell it in one way.

`PlainError` speaks to people; `NotFound` and `Forbidden` say nothing about what is there.
"""

from __future__ import annotations


class PlainError(Exception):
    """Something that people can understand and do something about; shown as it is, never with a traceback."""


class NotFound(Exception):  # noqa: N818  the thing, as in HTTP 404
    """There is no such thing for this actor."""


class Forbidden(Exception):  # noqa: N818  as in HTTP 403
    """This actor may not, whatever is there."""


class Invalid(PlainError):  # noqa: N818  the wish is invalid
    """The wish makes no sense; `messages` says why, in sentences for people."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages
