"""The stop at which somebody listens to a mailbox by phone, and records its greetings (`greetings`).

Whose box opens without a PIN: one's own, and that of a queue of which one is a member, from a phone of the house. From
anywhere else the PIN opens a person's box, a few tries at a time. Nothing here dials out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import msgspec

from svara.calls import boxes
from svara.calls.boxes import BoxMessage
from svara.calls.routing.route import Refusal
from svara.calls.stops.greetings import OwnGreetings
from svara.calls.stops.pins import TRIES_IN_A_CALL
from svara.calls.stops.served import Asked
from svara.media.sounds.phrases import PhraseKey, digits, new_messages, phrase, received, saved_messages
from svara.media.voice.port import Item, Sound
from svara.people.office import Person, Queue

if TYPE_CHECKING:
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey

MAX_PIN = 10
CLOSED_BOX = Refusal(403, "failed", "that mailbox cannot be opened from here")

Place = Literal["pin", "menu", "message", "greetings", "greeting", "day"]
Deed = Literal["listen", "again", "save", "delete", "next", "greetings"]

KEYS: dict[Place, dict[str, Deed]] = {
    "menu": {"1": "listen", "2": "greetings"},
    "message": {"1": "again", "2": "save", "3": "delete", "#": "next"},
}
PROMPTS: dict[Place, PhraseKey] = {
    "pin": "enter-pin",
    "menu": "mailbox-menu",
    "message": "message-menu",
    "greetings": "greetings-menu",
    "greeting": "greeting-menu",
    "day": "greeting-until",
}

_boxes_answer = msgspec.msgpack.Decoder(boxes.Answer).decode


def open_box(journey: Journey, person: Person, argument: str, kept: bytes) -> ReadMailbox | Refusal:
    """The box that `person` means by a number behind the code: none for the own one."""
    tenant = journey.tenant
    if not argument or tenant is None:
        return ReadMailbox(journey, person, person, kept)
    owner = tenant.by_extension.get(argument)
    queue = next((one for one in tenant.queues if one.extension == argument), None)
    if owner is not None and owner.id == person.id:
        return ReadMailbox(journey, person, person, kept)
    if owner is not None and owner.voicemail_pin:
        return ReadMailbox(journey, None, owner, kept)
    if queue is not None and any(member.person == person.id for member in queue.members):
        return ReadMailbox(journey, person, queue, kept)
    return CLOSED_BOX


class ReadMailbox(Asked):
    """Somebody who listens to a box; `reader` is None as long as only a PIN can tell who it is."""

    def __init__(self, journey: Journey, reader: Person | None, owner: Person | Queue, kept: bytes = b"") -> None:
        super().__init__(journey, kept)
        self.reader = reader
        self.owner = owner
        self._place: Place = "pin"
        self._messages: list[BoxMessage] = []
        self._at = -1
        self._asked = 0
        """Which message is waited for: the last one that was asked for."""
        self._tries = 0
        self._pin = ""
        self._greetings = OwnGreetings(self)

    @property
    def _box(self) -> str:
        return boxes.box_of(self.owner)

    @property
    def listener(self) -> Person | None:
        """Who reads; the owner, as long as nobody knows."""
        return self.reader or (self.owner if isinstance(self.owner, Person) else None)

    # --- opening

    def serve(self, guest: Guest) -> None:
        """Ask for the PIN, or for the messages."""
        guest.on_key = self._key
        if self.reader is not None:
            self._open()
        elif self.call.switch.pins.blocked(self._box, self.call.caller, self.call.switch.clock.now()):
            self.goodbye("pin-blocked")
        else:
            self.prompt("pin")

    def _entered(self) -> None:
        encoded = self.owner.voicemail_pin if isinstance(self.owner, Person) else ""
        now = self.call.switch.clock.now()
        pin, self._pin = self._pin, ""
        self._tries += 1
        if self.call.switch.pins.check(self._box, self.call.caller, pin, encoded, now):
            self._open()
        elif self._tries >= TRIES_IN_A_CALL:
            self.goodbye("pin-blocked")
        else:
            self.prompt("pin", phrase("wrong-pin", self.language))

    def _open(self) -> None:
        request = boxes.AskMessages(self.call.tenant, self._box)
        self.ask(boxes.SERVICE, request, self._opened)

    def _opened(self, payload: bytes | None) -> None:
        answer = None if payload is None else _boxes_answer(payload)
        if not isinstance(answer, boxes.Messages):
            self.goodbye("cannot-be-completed")
            return
        self._messages = list(answer.messages)
        new = sum(not message.heard for message in self._messages)
        counted = (*new_messages(new, self.language), *saved_messages(len(self._messages) - new, self.language))
        self.prompt("menu", counted)

    # --- keys

    def _key(self, key: str) -> None:
        self.leave()
        self.silences = 0
        if self._place == "pin":
            if key == "#":
                self._entered()
            elif len(self._pin) < MAX_PIN:
                self._pin += key
                self.wait()
        elif self._place == "greetings":
            self._greetings.choose(key)
        elif self._place == "greeting":
            self._greetings.decide(key)
        elif self._place == "day":
            self._greetings.day(key)
        else:
            deed = KEYS[self._place].get(key)
            if deed is None:
                self.prompt(self._place, phrase("not-a-choice", self.language))
            else:
                self._do(deed)

    def _do(self, deed: Deed) -> None:
        match deed:
            case "listen":
                self._at = -1
                self._next(() if self._messages else phrase("no-messages", self.language))
            case "again":
                self._tell()
            case "save":
                self._mark("saved")
                self._next(phrase("message-saved", self.language))
            case "delete":
                self._mark("deleted")
                del self._messages[self._at]
                self._at -= 1
                self._next(phrase("message-deleted", self.language))
            case "next":
                self._next(())
            case "greetings":
                self.prompt("greetings")

    # --- messages

    def _next(self, first: Sequence[Item]) -> None:
        self._at += 1
        if self._at < len(self._messages):
            self._tell(first)
        else:
            said = phrase("no-more-messages", self.language) if self._messages else ()
            self.prompt("menu", (*first, *said))

    def _tell(self, first: Sequence[Item] = ()) -> None:
        """Who left the message, when, and the message itself; then what can be done with it."""
        message = self._messages[self._at]
        known = any(sign.isdigit() for sign in message.number)
        who: tuple[Item, ...] = phrase("message-from-unknown", self.language)
        if known:
            who = (*phrase("message-from", self.language), *digits(message.number, self.language))
        tenant = self.journey.tenant
        zone = ZoneInfo(tenant.timezone) if tenant is not None else ZoneInfo("UTC")
        now = datetime.fromtimestamp(self.call.switch.clock.now(), zone)
        when = received(datetime.fromtimestamp(message.left_at, zone), now, self.language)
        said = (*first, *who, *when)
        self._place = "message"
        self._asked += 1
        bring = boxes.BringMessage(self.call.tenant, self._box, message.id)
        self.ask(boxes.SERVICE, bring, partial(self._brought, self._asked, message, said))

    def _brought(self, asked: int, message: BoxMessage, said: Sequence[Item], payload: bytes | None) -> None:
        """The sound lies where it can be played; or it cannot be reached now, and the message stays as new as it was."""
        if asked != self._asked or self._place != "message":
            return  # a key was pressed meanwhile
        if not isinstance(None if payload is None else _boxes_answer(payload), boxes.Done):
            self.prompt("message", (*said, *phrase("message-not-reachable", self.language)))
            return
        if not message.heard:
            self._mark("heard")
            self._messages[self._at] = msgspec.structs.replace(message, heard=True)
        self.prompt("message", (*said, Sound(f"recording:{message.file}")))

    def _mark(self, how: Literal["heard", "saved", "deleted"]) -> None:
        reader = self.reader.id if self.reader is not None else ""
        mark = boxes.MarkMessage(self.call.tenant, self._box, self._messages[self._at].id, how, reader)
        self.ask(boxes.SERVICE, mark, lambda _answer: None)

    # --- how

    def prompt(self, place: Place, first: Sequence[Item] = ()) -> None:
        """Say something, and then what can be done here."""
        self._place = place
        self.leave()
        if self.guest is not None:
            words = self._greetings.menu() if place == "greetings" else PROMPTS[place]
            said: list[Item] = [*first, *phrase(words, self.language)]
            self.guest.play(said, done=self.wait)

    def listen(self) -> None:
        """Keys count again."""
        if self.guest is not None:
            self.guest.on_key = self._key

    def repeat(self) -> None:
        """A PIN that was entered without # counts; else say again what can be done here."""
        if self._pin:
            self._entered()
        else:
            self.prompt(self._place)
