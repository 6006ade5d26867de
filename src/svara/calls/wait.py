"""What a call waits for, for some seconds: a key, a picking up, the end of a greeting.

Guarantees: at most one such wait runs, since a new one takes the place of the one before; a wait that ended calls nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.clock import Timer


class Wait:
    """The one wait of a call's stop."""

    __slots__ = ("_call", "_timer")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._timer: Timer | None = None

    def begin(self, seconds: float, then: Callable[..., object], *args: object) -> None:
        """Wait so long, then call `then(*args)`; what it raises ends the call."""
        self.end()
        self._timer = self._call.switch.clock.call_later(seconds, self._call.guarded, then, *args)

    def end(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
