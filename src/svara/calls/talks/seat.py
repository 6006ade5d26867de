"""A phone's place in the room of a talk: its voice leg, and how its sound is led there.

A phone is asked for a change of its session only where what it was told before does not hold there (another codec, another
address), or is not known. What is said to phones in a room is kept account of: who has to be told something, was told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from svara.calls.exchange import Asked, End, Exchange
from svara.calls.leg import Leg
from svara.calls.resound import agreed, fits
from svara.media.relay import RelayError
from svara.media.voice.port import Finished, Item, Key, Playing, VoiceEvent
from svara.sip.message import SipError
from svara.sip.sdp import inactive_offer, parse_sdp

if TYPE_CHECKING:
    from svara.calls.events import EndedBy
    from svara.calls.talks.room import Room
    from svara.media.relay import Kind

AGAIN_SECONDS = 0.2
"""How soon it is looked again whether a change of the sound that is under way is over."""
MAX_TRIES = 5
"""How often a phone is asked that has something else to do."""
SAY_SECONDS = 20.0
"""What is said to the phones is over by then, or was not heard: the phone sends to nobody, or has us on hold."""


class Seat:
    """One phone's place: its voice leg. Also the other end of what the phone offers (`End`)."""

    kind: Kind = "rtp"
    side: EndedBy = "system"

    def __init__(self, room: Room, leg: Leg) -> None:
        self.room = room
        self.call = room.call
        self.leg = leg
        self.id = f"m{leg.id}"
        """Its leg id, for the relay."""
        self.voice_leg = f"{room.call.id}.{self.id}"
        self.ready = False
        """The voice leg is there."""
        self.led = False
        """The relay was asked to lead the phone's sound to it, and did not refuse."""
        self.taken = False
        """... and the phone hears what comes from there."""
        self.asking = False
        """The phone is asked for a change: that takes as long as it takes."""
        self._tries = 0
        self.described = self.told = b""
        self.gave = False
        self.saying: Said | None = None
        self.on_key: Callable[[str], object] | None = None
        """Who takes the phone's keys instead of the other phone."""

    # --- the way in

    def come(self) -> None:
        """Ask for the voice leg."""
        voice = self.room.voice
        self.ready, self._tries = False, 0
        if voice is not None:
            voice.offer(self.voice_leg, self._answers)

    def _answers(self, result: bytes | RelayError) -> None:
        """The voice process answers; what it would offer does not matter here."""
        if not self.room.coming:
            return
        if isinstance(result, RelayError):
            self.room.fail("no sound is available")
        else:
            self.ready = True
            self.room.ready()

    def connect(self) -> None:
        """Lead the phone's sound here; without asking it, where that can be."""
        call, leg = self.call, self.leg
        if not self.room.coming:
            return
        offer = session(leg)
        if not offer or not leg.told:
            self.ask()
            return
        self.led = True
        call.relay.offer(call.id, leg.id, self.id, offer, self._offered, from_address=leg.address, to_address=leg.address)

    @property
    def _coming(self) -> bool:
        return self.room.coming and not self.taken

    def _offered(self, result: bytes | RelayError) -> None:
        voice = self.room.voice
        if isinstance(result, RelayError):
            self.led = False
        if not self._coming:
            return
        if isinstance(result, RelayError) or voice is None:
            self.room.fail("no sound is available")
        else:
            voice.open(self.voice_leg, result, self._opened)

    def _opened(self, result: bytes | RelayError) -> None:
        call, leg = self.call, self.leg
        if not self._coming:
            return
        if isinstance(result, RelayError):
            self.room.fail("no sound is available")
        else:
            self.room.hear()
            call.relay.answer(call.id, self.id, leg.id, result, self._answered, to=leg.kind)

    def _answered(self, result: bytes | RelayError) -> None:
        if not self._coming:
            return
        if isinstance(result, RelayError):
            self.room.fail("no sound is available")
        elif fits(told(self.leg), result):
            self.taken = True
            self.room.seated()
        else:
            self.ask()

    def ask(self) -> None:
        """Ask the phone for its session, and lead that here."""
        call, clock = self.call, self.call.switch.clock
        if not (self.room.coming or self.room.state == "in"):
            return
        self.asking = True
        if call.exchange is not None or self.leg.incoming is not None:
            clock.call_later(AGAIN_SECONDS, call.guarded, self.ask)
            return
        Exchange(call, Asked(self.leg), Voiced(self), self._refused, self._agreed).start()

    def _agreed(self) -> None:
        self.asking = False
        self.led = True
        self.room.moved(self.leg)
        if not self.taken:
            self.taken = True
            self.room.seated()

    def _refused(self, status: int) -> None:
        call = self.call
        self.asking = False
        self._tries += 1
        if status == 491 and self._tries < MAX_TRIES:
            self.asking = True
            call.switch.clock.call_later(self.leg.turn_seconds(), call.guarded, self.ask)
        else:
            self.room.fail("a phone refused the change")

    def leave(self) -> None:
        """The voice leg is closed."""
        self.call.switch.guests.pop(self.voice_leg, None)
        self.led = self.taken = False
        self.on_key = None
        if self.saying is not None:
            self.saying.failed()
        if self.room.voice is not None:
            self.room.voice.close(self.voice_leg)

    # --- the voice process (see `Switch.guests`)

    def heard(self, event: VoiceEvent) -> None:
        """What the voice process tells of this leg."""
        if isinstance(event, Finished):
            if self.saying is not None and event.playing == self.saying.id:
                self.saying.heard(self)
        elif isinstance(event, Key):
            if self.on_key is not None:
                self.on_key(event.key)
            elif self.room.voice is not None and has_events(self.leg.described):  # else it is in the sound
                for other in self.room.seats:
                    if other is not self:
                        self.room.voice.send_key(other.voice_leg, event.key)

    def reconnect(self) -> None:
        """The voice process was lost."""
        self.room.fail("no sound is available")

    # --- as the other end of the phone's session

    @property
    def address(self) -> str | None:
        """The relay meets us where it meets the phone."""
        return self.leg.address

    def close(self) -> None:
        """Never gone by itself."""


