"""What other rooms use of this one: is a function on for somebody, switch it, and hear when it was switched.

Guarantees: a function is on only where its own person said yes to the text as it stands now; a choice is in force in the
transaction that makes it, and whoever must know (`switched`) is told within that transaction. Asking about one function
never looks at another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.dispatch import Signal
from django.utils import translation

from svara.privacy.functions import ledger
from svara.privacy.functions.models import Consent
from svara.privacy.functions.receipts import Receipt, receipt_of
from svara.privacy.functions.registry import FUNCTIONS, Function
from svara.privacy.subject import Subject, account_of, person
from svara.privacy.tenancy import Person

switched = Signal()
"""Sent within the transaction that switched a function for a person: `key`, `person_id`, `tenant_id`, `enabled`."""


class UnknownFunction(Exception):  # noqa: N818  the function is
    """There is no function of that key."""


class NotInstalled(Exception):  # noqa: N818  the function is
    """This installation does not have the function: it cannot be switched on."""


@dataclass(frozen=True, slots=True)
class State:
    """Where one function stands for one person. "asked-again": the text has changed since they said yes; it is off."""

    function: Function
    state: Literal["off", "on", "asked-again"]
    since: datetime | None
    """When the person decided; None: never asked."""
    receipt_id: str | None

    @property
    def enabled(self) -> bool:
        return self.state == "on"


@dataclass(frozen=True, slots=True)
class Collection:
    """What is kept because a function is, or was, on for a person: how much, and how it goes."""

    count: Callable[[Person], int]
    erase: Callable[[Person], int]


_collections: dict[str, Collection] = {}

Stop = Callable[[str | None, str], frozenset[Subject]]
"""Of a company's id (None: everywhere) and a function's key: for whom it is off, whatever they agreed to."""
_stops: dict[str, Stop] = {}


def register_stop(name: str, stop: Stop) -> None:
    """A room knows people for whom functions are off: their data are restricted, or they objected."""
    _stops[name] = stop


def stopped(key: str, tenant_id: str | None = None) -> frozenset[Subject]:
    """For whom a function is off, whatever they agreed to."""
    return frozenset[Subject]().union(*(stop(tenant_id, key) for stop in _stops.values()))


def enabled(person_id: str, key: str) -> bool:
    """Whether a function is on for a person (by account id). False for whoever and whatever is not known."""
    return person(person_id) not in stopped(key) and _on(key).filter(subject=person(person_id)).exists()


def people_with(key: str, tenant_id: str | None = None) -> frozenset[str]:
    """The account ids of all for whom a function is on, in one company or (for the snapshot) everywhere."""
    rows = _on(key) if tenant_id is None else _on(key).filter(tenant_id=tenant_id)
    off = stopped(key, tenant_id)
    found = (account_of(Subject(each)) for each in rows.values_list("subject", flat=True) if each not in off)
    return frozenset(account_id for account_id in found if account_id is not None)


def states(actor: Person) -> list[State]:
    """Every function as it stands for a person, in the order of the registry."""
    decided: dict[str, Consent] = {}
    for entry in ledger.of(actor.tenant_id, person(actor.id)):
        decided.setdefault(entry.purpose, entry)
    return [_state(function, decided.get(function.key)) for function in FUNCTIONS.values()]


@transaction.atomic
def do_switch(actor: Person, key: str, wanted: bool, *, how: str = "page", now: datetime | None = None) -> Receipt:
    """Switch one of the actor's own functions on or off; gives the receipt. What is so already is not written again.

    Raises UnknownFunction, and NotInstalled for one that cannot be switched on here.
    """
    function = FUNCTIONS.get(key)
    if function is None:
        raise UnknownFunction(key)
    if wanted and not function.available:
        raise NotInstalled(key)
    subject = person(actor.id)
    last = ledger.newest(actor.tenant_id, subject, key)
    before = _state(function, last).state
    if last is not None and (before == "on" if wanted else last.decision in ("refused", "withdrawn")):
        return receipt_of(last)
    text = function.read()
    given = last is not None and last.decision in ("given", "asked-again")
    entry = ledger.add(
        actor.tenant_id,
        subject,
        key,
        "given" if wanted else "withdrawn" if given else "refused",
        how=how,
        language=translation.get_language() or "en",
        text_version=function.text_version,
        text={"title": text.title, "purpose": text.purpose, "collects": text.collects},
        now=now,
    )
    switched.send(sender=None, key=key, person_id=actor.id, tenant_id=actor.tenant_id, enabled=wanted)
    return receipt_of(entry)


def register_collection(key: str, collection: Collection) -> None:
    """A room that keeps something because of a function says how much that is, and how it goes."""
    _collections[key] = collection


def collected(actor: Person, key: str) -> int:
    """How many things are kept of a person because of a function."""
    return _collections[key].count(actor) if key in _collections else 0


@transaction.atomic
def do_erase_collected(actor: Person, key: str) -> int:
    """Erase what was collected because of a function; gives how many things went. Raises UnknownFunction."""
    if key not in FUNCTIONS:
        raise UnknownFunction(key)
    return _collections[key].erase(actor) if key in _collections else 0


def _state(function: Function, last: Consent | None) -> State:
    if last is None:
        return State(function, "off", None, None)
    old = last.decision == "asked-again" or (last.decision == "given" and last.text_version != function.text_version)
    state: Literal["off", "on", "asked-again"] = "off"
    if function.available:
        state = "asked-again" if old else "on" if last.decision == "given" else "off"
    return State(function, state, last.at, last.id)


def _on(key: str) -> QuerySet[Consent]:
    """The entries by which a function is on now."""
    function = FUNCTIONS.get(key)
    if function is None or not function.available:
        return Consent.all_tenants.none()
    later = Consent.all_tenants.filter(
        tenant_id=OuterRef("tenant_id"), subject=OuterRef("subject"), purpose=key, number__gt=OuterRef("number")
    )
    yes = Q(purpose=key, decision="given", text_version=function.text_version, subject__startswith="person:")
    return Consent.all_tenants.filter(yes, ~Exists(later))
