"""Sees to it that who asked for it is called when a colleague is free: first their own phones, then the colleague's.

Looks at the few who wait every two seconds, and only while somebody does. What is asked outlives the process (it stands in
the file of `svara.calls.queue.store`). Both must have been free for some seconds, so that nobody is rung between two calls
of theirs; whoever does not want to be disturbed is not.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from svara.calls.call import Call
from svara.calls.queue.callback import Told
from svara.calls.queue.store import Store
from svara.calls.ringing.originate import OwnPhones
from svara.calls.routing.dialling import Dialling, dialling
from svara.calls.routing.hours import in_windows
from svara.calls.routing.route import Asked, Refusal, party
from svara.calls.whenfree import book
from svara.calls.whenfree.book import FreeWish, Wishes
from svara.people.office import Person, Tenant
from svara.people.visibility import may_see

if TYPE_CHECKING:
    from collections.abc import Callable

    from svara.calls.journey import Journey
    from svara.calls.switch import Switch
    from svara.clock import Timer

LOOK_SECONDS = 2.0
SETTLED_SECONDS = 4.0
"""So long both must have been free."""
UNREACHED = frozenset({"busy", "rejected", "missed"})
"""Outcomes after which somebody may want to be called back."""

Pair = tuple[str, str]


class WhenFree:
    """The wishes of all companies of this process."""

    def __init__(self, switch: Switch, store: Store) -> None:
        self._switch = switch
        self._store = store
        self._free_since: dict[Pair, float] = {}
        self._calling: set[Pair] = set()
        """Who is being rung just now, and for whom: others who wait for the same colleague come after."""
        self._last: dict[str, tuple[str, bool]] = {}
        """Whom somebody called last in vain, and whether that one was there (busy): in memory only."""
        self._timer: Timer | None = None
        switch.when_free = self

    # --- the office

    def office(self) -> None:
        """The office is another one, or what an earlier process wrote is here: wishes of people who are gone go."""
        people = {person.id for tenant in self._switch.office.tenants for person in tenant.people}
        self._last = {asker: last for asker, last in self._last.items() if {asker, last[0]} <= people}
        for gone in self._store.tenants() - self._switch.office.by_tenant_id.keys():
            self._store.forget(gone)
        for tenant in self._switch.office.tenants:
            if tenant.id in self._store.tenants():
                known = frozenset(person.id for person in tenant.people)
                self._put(tenant.id, book.lasting(self._of(tenant.id), known, self._switch.clock.now()))
        self._arm()

    # --- asking

    def unreached(self, call: Call, refusal: Refusal) -> None:
        """A call came to nothing: if it was to a colleague, its caller may want to be called back by a code alone."""
        asker, wanted = call.caller.person, call.callee.person
        if asker and wanted and asker != wanted and call.direction == "internal" and refusal.outcome in UNREACHED:
            self._last[asker] = (wanted, refusal.outcome == "busy")

    def last(self, asker: str) -> str:
        """Whom they called last in vain; "" for nobody."""
        return self._last.get(asker, ("", False))[0]

    def ask(self, tenant: Tenant, asker: Person, wanted: Person) -> Literal["done", "own", "hidden", "full"]:
        """`asker` wants to be called when `wanted` is free; whoever hides whether they are, is not waited for."""
        if asker.id == wanted.id:
            return "own"
        if not may_see(tenant, asker.id, wanted.id):
            return "hidden"
        last, was_there = self._last.get(asker.id, ("", True))
        used = was_there or last != wanted.id or self._switch.in_call(wanted.id)
        wish = FreeWish(asker.id, wanted.id, self._switch.clock.now(), used)
        wishes = book.added(self._of(tenant.id), wish)
        if wishes == "full":
            return "full"
        self._put(tenant.id, wishes)
        self._arm()
        return "done"

    def cancel(self, tenant: str, asker: str, wanted: str = "") -> bool:
        """Do without; without all of them where nobody is named. False where there was none."""
        before = self._of(tenant)
        after = book.without(before, asker, wanted)
        self._put(tenant, after)
        return after != before

    def of(self, tenant: str, asker: str) -> Wishes:
        """What somebody asked for, the newest last."""
        now = self._switch.clock.now()
        return tuple(one for one in self._of(tenant) if one.asker == asker and now < one.until)

    # --- looking

    def _of(self, tenant: str) -> Wishes:
        return self._store.of(tenant).free if tenant in self._store.tenants() else ()

    def _put(self, tenant: str, wishes: Wishes) -> None:
        if wishes != self._of(tenant):
            self._store.of(tenant).free = wishes
            self._store.write()

    def _arm(self) -> None:
        waiting = any(self._of(tenant) for tenant in self._store.tenants())
        if waiting and self._timer is None:
            self._timer = self._switch.clock.call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self._switch.clock.now()
        for tenant in self._switch.office.tenants:
            wishes = self._of(tenant.id)
            if wishes:
                for wanted in {one.wanted for one in wishes}:
                    if self._switch.in_call(wanted):
                        wishes = book.seen(wishes, wanted)
                self._put(tenant.id, book.lasting(wishes, frozenset(tenant.by_id), now))
                self._look_at(tenant, now)
        self._arm()

    def _look_at(self, tenant: Tenant, now: float) -> None:
        for wish in self._of(tenant.id):
            pair = (wish.asker, wish.wanted)
            asker, wanted = tenant.by_id[wish.asker], tenant.by_id[wish.wanted]
            if not (wish.used and now >= wish.not_before and self._free(tenant, asker) and self._free(tenant, wanted)):
                self._free_since.pop(pair, None)
                continue
            since = self._free_since.setdefault(pair, now)
            if now - since >= SETTLED_SECONDS:
                del self._free_since[pair]
                self._begin(tenant, wish, asker, wanted)
        known = {(one.asker, one.wanted) for each in self._switch.office.tenants for one in self._of(each.id)}
        self._free_since = {pair: since for pair, since in self._free_since.items() if pair in known}

    def _free(self, tenant: Tenant, person: Person) -> bool:
        switch = self._switch
        quiet = person.choice == "dnd" or in_windows(person.quiet, tenant.timezone, switch.clock.now())
        called = any(person.id in pair for pair in self._calling)
        busy = called or switch.in_call(person.id) or switch.news.rings(person.id)
        return not quiet and not busy and switch.news.online(person.id)

    # --- calling

    def _begin(self, tenant: Tenant, wish: FreeWish, asker: Person, wanted: Person) -> None:
        switch = self._switch
        dialled = wanted.extension or wanted.username

        def meant() -> Dialling:
            asked = Asked(tenant.id, asker.id, call.caller.login or "", dialled)
            return dialling(switch.office, asked, switch.moment())

        call = Call(
            switch,
            switch.new_id(),
            tenant=tenant.id,
            caller=party(asker),
            dialled=dialled,
            callee=party(wanted),
            relay=switch.relay_for(tenant),
        )
        self._calling.add((asker.id, wanted.id))
        call.ended = partial(self._over, tenant.id, wish)
        call.guarded(call.start, OwnPhones(call, asker, meant, partial(self._accepted, tenant.id, wish, dialled)))

    def _accepted(self, tenant: str, wish: FreeWish, dialled: str, journey: Journey, dial: Callable[[], None]) -> None:
        """Who asked picked up: that was it, whatever comes of the call; the colleague is called."""
        self._put(tenant, book.without(self._of(tenant), wish.asker, wish.wanted))
        self._calling.discard((wish.asker, wish.wanted))
        journey.call.setup = told = Told(journey, dialled, dial)
        told.begin([])

    def _over(self, tenant: str, wish: FreeWish) -> None:
        """The call is over; a wish that stands still was not accepted."""
        self._calling.discard((wish.asker, wish.wanted))
        self._put(tenant, book.tried(self._of(tenant), wish, self._switch.clock.now()))
        self._arm()
