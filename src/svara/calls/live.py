"""Who is reachable and which calls are going on, as the other rooms see it.

Keeps each person's availability (from registrations, calls and choice) and publishes what changed. Changes are gathered
for a few milliseconds and only the newest of each call and person goes out, so that the news of a busy office cost little
and never stand in a call's way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from svara.calls.commands import TOPIC_CALL, TOPIC_PRESENCE, LiveCall, PersonPresence
from svara.clock import Clock, Timer
from svara.people.meetings import Meetings, Span, meets, next_change
from svara.people.office import Office, Tenant
from svara.people.presence import Availability, Choice, availability
from svara.people.visibility import seen_by

GATHER_SECONDS = 0.02
"""How long news wait for company; far below the second that a screen may be behind."""

_encode = msgspec.msgpack.Encoder().encode


class _Person:
    __slots__ = ("choice", "known", "meetings", "online", "published", "ringing", "talking", "tenant", "touched_at", "wakes")

    def __init__(self, tenant: str, choice: Choice) -> None:
        self.tenant = tenant
        self.choice: Choice = choice
        self.wakes = False
        self.online: set[str] = set()
        self.ringing = 0
        self.talking = 0
        self.touched_at = 0.0
        self.meetings: tuple[Span, ...] = ()
        self.known: PersonPresence | None = None
        self.published: PersonPresence | None = None


class News:
    """The live state's way out. `publish` is the bus's; it never blocks."""

    def __init__(self, clock: Clock, publish: Callable[[str, bytes], None]) -> None:
        self._clock = clock
        self._publish = publish
        self._tenants: dict[str, Tenant] = {}
        self._people: dict[str, _Person] = {}
        self._person_of: dict[str, str] = {}
        self._calls: dict[str, tuple[str, Callable[[], LiveCall]]] = {}
        self._changed: set[str] = set()
        self._timer: Timer | None = None
        self._meetings: Meetings = {}
        self._meeting_timer: Timer | None = None
        self.on_count: Callable[[str, int, int], object] | None = None
        """Told of a person's calls that ring and in which they talk, whenever one comes or goes."""
        self.on_line: Callable[[str, str], object] | None = None
        """Told of the same (tenant and person), for lamps."""
        self.on_presence: Callable[[str, str], object] | None = None
        """Told of a person (tenant and person) whose presence is published as another one."""

    def office(self, office: Office, online: Callable[[str], bool]) -> None:
        """A new snapshot: people come, go and choose; `online` tells which phones are registered."""
        before: dict[str, _Person] = {}
        now = office.by_tenant_id
        for tenant in [one for one in self._tenants.values() if now.get(one.id) is not one]:
            for person in tenant.people:
                before[person.id] = self._people.pop(person.id)
                for phone in person.phones:
                    self._person_of.pop(phone.login, None)
        for tenant in [one for one in now.values() if self._tenants.get(one.id) is not one]:
            for person in tenant.people:
                kept = before.get(person.id)
                if kept is None or kept.tenant != tenant.id:
                    kept = _Person(tenant.id, person.choice)
                kept.choice, kept.wakes = person.choice, person.wakes
                kept.online = {phone.login for phone in person.phones if online(phone.login)}
                self._people[person.id] = kept
                for phone in person.phones:
                    self._person_of[phone.login] = person.id
            self._touch(person.id for person in tenant.people)
        self._tenants = now
        self.meetings(self._meetings)

    def phone(self, login: str, online: bool) -> None:
        """A phone registered, or its last registration ended."""
        person = self._person_of.get(login)
        if person is not None:
            phones = self._people[person].online
            (phones.add if online else phones.discard)(login)
            self._touch((person,))

    def count(self, person: str | None, *, ringing: int = 0, talking: int = 0) -> None:
        """Add to the calls that ring a person's phones, or in which the person talks (-1 takes one away)."""
        known = self._people.get(person) if person else None
        if known is not None and person:
            known.ringing += ringing
            known.talking += talking
            known.touched_at = self._clock.now()
            self._changed.add(person)
            if self._timer is None:
                self._arm()
            if self.on_line is not None:
                self.on_line(known.tenant, person)
            if self.on_count is not None:
                self.on_count(person, known.ringing, known.talking)

    def meetings(self, meetings: Meetings) -> None:
        """When people are in meetings, by their calendars: presence follows as time goes by."""
        changed = [key for key, one in self._people.items() if one.meetings != meetings.get(key, ())]
        for key in changed:
            self._people[key].meetings = meetings.get(key, ())
        self._meetings = meetings
        if changed:
            self._touch(changed)
        self._wait_for_meetings()

    def _wait_for_meetings(self) -> None:
        """One timer for all: until somebody's next meeting begins, or ends."""
        if self._meeting_timer is not None:
            self._meeting_timer.cancel()
            self._meeting_timer = None
        now = self._clock.now()
        due = [(at, key) for key, one in self._people.items() if (at := next_change(one.meetings, now)) is not None]
        if due:
            first = min(at for at, _ in due)
            people = [key for at, key in due if at == first]
            self._meeting_timer = self._clock.call_later(max(0.0, first - now), self._meet, people)

    def _meet(self, people: list[str]) -> None:
        self._meeting_timer = None
        self._touch(key for key in people if key in self._people)
        self._wait_for_meetings()

    def online(self, person: str) -> bool:
        """Whether a phone of this person is registered."""
        known = self._people.get(person)
        return known is not None and bool(known.online)

    def reachable(self, person: str) -> bool:
        """Whether a phone of this person is registered, or a device can be woken."""
        known = self._people.get(person)
        return known is not None and (known.wakes or bool(known.online))

    def talks(self, person: str) -> bool:
        """Whether this person is in a talk."""
        known = self._people.get(person)
        return known is not None and known.talking > 0

    def rings(self, person: str) -> bool:
        """Whether a phone of this person rings."""
        known = self._people.get(person)
        return known is not None and known.ringing > 0

    def phones_of(self, person: str) -> Iterable[str]:
        """The logins of this person's phones that are registered."""
        known = self._people.get(person)
        return known.online if known is not None else ()

    def availability(self, person: str) -> Availability:
        """Whether this person can be reached now; somebody who is not known is offline."""
        known = self._people.get(person)
        return "offline" if known is None else self._presence(person, known).availability

    def person_of(self, login: str) -> str | None:
        """Whose phone this is."""
        return self._person_of.get(login)

    def call(self, topic: str, call: str, live: Callable[[], LiveCall]) -> None:
        """`call` changed ("ringing", "answered", ...); `live` is asked for its state when the news go out, and of several
        changes within that moment only the newest is told."""
        self._calls[call] = (topic, live)
        if self._timer is None:
            self._arm()

    def tell(self, topic: str, payload: bytes) -> None:
        """Publish something at once."""
        self._publish(topic, payload)

    def presence(self, tenant: str | None = None) -> tuple[PersonPresence, ...]:
        """Everybody of `tenant` (None: of all) as they are now."""
        return tuple(self._presence(key, one) for key, one in self._people.items() if tenant in (None, one.tenant))

    def flush(self) -> None:
        """Publish what was gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        calls, self._calls = self._calls, {}
        changed, self._changed = self._changed, set()
        for topic, live in calls.values():
            self._publish(f"{TOPIC_CALL}.{topic}", _encode(live()))
        for key in changed:
            one = self._people.get(key)
            if one is not None:
                now = self._presence(key, one)
                if now is not one.published:
                    one.published = now
                    self._publish(TOPIC_PRESENCE, _encode(now))
                    if self.on_presence is not None:
                        self.on_presence(one.tenant, key)

    def _presence(self, key: str, one: _Person) -> PersonPresence:
        meeting = bool(one.meetings) and meets(one.meetings, self._clock.now())
        state = availability(one.choice, len(one.online) + one.wakes, one.ringing, one.talking, meeting=meeting)
        known, online = one.known, tuple(sorted(one.online))
        tenant = self._tenants.get(one.tenant)
        eyes = None if tenant is None else seen_by(tenant, key)
        if known is not None and (known.availability, known.online, known.seen_by) == (state, online, eyes):
            return known
        since = known.since if known is not None and known.availability == state else one.touched_at
        one.known = PersonPresence(one.tenant, key, state, len(online), since, online, eyes)
        return one.known

    def _touch(self, people: Iterable[str]) -> None:
        now = self._clock.now()
        for key in people:
            self._people[key].touched_at = now
            self._changed.add(key)
        self._arm()

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self._clock.call_later(GATHER_SECONDS, self._gathered)

    def _gathered(self) -> None:
        self._timer = None
        self.flush()
