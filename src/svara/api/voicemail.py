"""Voice messages, and the greetings of boxes."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Schema, Status, UploadedFile
from pydantic import Field

from svara.api.auth import account_of
from svara.api.problems import ApiError
from svara.api.schemas import SOUND
from svara.people import greeting
from svara.people.access import NotFound
from svara.people.models import Account, Queue
from svara.people.office import GreetingKind
from svara.voicemail import actions
from svara.voicemail.access import MessageView, access_boxes, access_message, access_messages, access_sound
from svara.voicemail.transcriber import MAX_CHARACTERS
from svara.voicemail.transcripts import TranscriptView
from svara.web.sound_file import sound_file

router = Router(tags=["voicemail"])

_GONE = {204: None}


class Box(Schema):
    """A box that the caller may open: the own one, or that of a queue."""

    box: str
    queue: Annotated[str | None, Field(description="The queue's name; null for the own box")]
    new: int
    heard: int


class Boxes(Schema):
    items: list[Box]


class Transcript(Schema):
    """What was said in a message, in writing. `text` is null until it is written, and while it cannot be read."""

    state: Literal["waiting", "written", "failed"]
    text: Annotated[str | None, Field(description="Empty where no words could be made out")]
    by: Annotated[
        Literal["machine", "program", "hand"] | None,
        Field(description="The installation's own program, one with an API token, or the box's owner"),
    ]
    changed_at: datetime


class TranscriptText(Schema):
    text: Annotated[str, Field(max_length=MAX_CHARACTERS)]


class VoiceMessage(Schema):
    """A voice message. `heard_by` is the user name of the colleague who heard it first, null where that is not known."""

    id: str
    box: str
    queue: str | None
    call: Annotated[str, Field(description="Id of the call in which it was left")]
    from_: Annotated[str, Field(alias="from")]
    from_name: str
    from_person: Annotated[str | None, Field(description="User name, for a person of the company")]
    left_at: datetime
    seconds: float
    heard_at: datetime | None
    heard_by: str | None
    saved: Annotated[bool, Field(description="It is kept for a year instead of ninety days")]
    transcript: Annotated[Transcript | None, Field(description="Null where there is none")]


class VoiceMessages(Schema):
    """A page of messages, newest first; `next` is the cursor of the page after, null on the last."""

    items: list[VoiceMessage]
    next: str | None


class MessageFilters(Schema):
    box: Annotated[str | None, Field(max_length=64)] = None
    state: Literal["new", "heard", "saved"] | None = None
    cursor: Annotated[str | None, Field(max_length=64, description="`next` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class MessageChange(Schema):
    """What is left out stays. `deleted: false` takes a message back that was deleted within the last day."""

    heard: bool | None = None
    saved: bool | None = None
    deleted: bool | None = None


class Greeting(Schema):
    """A greeting; after `until` callers hear what they would without it."""

    kind: GreetingKind
    queue: Annotated[str | None, Field(description="The queue's name; null for the own box")]
    seconds: float
    until: datetime | None


class Greetings(Schema):
    items: list[Greeting]


_Kind = Annotated[
    GreetingKind,
    Field(
        description="`away` goes before all others until it ends; `busy` for who is busy; `name` is put into standard words"
    ),
]
_Queue = Annotated[str | None, Field(max_length=64, description="Of this queue's box, which has `general` and `away`")]


class WhichGreeting(Schema):
    kind: _Kind = "general"
    queue: _Queue = None


class WhichBox(Schema):
    queue: _Queue = None


@router.get("/voicemail", response=Boxes, operation_id="listBoxes", summary="The boxes that one may open")
def boxes(request: HttpRequest) -> dict[str, Any]:
    """The own box, and those of queues of which one is a member (supervisors: of all queues)."""
    found = access_boxes(account_of(request))
    return {"items": [{"box": box.box, "queue": box.name or None, "new": box.new, "heard": box.heard} for box in found]}


@router.get(
    "/voicemail/messages",
    response=VoiceMessages,
    by_alias=True,
    operation_id="listMessages",
    summary="Voice messages, newest first",
)
def messages(request: HttpRequest, filters: Query[MessageFilters]) -> dict[str, Any]:
    """Of all boxes that one may open, or of one of them."""
    page = access_messages(account_of(request), **filters.model_dump())
    return {"items": [_shown(message) for message in page.items], "next": page.next}


@router.get(
    "/voicemail/messages/{message_id}",
    response=VoiceMessage,
    by_alias=True,
    operation_id="getMessage",
    summary="One voice message",
)
def message(request: HttpRequest, message_id: str) -> dict[str, Any]:
    """404 for everybody who may not hear it."""
    return _shown(access_message(account_of(request), message_id))


@router.patch(
    "/voicemail/messages/{message_id}",
    response=VoiceMessage,
    by_alias=True,
    operation_id="changeMessage",
    summary="Mark a voice message, delete it or take it back",
)
def change(request: HttpRequest, message_id: str, wish: MessageChange) -> dict[str, Any]:
    """Gives the message as it is then, also one that was deleted just now."""
    actor = account_of(request)
    if wish.deleted is False:
        with suppress(NotFound):  # it was not deleted
            actions.do_restore(actor, message_id)
    shown = actions.do_mark(actor, message_id, heard=wish.heard, saved=wish.saved)
    if wish.deleted:
        actions.do_delete(actor, message_id)
    return _shown(shown)


@router.delete(
    "/voicemail/messages/{message_id}", response=_GONE, operation_id="deleteMessage", summary="Delete a voice message"
)
def delete(request: HttpRequest, message_id: str) -> Status[None]:
    """It can be taken back for a day."""
    actions.do_delete(account_of(request), message_id)
    return Status(204, None)


@router.get(
    "/voicemail/messages/{message_id}/sound",
    operation_id="getMessageSound",
    summary="What was said",
    openapi_extra=SOUND,
)
def sound(request: HttpRequest, message_id: str) -> HttpResponse:
    """WAV; a range of it where one is asked for (RFC 9110). Does not mark the message as heard."""
    return sound_file(request, access_sound(account_of(request), message_id))


@router.put(
    "/voicemail/messages/{message_id}/transcript",
    response=VoiceMessage,
    by_alias=True,
    operation_id="setTranscript",
    summary="Put what was said in writing",
)
def set_transcript(request: HttpRequest, message_id: str, wish: TranscriptText) -> dict[str, Any]:
    """For a program that writes messages down: of the own box, while its person has the function `message_transcripts` on
    (403 `function-off` otherwise). In place of a text that is there; the pages can undo that for a day."""
    try:
        return _shown(actions.do_write_transcript(account_of(request), message_id, wish.text, "program"))
    except actions.NotWanted:
        raise _off() from None


@router.post(
    "/voicemail/messages/{message_id}/transcript",
    response={202: None},
    operation_id="askTranscript",
    summary="Have a message written down",
)
def ask_transcript(request: HttpRequest, message_id: str) -> Status[None]:
    """By the installation's own program: once more where that has failed, or for an older message. 404 where the text is
    there, 409 `no-transcriber` where the installation has no such program."""
    try:
        actions.do_ask_transcript(account_of(request), message_id)
    except actions.NotWanted:
        raise _off() from None
    except actions.NoProgram:
        raise ApiError(409, "no-transcriber", "This installation has no program that writes messages down.") from None
    return Status(202, None)


@router.delete(
    "/voicemail/messages/{message_id}/transcript",
    response=_GONE,
    operation_id="removeTranscript",
    summary="Take the text of a message away",
)
def remove_transcript(request: HttpRequest, message_id: str) -> Status[None]:
    """404 where there is none. The message stays; it is not written down again by itself."""
    actions.do_remove_transcript(account_of(request), message_id)
    return Status(204, None)


@router.get(
    "/voicemail/greetings",
    response=Greetings,
    operation_id="listGreetings",
    summary="The greetings of the own box or a queue's",
)
def own_greetings(request: HttpRequest, which: Query[WhichBox]) -> dict[str, Any]:
    """Those that there are; 404 for a queue whose box one may not open."""
    actor = account_of(request)
    found = greeting.access_greetings(actor, _queue(actor, which.queue))
    return {"items": [_greeting(one) for one in found.values()]}


@router.get("/voicemail/greeting", response=Greeting, operation_id="getGreeting", summary="One greeting")
def own_greeting(request: HttpRequest, which: Query[WhichGreeting]) -> dict[str, Any]:
    """404 where there is none: callers hear the standard words."""
    return _greeting(_access(account_of(request), which))


@router.post("/voicemail/greeting", response=Greeting, operation_id="setGreeting", summary="Change a greeting")
def set_greeting(
    request: HttpRequest,
    file: File[UploadedFile],
    until: Form[datetime | None] = None,
    kind: Form[GreetingKind] = "general",
    queue: Form[str | None] = None,
) -> dict[str, Any]:
    """A WAV, MP3, OGG, Opus, FLAC, M4A or WebM file up to 20 MB and two minutes (a name: ten seconds); a time without offset
    is the company's. An `away` greeting needs `until`."""
    actor = account_of(request)
    if until is not None and until.tzinfo is None:
        until = until.replace(tzinfo=ZoneInfo(actor.tenant.timezone))
    return _greeting(greeting.do_set_greeting(actor, file.read(), until, kind=kind, queue=_queue(actor, queue)))


