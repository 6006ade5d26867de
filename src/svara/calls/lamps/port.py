"""What other rooms give to lamps: the state of what has an extension of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from svara.calls.events import Party
from svara.people.office import Person, Tenant


@dataclass(frozen=True, slots=True)
class Lamp:
    """Something that goes on at an extension: a call that rings there ("early") or is talked in ("confirmed"), a caller who
    is parked, somebody in a conference. No lamp at all: nothing goes on.

    `call_id`, `local_tag` and `remote_tag` are what an INVITE with Replaces names to pick it up (RFC 3891):
    `Replaces: call_id;to-tag=local_tag;from-tag=remote_tag`. `local_tag` is our own tag in the dialog (a key of
    `Switch.dialogs`); `remote_tag` is that of the phone, and "0" where that did not tell one yet (RFC 3891 section 3).
    """

    id: str
    """Tells it from others of the same extension."""
    state: Literal["early", "confirmed"]
    direction: Literal["initiator", "recipient"] = "recipient"
    remote: Party | None = None
    """The other side, where the watcher may see it."""
    call_id: str = ""
    local_tag: str = ""
    remote_tag: str = ""
    held: bool = False


class Resolver(Protocol):
    """A room that has extensions. Both are asked often and answer at once, without side effects."""

    def find(self, tenant: Tenant, user: str) -> str | None:
        """The extension that the user part of a SIP URI means, by which its changes are told (`Lamps.changed`); None where
        it is none of this room."""
        ...

    def lamps(self, tenant: Tenant, extension: str, watcher: Person) -> tuple[Lamp, ...]:
        """What goes on there now, as far as `watcher` may see it."""
        ...
