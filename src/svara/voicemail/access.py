"""Reading voice messages, for someone: the only way.

Everybody opens their own box; members of a queue, and supervisors, its box too (`svara.voicemail.boxes`). A message that may
not be heard does not exist: `NotFound`. A deleted one can be found for taking it back, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from svara.calls.boxes import Counts
from svara.history.access import BadFilter
from svara.history.hiding import hidden_from
from svara.history.outside import RESTRICTED
from svara.history.shown import PartyView
from svara.people import access as people
from svara.people.access import NotFound
from svara.people.models import Account
from svara.privacy import subject
from svara.privacy.audit.port import Act, record_views
from svara.privacy.catalogue import Purpose
from svara.privacy.functions.port import enabled
from svara.privacy.functions.registry import MESSAGE_NOTICES
from svara.privacy.subject import Subject
from svara.privacy.vault import elsewhere
from svara.voicemail import transcripts
from svara.voicemail.boxes import QUEUE, own_box, shared_with
from svara.voicemail.callers import callers, is_from
from svara.voicemail.models import Message, NoticeChoice
from svara.voicemail.transcripts import TranscriptView

MAX_PAGE = 200

State = Literal["new", "heard", "saved"]
STATES: tuple[str, ...] = get_args(State)
_IN_STATE = {"new": Q(heard_at=None), "heard": Q(heard_at__isnull=False), "saved": Q(saved=True)}


@dataclass(frozen=True, slots=True)
class BoxView:
    """A box that the actor may open. `name` is that of the queue; empty for the actor's own."""

    box: str
    name: str
    new: int
    heard: int

    @property
    def own(self) -> bool:
        return not self.name


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message. Times are in the company's timezone; `heard_by` is a colleague, None where that is not known."""

    id: str
    box: str
    queue: str
    """The name of the queue; empty in the actor's own box."""
    call_id: str
    caller: PartyView
    left_at: datetime
    seconds: float
    heard_at: datetime | None
    heard_by: PartyView | None
    saved: bool
    restricted: bool = False
    """Nobody hears it: the data of whoever left it are restricted, or they objected."""
    transcript: TranscriptView | None = None
    """What was said, in writing; None where nobody wanted that."""


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages, newest first; `next` is the cursor of the page after, None on the last."""

    items: tuple[MessageView, ...]
    next: str | None


def access_boxes(actor: Account) -> tuple[BoxView, ...]:
    """The boxes that the actor may open: the own one first, then those of queues by name."""
    names = _names(actor)
    counted = {
        row["box"]: Counts(row["new"], row["heard"])
        for row in Message.of(actor)
        .filter(box__in=names, deleted_at=None)
        .values("box")
        .annotate(new=Count("id", filter=Q(heard_at=None)), heard=Count("id", filter=~Q(heard_at=None)))
    }
    found = [(box, name, counted.get(box, Counts())) for box, name in names.items()]
    return tuple(BoxView(box, name, of.new, of.heard) for box, name, of in sorted(found, key=lambda one: one[1].casefold()))


def access_messages(
    actor: Account, *, box: str | None = None, state: str | None = None, cursor: str | None = None, limit: int = 50
) -> MessagePage:
    """Messages, newest first. A cursor stays valid while messages come. Raises BadFilter for a state that there is not, or a
    cursor that we did not give; a box that may not be opened is empty."""
    if state and state not in STATES:
        raise BadFilter("state", f"must be one of {', '.join(STATES)}")
    messages = _visible(actor).filter(deleted_at=None)
    if box:
        messages = messages.filter(box=box.replace("\0", ""))
    if state:
        messages = messages.filter(_IN_STATE[state])
    if cursor:
        last = _visible(actor).filter(pk=cursor.replace("\0", "")).first()
        if last is None:
            raise BadFilter("cursor", "must be the `next` of an earlier page")
        messages = messages.filter(Q(left_at__lt=last.left_at) | Q(left_at=last.left_at, id__lt=last.id))
    size = min(max(limit, 1), MAX_PAGE)
    found = list(messages.order_by("-left_at", "-id")[: size + 1])
    page = found[:size]
    _note_page(actor, page)
    return MessagePage(shown(actor, page), page[-1].id if len(found) > size else None)


def access_message(actor: Account, message_id: str) -> MessageView:
    """One message. Raises NotFound."""
    message = row(actor, message_id)
    note(actor, message, "view")
    return shown(actor, [message])[0]


def access_sound(actor: Account, message_id: str) -> Path:
    """The place of a message's sound (`svara.privacy.vault.tapes` opens it). Raises NotFound, also when it is gone or
    nobody may hear it now."""
    message = row(actor, message_id)
    place = place_of(message.file)
    if not elsewhere.is_there(settings.DATA, place) or is_from(message, hidden_from(actor, Purpose.MESSAGES)):
        raise NotFound
    note(actor, message, "hear")
    return place


def access_notice(actor: Account) -> str:
    """What the actor wants by e-mail when a message came: "none", "plain" or "caller"."""
    if not enabled(actor.id, MESSAGE_NOTICES):
        return "none"
    chosen = NoticeChoice.of(actor).filter(account=actor).first()
    return "caller" if chosen is not None and chosen.notice == "caller" else "plain"


def own_row(actor: Account, message_id: str) -> Message:
    """The stored message, for what is done with its text: one of the actor's own box that may be heard. Raises NotFound."""
    message = row(actor, message_id)
    if message.box != own_box(actor) or is_from(message, hidden_from(actor, Purpose.MESSAGES)):
        raise NotFound
    return message