@router.delete("/voicemail/greeting", response=_GONE, operation_id="removeGreeting", summary="Remove a greeting")
def remove_greeting(request: HttpRequest, which: Query[WhichGreeting]) -> Status[None]:
    """404 where there is none."""
    actor = account_of(request)
    greeting.do_remove_greeting(actor, kind=which.kind, queue=_queue(actor, which.queue))
    return Status(204, None)


@router.get(
    "/voicemail/greeting/sound",
    operation_id="getGreetingSound",
    summary="A greeting, to be heard",
    openapi_extra=SOUND,
)
def greeting_sound(request: HttpRequest, which: Query[WhichGreeting]) -> HttpResponse:
    """WAV; a range of it where one is asked for (RFC 9110)."""
    return sound_file(request, _access(account_of(request), which).place)


def _off() -> ApiError:
    return ApiError(403, "function-off", "The box's owner has not switched on the function `message_transcripts`.")


def _access(actor: Account, which: WhichGreeting) -> greeting.GreetingView:
    return greeting.access_greeting(actor, which.kind, _queue(actor, which.queue))


def _queue(actor: Account, name: str | None) -> Queue | None:
    return greeting.queue_by_name(actor, name) if name else None


def _greeting(one: greeting.GreetingView) -> dict[str, Any]:
    return {"kind": one.kind, "queue": one.queue or None, "seconds": one.seconds, "until": one.until}


def _shown(message: MessageView) -> dict[str, Any]:
    written = message.transcript
    return {
        "id": message.id,
        "box": message.box,
        "queue": message.queue or None,
        "call": message.call_id,
        "from": message.caller.number,
        "from_name": message.caller.name,
        "from_person": message.caller.username,
        "left_at": message.left_at,
        "seconds": message.seconds,
        "heard_at": message.heard_at,
        "heard_by": message.heard_by.username if message.heard_by else None,
        "saved": message.saved,
        "transcript": written and _transcript(written),
    }


def _transcript(written: TranscriptView) -> dict[str, Any]:
    there = written.state == "written" and not written.unreadable
    return {
        "state": written.state,
        "text": written.text if there else None,
        "by": written.by or None,
        "changed_at": written.changed_at,
    }
