"""People outside the company in records of calls: their numbers and names are sealed under a key of their own.

`sever` takes them out of a record: where they stood there is a mark ("@0") then, and each of them is one `Outsider`. They
are stored in rows of their own (`OutsideParty`), sealed, and found by a blind index of the number. `Outsiders` puts them
back for whoever may see the call, or says why they cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

import msgspec
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from msgspec.structs import replace

from svara.calls.events import Party
from svara.history.models import NAME_LENGTH, NUMBER_LENGTH, Call, OutsideParty
from svara.history.record import CallRecord
from svara.history.stored import text
from svara.privacy import vault
from svara.privacy.functions.outside import subject_of
from svara.privacy.subject import Subject, account_of, outside
from svara.privacy.vault.port import Unreadable, VaultError, Why

OutsidePart = Literal["caller", "callee", "other"]
MARK = "@"
NOBODY = frozenset({"", "anonymous"})
"""What callers who stay unknown are recorded as: about nobody, and found by nobody."""
UNREADABLE = {
    Why.DESTROYED: _("Erased"),
    Why.AWAY: _("The company's key is away"),
    Why.CHANGED: _("Not readable"),
    Why.LOCKED: _("Not readable"),
}
HIDDEN = _("Hidden number")
"""Who shows none."""
RESTRICTED = _("Restricted")
"""Whose data are kept and not used (`svara.privacy.rights.restriction`), or who objected to being shown."""
_PUBLIC = re.compile(r"\+[0-9]{3,}|[0-9]{7,}")
NOT_KEPT = _("Not kept")
"""The company's key was away when the call was recorded."""
_SEPARATORS = re.compile(r"[\s()./-]+")
_MARKED = re.compile(r"@([0-9]{1,4})")


class Outsider(msgspec.Struct, frozen=True, array_like=True):
    """Somebody outside, as signalling showed them. `dialled`: what a person of the company dialled for them."""

    number: str
    name: str = ""
    dialled: str = ""

    @property
    def key(self) -> str:
        """What they are known by: the number, or the name where no number was shown."""
        return self.number or self.name


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Outsider).decode