def note(actor: Account, message: Message, act: Act) -> None:
    """Write down what is done with a message of a box that is shared; one's own box is nobody else's."""
    if message.box != own_box(actor):
        record_views(actor.tenant_id, actor.id, _callers(actor, [message]), "message", act=act, ref=message.id, why=QUEUE)


def _note_page(actor: Account, page: list[Message]) -> None:
    shared = [message for message in page if message.box != own_box(actor)]
    if shared:
        record_views(actor.tenant_id, actor.id, _callers(actor, shared), "messages", why=QUEUE, count=len(shared))


def _callers(actor: Account, messages: list[Message]) -> list[Subject]:
    persons = {message.caller_person for message in messages} - {"", actor.id}
    return [subject.person(person) for person in persons]


def row(actor: Account, message_id: str, *, deleted: bool = False) -> Message:
    """The stored message, for `actions`: one that is deleted, or one that is not. Raises NotFound."""
    found = _visible(actor).filter(pk=message_id.replace("\0", ""), deleted_at__isnull=not deleted).first()
    if found is None:
        raise NotFound
    return found


def place_of(file: str) -> Path:
    """Where the sound of a message lies. Raises NotFound for a place outside of the recordings."""
    recordings: Path = settings.DATA.recordings
    place = (recordings / file).resolve()
    if not place.is_relative_to(recordings.resolve()):
        raise NotFound
    return place


def shown(actor: Account, messages: Iterable[Message]) -> tuple[MessageView, ...]:
    """Rows as the actor sees them."""
    rows = list(messages)
    who = callers(actor.tenant_id, rows)
    zone, names = ZoneInfo(actor.tenant.timezone), _names(actor)
    ids = {id_ for message in rows for id_ in (message.caller_person, message.heard_by) if id_}
    colleagues = people.people_by_id(actor, ids)
    hidden = hidden_from(actor, Purpose.MESSAGES)
    unseen = {message.id for message in rows if is_from(message, hidden)}
    written = transcripts.views(actor.tenant_id, [message for message in rows if message.id not in unseen])

    def caller(message: Message) -> PartyView:
        if message.id in unseen:
            return PartyView(number="", name=str(RESTRICTED))
        return party(who[message.id].number, who[message.id].name, message.caller_person)

    def party(number: str, name: str, person: str) -> PartyView:
        account = colleagues.get(person)
        if account is None:
            return PartyView(number=number, name=name)
        return PartyView(number=number, name=account.name, username=account.username, person=account.id)

    return tuple(
        MessageView(
            id=message.id,
            box=message.box,
            queue=names.get(message.box, ""),
            call_id=message.call_id,
            caller=caller(message),
            left_at=message.left_at.astimezone(zone),
            seconds=message.seconds,
            heard_at=message.heard_at and message.heard_at.astimezone(zone),
            heard_by=party("", "", message.heard_by) if message.heard_by in colleagues else None,
            saved=message.saved,
            restricted=message.id in unseen,
            transcript=written.get(message.id),
        )
        for message in rows
    )


def _names(actor: Account) -> dict[str, str]:
    return {own_box(actor): ""} | shared_with(actor)


def _visible(actor: Account) -> QuerySet[Message]:
    return Message.of(actor).filter(box__in=_names(actor))
