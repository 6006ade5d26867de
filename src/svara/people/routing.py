"""What calls are routed through, in the tables: rows as the structs of `svara.people.office`, and rows made to match them.

All kinds are alike: a row has the columns that its struct has fields, so one piece of code reads, compares and writes them.
Members of queues are named by user name here; the snapshot puts their ids in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from django.db.models import QuerySet

from svara.people import models, office
from svara.people.greeting_rows import greetings_by_owner
from svara.people.models import Account, QueueMember, Tenant, TenantOwned
from svara.people.officefile.specs import OfficeFile
from svara.people.pin import kept_pin
from svara.people.wording import show

KindName = Literal["queue", "hours", "menu", "conference", "trunk", "number", "outbound"]
Struct = office.Queue | office.Hours | office.Menu | office.Conference | office.Trunk | office.PublicNumber | office.Outbound


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing; `key` are the fields by which one is told from another."""

    name: KindName
    model: type[TenantOwned]
    struct: type[Struct]
    wanted: Callable[[OfficeFile], tuple[Struct, ...]]
    key: tuple[str, ...] = ("name",)

    def key_of(self, thing: Any) -> str:
        """What a row or struct is called: "support", "+4721000000", "+47 by itsp"."""
        return " by ".join(getattr(thing, field) for field in self.key)


