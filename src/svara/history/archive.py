"""The archive of a company that wants one: when the time of a call is over, a short record of it is kept in a sealed file.

Off unless the company says how many days (the period "history.archive"). What is kept is when, who with whom, how it ended
and for how long; never legs, notes, messages or the sound. Each record is sealed for those whom it is about under the
company's keys: whoever is erased is gone from every archive too, and a company that takes its key away takes all of it
along. The files lie in a folder of the company's own, in the data folder or where `SVARA_ARCHIVE` says ("s3://...").
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from svara.history.counts import ArchiveFile
from svara.history.models import Call
from svara.history.outside import MARK, Outsiders
from svara.people.models import Account, Tenant
from svara.privacy import vault
from svara.privacy.audit.port import record_views
from svara.privacy.catalogue import Recipient
from svara.privacy.errors import NotFound
from svara.privacy.functions.outside import subject_of
from svara.privacy.registers.outsiders import Outsider
from svara.privacy.rights import retention
from svara.privacy.rights.port import Gone, Rules, Tally
from svara.privacy.rights.restriction import restricted
from svara.privacy.subject import Subject, outside, person
from svara.privacy.vault.port import Unreadable, VaultError, Why
from svara.privacy.vault.storage import Storage, bucket_in, open_storage

ARCHIVE = "history.archive"
FOLDER = "archive"


class Side(msgspec.Struct, frozen=True, omit_defaults=True):
    """One side of a call: a number, a name from outside, or the id of somebody of the company."""

    number: str = ""
    name: str = ""
    person: str = ""


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an archive says of a call. Times are ISO 8601, UTC; `about` are those whom it names."""

    call: str
    started_at: str
    ended_at: str
    direction: str
    outcome: str
    caller: Side
    callee: Side
    answered_by: Side
    about: tuple[str, ...]
    queue: str = ""
    wait_seconds: float = 0.0
    talk_seconds: float = 0.0


_Sealed = tuple[tuple[str, bytes], ...]
"""What a file holds: ids of calls, and their records, sealed."""
_decode_file = msgspec.msgpack.Decoder(_Sealed).decode
_decode = msgspec.json.Decoder(Kept).decode


def storage() -> Storage:
    """Where archives lie. Raises VaultError."""
    return open_storage(os.environ.get("SVARA_ARCHIVE", ""), settings.DATA.root / FOLDER)


def outsiders(tenant_id: str) -> Iterator[Outsider]:
    """The bucket, for the register of recipients of a company that has an archive there."""
    bucket = bucket_in(os.environ.get("SVARA_ARCHIVE", ""))
    if bucket and retention.rules(tenant_id, timezone.now()).days.get(ARCHIVE):
        yield Outsider(Recipient.STORAGE, bucket, key="storage")


def keep(tenant: Tenant, calls: Sequence[Call], rules: Rules) -> None:
    """Write these calls into the archive, if the company has one: before they go, in the transaction in which they do.

    Raises VaultError where nothing can be sealed or stored: then nothing goes. After a kill it is written anew in its place.
    """
    if not calls or not rules.days.get(ARCHIVE) or tenant.demo:
        return
    try:
        kept = list(_records(tenant.id, calls))
        sealed = vault.current().seal_many(
            tenant.id, [(list(map(Subject, one.about)), msgspec.json.encode(one), context(one.call)) for one in kept]
        )
    except Unreadable as error:
        raise VaultError(str(error)) from None
    content = msgspec.msgpack.encode(tuple((one.call, each) for one, each in zip(kept, sealed, strict=True)))
    first = calls[0]
    mark = hashlib.sha256("\n".join(call.id for call in calls).encode()).hexdigest()[:16]
    name = f"{tenant.id}/{first.started_at.astimezone(UTC):%Y%m%d}-{mark}.calls"
    storage().put(name, io.BytesIO(content))
    ArchiveFile.all_tenants.update_or_create(
        tenant_id=tenant.id,
        name=name,
        defaults={
            "first_at": first.started_at,
            "last_at": max(call.started_at for call in calls),
            "calls": len(calls),
            "digest": hashlib.sha256(content).hexdigest(),
        },
    )


