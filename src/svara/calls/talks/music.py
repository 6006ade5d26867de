"""Who is on hold hears music: the company's own where it has some, else Svara's, or nothing where it wants it so.

A phone that is put on hold was told so (it gets no sound of the other's) and goes on listening where it listened before: the
relay leads the voice process's music there, without another word to any phone, and the other side back when it takes the
call again. While nobody holds, none of it is there. Guarantees: a talk never ends for want of music; both on hold hear
nothing; where phones send to each other without a relay, the phones themselves play what they play.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.leg import Leg
from svara.calls.talks.seat import session
from svara.media.relay import RelayError
from svara.media.sounds.phrases import MUSIC
from svara.media.voice.port import Playing, Sound, VoiceEvent

if TYPE_CHECKING:
    from svara.calls.call import Call

OWN_MUSIC = "hold-music"
"""Name of the company's own music on hold among its sounds."""


class HoldMusic:
    """The music of one phone on hold: a voice leg of its own."""

    def __init__(self, call: Call, leg: Leg, *, led: bool = False) -> None:
        """`led`: it plays already, and went on while the server was away."""
        self.call = call
        self.leg = leg
        self.id = f"h{leg.id}"
        """Its leg id, for the relay."""
        self.voice_leg = f"{call.id}.{self.id}"
        self._led = led
        call.switch.guests[self.voice_leg] = self

    def lead(self) -> None:
        """Lead the music to the phone; again, where a change of the sound has led something else there."""
        call, leg = self.call, self.leg
        offer = session(leg)
        if offer:
            where = leg.address
            call.relay.deafen(call.id, leg.id)  # some phones go on sending while they hold
            call.relay.offer(call.id, leg.id, self.id, offer, self._offered, from_address=where, to_address=where)

    @property
    def _here(self) -> bool:
        """Whether the way to the phone is still the music's: a change of the sound that began meanwhile leads it anew, and
        must not find it led away again by an answer that came late."""
        return self.call.music is self and self.call.exchange is None

    def _offered(self, result: bytes | RelayError) -> None:
        voice = self.call.switch.voice
        if self._here and voice is not None and isinstance(result, bytes):
            voice.open(self.voice_leg, result, self._opened)

    def _opened(self, result: bytes | RelayError) -> None:
        call, leg = self.call, self.leg
        if self._here and isinstance(result, bytes):
            call.relay.answer(call.id, self.id, leg.id, result, self._answered, to=leg.kind)

    def _answered(self, result: bytes | RelayError) -> None:
        voice = self.call.switch.voice
        if self._here and voice is not None and isinstance(result, bytes) and not self._led:
            self._led = True
            voice.play(self.voice_leg, Playing("hold", (company_music(self.call),), loop=True, interruptible=False))

    def stop(self) -> None:
        """The phone hears the other side again, or nothing."""
        call, voice = self.call, self.call.switch.voice
        call.switch.guests.pop(self.voice_leg, None)
        if call.music is self:
            call.music = None
        if voice is not None:
            voice.close(self.voice_leg)
        if call.state == "talking":
            call.relay.free(call.id, (self.id,))

    # --- the voice process (see `Switch.guests`)

    def heard(self, event: VoiceEvent) -> None:
        """Nothing that it tells of music matters."""

    def reconnect(self) -> None:
        """The voice process was lost, and is there again."""
        self._led = False
        self.lead()


def look(call: Call) -> None:
    """A change of the sound was agreed on: begin the music, lead it to the phone again, or stop it."""
    held, voice = on_hold(call), call.switch.voice
    if call.music is not None and call.music.leg is not held:
        call.music.stop()
    if held is not None and call.held_for is not None and call.relay is not call.switch.direct:
        call.relay.deafen(call.id, held.id)  # the phone that holds knows nothing of it, and goes on sending
    if (
        held is None
        or voice is None
        or not voice.up
        or not wants_music(call)
        or call.relay is call.switch.direct
        or call.room is not None
    ):
        return
    if call.music is None:
        call.music = HoldMusic(call, held)
    call.music.lead()


def on_hold(call: Call) -> Leg | None:
    """The phone that is on hold and listens; None where nobody is, or both are."""
    front, back = call.front, call.back
    if call.state != "talking" or front is None or back is None or len(call.held_by) != 1:
        return None
    return back if call.held_by[0] == front.side else front


def wants_music(call: Call) -> bool:
    """Whether the company has music played to who is on hold."""
    tenant = call.switch.office.by_tenant_id.get(call.tenant)
    return tenant is not None and tenant.hold_music == "music"


def company_music(call: Call) -> Sound:
    """What is heard: the company's sound of that name, else (by who is being sent on) the music that Svara brings."""
    tenant = call.switch.office.by_tenant_id.get(call.tenant)
    own = tenant.sound_by_name.get(OWN_MUSIC) if tenant is not None else None
    return Sound(own.file) if own is not None else MUSIC