KINDS = (
    Kind("queue", models.Queue, office.Queue, lambda file: file.queues),
    Kind("hours", models.Hours, office.Hours, lambda file: file.hours),
    Kind("menu", models.Menu, office.Menu, lambda file: file.menus),
    Kind("conference", models.Conference, office.Conference, lambda file: file.conferences),
    Kind("trunk", models.Trunk, office.Trunk, lambda file: file.trunks),
    Kind("number", models.PublicNumber, office.PublicNumber, lambda file: file.numbers, ("number",)),
    Kind("outbound", models.Outbound, office.Outbound, lambda file: file.outbound, ("prefix", "trunk")),
)
_NOT_COLUMNS = frozenset({"id", "members", "greetings"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A row and what it says; `says` has no id, so that it can be compared with a wish."""

    row: TenantOwned
    says: Struct


def standing(tenant: Tenant, kind: Kind) -> dict[str, Standing]:
    """Everything of one kind that a tenant has, by name."""
    members = _members(QueueMember.of(tenant)) if kind.name == "queue" else {}
    rows = kind.model.of(tenant).order_by(*kind.key)
    return {kind.key_of(row): Standing(row, _struct(kind, row, members, id_="")) for row in rows}


def everywhere(kind: Kind, only: Tenant | None = None) -> dict[str, list[Any]]:
    """Everything of one kind on the server (or of `only` one company), by tenant id, with ids, and members of queues by
    theirs."""
    one = {} if only is None else {"tenant_id": only.id}
    members = _members(QueueMember.all_tenants.filter(**one), by_id=True) if kind.name == "queue" else {}
    found: dict[str, list[Any]] = {}
    greetings = greetings_by_owner() if kind.name == "queue" else {}
    for row in kind.model.all_tenants.filter(**one).order_by(*kind.key):
        struct = _struct(kind, row, members, id_=row.pk)
        if isinstance(struct, office.Queue) and row.pk in greetings:
            struct = msgspec.structs.replace(struct, greetings=greetings[row.pk])
        found.setdefault(row.tenant_id, []).append(struct)
    return found


def _members(rows: QuerySet[QueueMember], *, by_id: bool = False) -> dict[str, list[office.Member]]:
    found: dict[str, list[office.Member]] = {}
    columns = ("queue_id", "account_id" if by_id else "account__username", "order", "weight", "skills")
    for queue, person, order, weight, skills in rows.order_by("order", "account__username").values_list(*columns):
        found.setdefault(queue, []).append(office.Member(person=person, order=order, weight=weight, skills=skills))
    return found


def _struct(kind: Kind, row: Any, members: Mapping[str, Sequence[office.Member]], id_: str) -> Struct:
    fields = {name: getattr(row, name) for name in kind.struct.__struct_fields__ if name not in _NOT_COLUMNS}
    if "id" in kind.struct.__struct_fields__:
        fields["id"] = id_
    if kind.name == "queue":
        fields["members"] = members.get(row.pk, ())
    return msgspec.convert(fields, kind.struct)


def settled(wanted: Struct, now: Struct | None) -> Struct:
    """A wish with what it leaves as it is: the secret of a trunk that is not said again, the PINs of a conference, which are
    hashes from here on; members in a fixed order."""
    if isinstance(wanted, office.Trunk) and isinstance(now, office.Trunk) and wanted.login and not wanted.secret:
        return msgspec.structs.replace(wanted, secret=now.secret)
    if isinstance(wanted, office.Conference):
        pins = (now.pin, now.moderator_pin) if isinstance(now, office.Conference) else ("", "")
        return msgspec.structs.replace(
            wanted, pin=kept_pin(wanted.pin, pins[0]), moderator_pin=kept_pin(wanted.moderator_pin, pins[1])
        )
    if isinstance(wanted, office.Queue):
        members = sorted(wanted.members, key=lambda member: (member.order, member.person))
        return msgspec.structs.replace(wanted, members=tuple(members))
    return wanted


def differences(now: Struct, wanted: Struct) -> Iterator[str]:
    """What differs, in words; never a secret."""
    for name in wanted.__struct_fields__:
        old, new = getattr(now, name), getattr(wanted, name)
        if old == new:
            continue
        if name == "secret":
            yield "another secret"
        elif name in ("pin", "moderator_pin"):
            yield f"{'another' if new else 'no'} {'PIN' if name == 'pin' else 'PIN of the moderator'}"
        elif name == "members":
            yield from _member_differences(old, new)
        else:
            yield f"{name.replace('_', ' ')} {show(old)} -> {show(new)}"


def introduce(wanted: Struct) -> Iterator[str]:
    """What matters most of something new."""
    match wanted:
        case office.Queue():
            yield wanted.strategy
            yield f"members {show([member.person for member in wanted.members])}"
        case office.Hours():
            yield show(wanted.open)
        case office.Menu():
            yield show(wanted.keys)
        case office.Conference():
            yield f"at most {wanted.max_members} people"
        case office.Trunk():
            yield wanted.address
        case office.PublicNumber():
            yield f"to {wanted.to}"
        case _:
            return
    if isinstance(wanted, office.Queue | office.Menu | office.Conference) and wanted.extension:
        yield f"extension {wanted.extension}"


def _member_differences(old: Sequence[office.Member], new: Sequence[office.Member]) -> Iterator[str]:
    before, after = ({member.person: member for member in members} for members in (old, new))
    for person in after.keys() - before.keys():
        yield f"with {person}"
    for person in before.keys() - after.keys():
        yield f"without {person}"
    changed = [person for person in after.keys() & before.keys() if after[person] != before[person]]
    if changed:
        yield f"another order, weight or skills of {' '.join(sorted(changed))}"


def save(row: Any, wanted: Struct, accounts: Mapping[str, Account]) -> None:
    """Make a row what is wished; `accounts` by user name."""
    for name in wanted.__struct_fields__:
        if name not in _NOT_COLUMNS:
            setattr(row, name, msgspec.json.decode(msgspec.json.encode(getattr(wanted, name))))
    row.save()
    if isinstance(wanted, office.Queue):
        QueueMember.all_tenants.filter(queue=row).delete()
        QueueMember.all_tenants.bulk_create(
            QueueMember(
                tenant_id=row.tenant_id,
                queue=row,
                account=accounts[member.person],
                order=member.order,
                weight=member.weight,
                skills=member.skills,
            )
            for member in wanted.members
        )