class _Found:
    """Those who were met in one call, in the order in which they were met."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self.met: list[tuple[Outsider, OutsidePart]] = []

    def mark(self, one: Outsider, part: OutsidePart = "other") -> str:
        key = one.key.strip().casefold()
        place = self._places.setdefault(key, len(self.met))
        if place == len(self.met):
            self.met.append((one, part))
        else:
            known, role = self.met[place]
            self.met[place] = (
                replace(known, name=known.name or one.name, dialled=known.dialled or one.dialled),
                part if role == "other" else role,
            )
        return f"{MARK}{place}"

    def party(self, party: Party) -> Party:
        return self.outside(party) if not party.person and _PUBLIC.fullmatch(party.number) else party

    def outside(self, party: Party, part: OutsidePart = "other", dialled: str = "") -> Party:
        if party.person or (party.number in NOBODY and (party.number or not party.name)):
            return party
        one = Outsider(text(party.number, NUMBER_LENGTH), text(party.name, NAME_LENGTH), text(dialled, NUMBER_LENGTH))
        return replace(party, number=self.mark(one, part), name="")

    def target(self, target: str) -> str:
        kind, _colon, name = target.partition(":")
        return f"{kind}:{self.mark(Outsider(text(name, NUMBER_LENGTH)))}" if kind == "number" and name else target


def sever(record: CallRecord) -> tuple[CallRecord, list[tuple[Outsider, OutsidePart]]]:
    """The record with marks in place of people outside, and these people, by the number in their mark. Pure."""
    found = _Found()
    caller = found.outside(record.caller, "caller")
    callee, dialled = record.callee, record.dialled
    if record.direction == "outbound":
        callee = found.outside(callee, "callee", record.dialled)
        dialled = dialled if callee is record.callee else callee.number
    elif callee.number != dialled or record.direction == "internal":
        callee = found.party(callee)
        dialled = callee.number if record.callee.number == dialled else dialled
    if record.direction == "internal" and _PUBLIC.fullmatch(dialled):
        dialled = found.mark(Outsider(text(dialled, NUMBER_LENGTH)))
    callback = record.callback_number
    return replace(
        record,
        caller=caller,
        callee=callee,
        dialled=dialled,
        answered_by=record.answered_by and found.party(record.answered_by),
        legs=tuple(replace(leg, to=found.party(leg.to)) for leg in record.legs),
        stops=tuple(replace(stop, to=found.target(stop.to)) for stop in record.stops),
        supervisions=tuple(replace(one, by=found.party(one.by)) for one in record.supervisions),
        conferences=tuple(
            replace(one, met=tuple(replace(met, who=found.outside(met.who)) for met in one.met))
            for one in record.conferences
        ),
        transfers=tuple(replace(one, by=found.party(one.by), to=found.target(one.to)) for one in record.transfers),
        callback_number=found.mark(Outsider(text(callback, NUMBER_LENGTH))) if callback not in NOBODY else callback,
    ), found.met


Row = tuple[str, str, int, str, str, bytes]
"""tenant, call, n, index, part, sealed"""


def seal_parties(met: Iterable[tuple[CallRecord, Sequence[tuple[Outsider, OutsidePart]]]]) -> list[Row]:
    """The rows of people outside, sealed; of a company that has taken its key away there are none.

    Raises VaultError where the master key is of no use: what happened waits in the journal until it is.
    """
    keys = vault.current()
    by_tenant: dict[str, list[tuple[str, int, Outsider, OutsidePart]]] = {}
    for record, outsiders in met:
        for n, (one, part) in enumerate(outsiders):
            by_tenant.setdefault(record.tenant, []).append((record.id, n, one, part))
    rows: list[Row] = []
    for tenant, some in by_tenant.items():
        try:
            indexes = [index_of(subject_of(tenant, one.key)) for _call, _n, one, _part in some]
            sealed = keys.seal_many(
                tenant,
                [
                    ([outside(index)], _encode(one), context(call, n))
                    for index, (call, n, one, _part) in zip(indexes, some, strict=True)
                ],
            )
        except Unreadable as error:
            if error.why is not Why.AWAY:
                raise VaultError(str(error)) from None
            continue
        rows += [
            (tenant, call, n, index, part, content)
            for index, content, (call, n, _one, part) in zip(indexes, sealed, some, strict=True)
        ]
    return rows


def context(call: str, n: int) -> bytes:
    """What a sealed party is bound to."""
    return f"history.outside:{call}:{n}".encode()


class Outsiders:
    """The people outside in some calls of one company, opened; of `hidden` ones it is only said that they are restricted."""

    def __init__(self, tenant_id: str, calls: Iterable[str], hidden: Collection[Subject] = ()) -> None:
        parties = OutsideParty.all_tenants.filter(tenant_id=tenant_id, call__in=list(calls))
        rows = list(parties.values_list("call_id", "n", "sealed"))
        self._known = dict(zip(((call, n) for call, n, _ in rows), open_parties(tenant_id, rows), strict=True))
        indexes = indexes_of(hidden)
        self._hidden = frozenset(parties.filter(index__in=indexes).values_list("call_id", "n")) if indexes else frozenset()

    def party(self, call: str, number: str, name: str = "") -> tuple[str, str]:
        """Number and name behind a stored number; "" and why where they cannot be read. Others stay as they are."""
        found = _MARKED.fullmatch(number)
        if not found:
            return number, name
        if (call, int(found[1])) in self._hidden:
            return "", str(RESTRICTED)
        known = self._known.get((call, int(found[1])))
        if isinstance(known, Outsider):
            return known.number, known.name
        return "", str(NOT_KEPT if known is None else UNREADABLE[known])

    def dialled(self, call: str, dialled: str) -> str:
        """What was dialled, as it was."""
        found = _MARKED.fullmatch(dialled)
        if not found:
            return dialled
        if (call, int(found[1])) in self._hidden:
            return ""
        known = self._known.get((call, int(found[1])))
        return (known.dialled or known.number) if isinstance(known, Outsider) else ""

    def target(self, call: str, target: str) -> str:
        """A target of the office with the number that it was."""
        kind, colon, name = target.partition(":")
        return f"{kind}{colon}{self.dialled(call, name)}" if kind == "number" else target


def open_parties(tenant_id: str, rows: Sequence[tuple[str, int, bytes]]) -> list[Outsider | Why]:
    """What was sealed in rows (call, n, sealed), or why it cannot be read."""
    opened = vault.current().open_many(tenant_id, [(bytes(sealed), context(call, n)) for call, n, sealed in rows])
    return [one.why if isinstance(one, Unreadable) else _decode(one) for one in opened]


def reseal(tenant_id: str, subject: Subject, those: Iterable[tuple[Outsider, bytes]]) -> list[bytes]:
    """Somebody outside, sealed anew for each place that it is bound to. Raises Unreadable."""
    return vault.current().seal_many(tenant_id, [([subject], _encode(one), bound_to) for one, bound_to in those])


def seal_one(tenant_id: str, number: str, name: str, bound_to: bytes) -> tuple[str, bytes]:
    """The index of somebody outside, and their number and name, sealed; both empty while the company's key is away.

    Raises VaultError where the master key is of no use.
    """
    if number in NOBODY:
        return "", b""
    keys = vault.current()
    try:
        index = index_of(subject_of(tenant_id, number))
        one = Outsider(text(number, NUMBER_LENGTH), text(name, NAME_LENGTH))
        return index, keys.seal(tenant_id, [outside(index)], _encode(one), context=bound_to)
    except Unreadable as error:
        if error.why is not Why.AWAY:
            raise VaultError(str(error)) from None
        return "", b""


def find(tenant_id: str, number: str) -> str:
    """The index by which somebody outside is found; "" for nobody, and while the company's key is away."""
    if number in NOBODY:
        return ""
    try:
        return index_of(subject_of(tenant_id, number))
    except Unreadable:
        return ""


