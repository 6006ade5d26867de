"""Where the calls of a company can go: its numbers, hours, menus and queues as places, and the ways from one to another.

For people who look at the whole and change it. Pure, of the same snapshot that calls are decided by. What people set
for themselves (forwards, quiet hours) is no part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from svara.calls.routing.targets import HANGUP
from svara.calls.trunks import outbound
from svara.people.office import Menu, PublicNumber, Queue, Target, Tenant

Kind = Literal["number", "hours", "menu", "queue", "person", "voicemail", "conference", "outside"]
Fault = Literal["unreached", "dead-end", "circle", "silent", "nobody", "no-trunk", "hung-up"]
"""What is probably not meant so: nothing leads there; it leads nowhere; who presses nothing goes round; its prompt is not
there; nobody is in the queue; no trunk carries calls to that number; calls are hung up on at any time."""
HOURS = "hours:"
CHOSEN = "key."
"""How a way is called that the caller chooses; all others are gone by themselves."""


class Way(msgspec.Struct, frozen=True, gc=False):
    """From a place to another. `name`: "always", "hours", "open", "closed", "key.1", "otherwise", "when_timeout",
    "when_full", "when_empty", "unanswered"."""

    name: str
    to: Target

    @property
    def key(self) -> str:
        """The key that a caller presses to go it; "" for none."""
        return self.name.removeprefix(CHOSEN) if self.name.startswith(CHOSEN) else ""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Somewhere a call can be. `id` is the target that leads to it; that of hours is `hours:` and the number."""

    id: str
    kind: Kind
    name: str
    ways: tuple[Way, ...] = ()
    extension: str = ""


class Flow(msgspec.Struct, frozen=True, gc=False):
    """All of it. `entries`: where calls come in, in order: numbers, then what is dialled inside alone, then what nothing
    leads to. `faults` by place."""

    places: dict[str, Place]
    entries: tuple[str, ...]
    faults: dict[str, tuple[Fault, ...]]

    def within(self, entry: str) -> Flow:
        """Only what this entry leads to."""
        kept = reached(self.places, [entry])
        places = {id_: place for id_, place in self.places.items() if id_ in kept}
        return Flow(places, (entry,), {id_: faults for id_, faults in self.faults.items() if id_ in kept})


def flow(tenant: Tenant) -> Flow:
    """Where calls of this company can go."""
    every = {place.id: place for place in _places(tenant)}
    numbers = [f"number:{one.number}" for one in tenant.numbers]
    inside = [place.id for place in every.values() if place.extension and place.kind in ("menu", "queue")]
    people = [place.id for place in every.values() if place.kind == "person"]
    outside = reached(every, numbers)
    known = reached(every, [*numbers, *inside, *people])
    unreached = [place.id for place in every.values() if place.kind in ("menu", "queue") and place.id not in known]
    entries = [*numbers, *_heads(every, [one for one in inside if one not in outside]), *_heads(every, unreached)]
    shown = reached(every, entries)
    places = {id_: place for id_, place in every.items() if id_ in shown}
    faults = {id_: found for id_ in places if (found := tuple(_faults(tenant, every, id_, unreached)))}
    return Flow(places, tuple(entries), faults)


def reached(places: Mapping[str, Place], begin: Iterable[str]) -> set[str]:
    """The ids of all that can be reached from these, themselves among them."""
    found: set[str] = set()
    waiting = [id_ for id_ in begin if id_ in places]
    while waiting:
        id_ = waiting.pop()
        if id_ not in found:
            found.add(id_)
            waiting += [way.to for way in places[id_].ways if way.to in places]
    return found


def _heads(places: Mapping[str, Place], among: list[str]) -> list[str]:
    """Those of them from which all of them are reached: what others lead to is no beginning of its own."""
    heads: list[str] = []
    seen: set[str] = set()
    led_to = {way.to for id_ in among for way in places[id_].ways if way.to != id_}
    for id_ in sorted(among, key=lambda one: one in led_to):  # stable: what nothing leads to goes first
        if id_ not in seen:
            heads.append(id_)
            seen |= reached(places, [id_])
    return heads


