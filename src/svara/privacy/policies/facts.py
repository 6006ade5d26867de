"""What a policy is written from: the facts about one company's data, as its settings and tables are at this moment.

`gather` reads them; everything else here is pure. Two sets of facts can be compared: what differs is material where people
have to know it before they go on (a new purpose, kind of data, recipient, place or basis; longer retention), else not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Literal

import msgspec
from django.conf import settings

from svara.privacy.catalogue import Item, Recipient, items
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import FUNCTIONS
from svara.privacy.policies.models import Particulars
from svara.privacy.policies.port import Feature, Outsider, features
from svara.privacy.registers import recipients
from svara.privacy.rights.retention import rules

Kind = Literal["purpose", "data", "basis", "recipient", "retention", "function", "place", "feature"]


class Use(msgspec.Struct, frozen=True, order=True):
    """One kind of data about one kind of people, kept for one purpose. `days` None: until `owner` goes."""

    purpose: str
    category: str
    subject: str
    basis: str
    source: str
    recipients: tuple[str, ...]
    owner: str
    days: int | None
    since: str
    vaulted: bool

    @property
    def about(self) -> tuple[str, str, str]:
        """What it is, whoever gets it and however long it stays."""
        return (self.purpose, self.category, self.subject)


class External(msgspec.Struct, frozen=True, order=True):
    """Somebody outside to whom data go. `ground` (Chapter V GDPR): of a transfer, "" where none is needed or was named."""

    kind: str
    name: str
    country: str
    ground: str = ""


class Facts(msgspec.Struct, frozen=True):
    """Everything a policy says about data. `functions` are keys and versions of texts of what people switched on."""

    uses: tuple[Use, ...]
    features: tuple[str, ...]
    outsiders: tuple[External, ...]
    functions: tuple[tuple[str, int], ...]
    country: str
    encrypted: bool


class Change(msgspec.Struct, frozen=True, order=True):
    """One thing that is different. `what` is a key of its kind (a purpose, a category, a name)."""

    kind: Kind
    what: str
    material: bool


def gather(tenant_id: str) -> Facts:
    """The facts about a company (by id) as they are now."""
    used = [feature for feature in features() if feature.in_use(tenant_id)]
    stored = in_use(items(), used)
    particulars = Particulars.all_tenants.filter(tenant_id=tenant_id).first()
    found = [
        External(each.kind.value, each.name, each.country, each.ground)
        for each in recipients.known(tenant_id)
        if each.role != "own" and not each.closed
    ]
    kinds = {each.kind for each in found}
    days = rules(tenant_id, datetime.now(UTC)).days
    return Facts(
        uses=tuple(sorted({_use(item, kinds, days) for item in stored if item.personal}, key=_order)),
        features=tuple(feature.key for feature in used),
        outsiders=tuple(sorted(found)),
        functions=tuple((key, function.text_version) for key, function in FUNCTIONS.items() if people_with(key, tenant_id)),
        country=particulars.storage_country if particulars else "",
        encrypted=bool(settings.ENCRYPTED),
    )


def provider(tenant_id: str) -> Iterator[Outsider]:
    """Whoever runs the installation for a company: a recipient of all of it."""
    for name in Particulars.all_tenants.filter(tenant_id=tenant_id).exclude(provider_name="").values_list("provider_name"):
        yield Outsider(Recipient.HOST, name[0], key="host")


def in_use(stored: Iterable[Item], used: Iterable[Feature]) -> list[Item]:
    """What is stored of all that could be: without the tables, fields and files of features that are not in use."""
    here = frozenset[str]().union(*(feature.things for feature in used))
    gated = frozenset[str]().union(*(feature.things for feature in features())) - here
    kept = []
    for item in stored:
        fields = tuple(field for field in item.fields if f"{item.thing}.{field}" not in gated)
        if item.thing not in gated and (fields or not item.fields):
            kept.append(Item(item.thing, fields, item.declaration))
    return kept


_OUTSIDE = frozenset({"carrier", "mail-server", "push-service"})


PERIODS = {
    "files.archive": "history.archive",
    "files.messages": "voicemail.saved",
    "files.recordings": "history.recordings",
    "history.AgentCount": "history.agents",
    "history.AgentMoment": "history.agents",
    "history.Call": "history.calls",
    "history.Mention": "history.calls",
    "history.MissedCaller": "history.missed",
    "history.OutsideParty": "history.calls",
    "history.Participant": "history.calls",
    "history.QueueOffer": "history.agents",
    "history.QueueWait": "history.calls",
    "people.OfficeChange": "people.changes",
    "registers.Case": "cases",
    "rights.Correction": "rights.asked",
    "rights.ErasureWish": "rights.asked",
    "rights.Objection": "rights.asked",
    "rights.Restriction": "rights.asked",
    "registers.Disclosure": "disclosures",
    "registers.DisclosedPerson": "disclosures",
    "registers.Share": "shares",
    "staff.Grant": "staff.access",
    "staff.OperatorKey": "staff.access",
    "voicemail.Message": "voicemail.saved",
}
"""Which period a company chooses for a thing (`svara.privacy.rights.retention`)."""


def _use(item: Item, outside: set[str], chosen: Mapping[str, int]) -> Use:
    """Recipients outside count only where the company has one of that kind; days are those that the company chose."""
    declaration = item.declaration
    days = declaration.retention.days
    if days is not None:
        days = chosen.get(PERIODS.get(item.thing, ""), days)
    return Use(
        purpose=declaration.purpose.value,
        category=declaration.category,
        subject=declaration.subject.value,
        basis=declaration.basis.value,
        source=declaration.source.value,
        recipients=tuple(each.value for each in item.recipients if each.value not in _OUTSIDE or each.value in outside),
        owner=declaration.retention.owner,
        days=days,
        since=declaration.retention.since,
        vaulted=declaration.vaulted,
    )


def _order(use: Use) -> tuple[object, ...]:
    return (*use.about, use.basis, use.source, use.recipients, use.owner, use.days or 0, use.since, use.vaulted)


def changes(old: Facts, new: Facts) -> tuple[Change, ...]:
    """What is different in `new`, material changes first, each once."""
    found = {
        *_in_purposes(old, new),
        *(Change("function", key, True) for key, _ in set(new.functions) - set(old.functions)),
        *(Change("function", key, False) for key in _keys(old) - _keys(new)),
        *(Change("recipient", each.name, True) for each in set(new.outsiders) - set(old.outsiders)),
        *(Change("recipient", name, False) for name in _names(old) - _names(new)),
        *(Change("feature", key, False) for key in set(new.features) ^ set(old.features)),
    }
    if new.country != old.country:
        found.add(Change("place", new.country or old.country, True))
    if new.encrypted != old.encrypted:
        found.add(Change("place", "encryption", not new.encrypted))
    return tuple(sorted(found, key=lambda change: (not change.material, change.kind, change.what)))


def is_material(differences: Iterable[Change]) -> bool:
    """Whether people are asked again."""
    return any(change.material for change in differences)


def _in_purposes(old: Facts, new: Facts) -> Iterable[Change]:
    before, after = _by_about(old), _by_about(new)
    purposes = {use.purpose for use in old.uses}
    for about, uses in after.items():
        purpose, category, _subject = about
        known = before.get(about)
        if purpose not in purposes:
            yield Change("purpose", purpose, True)
        elif known is None:
            yield Change("data", category, True)
        else:
            yield from _in_use(category, known, uses)
    yield from (Change("purpose", purpose, False) for purpose in purposes - {use.purpose for use in new.uses})
    yield from (Change("data", about[1], False) for about in before.keys() - after.keys())


def _in_use(category: str, old: list[Use], new: list[Use]) -> Iterable[Change]:
    if {use.basis for use in new} - {use.basis for use in old}:
        yield Change("basis", category, True)
    gained, lost = _recipients(new) - _recipients(old), _recipients(old) - _recipients(new)
    if gained or lost:
        yield Change("recipient", category, bool(gained))
    if all(use.vaulted for use in old) and not all(use.vaulted for use in new):
        yield Change("place", category, True)
    before, after = {_longest(use) for use in old}, {_longest(use) for use in new}
    if before != after:
        yield Change("retention", category, max(after) > max(before))


def _longest(use: Use) -> float:
    """How long it stays at most, in days; without a number it has no end of its own."""
    return float("inf") if use.days is None else use.days


def _recipients(uses: list[Use]) -> set[str]:
    return {recipient for use in uses for recipient in use.recipients}


def _by_about(facts: Facts) -> dict[tuple[str, str, str], list[Use]]:
    uses = sorted(facts.uses, key=_order)
    return {about: list(group) for about, group in groupby(uses, key=lambda use: use.about)}


def _keys(facts: Facts) -> set[str]:
    return {key for key, _ in facts.functions}


def _names(facts: Facts) -> set[str]:
    return {each.name for each in facts.outsiders}
