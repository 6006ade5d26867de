"""Follows the calls journal and writes each ended call's record, exactly once, whenever the process is killed.

How: a record is a pure function of a call's events, and its id is the row's key, so writing it again changes nothing; the
place in the journal from which to read on is stored in the same transaction as the rows. That place never passes the
start of a call that is still open, unless what is known of the call is stored too (`OpenCall`). So after a crash some
events are read twice, and none is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

import msgspec
from django.db import transaction

from svara import log
from svara.calls.events import AgentChanged, CallbackGivenUp, CallStarted
from svara.calls.journal import discard_before, read_from
from svara.calls.segments import JournalFolder, Position
from svara.history.fold import Fold
from svara.history.models import JournalPlace, OpenCall
from svara.history.queue_facts import write_moments
from svara.history.record import CallRecord
from svara.history.rows import write_records
from svara.privacy import vault
from svara.privacy.subject import outside
from svara.privacy.vault.port import INSTALLATION

MAX_EVENTS = 4_000
"""Events taken in before they are committed: bounds the memory, and how long a stop must wait."""
SAVE_AFTER_SECONDS = 30.0
"""A call open for longer is stored as far as it is known; shorter ones are read again after a crash."""

PASSING = outside("open-calls")

_log = log.get("history.follow")


Also = Callable[[Sequence[CallRecord]], None]


class _Open(NamedTuple):
    fold: Fold
    place: Position
    """Before the call's first event."""
    since: float


class Follower:
    """Reads the journal of one data folder. Synchronous, for one thread; `clock` is monotonic seconds.

    Each of `also` gets the new records in the transaction in which they are written, and so exactly once too.
    """

    def __init__(
        self,
        journal: JournalFolder,
        clock: Callable[[], float] = time.monotonic,
        save_after_seconds: float = SAVE_AFTER_SECONDS,
        also: Sequence[Also] = (),
    ) -> None:
        self._journal = journal
        self._also = also
        self._clock = clock
        self._save_after_seconds = save_after_seconds
        self._read = Position(0, 0)
        self._stored: Position | None = None
        self._young: dict[str, _Open] = {}
        """Open calls that are not stored, in the order of their start."""
        self._old: dict[str, Fold] = {}
        """Open calls that are stored."""
        self._changed: set[str] = set()
        """Which of the stored ones have changed since."""
        self._ended: list[str] = []
        """Stored ones that have ended: their `OpenCall` goes with the next commit."""
        self._records: list[CallRecord] = []
        self._of_queues: list[AgentChanged | CallbackGivenUp] = []
        """What happened in queues and is of no call."""
        self.recorded = 0

    @property
    def open_calls(self) -> int:
        return len(self._young) + len(self._old)

    def load(self) -> None:
        """Take up where the last commit ended."""
        place = JournalPlace.objects.filter(id=1).first()
        self._young, self._changed, self._ended, self._records, self._of_queues = {}, set(), [], [], []
        self._old = {row.call: _open_state(row.call, bytes(row.state)) for row in OpenCall.objects.all().iterator()}
        self._stored = Position(place.segment, place.offset) if place else None
        newest = max(self._journal.numbers(), default=0)
        if self._stored is not None and self._stored.segment > newest:
            _log.warning("the journal is another one than before; reading it from its start")
            self._stored = None
        self._read = self._stored or Position(0, 0)

    def step(self, max_events: int = MAX_EVENTS) -> tuple[list[CallRecord], bool]:
        """Read on, and commit: gives the records that are new, and whether the journal's present end was reached.

        Raises django.db.DatabaseError when the commit failed; what was read is kept, and the next step commits it.
        """
        behind = False
        if not self._records:
            behind = self._take_in(max_events) == max_events
        self._commit()
        written, self._records = self._records, []
        self.recorded += len(written)
        return written, not behind

    def _take_in(self, max_events: int) -> int:
        count = 0
        newest = max(self._journal.numbers(), default=0)
        for after, event in islice(read_from(self._journal, self._read), max_events):
            count += 1
            if isinstance(event, AgentChanged | CallbackGivenUp):
                self._of_queues.append(event)
                self._read = after
                continue
            opened = self._young.get(event.call)
            fold = opened.fold if opened else self._old.get(event.call)
            if fold is None:
                if not isinstance(event, CallStarted):
                    self._read = after
                    continue  # of a call that is recorded already
                fold = Fold(event.call)
                self._young[event.call] = _Open(fold, self._read, self._clock())
            elif opened is None:
                self._changed.add(event.call)
            fold.add(event)
            if fold.ended is not None:
                self._end(fold)
            self._read = after
        if count < max_events and self._read.segment < newest:
            self._read = Position(newest, 0)  # those before it were complete when we began, and may go
        return count

    def _end(self, fold: Fold) -> None:
        if self._young.pop(fold.call, None) is None:
            del self._old[fold.call]
            self._changed.discard(fold.call)
            self._ended.append(fold.call)
        record = fold.record()
        if record is not None:
            self._records.append(record)

    def _commit(self) -> None:
        now = self._clock()
        aged = list(takewhile(lambda call: now - self._young[call].since >= self._save_after_seconds, self._young))
        place = next((opened.place for opened in islice(self._young.values(), len(aged), None)), self._read)
        if place == self._stored and not (self._records or self._of_queues or aged or self._changed or self._ended):
            return
        with transaction.atomic():
            write_records(self._records)
            for write in self._also:
                write(self._records)
            if self._of_queues:
                write_moments(self._of_queues)
            self._store_open(
                {call: self._young[call].fold for call in aged} | {call: self._old[call] for call in self._changed}
            )
            JournalPlace.objects.update_or_create(id=1, defaults={"segment": place.segment, "offset": place.offset})
        self._ended.clear()
        self._changed.clear()
        self._of_queues.clear()
        for call in aged:
            self._old[call] = self._young.pop(call).fold
        if self._stored is None or place.segment > self._stored.segment:
            discard_before(self._journal, place)
        self._stored = place

    def _store_open(self, folds: dict[str, Fold]) -> None:
        if folds:
            OpenCall.objects.bulk_create(
                [OpenCall(call=call, state=state) for call, state in _sealed_states(folds)],
                update_conflicts=True,
                unique_fields=["call"],
                update_fields=["state"],
            )
        if self._ended:
            OpenCall.objects.filter(call__in=self._ended).delete()


def _sealed_states(folds: dict[str, Fold]) -> Iterable[tuple[str, bytes]]:
    things = [([PASSING], msgspec.msgpack.encode(fold), open_context(call)) for call, fold in folds.items()]
    return zip(folds, vault.current().seal_many(INSTALLATION, things), strict=True)


def _open_state(call: str, state: bytes) -> Fold:
    opened = vault.current().open(INSTALLATION, state, context=open_context(call))
    return msgspec.msgpack.decode(opened, type=Fold)


def open_context(call: str) -> bytes:
    """What the state of an open call is bound to."""
    return f"history.open:{call}".encode()