def _places(tenant: Tenant) -> Iterator[Place]:
    for number in tenant.numbers:
        yield from _number(tenant, number)
    for menu in tenant.menus:
        ways = tuple(Way(f"{CHOSEN}{key}", to) for key, to in sorted(menu.keys.items(), key=lambda one: _order(one[0])))
        yield Place(f"menu:{menu.name}", "menu", menu.name, (*ways, Way("otherwise", menu.otherwise)), menu.extension or "")
    for queue in tenant.queues:
        yield Place(f"queue:{queue.name}", "queue", queue.name, tuple(_lets_go(queue)), queue.extension or "")
    for person in tenant.people:
        on = (Way("unanswered", person.unanswered.to),) if person.unanswered is not None else ()
        yield Place(f"person:{person.username}", "person", person.name, on, person.extension or "")
        yield Place(f"voicemail:{person.username}", "voicemail", person.name)
    for queue in tenant.queues:
        if queue.name not in tenant.by_username:
            yield Place(f"voicemail:{queue.name}", "voicemail", queue.name)
    for room in tenant.conferences:
        yield Place(f"conference:{room.name}", "conference", room.name, (), room.extension or "")
    own = tenant.number_by_e164
    for target in dict.fromkeys(_targets(tenant)):
        kind, _, name = target.partition(":")
        if kind == "number" and name not in own:
            yield Place(target, "outside", name)


def _number(tenant: Tenant, number: PublicNumber) -> Iterator[Place]:
    id_, hours = f"number:{number.number}", HOURS + number.number
    if number.hours in tenant.hours_by_name:
        yield Place(id_, "number", number.number, (Way("hours", hours),))
        yield Place(hours, "hours", number.hours, (Way("open", number.to), Way("closed", number.closed)))
    else:
        yield Place(id_, "number", number.number, (Way("always", number.to),))


def _lets_go(queue: Queue) -> Iterator[Way]:
    if queue.max_wait_seconds is not None:
        yield Way("when_timeout", queue.when_timeout)
    if queue.max_waiting is not None:
        yield Way("when_full", queue.when_full)
    if queue.when_empty is not None:
        yield Way("when_empty", queue.when_empty)


def _targets(tenant: Tenant) -> Iterator[Target]:
    for number in tenant.numbers:
        yield from (number.to, number.closed)
    for menu in tenant.menus:
        yield from (*menu.keys.values(), menu.otherwise)
    for queue in tenant.queues:
        yield from (way.to for way in _lets_go(queue))
    yield from (person.unanswered.to for person in tenant.people if person.unanswered is not None)


def _order(key: str) -> int:
    return "1234567890*#".find(key)


def _faults(tenant: Tenant, places: Mapping[str, Place], id_: str, unreached: list[str]) -> Iterator[Fault]:
    place = places[id_]
    if id_ in unreached:
        yield "unreached"
    if place.kind == "menu":
        yield from _of_menu(tenant, places, place, tenant.menu_by_name[place.name])
    elif place.kind == "queue":
        queue = tenant.queue_by_name[place.name]
        if not queue.members and queue.when_empty is None:
            yield "nobody"
    elif place.kind == "outside":
        if not isinstance(outbound.dial(tenant, None, place.name, lambda _: True), outbound.Dialled):
            yield "no-trunk"
    elif place.kind == "number" and [way.to for way in place.ways] == [HANGUP]:
        yield "hung-up"


def _of_menu(tenant: Tenant, places: Mapping[str, Place], place: Place, menu: Menu) -> Iterator[Fault]:
    if all(way.to == HANGUP for way in place.ways) and not menu.direct_dial:
        yield "dead-end"
    if menu.prompt not in tenant.sound_by_name:
        yield "silent"
    here, passed = place, {place.id}
    while (on := next((way.to for way in here.ways if way.name == "otherwise"), None)) in places:
        here = places[str(on)]
        if here.id == place.id:
            yield "circle"
        if here.id in passed:
            return
        passed.add(here.id)
