"""Reading what happened, for someone: the only way.

A member sees the calls they took part in: placed, picked up, or were offered. Supervisors and administrators see those of
their company. Nobody sees another company's. A call that may not be seen does not exist: `NotFound`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from svara.calls.events import Direction, Outcome
from svara.history.hiding import hidden_from, people_of
from svara.history.looked import note_call, note_page
from svara.history.models import Call, OutsideParty, Participant
from svara.history.outside import MOST_SEARCHED, find, matching
from svara.history.rows import details_of
from svara.history.shown import CallDetail, CallPage, Shown
from svara.people import access as people
from svara.people.access import NotFound
from svara.people.models import Account, Queue
from svara.privacy.subject import Subject, outside

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
    familiar: Collection[str] = (),
    cursor: str | None = None,
    limit: int = 50,
) -> CallPage:
    """Calls that began at or after `since` and before `until` (without offset: in the company's timezone), newest first.

    `person` is the user name of somebody who took part; `search` is a number, or part of a number or name. A whole number
    is found however long ago; for a part of one, `MOST_SEARCHED` calls are looked through at once, so that a page may be
    short, even empty, and still have a next one. `familiar`: blind indexes of people outside who count as found by `search`,
    for the actor knows them by names that no record has. A cursor stays valid while calls are added. Raises BadFilter for a
    cursor that we did not give, or an outcome that there is not.
    """
    if outcome and outcome not in OUTCOMES:
        raise BadFilter("outcome", f"must be one of {', '.join(OUTCOMES)}")
    if direction and direction not in DIRECTIONS:
        raise BadFilter("direction", f"must be one of {', '.join(DIRECTIONS)}")
    before = _read_cursor(cursor) if cursor else None
    calls, hidden = _Query(actor), hidden_from(actor)
    if person:
        who = _findable(actor, person, hidden)
        if who is None:
            return CallPage((), None)
        calls.took_part(who.id)
    if since:
        calls.started("gte", _utc("since", since, actor))
    if until:
        calls.started("lt", _utc("until", until, actor))
    if queue:
        calls.where(queue__in=names_of(actor, queue.replace("\0", "")))
    if outcome:
        calls.where(outcome=outcome)
    if direction:
        calls.where(direction=direction)
    if before:
        calls.before(*before)
    searched_to: Call | None = None
    if search and (text := search[:MAX_SEARCH_LENGTH].replace("\0", "").strip()):
        searched_to = calls.matches(text, [account.id for account in people.directory(actor, text)], familiar, hidden)
    found = calls.newest(min(max(limit, 1), MAX_PAGE) + 1)
    page = found[: min(max(limit, 1), MAX_PAGE)]
    if not calls.of(actor.id):
        kinds = {"person": person, "queue": queue, "outcome": outcome, "direction": direction, "search": search}
        note_page(actor, page, [kind for kind, value in kinds.items() if value])
    last = page[-1] if len(found) > len(page) else searched_to
    shown = Shown(actor, page)
    return CallPage(tuple(shown.item(call) for call in page), _write_cursor(last) if last else None)


def _findable(actor: Account, username: str, hidden: frozenset[Subject]) -> Account | None:
    """A colleague whose calls may be asked for; None where there is none, or they are hidden."""
    try:
        found = people.person(actor, username)
    except NotFound:
        return None
    return None if found.id in people_of(hidden) else found


def access_call(actor: Account, call_id: str) -> CallDetail:
    """One call. Raises NotFound: there is none, or this person may not see it."""
    call = visible(actor, call_id)
    details = details_of(call)
    note_call(actor, call, details)
    return Shown(actor, [call], details).detail(call, details)


def visible(actor: Account, call_id: str) -> Call:
    """The stored call, for those who show something of it and write that down themselves. Raises as `access_call`."""
    call = _Query(actor).one(call_id) if _ID.fullmatch(call_id) else None
    if call is None:
        raise NotFound
    return call


def names_of(actor: Account, queue: str) -> list[str]:
    """By which names records know a queue: its own, and those that it had, unless another has them now."""
    rows = dict(Queue.of(actor).values_list("name", "former_names"))
    return [queue, *(name for name in rows.get(queue, ()) if name not in rows)]


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

    def of(self, person: str) -> bool:
        """Whether only calls are asked for in which this person took part."""
        return self._leading == person

    def where(self, **filters: object) -> None:
        self._filters &= Q(**filters)

    def matches(self, text: str, persons: list[str], familiar: Collection[str], hidden: frozenset[Subject]) -> Call | None:
        """Only calls with `text` in a number or name, or with somebody `familiar`, asked for after everything else; nobody
        of `hidden` is found. Gives the last call that was looked at, if there may be more."""
        unseen = people_of(hidden)
        persons = [person for person in persons if person not in unseen]
        if (number := find(self._actor.tenant_id, text)) and outside(number) not in hidden:
            known = OutsideParty.all_tenants.filter(tenant_id=self._actor.tenant_id, index=number)
            if known.exists():
                self._filters &= Q(id__in=known.values("call"))
                return None
        calls = self._newest_first()
        last = next(iter(calls[MOST_SEARCHED - 1 : MOST_SEARCHED]), None)
        met = matching(self._actor.tenant_id, calls[:MOST_SEARCHED], text, familiar, hidden)
        found = (
            Q(caller_number__icontains=text) & ~Q(caller_person__in=unseen)
            | Q(callee_number__icontains=text) & ~Q(callee_person__in=unseen)
            | Q(dialled__icontains=text) & ~Q(callee_person__in=unseen)
            | Q(caller_person__in=persons)
            | Q(callee_person__in=persons)
            | Q(answered_person__in=persons)
            | Q(id__in=met)
        )
        # SQLite takes only ASCII letters for the same in both cases: names are asked for as people write them.
        for name in dict.fromkeys((text, text.lower(), text.title(), text.upper())) if not text.isascii() else (text,):
            found |= Q(caller_name__icontains=name) | Q(callee_name__icontains=name)
        self._filters &= found
        if last is not None:
            time, key = self._columns
            self._filters &= Q(**{f"{time}__gt": last.started_at}) | Q(**{time: last.started_at, f"{key}__gte": last.id})
        return last

    def started(self, comparison: str, moment: datetime) -> None:
        self._filters &= Q(**{f"{self._columns[0]}__{comparison}": moment})

    def before(self, started_at: datetime, call_id: str) -> None:
        time, key = self._columns
        older = Q(**{f"{time}__lt": started_at}) | Q(**{f"{key}__lt": call_id})
        self._filters &= Q(**{f"{time}__lte": started_at}) & older

    def newest(self, count: int) -> list[Call]:
        return list(self._newest_first()[:count])

    def _newest_first(self) -> QuerySet[Call]:
        return self._calls().order_by(*(f"-{column}" for column in self._columns))

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
