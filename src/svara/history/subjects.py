"""What records of calls say about people, for their rights (`svara.privacy.rights.port`).

Calls stay, without the person: the other side keeps its own record, and figures stay true. What is about the person alone
(their part in calls, their work in queues) is deleted, and so are recordings in which they speak. Everything is found by
indexes of the person, so that erasing takes time with their own calls, not with the company's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from svara.calls.events import Party
from svara.history import archive, lapsing
from svara.history.counts import AgentCount
from svara.history.freeing import ERASED, Who, free
from svara.history.hiding import people_of, speaks_in, taped_in_conferences
from svara.history.lapsing import tapes_of
from svara.history.models import (
    AgentMoment,
    Call,
    Mention,
    MissedCaller,
    OutsideParty,
    Participant,
    QueueOffer,
    QueueWait,
)
from svara.history.outside import MARK, RESTRICTED, Outsiders, index_of, missed_context, open_some
from svara.history.rows import details_of
from svara.people.models import Account
from svara.privacy.catalogue import Purpose
from svara.privacy.rights.objections import stopped
from svara.privacy.rights.port import ExportFile, Gone, Holding, Rules, Section, Tally, file_at
from svara.privacy.subject import Subject, account_of
from svara.privacy.vault import elsewhere

_BATCH = 1000
_encode = msgspec.json.Encoder().encode


class HistoryCapability:
    """Records of calls."""

    name = "history"
    tables = frozenset(
        {
            "history.Call",
            "history.Mention",
            "history.OutsideParty",
            "history.Participant",
            "history.QueueWait",
            "history.QueueOffer",
            "history.AgentMoment",
            "history.MissedCaller",
            "history.OpenCall",
            "history.AgentCount",
            "history.ArchiveFile",
            "history.CallCount",
            "history.QueueCount",
            "history.TalkCount",
        }
    )
    periods = lapsing.PERIODS

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        of = _of(tenant_id, subject)
        if of is None:
            return
        history = Purpose.HISTORY
        calls = of.calls().count()
        if calls:
            yield Holding(
                "history.Call",
                calls,
                "user.behavior",
                history,
                _("Records of calls: stay for the other side, without who it was"),
                how="freed",
                why=_("Contract and legitimate interest of the other side and of the company: that there was a call"),
                until=_("as long as records of calls are kept"),
            )
        for rows, text in (
            (of.offers(), _("Calls that queues offered to them")),
            (of.moments(), _("When they were logged in to queues, or on a break")),
            (of.counts(), _("Figures of their work in queues, by the hour")),
        ):
            if count := rows.count():
                yield Holding(rows.model._meta.label, count, "user.behavior", history, text)
        spoken = itertools.chain(of.spoken().iterator(chunk_size=_BATCH), of.heard_of_others())
        if recordings := sum(len(tapes_of(call)) for call in spoken):
            yield Holding("files:recordings", recordings, "user.content.private", history, _("Recordings of talks"))
        if archived := sum(1 for _one in archive.about(tenant_id, subject)):
            yield Holding("files:archive", archived, "user.behavior", history, _("Calls in the company’s archive"))
        if missed := of.missed().count():
            text = _("Notes on missed callers") if of.who.person else _("Entries in lists of missed callers")
            yield Holding(
                "history.MissedCaller", missed, "user.behavior", history, text, how="freed" if of.who.person else "deleted"
            )

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        of = _of(tenant_id, subject)
        if of is None:
            return
        yield from _free_calls(of)
        yield from _free_missed(of)
        for rows in (of.offers(), of.moments(), of.counts(), of.mentions(), of.parts()):
            tally = Tally(rows.model._meta.label)
            tally.add(rows.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=_BATCH))
            rows.delete()
            yield from tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        of = _of(tenant_id, subject)
        if of is None:
            return
        why, use = _("Show each person and company which calls were made"), _("Arises when the service is used")
        seen_by = _("Those who took part, supervisors and administrators of the company")
        yield Section("calls", _("Calls"), why, use, seen_by, of.shown(), of.recordings())
        yield Section(
            "archived-calls",
            _("Calls in the company’s archive"),
            why,
            use,
            _("Administrators of the company"),
            (archive.shown(one, subject) for one in archive.about(tenant_id, subject)),
        )
        if of.who.person:
            yield Section(
                "queue-work",
                _("Work in queues"),
                why,
                use,
                _("Supervisors and administrators of the company"),
                itertools.chain(
                    ({"at": row.at.isoformat(), "state": row.state, "reason": row.reason} for row in of.moments()),
                    (
                        {"offered_at": row.offered_at.isoformat(), "ring_seconds": row.ring_seconds, "ended": row.how}
                        for row in of.offers()
                    ),
                    (
                        {
                            "hour": row.hour.isoformat(),
                            "offered": row.offered,
                            "answered": row.answered,
                            "talk_seconds": row.talk_ms / 1000,
                        }
                        for row in of.counts()
                    ),
                ),
            )
        yield Section(
            "missed-callers",
            _("Missed callers"),
            why,
            use,
            _("Members of the queue, supervisors and administrators of the company"),
            (
                {"queue": row.name, "missed_at": row.missed_at.isoformat(), "state": row.state} | of.own_number(row)
                for row in of.missed()
            ),
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        yield from lapsing.expire(tenant_id, rules, now, dry=dry)


@dataclass(frozen=True, slots=True)
class _Of:
    """Somebody's rows."""

    tenant_id: str
    who: Who
    own: Subject
    index: str = ""
    """Of somebody outside."""

    def parts(self) -> QuerySet[Participant]:
        return Participant.objects.filter(person=self.who.person or "-")

    def keys(self) -> QuerySet[Participant]:
        """Ids of their calls: also of those that a queue only offered, which they were no part of."""
        parts: Any = self.parts().values_list("call_id", flat=True)
        return parts.union(self.mentions().values_list("call_id", flat=True))  # type: ignore[no-any-return]

    def mentions(self) -> QuerySet[Mention]:
        return Mention.objects.filter(person=self.who.person or "-")

    def calls(self) -> QuerySet[Call]:
        if self.who.person:
            return Call.all_tenants.filter(tenant_id=self.tenant_id, pk__in=self.keys())
        return Call.all_tenants.filter(tenant_id=self.tenant_id, pk__in=self.marks().values("call_id"))

    def marks(self) -> QuerySet[OutsideParty]:
        """Where somebody outside stands in calls."""
        return OutsideParty.all_tenants.filter(tenant_id=self.tenant_id, index=self.index or "-")

    def calls_by_time(self) -> Iterator[Call]:
        return self.calls().order_by("started_at", "id").iterator(chunk_size=_BATCH)

    def spoken(self) -> QuerySet[Call]:
        """Calls of theirs with recordings in which they speak."""
        taped = self.calls().filter(details__contains='"tapes":')
        if not self.who.person:
            return taped
        return taped.filter(Q(caller_person=self.who.person) | Q(answered_person=self.who.person))

    def heard_of_others(self) -> Iterator[Call]:
        """Calls of others whose recordings they are heard in, because they were in the same conference. These hold more than
        they heard themselves: they go with them, and are not theirs to have."""
        if self.who.person:
            theirs = self.calls().filter(details__contains='"conferences":').exclude(caller_person=self.who.person)
            for call in theirs.filter(details__contains='"tapes":').iterator(chunk_size=_BATCH):
                if self.who.person in taped_in_conferences(call):
                    yield call

    def offers(self) -> QuerySet[QueueOffer]:
        return QueueOffer.all_tenants.filter(tenant_id=self.tenant_id, person=self.who.person or "-")

    def moments(self) -> QuerySet[AgentMoment]:
        return AgentMoment.all_tenants.filter(tenant_id=self.tenant_id, person=self.who.person or "-")

    def counts(self) -> QuerySet[AgentCount]:
        return AgentCount.all_tenants.filter(tenant_id=self.tenant_id, person=self.who.person or "-")

    def missed(self) -> QuerySet[MissedCaller]:
        rows = MissedCaller.all_tenants.filter(tenant_id=self.tenant_id)
        if self.who.person:
            return rows.filter(Q(claimed_by=self.who.person) | Q(handled_by=self.who.person))
        return rows.filter(index=self.index or "-")

    def shown(self) -> Iterator[dict[str, Any]]:
        """Their calls as they may read them; others whose data must not be used are not named."""
        hidden = stopped(self.tenant_id, Purpose.HISTORY) - {self.own}
        for batch in _batches(self.calls_by_time()):
            outsiders = Outsiders(self.tenant_id, [call.id for call in batch], hidden)
            yield from (self._shown(call, outsiders, hidden) for call in batch)

    def _shown(self, call: Call, outsiders: Outsiders, hidden: frozenset[Subject]) -> dict[str, Any]:
        """The colleague on the other side by number."""
        unseen = people_of(hidden)
        caller = outsiders.party(call.id, call.caller_number, call.caller_name)
        callee = outsiders.party(call.id, call.callee_number, call.callee_name)
        caller = ("", str(RESTRICTED)) if call.caller_person in unseen else caller
        callee = ("", str(RESTRICTED)) if call.callee_person in unseen else callee
        return {
            "id": call.id,
            "direction": call.direction,
            "started_at": call.started_at.isoformat(),
            "answered_at": call.answered_at and call.answered_at.isoformat(),
            "ended_at": call.ended_at.isoformat(),
            "from": caller[0],
            "from_name": caller[1],
            "to": callee[0],
            "to_name": callee[1],
            "talk_seconds": call.talk_seconds,
            "wait_seconds": call.wait_seconds,
            "outcome": call.outcome,
            "source": _("the telephone provider that brought the call")
            if call.direction == "inbound"
            else _("a phone of the company"),
        }

    def own_number(self, row: MissedCaller) -> dict[str, str]:
        """One's own number; those of callers whom one called back are theirs."""
        if self.who.person:
            return {}
        return {"number": open_some(self.tenant_id, [(row.sealed, missed_context(row.id))])[0].number}

    def recordings(self) -> Iterator[ExportFile]:
        hidden = stopped(self.tenant_id, Purpose.RECORDING) - {self.own}
        for call in self.spoken().iterator(chunk_size=_BATCH):
            if speaks_in(call, hidden):
                continue
            for number, place in enumerate(tapes_of(call)):
                if elsewhere.is_there(settings.DATA, place):
                    yield file_at(f"{call.id}-{number}.wav", place)