MOST_SEARCHED = 3_000
"""So many calls are searched for part of a number or name at once: their people have to be opened one by one."""


def matching(
    tenant_id: str, calls: QuerySet[Call], words: str, familiar: Collection[str] = (), hidden: Collection[Subject] = ()
) -> list[str]:
    """Ids of those among `calls` (a few thousand at most) in which somebody outside has `words` in their number or name, or
    is one of `familiar` (indexes); nobody of `hidden` is found."""
    parties = OutsideParty.all_tenants.filter(tenant_id=tenant_id, call__in=calls.values("pk"))
    parties = parties.exclude(index__in=indexes_of(hidden))
    met = list(parties.filter(index__in=familiar).values_list("call_id", flat=True)) if familiar else []
    rows = list(parties.values_list("call_id", "n", "sealed"))
    wanted = words.casefold()
    digits = _SEPARATORS.sub("", words)
    return met + [
        call
        for (call, _n, _sealed), one in zip(rows, open_parties(tenant_id, rows), strict=True)
        if isinstance(one, Outsider)
        and (
            wanted in one.name.casefold()
            or wanted in one.number.casefold()
            or (digits and (digits in one.number or digits in one.dialled))
        )
    ]


def indexes_of(subjects: Iterable[Subject]) -> list[str]:
    """The indexes of those among `subjects` who are outside."""
    return list(filter(None, map(index_of, subjects)))


def index_of(subject: Subject) -> str:
    """By which rows about somebody outside are found; "" for a person of the company."""
    return "" if account_of(subject) is not None else subject.partition(":")[2]


def missed_context(call: str) -> bytes:
    """What a sealed missed caller is bound to."""
    return f"history.missed:{call}".encode()


def open_some(tenant_id: str, sealed: Sequence[tuple[bytes, bytes]]) -> list[Outsider]:
    """Numbers and names that `seal_one` sealed, with what each is bound to; without number and named by why otherwise."""
    there = [(bytes(content), bound_to) for content, bound_to in sealed if content]
    opened = iter(vault.current().open_many(tenant_id, there) if there else ())
    found = []
    for content, _bound_to in sealed:
        one = next(opened) if content else None
        if isinstance(one, bytes):
            found.append(_decode(one))
        else:
            found.append(Outsider("", str(UNREADABLE[one.why]) if one is not None else ""))
    return found
