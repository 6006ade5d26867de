"""The caller as a guest of the system itself: answered, and hearing what we play, until somebody talks to them.

The caller's sound goes through the relay to a leg of the voice process. When a phone picks up, the relay connects the two,
and the caller's phone is asked for a change only where the new sound does not fit what it was told before. Guarantees: the
voice leg is closed when the guest is; whatever was to be heard is heard again after the relay or the voice process was
restarted; without a voice process nobody becomes a guest, and who is one already can still be put through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from svara.calls import resound
from svara.calls.leg import VOICE, Leg
from svara.calls.resound import DISAGREED, agreed, fits, key_of
from svara.calls.routing.route import Refusal
from svara.calls.routing.verdict import RELAY_DOWN
from svara.media.relay import RelayError
from svara.media.voice.port import (
    Finished,
    Heard,
    Item,
    Key,
    Playing,
    Recorded,
    Recording,
    Seat,
    Tone,
    Voice,
    VoiceEvent,
)
from svara.sip.message import Request
from svara.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.stops import CallerSide

NO_VOICE = Refusal(480, "failed", "no sound is available")


class Guest:
    """A `CallerSide`, and what stops do with a caller who hears us. `side` is what the caller was before."""

    takes_early = False
    described = b""
    """A tone is played while a phone rings, whatever the phone itself sends."""

    def __init__(self, call: Call, leg: Leg, side: CallerSide | None, offer: bytes = b"", local: bytes = b"") -> None:
        """With `offer` and `local` (see there) the caller is a guest already: taken up after a restart."""
        self.call = call
        self.leg = leg
        """The caller's phone."""
        self.side = side
        self.id = f"{call.id}.{VOICE}"
        """The voice leg."""
        self.offer = offer or (side.offer if side is not None else b"")
        """What the caller's phone described: a phone that rings for the caller is offered this."""
        self.local = local
        """What the caller's phone was told last."""
        self.connected = bool(local)
        """The caller was answered; from here on the call is ended by a hang-up."""
        self.closed = False
        self.given = False
        """The caller's phone goes on in another call: it is not hung up with this one."""
        self.adopted = False
        """After a restart of ours: what the voice process did for the caller goes on."""
        self.music = False
        """What plays goes on while phones ring (a queue)."""
        self.waking: list[VoiceEvent] | None = None
        """Taken up after a restart: what comes is kept until the stop listens (`wake`)."""
        self.asking = False
        """A change that we asked the phone for is under way (RFC 3261 section 14.2: the phone's own has to wait)."""
        self.on_key: Callable[[str], object] | None = None
        self.on_recorded: Callable[[Recorded], object] | None = None
        self.on_heard: Callable[[], object] | None = None
        """The caller, who hears themselves (`echo`), said something."""
        self._echoes = False
        self._done: Callable[[], object] | None = None
        self._playing: Playing | None = None
        self._recording: Recording | None = None
        self._seat: Seat | None = None
        """How the caller takes part in a conference."""
        self._stop_key_came = False
        self._stop_keys_due = ""
        """The key that ended a recording may be told before or after the recording itself; it means nothing else."""
        self._serial = 0
        self._ready: Callable[[], object] | None = None
        self._failed: Callable[[Refusal], object] | None = None
        call.switch.guests[self.id] = self

    # --- becoming one

    def connect(self, ready: Callable[[], object], failed: Callable[[Refusal], object]) -> None:
        """Answer the caller with our sound. One of the two is told, later or at once, unless the call ends before."""
        call, switch = self.call, self.call.switch
        self._ready, self._failed = ready, failed
        voice = switch.voice
        if voice is None or not voice.up:
            self._fail(NO_VOICE)
            return
        if call.relay is switch.direct:
            call.relay = switch.relay  # also where phones send to each other: ours is not reached from everywhere
        call.relay_used = True
        if self.offer:
            where = self.leg.address
            call.relay.offer(call.id, call.front_id, VOICE, self.offer, self._offered, from_address=where, to_address=where)
        else:
            voice.offer(self.id, self._voice_offers)

    def _offered(self, result: bytes | RelayError) -> None:
        if self.closed:
            return
        if isinstance(result, RelayError):
            self._fail(RELAY_DOWN)
        elif self.voice is not None:
            self.voice.open(self.id, result, self._voice_answered)

    def _voice_answered(self, result: bytes | RelayError) -> None:
        call = self.call
        if self.closed:
            return
        if isinstance(result, RelayError):
            self._fail(NO_VOICE)
        else:
            call.relay.answer(call.id, VOICE, call.front_id, result, self._answered, to=call.caller_kind)

    def _answered(self, result: bytes | RelayError) -> None:
        if self.closed:
            return
        if isinstance(result, RelayError):
            self._fail(RELAY_DOWN)
            return
        self._greet(result)
        if self.side is not None:
            self.side.answer(VOICE, result)
        self._stand()

    def _voice_offers(self, result: bytes | RelayError) -> None:
        """The caller brought no description: we make the offer."""
        call = self.call
        if self.closed:
            return
        if isinstance(result, RelayError):
            self._fail(NO_VOICE)
        else:
            where = self.leg.address
            call.relay.offer(
                call.id,
                VOICE,
                call.front_id,
                result,
                self._our_offer,
                to=call.caller_kind,
                from_address=where,
                to_address=where,
            )

    def _our_offer(self, result: bytes | RelayError) -> None:
        if self.closed:
            return
        if isinstance(result, RelayError):
            self._fail(RELAY_DOWN)
            return
        self._greet(result)
        if self.side is not None:
            self.side.make_offer(result, self._caller_described)

    def _caller_described(self, sdp: bytes) -> None:
        call = self.call
        if self.closed:
            return
        if not sdp:
            call.end("system", DISAGREED)
            return
        self.offer, self.local = sdp, agreed(self.local, sdp)
        call.relay.answer(call.id, call.front_id, VOICE, sdp, self._agreed)

    def _agreed(self, result: bytes | RelayError) -> None:
        if self.closed:
            return
        if isinstance(result, RelayError) or self.voice is None:
            self.call.end("system", RELAY_DOWN.reason)
            return
        self.voice.answered(self.id, result)
        self.call.save()
        self._stand()

    def _greet(self, local: bytes) -> None:
        self.local = local
        self.connected = True
        self.call.greeted([])

    def _stand(self) -> None:
        ready, self._ready, self._failed = self._ready, None, None
        if ready is not None and not self.closed:
            ready()

    def _fail(self, refusal: Refusal) -> None:
        failed, self._ready, self._failed = self._failed, None, None
        if failed is not None:
            failed(refusal)

    # --- what the caller hears and says

    @property
    def country(self) -> str:
        """Whose tones the caller hears."""
        tenant = self.call.switch.office.by_tenant_id.get(self.call.tenant)
        return tenant.country if tenant is not None else ""

    @property
    def language(self) -> str:
        """In which language the caller is spoken to: the company's first."""
        tenant = self.call.switch.office.by_tenant_id.get(self.call.tenant)
        return next(iter(tenant.languages), "en") if tenant is not None else "en"

    def play(
        self,
        items: Sequence[Item],
        *,
        loop: bool = False,
        interruptible: bool = True,
        then: Sequence[Item] = (),
        done: Callable[[], object] | None = None,
    ) -> None:
        """Play this instead of what plays now; `done` when it was heard to its end (not when a key or another `play`
        interrupts it)."""
        self._serial += 1
        self._playing = Playing(str(self._serial), tuple(items), loop, interruptible, tuple(then))
        self._done = done
        if self.voice is not None and self.connected:
            self.voice.play(self.id, self._playing)

    def silent(self) -> None:
        """Play nothing."""
        self._playing = self._done = None
        if self.voice is not None:
            self.voice.stop(self.id)

    def sit(self, seat: Seat | None) -> None:
        """Take part in a conference, or in another way than before; None: no more."""
        self._seat = seat
        if self.voice is not None and self.connected:
            self.voice.confer(self.id, seat)

    def echo(self) -> None:
        """The caller hears themselves from now on."""
        self._echoes = True
        if self.voice is not None and self.connected:
            self.voice.echo(self.id, on=True)

    def record(self, recording: Recording, recorded: Callable[[Recorded], object]) -> None:
        """Record the caller; `recorded` is told how it ended, unless the guest was closed before."""
        self.on_recorded = recorded
        self._recording = recording
        self._stop_key_came = False
        if self.voice is not None:
            self.voice.record(self.id, recording)

    def resume_recording(self, recording: Recording, recorded: Callable[[Recorded], object]) -> None:
        """A recording that went on while the server was away."""
        self.on_recorded, self._recording = recorded, recording

    def stop_recording(self) -> None:
        """Complete the recording now."""
        if self.voice is not None:
            self.voice.stop_recording(self.id)

    def heard(self, event: VoiceEvent) -> None:
        """What the voice process tells of this leg."""
        if self.waking is not None:
            self.waking.append(event)
            return
        match event:
            case Finished(playing=playing):
                if self._playing is not None and playing == self._playing.id:
                    done, self._done = self._done, None
                    if not self._playing.then:
                        self._playing = None
                    if done is not None:
                        done()
            case Key(key=key):
                # What it interrupted, if anything, only the voice process knows: `done` is told of what was heard.
                if self._recording is not None and key in self._recording.stop_keys:
                    self._stop_key_came = True
                elif key in self._stop_keys_due:
                    self._stop_keys_due = ""
                elif self.on_key is not None:
                    self.on_key(key)
            case Heard() if self.on_heard is not None:
                self.on_heard()
            case Recorded():
                due = event.reason == "key" and self._recording is not None and not self._stop_key_came
                self._stop_keys_due = self._recording.stop_keys if due and self._recording is not None else ""
                recorded, self.on_recorded, self._recording = self.on_recorded, None, None
                if recorded is not None:
                    recorded(event)

    def wake(self) -> None:
        """The stop listens: it hears what was pressed and recorded while nobody did."""
        waiting, self.waking = self.waking or [], None
        for event in waiting:
            if not self.closed:
                self.heard(event)

    def info(self, request: Request) -> None:
        """A key that the caller's phone sent by INFO (RFC 6086)."""
        key = key_of(request)
        if key and self.voice is not None:
            self.voice.key(self.id, key)

    # --- the caller, for the stops that ring phones

    def ringing(self, source: str, sdp: bytes = b"", status: int = 180) -> None:  # noqa: ARG002
        """A phone rings for the caller."""
        if self.call.move is not None:
            self.call.move.ringing()
        if not self.music:
            ringback = Tone("ringback", self.country)
            if self._playing is None or self._playing.items != (ringback,):
                self.play((ringback,), loop=True, interruptible=False)

    def answer(self, source: str, sdp: bytes) -> None:  # noqa: ARG002
        """A phone picked up; `sdp` is what the caller's phone would have to be told now."""
        self.close()
        self.leg.described, self.leg.told, self.leg.gave = self.offer, self.local, True
        self.call.relay.free(self.call.id, (VOICE,))
        if not fits(self.local, sdp):
            resound.agree_anew(self.call)

    def settle(self, sdp: bytes) -> None:
        """Never: a guest has described itself."""
        raise AssertionError(sdp)

    def make_offer(self, sdp: bytes, answered: Callable[[bytes], object]) -> None:
        """Never: a guest has described itself."""
        raise AssertionError(sdp, answered)

    def refuse(self, status: int, reason: str) -> None:
        """No talk comes of it: hang up, or refuse what was not answered yet."""
        self.close()
        if self.given:
            return
        if self.side is not None and not self.connected:
            self.side.refuse(status, reason)
        elif not self.leg.down:
            self.leg.hang_up([("Reason", f'SIP;cause={status};text="{reason.capitalize()}"')])

    def close(self) -> None:
        """The system is silent from here on."""
        if not self.closed:
            self.closed = True
            self.on_key = self.on_recorded = self.on_heard = self._done = self._ready = self._failed = None
            self.call.switch.guests.pop(self.id, None)
            if self.voice is not None:
                self.voice.close(self.id)

    # --- changes while the caller is a guest (see resound)

    def changed(self, transaction: ServerTransaction) -> None:
        """The caller's phone changes or refreshes its session (re-INVITE, UPDATE with a description)."""
        resound.changed(self, transaction)

    def reconnect(self) -> None:
        """The relay or the voice process lost the sound, and what was being recorded: build it anew."""
        recording = self._recording
        if recording is not None:
            self.heard(Recorded(self.id, recording.file, 0.0, "closed"))
        if self.connected and not self.closed:
            resound.reconnect(self)

    def sounds_again(self) -> None:
        """... which was done: what was to be heard is heard."""
        if self._seat is not None and self.voice is not None:
            self.voice.confer(self.id, self._seat)
        if self._echoes and self.voice is not None:
            self.voice.echo(self.id, on=True)
        if self._playing is not None and self.voice is not None:
            self.voice.play(self.id, self._playing)
        self._stand()

    def on_stands(self, ready: Callable[[], object]) -> None:
        """`ready` is called once when the sound stands that is being built anew (`reconnect`)."""
        self._ready = ready

    @property
    def voice(self) -> Voice | None:
        """Who makes the sound."""
        return self.call.switch.voice