def _of(tenant_id: str, subject: Subject) -> _Of | None:
    person = account_of(subject)
    if person is not None:
        username = Account.all_tenants.filter(tenant_id=tenant_id, pk=person).values_list("username", flat=True).first()
        return _Of(tenant_id, Who(person=person, username=username or ""), subject)
    return _Of(tenant_id, Who(), subject, index_of(subject))


_UPDATED = (
    *("caller_number", "caller_name", "caller_person", "callee_number", "callee_name", "callee_person", "dialled"),
    *("answered_number", "answered_name", "answered_person", "details"),
)


def _free_calls(of: _Of) -> Iterator[Gone]:
    tally, recordings = Tally("history.Call", "freed"), Tally("files:recordings")
    found_by: QuerySet[Any] = of.keys() if of.who.person else of.marks().order_by("pk").values_list("call_id", flat=True)
    keys: Iterable[Any] = found_by.iterator(chunk_size=_BATCH)
    statement = _update(Call, _UPDATED)
    waits = _update(QueueWait, ("answered_person",), "call_id", "answered_person")
    for batch in _batches(keys):
        found = Call.all_tenants.filter(pk__in=batch).only("id", *_UPDATED)
        marks = {} if of.who.person else dict(of.marks().filter(call__in=batch).values_list("call_id", "n"))
        rows = [(*_freed(call, _marked(marks[call.pk]) if marks else of.who, recordings), call.pk) for call in found]
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)
            if of.who.person:
                cursor.executemany(waits, [("", key, of.who.person) for key in batch])
        tally.add(batch)
    yield from tally.gone()
    yield from recordings.gone()
    if not of.who.person:
        marked = Tally("history.OutsideParty")
        marked.add(of.marks().order_by("pk").values_list("pk", flat=True).iterator(chunk_size=_BATCH))
        of.marks().delete()
        yield from marked.gone()