class Voiced:
    """A seat that takes a phone's offer. Without a voice process the phone gets an answer without sound: it needs one."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    @property
    def leg(self) -> End:
        return self._seat

    def take(self, offer: bytes, got: Callable[[bytes | int], object]) -> None:
        def opened(result: bytes | RelayError) -> None:
            if isinstance(result, bytes):
                self._seat.led = True
                got(result)
                return
            try:
                got(inactive_offer(parse_sdp(offer)).to_bytes())
            except SipError:
                got(500)
            self._seat.room.fail("no sound is available")

        if self._seat.room.voice is not None:
            self._seat.room.voice.open(self._seat.voice_leg, offer, opened)

    def refuse(self, _status: int) -> None:
        """Nothing stands open on this side."""


class Said:
    """Something that is said to phones in a room."""

    def __init__(self, room: Room, words: Mapping[Seat, Sequence[Item]], done: Callable[[bool], object]) -> None:
        call, voice = room.call, room.voice
        self.id = call.switch.new_tag()[:8]
        self._open = [seat for seat, items in words.items() if items]
        self._done: Callable[[bool], object] | None = done
        self._timer = call.switch.clock.call_later(SAY_SECONDS, call.guarded, self.failed)
        for seat in self._open:
            if seat.saying is not None:
                seat.saying.failed()
            seat.saying = self
            if voice is not None:
                voice.play(seat.voice_leg, Playing(self.id, tuple(words[seat]), interruptible=False))
        if not self._open or voice is None:
            self._over(voice is not None)

    def heard(self, seat: Seat) -> None:
        """This phone got it."""
        seat.saying = None
        self._open = [one for one in self._open if one is not seat]
        if not self._open:
            self._over(True)

    def failed(self) -> None:
        """Somebody did not."""
        self._over(False)

    def _over(self, heard: bool) -> None:
        self._timer.cancel()
        for seat in self._open:
            if seat.saying is self:
                seat.saying = None
        done, self._done = self._done, None
        if done is not None:
            done(heard)


def session(leg: Leg) -> bytes:
    """The phone's description with the codecs that it speaks in this talk, the one it sends first; b"" when not known."""
    if not leg.described or not leg.told:
        return b""
    if leg.gave:
        return agreed(leg.described, leg.told)
    return agreed(leg.described, agreed(leg.told, leg.described))


def told(leg: Leg) -> bytes:
    """What the phone was told, as it took it."""
    return leg.told if leg.gave else agreed(leg.told, leg.described)


def has_events(description: bytes) -> bool:
    """Whether a phone says keys by telephone-events."""
    try:
        audio = parse_sdp(description).audio
    except SipError:
        return False
    return audio is not None and bool(audio.telephone_events)
