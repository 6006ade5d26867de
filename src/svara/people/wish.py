"""What a person wants changed of their own settings by phone: asked of `svara.people.wishes` over the bus.

Plain data, so that call control, which has no database, can ask.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from svara.people.office import CallWaiting, GreetingKind, Target

SERVICE = "people"
"""The bus service that answers."""


class SetForward(msgspec.Struct, frozen=True, tag="forward"):
    """Forward all calls of `person` (an id) to `to`; "" ends it."""

    tenant: str
    person: str
    to: Target = ""


class SetChoice(msgspec.Struct, frozen=True, tag="choice"):
    """Show as available, away, or not to be disturbed."""

    tenant: str
    person: str
    choice: Literal["available", "away", "dnd"]


class SetCallWaiting(msgspec.Struct, frozen=True, tag="call-waiting"):
    """What a second call does."""

    tenant: str
    person: str
    how: CallWaiting


class SetGreeting(msgspec.Struct, frozen=True, tag="greeting"):
    """Greet callers of the mailbox with this recording (relative to the data folder's `recordings`, which loses it); "" is
    the standard greeting. `queue` (an id): of that queue's mailbox, which `person` may open. `until` is in seconds since the
    epoch."""

    tenant: str
    person: str
    recording: str = ""
    kind: GreetingKind = "general"
    until: float | None = None
    queue: str = ""


class AddSound(msgspec.Struct, frozen=True, tag="sound"):
    """Make this recording (as in `SetGreeting`) a sound of the company, named after the time; only for administrators."""

    tenant: str
    person: str
    recording: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    pass


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """`error` is a stable key ("not-found", "forbidden", "invalid", "unavailable")."""

    error: str


Wish = SetForward | SetChoice | SetCallWaiting | SetGreeting | AddSound
Answer = Done | Refused