def _marked(n: int) -> Who:
    """Somebody outside, as the record of one call has them."""
    return Who(numbers=frozenset([f"{MARK}{n}"]))


def _freed(call: Call, who: Who, recordings: Tally) -> tuple[str, ...]:
    """In the order of `_UPDATED`."""
    details = details_of(call)
    caller = Party(call.caller_number, person=call.caller_person or None)
    callee = Party(call.callee_number, person=call.callee_person or None)
    answered = Party(call.answered_number, person=call.answered_person or None)
    conferred = who.person in taped_in_conferences(call)
    if details.tapes and (who.is_(caller) or who.is_(answered) or not who.person or conferred):
        places = tapes_of(call)
        recordings.add(place.name for place in places)
        for place in places:
            transaction.on_commit(partial(elsewhere.remove, settings.DATA, place))
        details = msgspec.structs.replace(details, tapes=())
    return (
        *((ERASED, "", "") if who.is_(caller) else (call.caller_number, call.caller_name, call.caller_person)),
        *((ERASED, "", "") if who.is_(callee) else (call.callee_number, call.callee_name, call.callee_person)),
        ERASED if who.is_(callee) or call.dialled in who.numbers else call.dialled,
        *((ERASED, "", "") if who.is_(answered) else (call.answered_number, call.answered_name, call.answered_person)),
        _encode(free(details, who)).decode(),
    )


def _free_missed(of: _Of) -> Iterator[Gone]:
    tally = Tally("history.MissedCaller", "freed" if of.who.person else "deleted")
    tally.add(of.missed().order_by("pk").values_list("pk", flat=True))
    if not of.who.person:
        of.missed().delete()
    else:
        for field in ("claimed_by", "handled_by"):
            of.missed().filter(**{field: of.who.person}).update(**{field: ""})
    yield from tally.gone()


def _batches(things: Iterable[Any]) -> Iterator[list[Any]]:
    found = iter(things)
    while batch := list(itertools.islice(found, _BATCH)):
        yield batch


def _update(model: type[Model], fields: Sequence[str], *where: str) -> str:
    """An UPDATE by plain values; the same in SQLite and PostgreSQL."""
    quote = connection.ops.quote_name
    columns = {field.attname: str(field.column) for field in model._meta.local_concrete_fields}
    sets = ", ".join(f"{quote(columns[name])} = %s" for name in fields)
    keys = " AND ".join(f"{quote(columns[name])} = %s" for name in where or ("id",))
    return f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {keys}"  # noqa: S608  names of our own


def files_of(tenant_id: str) -> Iterator[str]:
    """The recordings of a company, and its archive."""
    yield from archive.files_of(tenant_id)
    for call in Call.all_tenants.filter(tenant_id=tenant_id, details__contains='"tapes":').iterator(chunk_size=_BATCH):
        for tape in details_of(call).tapes:
            yield f"recordings/{tape.file}"
