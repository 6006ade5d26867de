"""The stop at which a caller waits in a queue: greeting, music, the place in the line, and the key that keeps it.

A caller for whom an agent is free hears that agent's phone ring, and nothing else; the system itself answers only when there
is a wait, or a greeting. Agents' phones ring (see `offering`) while the caller goes on hearing music. Guarantees: a caller
who is answered, sent on or hangs up stands in the line no more, and the record says why and when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from svara.calls.events import AnyEvent, CallbackAsked, EndedBy, QueueEntered, QueueLeft
from svara.calls.queue.asking import AskNumber, called_back
from svara.calls.queue.model import Offer, Overflow, Place
from svara.calls.queue.offering import Offering
from svara.calls.queue.store import KeptPlace
from svara.calls.routing.route import Refusal
from svara.calls.stops.prompts import prompt
from svara.calls.trunks import numbers
from svara.calls.wait import Wait
from svara.media.sounds import phrases
from svara.media.voice.port import Item, Sound
from svara.people.office import Queue

if TYPE_CHECKING:
    from typing import Literal

    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.calls.queue.room import Room

    Why = Literal["answered", "abandoned", "timeout", "full", "empty", "closed", "kept", "failed"]

GREETING_AT_MOST_SECONDS = 120.0
"""A greeting whose end nobody tells holds nobody back for longer."""
GOODBYE_SECONDS = 12.0

KEPT = Refusal(480, "abandoned", "keeps the place in the line and is called back")
WORDS = {"empty": "nobody logged in", "closed": "the queue is gone"}
"""Of the machine's reasons those that people read in other words."""

