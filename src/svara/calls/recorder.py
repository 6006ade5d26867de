"""The recording of a talk: the voice process gets a copy of what each side says, and writes one stereo file.

The talk itself is not touched: who listens is a subscriber at the relay. Guarantees: the record names every file that was
begun, before the call's end is written; while somebody presses keys (a card number, perhaps) nothing is written but silence,
nor while somebody is on hold: what is said in the room then is meant for nobody; what was paused by hand stays paused, after
a restart too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from svara import log
from svara.calls.events import CallRecorded
from svara.media.relay import RelayError
from svara.media.voice.port import Key, Recorded, Recording, VoiceEvent

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.clock import Timer

MAX_SECONDS = 4 * 3600.0
KEYS_SECONDS = 4.0
"""So long after the last key the recording goes on."""
LAST_WORDS_SECONDS = 3.0
AGAIN_SECONDS = 4.0
"""How long after a loss a new file is begun: the talk itself is built anew first."""

_logger = log.get("calls.recorder")


class Recorder:
    """Records one talk. `file` is what is being written, relative to the recordings; empty as long as nothing is."""

    def __init__(self, call: Call, why: str, file: str = "", *, paused: bool = False) -> None:
        """With `file`, of a talk taken up, a recording that went on meanwhile; `paused` when it was by hand."""
        self.call = call
        self.why = why
        self.file = file
        # The recording of a talk that was sent on may be completed still while that of the next talk of the call begins.
        number = str(call.moves or "")
        self.sides = f"ra{number}", f"rb{number}"
        """The two listeners, for the relay: of the caller, and of the callee."""
        self._since = call.switch.clock.now() if not file else call.answered_at or call.started_at
        self._open: set[str] = set()
        self._over: Callable[[], object] | None = None
        self._timer: Timer | None = None
        self.paused_by_hand = paused
        self._keys: Timer | None = None
        if file:  # it may have been silent for keys, of which nobody knows any more
            self._keys = call.switch.clock.call_later(KEYS_SECONDS, call.guarded, self._keys_over)
        for side in self.sides:
            call.switch.guests[self._id(side)] = self

    @property
    def legs(self) -> tuple[str, ...]:
        """The voice legs."""
        return tuple(self._id(side) for side in self.sides)

    def start(self) -> None:
        """Begin a file, as soon as both sides are heard."""
        call, voice = self.call, self.call.switch.voice
        self._timer = None
        if call.back is None or call.state != "talking" or voice is None or not voice.up:
            return  # it tells when it is there: see reconnect
        for side, leg in zip(self.sides, (call.front_id, call.back.id), strict=True):
            call.relay.copy(call.id, leg, side, partial(self._offered, side))

    def _offered(self, side: str, result: bytes | RelayError) -> None:
        voice = self.call.switch.voice
        if isinstance(result, RelayError) or voice is None or self.call.state != "talking":
            _logger.warning("a talk cannot be recorded", call=self.call.id)
            return
        voice.open(self._id(side), result, partial(self._opened, side))

    def _opened(self, side: str, result: bytes | RelayError) -> None:
        call, voice = self.call, self.call.switch.voice
        if isinstance(result, RelayError) or voice is None or call.state != "talking":
            return
        call.relay.copied(call.id, side, result)
        self._open.add(side)
        if len(self._open) == len(self.sides) and not self.file:
            self.file = f"calls/{call.id}-{call.switch.new_tag()[:8]}.wav"
            self._since = call.switch.clock.now()
            call.save()
            caller, callee = self.legs
            voice.record(caller, Recording(self.file, MAX_SECONDS, with_leg=callee, trim=False))
            self._pause()
            call.news("taped")

    # --- pauses

    def pause(self, *, paused: bool) -> None:
        """By hand, until it is taken back."""
        self.paused_by_hand = paused
        self._pause()
        self.call.save()
        self.call.news("taped")

    def holds_changed(self) -> None:
        """Somebody was put on hold, or taken back."""
        self._pause()

    def _pause(self) -> None:
        call, voice = self.call, self.call.switch.voice
        if self.file and voice is not None:
            voice.pause_recording(self.legs[0], paused=self.paused_by_hand or self._keys is not None or bool(call.held_by))

    def _keys_over(self) -> None:
        self._keys = None
        self._pause()

    def heard(self, event: VoiceEvent) -> None:
        """What the voice process tells of one of the two legs."""
        if isinstance(event, Key):
            if self._keys is not None:
                self._keys.cancel()
            self._keys = self.call.switch.clock.call_later(KEYS_SECONDS, self.call.guarded, self._keys_over)
            self._pause()
        elif isinstance(event, Recorded) and event.file == self.file:
            self._complete(event.seconds)

    def _complete(self, seconds: float) -> None:
        call, file = self.call, self.file
        self.file = ""
        if seconds > 0:
            call.switch.write([CallRecorded(call.id, call.switch.clock.now(), file=file, seconds=seconds, why=self.why)])
        if self._over is not None:
            self._stopped()

    def reconnect(self) -> None:
        """The voice process or the relay was lost: what was written stays, and a new file begins."""
        if self._over is not None:
            return
        self._lose()
        self._open.clear()
        for leg in self.legs:
            if self.call.switch.voice is not None:
                self.call.switch.voice.close(leg)
        if self._timer is None:
            self._timer = self.call.switch.clock.call_later(AGAIN_SECONDS, self.call.guarded, self.start)

    def _lose(self) -> None:
        """The file was completed without us: nobody tells how long it is."""
        if self.file:
            self._complete(max(self.call.switch.clock.now() - self._since, 0.1))

    # --- the end

    def stop(self, over: Callable[[], object]) -> None:
        """The talk is over; `over` is told when the record knows of the recording."""
        self._over = over
        voice = self.call.switch.voice
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._keys is not None:
            self._keys.cancel()
            self._keys = None
        if not self.file or voice is None or not voice.up:
            self._lose()
            self._stopped()
            return
        self._timer = self.call.switch.clock.call_later(LAST_WORDS_SECONDS, self.call.guarded, self._lose)
        voice.stop_recording(self.legs[0])

    def _stopped(self) -> None:
        over, self._over = self._over, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        voice = self.call.switch.voice
        for leg in self.legs:
            self.call.switch.guests.pop(leg, None)
            if voice is not None:
                voice.close(leg)
        if over is not None:
            over()

    def _id(self, side: str) -> str:
        return f"{self.call.id}.{side}"
