"""What pages ask of those who wait: for a colleague to be free, or at a parking place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.commands import (
    Answer,
    AskCallbacks,
    AskParked,
    Callback,
    Callbacks,
    CancelCallback,
    Done,
    ParkedCalls,
    Refused,
)

if TYPE_CHECKING:
    from svara.calls.switch import Switch


def asked(switch: Switch, request: AskParked | AskCallbacks | CancelCallback) -> Answer:
    """Who is parked; what a person asked for, or one wish less."""
    if isinstance(request, AskParked):
        return ParkedCalls(switch.lot.of(request.tenant))
    room = switch.when_free
    if room is None:
        return Refused("unavailable", "nobody can be called back")
    if isinstance(request, CancelCallback):
        done = bool(request.wanted) and room.cancel(request.tenant, request.person, request.wanted)
        return Done() if done else Refused("not-found", "that was not asked for")
    return Callbacks(tuple(Callback(one.wanted, one.asked_at, one.until) for one in room.of(request.tenant, request.person)))