def expire(tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterator[Gone]:
    """Files whose own time is over, or all where the company has no archive any more. While somebody's data must stay,
    all files stay: nobody can tell from outside whom they are about."""
    before = rules.before(ARCHIVE, now)
    if before is None or rules.subjects:
        return
    files = ArchiveFile.all_tenants.filter(tenant_id=tenant_id, last_at__lt=before)
    tally, names = Tally("files:archive"), list(files.order_by("name").values_list("name", flat=True))
    tally.add(names)
    if names and not dry:
        files.delete()
        for name in names:
            transaction.on_commit(partial(storage().delete, name))
    yield from tally.gone()


def archives(tenant_id: str) -> list[ArchiveFile]:
    """What there is in a company's archive, oldest first."""
    return list(ArchiveFile.all_tenants.filter(tenant_id=tenant_id).order_by("first_at", "name"))


def open_archive(tenant_id: str, name: str, by: str) -> list[Kept | Unreadable]:
    """The records of a file, for `by`, without those of people whose data are restricted: that is written down for everybody
    whom they name. Raises NotFound, Unreadable for a file that was changed."""
    file = ArchiveFile.all_tenants.filter(tenant_id=tenant_id, name=name).first()
    if file is None:
        raise NotFound
    unused = restricted(tenant_id)
    found = [one for one in _read(file) if isinstance(one, Unreadable) or unused.isdisjoint(one.about)]
    named = {Subject(each) for one in found if isinstance(one, Kept) for each in one.about}
    record_views(tenant_id, by, sorted(named), "archive", ref=str(file.pk), count=len(found))
    return found


def about(tenant_id: str, subject: Subject) -> Iterator[Kept]:
    """What archives say about somebody. Every file is read, for there is no index of people to what is put away."""
    for file in archives(tenant_id):
        yield from (one for one in _read(file) if isinstance(one, Kept) and subject in one.about)


def shown(one: Kept, subject: Subject) -> dict[str, object]:
    """A record as somebody may read it whom it is about: colleagues on the other side are not named."""
    told: dict[str, object] = msgspec.to_builtins(one)
    for key in ("caller", "callee", "answered_by"):
        side = getattr(one, key)
        told[key] = {"person": "you"} if side.person and subject == person(side.person) else {"number": side.number}
    return told | {"about": None}


def files_of(tenant_id: str) -> Iterator[str]:
    """The files of a company in the data folder."""
    if not os.environ.get("SVARA_ARCHIVE"):
        yield from (f"{FOLDER}/{file.name}" for file in archives(tenant_id))


def context(call: str) -> bytes:
    """What a record in an archive is bound to."""
    return f"history.archive:{call}".encode()


def _read(file: ArchiveFile) -> list[Kept | Unreadable]:
    with storage().open(file.name) as opened:
        content = opened.read()
    if hashlib.sha256(content).hexdigest() != file.digest:
        raise Unreadable(Why.CHANGED)
    sealed = _decode_file(content)
    opened_all = vault.current().open_many(file.tenant_id, [(each, context(call)) for call, each in sealed])
    return [_decode(one) if isinstance(one, bytes) else one for one in opened_all]


def _records(tenant_id: str, calls: Sequence[Call]) -> Iterator[Kept]:
    outsiders = Outsiders(tenant_id, [call.id for call in calls])
    ids = {each for call in calls for each in (call.caller_person, call.callee_person, call.answered_person) if each}
    here = set(Account.all_tenants.filter(tenant_id=tenant_id, id__in=ids).values_list("id", flat=True))

    def side(call: Call, number: str, name: str, who: str) -> tuple[Side, Subject | None]:
        if who:
            return (Side(person=who), person(who)) if who in here else (Side(), None)
        if not number.startswith(MARK):
            return Side(number, name), None
        shown, called = outsiders.party(call.id, number, name)
        return (Side(shown, called), subject_of(tenant_id, shown)) if shown else (Side(), None)

    for call in calls:
        sides = (
            side(call, call.caller_number, call.caller_name, call.caller_person),
            side(call, call.callee_number, call.callee_name, call.callee_person),
            side(call, call.answered_number, call.answered_name, call.answered_person),
        )
        yield Kept(
            call=call.id,
            started_at=call.started_at.astimezone(UTC).isoformat(),
            ended_at=call.ended_at.astimezone(UTC).isoformat(),
            direction=call.direction,
            outcome=call.outcome,
            caller=sides[0][0],
            callee=sides[1][0],
            answered_by=sides[2][0],
            about=tuple(_about(call, (each for _side, each in sides))),
            queue=call.queue,
            wait_seconds=call.wait_seconds,
            talk_seconds=call.talk_seconds,
        )


def _about(call: Call, people: Iterable[Subject | None]) -> list[Subject]:
    """Whom the record names; where it names nobody, the call itself."""
    return list(dict.fromkeys(each for each in people if each)) or [outside(f"call-{call.id}")]
