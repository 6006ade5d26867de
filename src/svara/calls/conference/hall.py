"""The conferences of all companies that are going on in this process, and what other processes ask about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from svara.calls.commands import (
    TOPIC_CONFERENCE,
    Answer,
    AskConferences,
    ConferenceChanged,
    Conferences,
    ConferenceState,
    ControlConference,
    Done,
    Refused,
)
from svara.calls.conference.lamp import key_of
from svara.calls.conference.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable

    from svara.calls.call import Call
    from svara.calls.switch import Switch
    from svara.people.office import Conference

GATHER_SECONDS = 0.05
"""News of one conference go out together."""

_encode = msgspec.msgpack.Encoder().encode


class ConferenceHall:
    """See the module."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._rooms: dict[tuple[str, str], Room] = {}
        self._changed: dict[tuple[str, str], ConferenceChanged] = {}

    def room(self, tenant: str, conference: Conference) -> Room:
        """The conference as it is now; one that nobody is in begins here."""
        room = self._rooms.get((tenant, conference.id))
        if room is None:
            room = self._rooms[tenant, conference.id] = Room(self._switch, tenant, conference, self._news)
        room.conference = conference
        return room

    def look_at(self, room: Room) -> None:
        """A conference without anybody is none."""
        if not room.members:
            self._rooms.pop((room.tenant, room.id), None)

    def _news(self, room: Room) -> None:
        self.look_at(room)
        if not self._changed:
            self._switch.clock.call_later(GATHER_SECONDS, self._tell)
        key = room.tenant, room.id
        self._switch.lamps.changed(room.tenant, key_of(room.conference))
        self._changed[key] = ConferenceChanged(room.tenant, room.id, room.name, len(room.members))

    def _tell(self) -> None:
        changed, self._changed = self._changed, {}
        for one in changed.values():
            self._switch.news.tell(TOPIC_CONFERENCE, _encode(one))

    def members(self, tenant: str, conference: str) -> int:
        """How many are in it (its id)."""
        room = self._rooms.get((tenant, conference))
        return len(room.members) if room is not None else 0

    @property
    def figures(self) -> dict[str, float]:
        """For /metrics: how many go on, and how many people are in them."""
        rooms = self._rooms.values()
        return {"conferences_open": len(rooms), "conference_members": sum(len(room.members) for room in rooms)}

    def silence(self, objects: Callable[[Call], bool]) -> None:
        """Whoever objects now is in no recording from here on."""
        for room in list(self._rooms.values()):
            for member in list(room.members.values()):
                if member.taped and objects(member.call):
                    member.call.guarded(member.untape)

    # --- what others ask

    def answer(self, request: AskConferences | ControlConference) -> Answer:
        """The answer to a request."""
        if isinstance(request, AskConferences):
            return Conferences(self._states(request.tenant, request.name))
        tenant = self._switch.office.by_tenant_id.get(request.tenant)
        known = tenant.conference_by_name.get(request.name) if tenant is not None else None
        room = self._rooms.get((request.tenant, known.id)) if known is not None else None
        if room is None:
            return Refused("not-found", "nobody is in that conference")
        return _to_one(room, request) if request.call else _to_all(room, request)

    def _states(self, tenant_id: str, name: str | None) -> tuple[ConferenceState, ...]:
        tenant = self._switch.office.by_tenant_id.get(tenant_id)
        if tenant is None:
            return ()
        found = []
        for one in tenant.conferences:
            if name in (None, one.name):
                room = self._rooms.get((tenant_id, one.id))
                empty = ConferenceState(one.id, one.name, one.extension, (), one.max_members, recorded=one.record)
                found.append(empty if room is None else room.state())
        return tuple(found)


def _to_all(room: Room, request: ControlConference) -> Answer:
    match request.do:
        case "lock" | "unlock":
            room.lock(locked=request.do == "lock")
        case "mute" | "unmute":
            room.mute_all(muted=request.do == "mute")
        case "end":
            room.end()
        case "remove":
            return Refused("invalid", "say who is to be removed")
    return Done()


def _to_one(room: Room, request: ControlConference) -> Answer:
    member = room.members.get(request.call)
    if member is None:
        return Refused("not-found", "that one is not in the conference")
    match request.do:
        case "mute" | "unmute":
            member.call.guarded(lambda: member.mute(muted=request.do == "mute"))
        case "remove":
            member.call.guarded(member.send_away, "removed")
        case _:
            return Refused("invalid", "that is done to the whole conference")
    return Done()
