"""Reading what happened, for someone: the only way.

A member sees the calls they took part in: placed, picked up, or were offered. Supervisors and administrators see those of
their company. Nobody sees another company's. A call that may not be seen does not exist: `NotFound`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from svara.calls.events import Direction, EndedBy, Outcome, Party
from svara.history.fold import Quality
from svara.history.models import Call, Participant
from svara.history.rows import Details, details_of
from svara.people import access as people
from svara.people.access import NotFound
from svara.people.models import Account

MAX_PAGE = 200
MAX_SEARCH_LENGTH = 100
OUTCOMES: tuple[str, ...] = get_args(Outcome)
DIRECTIONS: tuple[str, ...] = get_args(Direction)

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_CURSOR = re.compile(r"(\d{1,17})\.([0-9A-Za-z_-]{1,64})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadFilter(Exception):  # noqa: N818  the filter is bad
    """A filter that makes no sense: `field` names it, `message` says why, in a sentence for people."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class PartyView:
    """One side of a call. A person of the company has today's name and user name; anyone else what signalling showed."""

    number: str
    name: str = ""
    username: str | None = None
    person: str | None = None
    login: str | None = None

    @property
    def shown(self) -> str:
        return self.name or self.number


@dataclass(frozen=True, slots=True)
class CallItem:
    """A call in a list. Times are in the company's timezone."""

    id: str
    direction: str
    caller: PartyView
    callee: PartyView
    answered_by: PartyView | None
    queue: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    wait_seconds: float
    talk_seconds: float
    outcome: str
    ended_by: str
    end_reason: str


