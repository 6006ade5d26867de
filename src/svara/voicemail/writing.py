"""Writing messages down, in the role jobs: which, when, and what becomes of it.

New messages of people who want it are noted as waiting; one after the other goes to the operator's program
(`svara.voicemail.transcriber`). A try is counted before it begins, so that a message on which this process dies is tried a
bounded number of times, too; a text is kept only by the try that is the last one counted, while its person still wants it.
So no text is written twice, whenever what ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from svara import log
from svara.people.access import NotFound
from svara.privacy.catalogue import Purpose
from svara.privacy.functions.port import enabled, people_with
from svara.privacy.functions.registry import MESSAGE_TRANSCRIPTS
from svara.privacy.rights.objections import stopped
from svara.privacy.vault import tapes
from svara.privacy.vault.errors import VaultError
from svara.sealing.errors import Unreadable
from svara.voicemail import counts, transcripts
from svara.voicemail.access import place_of
from svara.voicemail.callers import is_from
from svara.voicemail.guarded import guarded
from svara.voicemail.models import Message, Transcript
from svara.voicemail.transcriber import Failed, command_of, write_down

FRESH = timedelta(days=1)
"""An older message is written down on wish only."""
MOST_TRIES = 3
AGAIN_SECONDS = (60.0, 600.0)
"""After the first try that failed, and the second."""
LOOK_SECONDS = 2.0
REST_SECONDS = 60.0
"""While the database does not answer."""
MAX_WAV_BYTES = 32 << 20
_LEAST_SECONDS = 60.0
_SLOWEST = 10.0
"""So many times the length of a message the program may take, beside these seconds."""
_LONGEST_SECONDS = 600.0
_BATCH = 200

_log = log.get("voicemail.writing")


@dataclass(frozen=True, slots=True)
class Task:
    """One try to write down one message; `languages`: in which it may be."""

    message: Message
    languages: tuple[str, ...]
    number: int

    @property
    def limit_seconds(self) -> float:
        """How long the program may take."""
        return _LEAST_SECONDS + _SLOWEST * min(max(self.message.seconds, 0.0), _LONGEST_SECONDS)


async def run() -> None:
    """Write down what is to be written, one message at a time, until cancelled."""
    line: str = settings.TRANSCRIBER
    await asyncio.to_thread(guarded, "taking up texts", partial(again if line else give_up, _now()))
    if not line:
        return
    while True:
        worked = await step(line)
        await asyncio.sleep(REST_SECONDS if worked is None else 0 if worked else LOOK_SECONDS)


async def step(line: str) -> bool | None:
    """Make one try, if one is due; None where the database does not answer."""
    task = await asyncio.to_thread(guarded, "choosing what is written down", partial(next_task, _now()))
    if not isinstance(task, Task):
        return task
    text = None
    try:
        wav = await asyncio.to_thread(_wav, task.message)
        text = await write_down(command_of(line), wav, task.languages, limit_seconds=task.limit_seconds)
    except (Failed, NotFound, OSError, Unreadable, VaultError) as error:
        why = str(error) if isinstance(error, Failed) else "its sound cannot be read"
        _log.warning("a voice message was not written down", message=task.message.id, reason=why, count=task.number)
    done = await asyncio.to_thread(guarded, "keeping a text", partial(finish, task, text, _now()))
    return None if done is None else True


def next_task(now: datetime) -> Task | bool:
    """Note what came, and begin with what is due for longest; False where there is nothing."""
    agreed = people_with(MESSAGE_TRANSCRIPTS)
    if not agreed:
        return False
    _note_new(agreed, now)
    due = Transcript.all_tenants.filter(state="waiting", due_at__lte=now, message__deleted_at=None)
    for row in due.select_related("message", "tenant").order_by("due_at")[:_BATCH]:
        with transaction.atomic():
            if not _is_wanted(row.message):
                row.delete()
                counts.changed([(row.tenant_id, row.message.box)])
                continue
            task = Task(row.message, tuple(row.tenant.languages) or ("en",), row.tries + 1)
            until = now + timedelta(seconds=2 * task.limit_seconds)
            mine = Transcript.all_tenants.filter(pk=row.pk, state="waiting", tries=row.tries)
            if mine.update(tries=task.number, due_at=until):
                return task
    return False


def finish(task: Task, text: str | None, now: datetime) -> bool:
    """Keep what came of a try; False where nobody wants it any more, or another try goes on."""
    with transaction.atomic():
        mine = Transcript.all_tenants.select_for_update().filter(pk=task.message.id, state="waiting", tries=task.number)
        row = mine.first()
        if row is None:
            return False
        counts.changed([(task.message.tenant_id, task.message.box)])
        if not _is_wanted(task.message):
            row.delete()
            return False
        try:
            if text is not None:
                transcripts.put(row, task.message, text, "machine")
        except (Unreadable, VaultError):
            text = None
        if text is None and task.number >= MOST_TRIES:
            row.state, row.changed_at = "failed", now
        elif text is None:
            row.due_at = now + timedelta(seconds=AGAIN_SECONDS[task.number - 1])
        row.save()
    return True


def again(now: datetime) -> bool:
    """After a start: what was being written when this process last ended is due at once, if it may be tried once more."""
    waiting = Transcript.all_tenants.filter(state="waiting")
    waiting.filter(tries__gte=MOST_TRIES).update(state="failed", changed_at=now)
    waiting.filter(due_at__gt=now).update(due_at=now)
    return True


def give_up(now: datetime) -> bool:
    """There is no program any more: nobody is to wait for it."""
    Transcript.all_tenants.filter(state="waiting").update(state="failed", changed_at=now)
    return True


def _note_new(agreed: Collection[str], now: datetime) -> None:
    fresh = Message.all_tenants.filter(left_at__gt=now - FRESH, deleted_at=None, transcript=None, account__in=agreed)
    came = [message for message in fresh.order_by("left_at")[:_BATCH] if not _objected(message)]
    if came:
        with transaction.atomic():
            Transcript.all_tenants.bulk_create(
                [Transcript(message=one, tenant_id=one.tenant_id, due_at=now, changed_at=now) for one in came],
                ignore_conflicts=True,
            )
            counts.changed((message.tenant_id, message.box) for message in came)


def _is_wanted(message: Message) -> bool:
    return message.account_id is not None and enabled(message.account_id, MESSAGE_TRANSCRIPTS) and not _objected(message)


def _objected(message: Message) -> bool:
    """Whoever left it, that is."""
    return is_from(message, stopped(message.tenant_id, Purpose.MESSAGES))


def _wav(message: Message) -> bytes:
    with tapes.opened(settings.DATA, place_of(message.file), message.tenant_id) as wav:
        if wav.size > MAX_WAV_BYTES:
            raise Failed("its sound is too long")
        return wav.read(0, wav.size)


def _now() -> datetime:
    return datetime.now(UTC)
