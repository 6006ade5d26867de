"""What pages ask of those who wait for a colleague to be free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.commands import Answer, AskCallbacks, Callback, Callbacks, CancelCallback, Done, Refused

if TYPE_CHECKING:
    from svara.calls.switch import Switch


def callbacks(switch: Switch, request: AskCallbacks | CancelCallback) -> Answer:
    """What a person asked for, or one wish less."""
    room = switch.when_free
    if room is None:
        return Refused("unavailable", "nobody can be called back")
    if isinstance(request, CancelCallback):
        done = bool(request.wanted) and room.cancel(request.tenant, request.person, request.wanted)
        return Done() if done else Refused("not-found", "that was not asked for")
    return Callbacks(tuple(Callback(one.wanted, one.asked_at, one.until) for one in room.of(request.tenant, request.person)))