@dataclass(frozen=True, slots=True)
class CallPage:
    """Calls, newest first; `next` is the cursor of the page after, None on the last."""

    items: tuple[CallItem, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class LegView:
    """One phone that was tried."""

    to: PartyView
    offered_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class HoldView:
    """One side had the other on hold."""

    by: EndedBy
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class CallDetail:
    """A call with everything that is known of it."""

    item: CallItem
    dialled: str
    legs: tuple[LegView, ...]
    holds: tuple[HoldView, ...]
    quality: tuple[Quality, ...]


def sees_all_calls(actor: Account) -> bool:
    """Whether this person may see the calls of the whole company."""
    return actor.has_role("supervisor", "admin")


def access_calls(
    actor: Account,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    person: str | None = None,
    queue: str | None = None,
    outcome: str | None = None,
    direction: str | None = None,
    search: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> CallPage:
    """Calls that began at or after `since` and before `until` (without offset: in the company's timezone), newest first.

    `person` is the user name of somebody who took part; `search` is part of a number or name. A cursor stays valid while
    calls are added. Raises BadFilter for a cursor that we did not give, or an outcome that there is not.
    """
    if outcome and outcome not in OUTCOMES:
        raise BadFilter("outcome", f"must be one of {', '.join(OUTCOMES)}")
    if direction and direction not in DIRECTIONS:
        raise BadFilter("direction", f"must be one of {', '.join(DIRECTIONS)}")
    before = _read_cursor(cursor) if cursor else None
    calls = _Query(actor)
    if person:
        try:
            calls.took_part(people.person(actor, person).id)
        except NotFound:
            return CallPage((), None)
    if since:
        calls.started("gte", _utc("since", since, actor))
    if until:
        calls.started("lt", _utc("until", until, actor))
    if queue:
        calls.where(queue=queue.replace("\0", ""))
    if outcome:
        calls.where(outcome=outcome)
    if direction:
        calls.where(direction=direction)
    if search and (text := search[:MAX_SEARCH_LENGTH].replace("\0", "").strip()):
        calls.matches(text, [account.id for account in people.directory(actor, text)])
    if before:
        calls.before(*before)
    found = calls.newest(min(max(limit, 1), MAX_PAGE) + 1)
    page = found[: min(max(limit, 1), MAX_PAGE)]
    more = len(found) > len(page)
    shown = _Shown(actor, page)
    return CallPage(tuple(shown.item(call) for call in page), _write_cursor(page[-1]) if more else None)


def access_call(actor: Account, call_id: str) -> CallDetail:
    """One call. Raises NotFound: there is none, or this person may not see it."""
    if not _ID.fullmatch(call_id):
        raise NotFound
    call = _Query(actor).one(call_id)
    if call is None:
        raise NotFound
    details = details_of(call)
    return _Shown(actor, [call], details).detail(call, details)


class _Query:
    """The calls that `actor` may see, narrowed step by step.

    Where one person's calls are asked for, the index of participants leads: it finds and sorts in one go.
    """

    def __init__(self, actor: Account) -> None:
        self._actor = actor
        self._leading: str | None = None if sees_all_calls(actor) else actor.id
        self._filters = Q()
        self._others: list[str] = []

    def took_part(self, person: str) -> None:
        """Only calls of this person; asked for before anything else."""
        if self._leading is None:
            self._leading = person
        elif self._leading != person:
            self._others.append(person)

    def where(self, **filters: object) -> None:
        self._filters &= Q(**filters)

    def matches(self, text: str, persons: list[str]) -> None:
        found = (
            Q(caller_number__icontains=text)
            | Q(callee_number__icontains=text)
            | Q(dialled__icontains=text)
            | Q(caller_person__in=persons)
            | Q(callee_person__in=persons)
            | Q(answered_person__in=persons)
        )
        # SQLite takes only ASCII letters for the same in both cases: strangers' names are asked for as people write them.
        for name in dict.fromkeys((text, text.lower(), text.title(), text.upper())) if not text.isascii() else (text,):
            found |= Q(caller_name__icontains=name) | Q(callee_name__icontains=name)
        self._filters &= found

    def started(self, comparison: str, moment: datetime) -> None:
        self._filters &= Q(**{f"{self._columns[0]}__{comparison}": moment})

    def before(self, started_at: datetime, call_id: str) -> None:
        time, key = self._columns
        older = Q(**{f"{time}__lt": started_at}) | Q(**{f"{key}__lt": call_id})
        self._filters &= Q(**{f"{time}__lte": started_at}) & older

    def newest(self, count: int) -> list[Call]:
        return list(self._calls().order_by(*(f"-{column}" for column in self._columns))[:count])

    def one(self, call_id: str) -> Call | None:
        self.where(id=call_id)
        return self._calls().first()

    @property
    def _columns(self) -> tuple[str, str]:
        """What a list is sorted by."""
        return ("started_at", "id") if self._leading is None else ("participants__started_at", "participants__call_id")

    def _calls(self) -> QuerySet[Call]:
        leading = Q() if self._leading is None else Q(participants__person=self._leading)
        calls = Call.of(self._actor).filter(leading & self._filters)  # together: one join
        for person in self._others:
            calls = calls.filter(Exists(Participant.objects.filter(call=OuterRef("pk"), person=person)))
        return calls


class _Shown:
    """Rows as they are shown to one actor: people by today's name, times in the company's timezone."""

    def __init__(self, actor: Account, calls: Iterable[Call], details: Details | None = None) -> None:
        self._zone = ZoneInfo(actor.tenant.timezone)
        ids = {id_ for call in calls for id_ in (call.caller_person, call.callee_person, call.answered_person) if id_}
        ids |= {leg.to.person for leg in (details.legs if details else ()) if leg.to.person}
        self._people = people.people_by_id(actor, ids)

    def item(self, call: Call) -> CallItem:
        return CallItem(
            id=call.id,
            direction=call.direction,
            caller=self._party(call.caller_number, call.caller_name, call.caller_person),
            callee=self._party(call.callee_number, call.callee_name, call.callee_person),
            answered_by=self._party(call.answered_number, call.answered_name, call.answered_person)
            if call.answered_at
            else None,
            queue=call.queue or None,
            started_at=call.started_at.astimezone(self._zone),
            answered_at=call.answered_at and call.answered_at.astimezone(self._zone),
            ended_at=call.ended_at.astimezone(self._zone),
            wait_seconds=call.wait_seconds,
            talk_seconds=call.talk_seconds,
            outcome=call.outcome,
            ended_by=call.ended_by,
            end_reason=call.end_reason,
        )

    def detail(self, call: Call, details: Details) -> CallDetail:
        return CallDetail(
            item=self.item(call),
            dialled=call.dialled,
            legs=tuple(
                LegView(
                    to=self._of(leg.to),
                    offered_at=self._moment(leg.offered_at),
                    ringing_at=None if leg.ringing_at is None else self._moment(leg.ringing_at),
                    answered_at=None if leg.answered_at is None else self._moment(leg.answered_at),
                    ended_at=self._moment(leg.ended_at),
                    status=leg.status,
                    reason=leg.reason,
                )
                for leg in details.legs
            ),
            holds=tuple(
                HoldView(by=hold.by, started_at=self._moment(hold.started_at), ended_at=self._moment(hold.ended_at))
                for hold in details.holds
            ),
            quality=details.quality,
        )

    def _of(self, party: Party) -> PartyView:
        return self._party(party.number, party.name, party.person or "", party.login)

    def _party(self, number: str, name: str, person: str, login: str | None = None) -> PartyView:
        account = self._people.get(person)
        if account is None:
            return PartyView(number=number, name=name, login=login)
        return PartyView(number=number, name=account.name, username=account.username, person=account.id, login=login)

    def _moment(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self._zone)


def _utc(field: str, moment: datetime, actor: Account) -> datetime:
    try:
        aware = moment.replace(tzinfo=ZoneInfo(actor.tenant.timezone)) if moment.tzinfo is None else moment
        return aware.astimezone(UTC)
    except OverflowError:
        raise BadFilter(field, "must be a time that can be") from None


def _write_cursor(call: Call) -> str:
    return _encode_cursor((call.started_at - _EPOCH) // timedelta(microseconds=1), call.id)


def _encode_cursor(microseconds: int, call_id: str) -> str:
    return base64.urlsafe_b64encode(f"{microseconds}.{call_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor[:128].encode("ascii") + b"==").decode("ascii")
        found = _CURSOR.fullmatch(text)
        if found and _encode_cursor(int(found[1]), found[2]) == cursor:
            return _EPOCH + timedelta(microseconds=int(found[1])), found[2]
    except (ValueError, OverflowError):
        pass
    raise BadFilter("cursor", "must be the `next` of an earlier page")