_encode = msgspec.msgpack.Encoder().encode


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What this stop wants back after a restart. `in_line`: the greeting was heard."""

    joined_at: float
    priority: int = 0
    entered: int = 0
    in_line: bool = True


decode_kept = msgspec.msgpack.Decoder(Kept).decode


class InQueue:
    """One caller in one queue."""

    def __init__(self, room: Room, journey: Journey, queue: Queue, kept: Kept | None) -> None:
        self.room = room
        self.journey = journey
        self.call = journey.call
        self.queue = queue
        self._again = kept is not None
        self._state = kept or Kept(self.call.switch.clock.now(), 0, room.number(), in_line=False)
        self._happened: list[AnyEvent] = []
        """Not written yet."""
        self._offering: Offering | None = None
        self._greeting = False
        """The system is just answering the caller."""
        self._later: list[Offer | Overflow] = []
        """What the machine asked for meanwhile."""
        self._mute = False
        """There is no sound to answer with."""
        self._place: Place | None = None
        self._wait = Wait(self.call)
        self._left = False
        self._asking: AskNumber | None = None
        """The caller wants to be called back, and is asked on which number."""

    @property
    def ringing(self) -> bool:
        """Whether an agent's phone rings."""
        return self._offering is not None and self._offering.setup is not None and self._offering.setup.ringing

    @property
    def kept(self) -> bytes:
        """See `Kept`."""
        return b"" if self._left else _encode(self._state)

    def begin(self, happened: list[AnyEvent]) -> None:
        """Stand in the line, after the greeting where there is one."""
        call, queue, room = self.call, self.queue, self.room
        call.ended = self._gone
        if self._again and self._state.in_line:
            self.write(happened)
            self._back()
            return
        self._happened = happened
        if not self._again:
            position = room.machine.length(queue.id) + 1
            self._happened.append(
                QueueEntered(call.id, call.switch.clock.now(), queue=queue.id, name=queue.name, position=position)
            )
        if queue.greeting and queue.greeting in room.tenant.sound_by_name:
            self._flush()
            self._answer()
        else:
            self._line_up()

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The caller hung up, or the call is ended."""
        room, call, offering = self.room, self.call, self._offering
        if self._left:  # the goodbye to somebody who keeps the place
            self._wait.end()
            call.finish(by, KEPT if by == "caller" else refusal, happened)
            self.journey.side.refuse(refusal.status, refusal.reason)
            return
        if by == "caller" and self._asking is not None and self._asking.number:
            self.keep(self._asking.number, goodbye=False)
            self.stop(by, refusal, happened)
            return
        first = [*self._happened, *([] if offering is None else offering.over("withdrawn"))]
        happened[:0] = [*first, self.leave("abandoned" if by == "caller" else "failed")]
        if offering is not None and offering.setup is not None:
            offering.setup.stop(by, refusal, happened)
        else:
            call.finish(by, refusal, happened)
            self.journey.side.refuse(refusal.status, refusal.reason)
        room.take(room.machine.left(call.id, room.now))

    def leave(self, why: Why) -> QueueLeft:
        """The caller stands in the line no more: for the record."""
        call, room = self.call, self.room
        self._left = True
        self._wait.end()
        self._ask_no_more()
        self._later.clear()
        self._happened = []
        self._offering = None
        call.ended = None
        room.stops.pop(call.id, None)
        room.board.changed(room.tenant.id, self.queue.id)
        guest = self._guest
        if guest is not None:
            guest.music = False
            guest.on_key = None
        return QueueLeft(call.id, call.switch.clock.now(), queue=self.queue.id, why=why)

    def write(self, happened: list[AnyEvent]) -> None:
        """To the journal; with the state from which a restarted server takes a guest up."""
        if self._guest is not None:
            self.call.save(*happened)
        elif happened:
            self.call.switch.write(happened)

    # --- what the machine asks for

    def offered(self, offer: Offer) -> None:
        """These agents are free for the caller."""
        offering = self._offering = Offering(self, offer)
        if self._greeting:
            self._later.append(offer)
        else:
            happened, self._happened = self._happened, []
            offering.begin(happened)

    def offer_over(self) -> None:
        """Nobody picked up, or the offer was withdrawn."""
        self._offering = None
        self._later = [one for one in self._later if not isinstance(one, Offer)]
        self.room.after(self._settle)

    def sent_on(self, overflow: Overflow) -> None:
        """The caller goes on to another target."""
        if self._greeting:
            self._later.append(overflow)
            return
        happened = [*self._happened, self.leave(overflow.why)]
        self.journey.go(overflow.target, WORDS.get(overflow.why, overflow.why), happened)

    def told(self, place: Place) -> None:
        """Where the caller stands."""
        self._place = place
        if self._asking is None and self._guest is not None and self._state.in_line:
            self._hold()

    # --- the caller

    @property
    def _guest(self) -> Guest | None:
        guest = self.call.guest
        return guest if guest is not None and guest.connected else None

    def _line_up(self) -> None:
        """The caller has heard what there was to hear first."""
        self._wait.end()
        if self._left or self._state.in_line:
            return
        call, room = self.call, self.room
        self._state = msgspec.structs.replace(self._state, in_line=True)
        if self._guest is not None:
            self.write([])
        room.stops[call.id] = self
        joined_at = room.on_machine_time(self._state.joined_at)
        room.take(room.machine.enter(self.queue.id, call.id, room.now, joined_at=joined_at))
        room.board.changed(room.tenant.id, self.queue.id)
        room.after(self._settle)

    def _back(self) -> None:
        """After a restart."""
        guest, room = self._guest, self.room
        if guest is not None:
            guest.music = True
            guest.on_key = self._key
            if not guest.adopted:
                self._hold()
        if not room.claim(self):
            self._state = msgspec.structs.replace(self._state, in_line=False)
            self._line_up()

    def _settle(self) -> None:
        """All that follows from the caller's coming, or from an offer's end, was done: who still waits hears something."""
        if self._left:
            return
        self._flush()
        if self._offering is None and self._guest is None and not self._greeting and not self._mute:
            self._answer()

    def _flush(self) -> None:
        happened, self._happened = self._happened, []
        if happened:
            self.write(happened)

    def _answer(self) -> None:
        self._greeting = True
        self.journey.greet(self._listens, self._deaf)

    def _listens(self, guest: Guest) -> None:
        if self._left:
            return
        guest.music = True
        guest.on_key = self._key
        if self._state.in_line:
            self._hold()
        else:
            greeting = prompt(self.room.tenant, self.queue.greeting)
            guest.play(greeting, interruptible=False, then=(self.music,), done=self._line_up)
            self._wait.begin(GREETING_AT_MOST_SECONDS, self._line_up)
        self._greeted()

    def _deaf(self, _refusal: Refusal) -> None:
        """There is no sound: the caller hears it ringing until somebody picks up."""
        if self._left:
            return
        self._mute = True
        self.journey.side.ringing(self.queue.id)
        self._line_up()
        self._greeted()

    def _greeted(self) -> None:
        self._greeting = False
        later, self._later = self._later, []
        for action in later:
            if isinstance(action, Overflow):
                self.sent_on(action)
            elif self._offering is not None:
                self._offering.begin([])

    def _gone(self) -> None:
        """The call ended without this stop being told."""
        if not self._left:
            self.leave("failed")
            self.room.take(self.room.machine.left(self.call.id, self.room.now))

    # --- what the caller hears

    @property
    def language(self) -> str:
        """In which the caller is spoken to."""
        tenant = self.room.tenant
        person = tenant.by_id.get(self.call.caller.person or "")
        return (person.language if person is not None else "") or next(iter(tenant.languages), "en")

    @property
    def music(self) -> Item:
        """What is heard while waiting."""
        own = self.room.tenant.sound_by_name.get(self.queue.music) if self.queue.music else None
        return Sound(own.file) if own is not None else phrases.MUSIC

    def _hold(self) -> None:
        """Music, after what is to be told."""
        guest, language = self._guest, self.language
        if guest is None:
            return
        items: tuple[Item, ...] = ()
        if self._place is not None:
            items += phrases.position(self._place.position, language)
            if self._place.expected_wait_seconds is not None:
                items += phrases.wait(self._place.expected_wait_seconds, language)
        if self.queue.callback_key and (self.number or self.room.tenant.trunks):
            items += phrases.keep_place(self.queue.callback_key, language)
        if items:
            guest.play(items, then=(self.music,))
        else:
            guest.play((self.music,), loop=True)

    # --- keeping the place

    @property
    def number(self) -> str:
        """On which the caller can be called back: a colleague, or a number of the country; "" when there is none.

        Numbers abroad and those that cost extra are left out, because a caller's number is easily made up and the company
        would pay for the call.
        """
        caller, tenant = self.call.caller, self.room.tenant
        if caller.person:
            return caller.number
        found = numbers.wanted(caller.number)
        read = numbers.number(found.digits, tenant.country) if found is not None else None
        return read.text if read is not None and read.kind in ("national", "mobile") else ""

    def _key(self, key: str) -> None:
        guest = self._guest
        if self._left or not self._state.in_line or guest is None:
            return
        if self._asking is not None:
            self._asking.key(key)
        elif key == self.queue.callback_key and (self.number or self.room.tenant.trunks):
            self._asking = AskNumber(self, guest, self.number)
            self._asking.begin()

    def may_be_called(self, entered: str) -> str:
        """The number that the caller means and may have called back; "" when there is none such."""
        kept = {one.number for one in self.room.lasting.kept.values()}
        return called_back(self.room.tenant, self.queue, entered, kept)

    def wait_on(self, first: tuple[Item, ...]) -> None:
        """The caller is not called back, and stands in the line as before."""
        self._ask_no_more()
        guest = self._guest
        if guest is None:
            return
        if first:
            guest.play(first, then=(self.music,))
        else:
            self._hold()

    def _ask_no_more(self) -> None:
        if self._asking is not None:
            self._asking.over()
            self._asking = None

    def keep(self, number: str, *, goodbye: bool = True) -> bool:
        """The caller is to be called back on `number`; False when that cannot be. Without `goodbye` they hung up already."""
        guest, room, call, language = self._guest, self.room, self.call, self.language
        if self._left or not self._state.in_line:
            return False
        if not number:
            return False
        offering, now = self._offering, call.switch.clock.now()
        if offering is not None:
            offering.withdraw(offering.agents)
        left = self.leave("kept")
        room.keep(KeptPlace(call.id, self.queue.id, number, self._state.joined_at, self._state.priority))
        self.write([CallbackAsked(call.id, now, queue=self.queue.id, number=number), left])
        if not goodbye:
            return True
        if guest is None:
            self._goodbye()
        else:
            guest.play(phrases.phrase("callback-kept", language), interruptible=False, done=self._goodbye)
            self._wait.begin(GOODBYE_SECONDS, self._goodbye)
        return True

    def _goodbye(self) -> None:
        self._wait.end()
        self.call.finish("system", KEPT, [])
        self.journey.side.refuse(KEPT.status, KEPT.reason)
