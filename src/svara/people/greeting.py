"""Greetings of mailboxes: what callers hear before the tone, for as long as it is wanted.

Everybody sets those of the own box; those of a queue's box are set by whoever may open it: its members, and supervisors.
Pages, the API and phones set them here. A greeting is somebody's voice: its file is sealed for who gave it. That of one that
is not used any more is deleted by `svara.people.retention`, as that of every sound: a call may still be about to play it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from svara import data
from svara.media.sounds import library
from svara.media.sounds.limits import RATE_HZ
from svara.people import access as people
from svara.people import snapshot
from svara.people.access import NotFound
from svara.people.actions import Invalid
from svara.people.models import Account, Greeting, Queue
from svara.people.office import GreetingKind
from svara.privacy.subject import person
from svara.privacy.tenancy import new_id
from svara.privacy.vault import tapes
from svara.privacy.vault.errors import VaultError
from svara.sealing.errors import Unreadable

KINDS: tuple[GreetingKind, ...] = ("general", "busy", "name", "away")
QUEUE_KINDS: tuple[GreetingKind, ...] = ("general", "away")
"""Those of a queue's box: a queue is not busy, and has no voice of its own."""
MAX_SECONDS = 120.0
MAX_NAME_SECONDS = 10.0
_HEADER_BYTES = 44


@dataclass(frozen=True, slots=True)
class GreetingView:
    """A greeting, and until when it is used (the company's time; None: until it is changed)."""

    seconds: float
    until: datetime | None
    place: Path
    kind: GreetingKind
    queue: str
    """The queue's name; empty for the actor's own box."""

    @property
    def over(self) -> bool:
        """Its time has passed: callers hear what they would without it."""
        return self.until is not None and self.until <= timezone.now()


def queue_by_id(actor: Account, queue_id: str) -> Queue:
    """A queue whose box the actor may open. Raises NotFound."""
    return _queue(_queues(actor).filter(pk=queue_id))


def queue_by_name(actor: Account, name: str) -> Queue:
    """A queue whose box the actor may open. Raises NotFound."""
    return _queue(_queues(actor).filter(name=name.replace("\0", "\ufffd")))


def queues(actor: Account) -> list[Queue]:
    """The queues whose boxes the actor may open, by name."""
    return list(_queues(actor).order_by("name"))


def access_greetings(actor: Account, queue: Queue | None = None) -> dict[GreetingKind, GreetingView]:
    """The greetings of the actor's own box or of a queue's, by kind, as far as there are any."""
    zone = ZoneInfo(people.me(actor).tenant.timezone)
    found: dict[GreetingKind, GreetingView] = {}
    for row in sorted(_rows(actor, queue), key=lambda one: KINDS.index(one.kind)):
        place = settings.DATA.sounds / row.file
        if place.is_file():
            until = row.until and row.until.astimezone(zone)
            seconds = _seconds_of(place)
            found[row.kind] = GreetingView(seconds, until, place, row.kind, queue.name if queue is not None else "")
    return found


def access_greeting(actor: Account, kind: str = "general", queue: Queue | None = None) -> GreetingView:
    """One of them. Raises NotFound where there is none."""
    found = {str(key): view for key, view in access_greetings(actor, queue).items()}
    if kind not in found:
        raise NotFound
    return found[kind]


def do_set_greeting(
    actor: Account,
    sound: bytes | Path,
    until: datetime | None = None,
    *,
    kind: GreetingKind = "general",
    queue: Queue | None = None,
) -> GreetingView:
    """Use this sound file (any kind that `svara.media.sounds` takes) as one's greeting, until `until`; or as that of a
    queue's box, which the actor may open.

    Raises Invalid with the reason when it cannot be used, NotFound when the actor was removed meanwhile.
    """
    if kind not in (KINDS if queue is None else QUEUE_KINDS):
        raise Invalid("There is no greeting of that kind.")
    if kind == "away" and until is None:
        raise Invalid("An away greeting needs its last day.")
    if kind == "name" and until is not None:
        raise Invalid("A spoken name has no last day.")
    if until is not None and until <= timezone.now():
        raise Invalid("The greeting would end before it begins.")
    try:
        wav = library.convert(sound)
    except library.SoundError as error:
        raise Invalid(f"The file {error}.") from error
    if kind == "name" and _seconds(len(wav)) > MAX_NAME_SECONDS:
        raise Invalid("A spoken name may last ten seconds.")
    if _seconds(len(wav)) > MAX_SECONDS:
        raise Invalid("A greeting may last two minutes.")
    _set(actor, kind, queue, _store(actor, wav), until)
    return access_greeting(actor, kind, queue)


def _store(actor: Account, wav: bytes) -> str:
    """Put the sound on the disk, sealed for the actor; gives its place among the sounds."""
    file = f"{actor.tenant_id}/{new_id()}.wav"
    place = settings.DATA.sounds / file
    try:
        data.put(place, tapes.sealed(settings.DATA, place, actor.tenant_id, [person(actor.id)], wav))
    except (Unreadable, VaultError) as error:
        raise Invalid(f"The greeting cannot be kept now: {error}.") from error
    return file


@transaction.atomic
def _set(actor: Account, kind: GreetingKind, queue: Queue | None, file: str, until: datetime | None) -> None:
    account = people.me(actor)
    Greeting.all_tenants.update_or_create(
        tenant_id=account.tenant_id,
        account=account if queue is None else None,
        queue=queue,
        kind=kind,
        defaults={"file": file, "until": until},
    )
    snapshot.changed()


@transaction.atomic
def do_remove_greeting(actor: Account, *, kind: GreetingKind = "general", queue: Queue | None = None) -> None:
    """Let callers hear what they would without it. Raises NotFound where there is none."""
    gone, _ = _rows(actor, queue).filter(kind=kind).delete()
    if not gone:
        raise NotFound
    snapshot.changed()


def _rows(actor: Account, queue: Queue | None) -> QuerySet[Greeting]:
    rows = Greeting.of(actor)
    return rows.filter(account=actor) if queue is None else rows.filter(queue=queue)


def _queues(actor: Account) -> QuerySet[Queue]:
    rows = Queue.of(actor)
    return rows if actor.has_role("supervisor") else rows.filter(members__account=actor)


def _queue(found: QuerySet[Queue]) -> Queue:
    queue = found.first()
    if queue is None:
        raise NotFound
    return queue


def _seconds_of(place: Path) -> float:
    """How long a greeting is; 0 of one that cannot be opened now."""
    try:
        with tapes.opened(settings.DATA, place) as wav:
            return wav.seconds
    except (OSError, Unreadable, VaultError):
        return 0.0


def _seconds(size_bytes: int) -> float:
    return max(0, size_bytes - _HEADER_BYTES) / 2 / RATE_HZ
