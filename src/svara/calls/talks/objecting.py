"""Whose talks are not recorded, whatever a queue, a number or a colleague's choice asks for.

Guarantee: with somebody in it who said no (`svara.people.unrecorded`, `Person.unrecorded`) a talk is not recorded, and they
are neither told nor asked in vain. It is decided where the caller would be told, again when somebody has picked up, and
while a talk is recorded: a no that comes then ends what is kept of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from svara import log
from svara.calls.events import Party
from svara.calls.routing.route import Plan
from svara.calls.routing.targets import taped
from svara.data import stamp
from svara.people import unrecorded
from svara.people.office import Person
from svara.people.unrecorded import Unrecorded
from svara.sealing.errors import Unreadable

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.routing.targets import Next
    from svara.calls.switch import Switch
    from svara.people.office import Tenant
    from svara.sealing.role import FileKeys

_logger = log.get("calls.objecting")


def objects(known: Unrecorded, tenant: Tenant, party: Party) -> bool:
    """Whether somebody said no to being recorded. At most one HMAC."""
    person = tenant.by_id.get(party.person or "")
    if person is not None:
        return person.unrecorded
    return known.has(tenant.id, party.number)


def wanted(call: Call, found: Next) -> str:
    """Whose rule wants the talk recorded to which this leads (`targets.taped`); "" where it would not be, and nothing is to
    be said of it: who calls objects, or whom it rings."""
    why = taped(found, call.tape_of_number)
    switch, tenant = call.switch, call.switch.office.by_tenant_id.get(call.tenant)
    if not why or tenant is None:
        return why
    rung = found.callee if isinstance(found, Plan) else None
    caller = call.caller if call.front is None else call.front.party
    in_vain = (isinstance(rung, Person) and rung.unrecorded) or objects(switch.unrecorded, tenant, caller)
    return "" if in_vain else why


def may_record(call: Call) -> bool:
    """Whether neither of the two who talk objects."""
    switch, tenant = call.switch, call.switch.office.by_tenant_id.get(call.tenant)
    if tenant is None:
        return True
    legs = [leg.party for leg in (call.front, call.back) if leg is not None]
    return not any(objects(switch.unrecorded, tenant, party) for party in legs or (call.caller,))


def silence(switch: Switch) -> None:
    """What is known has changed: of talks in which somebody objects now nothing more is kept, and nobody who does is heard
    in the recording of a conference any more."""
    for call in switch.calls.values():
        if call.recorder is not None and not call.recorder.paused_by_hand and not may_record(call):
            call.recorder.pause(paused=True)
    switch.conferences.silence(lambda call: not may_record(call))


class Objectors:
    """Follows the file. While its key is missing or it cannot be read for the first time, nobody outside is recorded."""

    def __init__(self, place: Path, keys: FileKeys | None) -> None:
        self._place = place
        self._keys = keys
        self._seen: tuple[int, int] | None = None
        self.known = unrecorded.UNKNOWN
        self.look()

    def unlock(self, keys: FileKeys) -> None:
        """The key is here."""
        self._keys = keys
        self.look()

    def look(self) -> bool:
        """Read the file if it changed since; gives whether something else is known now."""
        before, seen = self.known, stamp(self._place)
        if seen is None:
            self.known = unrecorded.NOBODY
        elif self._keys is not None and (seen != self._seen or not before.known):
            try:
                self.known, self._seen = unrecorded.read(self._place, self._keys), seen
            except (Unreadable, OSError):  # it is just being written, and read again at the next look; or it is damaged
                _logger.warning("who objected to being recorded cannot be read now", exc_info=True)
        return self.known != before
