"""A voice process on virtual time: it plays, hears keys and records, and tells when a sound is over.

Every sound file lasts two seconds, a beep a fifth of one. It is a process of its own: it lives on when the calls process is
killed, and keeps what it could not tell meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from svara.clock import VirtualClock, VirtualTimer
from svara.media.relay import RelayError, SdpDone
from svara.media.voice.port import (
    Finished,
    Heard,
    Item,
    Key,
    Playing,
    Recorded,
    Recording,
    Seat,
    Silence,
    Sound,
    Tone,
    VoiceEvent,
)
from svara.sip.sdp import parse_sdp

ADDRESS = "192.0.2.8"
SOUND_SECONDS = 2.0
SHORT = ("beep", "join", "leave")


@dataclass
class VoiceLeg:
    """One leg. `heard` is everything it was told to play, in order."""

    offer: bytes = b""
    playing: Playing | None = None
    heard: list[Playing] = field(default_factory=list)
    over_at: float = 0.0
    timer: VirtualTimer | None = None
    recording: Recording | None = None
    said_seconds: float = 0.0
    record_until: VirtualTimer | None = None
    hears: tuple[str, ...] = ()
    seat: Seat | None = None
    echoes: bool = False
    """It hears itself."""
    paused: bool = False
    keys: str = ""
    """What its phone was sent."""

    @property
    def sounds(self) -> list[str]:
        """What plays now, in words: files by name, tones by kind."""
        return [] if self.playing is None else words(self.playing.items or self.playing.then)

    @property
    def all_sounds(self) -> list[str]:
        return [word for playing in self.heard for word in words(playing.items)]


def words(items: Iterable[Item]) -> list[str]:
    return [
        item.file if isinstance(item, Sound) else item.kind if isinstance(item, Tone) else f"{item.seconds:g} s"
        for item in items
    ]


class FakeVoice:
    """See the module."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.on_event: Callable[[VoiceEvent], None] | None = None
        self.on_lost: Callable[[], None] | None = None
        self.on_away: Callable[[], None] | None = None
        self.up = True
        self.fails: str | None = None
        self.legs: dict[str, VoiceLeg] = {}
        self.closed: dict[str, VoiceLeg] = {}
        self.chimes: list[tuple[str, str]] = []
        """Tones that whole conferences heard."""
        self.files: dict[str, float] = {}
        """Complete recordings and their length."""
        self.untold: list[VoiceEvent] = []
        self.busy = False
        """Who wants an offer waits for it, in `late`."""
        self.late: list[Callable[[], None]] = []

    # --- the port

    def open(self, leg: str, offer: bytes, done: SdpDone) -> None:
        if self.fails or not self.up:
            done(RelayError(self.fails or "the voice process does not answer"))
            return
        here = self.legs.setdefault(leg, VoiceLeg())
        here.offer = offer
        media = parse_sdp(offer).audio
        assert media is not None
        spoken = [codec for codec in media.codecs if codec.name != "telephone-event"][:1]
        done(self._description(leg, [*(c.payload for c in spoken), *media.telephone_events]))

    def offer(self, leg: str, done: SdpDone) -> None:
        if self.fails or not self.up:
            done(RelayError(self.fails or "the voice process does not answer"))
            return
        self.legs.setdefault(leg, VoiceLeg())
        if self.busy:
            self.late.append(lambda: done(self._description(leg, [8, 0, 101])))
        else:
            done(self._description(leg, [8, 0, 101]))

    def answered(self, leg: str, answer: bytes) -> None:
        if leg in self.legs:
            self.legs[leg].offer = answer

    def play(self, leg: str, playing: Playing) -> None:
        if (here := self.legs.get(leg)) is not None:
            self._stop(here)
            here.playing = playing
            here.heard.append(playing)
            if not playing.loop:
                self._sound_ends(leg, here, sum(seconds(item) for item in playing.items))

    def stop(self, leg: str) -> None:
        if (here := self.legs.get(leg)) is not None:
            self._stop(here)
            here.playing = None

    def record(self, leg: str, recording: Recording) -> None:
        if (here := self.legs.get(leg)) is not None:
            here.recording, here.said_seconds = recording, 0.0
            here.record_until = self.clock.call_later(recording.max_seconds, self._complete, leg, "max")

    def pause_recording(self, leg: str, *, paused: bool) -> None:
        if (here := self.legs.get(leg)) is not None:
            here.paused = paused

    def stop_recording(self, leg: str) -> None:
        self._complete(leg, "stopped")

    def send_key(self, leg: str, key: str) -> None:
        if (here := self.legs.get(leg)) is not None:
            here.keys += key

    def hears(self, leg: str, others: Sequence[str]) -> None:
        if (here := self.legs.get(leg)) is not None:
            here.hears = tuple(others)

    def echo(self, leg: str, *, on: bool) -> None:
        if (here := self.legs.get(leg)) is not None:
            here.echoes = on

    def confer(self, leg: str, seat: Seat | None) -> None:
        if (here := self.legs.get(leg)) is not None:
            here.seat = seat

    def chime(self, conference: str, tone: Literal["join", "leave", "beep"]) -> None:
        self.chimes.append((conference, tone))

    def key(self, leg: str, key: str) -> None:
        self.press(key, leg)

    def close(self, leg: str) -> None:
        if leg in self.legs:
            self._complete(leg, "closed")
            self._stop(self.legs[leg])
            self.closed[leg] = self.legs.pop(leg)

    def adopt(self, legs: Iterable[str], done: Callable[[frozenset[str]], None]) -> None:
        untold, self.untold = self.untold, []
        for event in untold:
            self._tell(event)
        wanted = set(legs)
        for leg in list(self.legs):
            if leg not in wanted:
                self.close(leg)
        done(frozenset(self.legs))

    # --- what callers do

    def press(self, keys: str, leg: str = "") -> None:
        """The caller presses keys."""
        leg = leg or next(iter(self.legs))
        for key in keys:
            if (here := self.legs.get(leg)) is None:
                return
            if here.playing is not None and here.playing.interruptible:
                self._stop(here)
                here.playing = None
            if here.recording is not None and key in here.recording.stop_keys:
                self._complete(leg, "key")
            self._tell(Key(leg, key))

    def say(self, seconds_: float, leg: str = "") -> None:
        """The caller speaks, while time passes elsewhere."""
        self.legs[leg or next(iter(self.legs))].said_seconds += seconds_

    def is_heard(self, leg: str = "") -> None:
        """The caller, who hears themselves, says something."""
        self._tell(Heard(leg or next(iter(self.legs))))

    def falls_silent(self, leg: str = "") -> None:
        """The caller has said what there was to say."""
        self._complete(leg or next(iter(self.legs)), "silence")

    # --- what happens to the process

    def survive(self) -> None:
        """The calls process was killed, and with it all timers of this house: ours go on."""
        self.on_event = self.on_lost = self.on_away = None
        for leg, here in self.legs.items():
            if here.timer is not None and not here.timer.cancelled:
                self._sound_ends(leg, here, max(0.0, here.over_at - self.clock.monotonic()))
            if here.recording is not None:
                here.record_until = self.clock.call_later(here.recording.max_seconds, self._complete, leg, "max")

    def crash(self) -> None:
        """The process is gone, with everything in it."""
        for here in self.legs.values():
            self._stop(here)
            if here.record_until is not None:
                here.record_until.cancel()
        self.legs.clear()
        self.up = False
        if self.on_away is not None:
            self.on_away()

    def come_back(self) -> None:
        self.up = True
        if self.on_lost is not None:
            self.on_lost()

    # --- how

    def _description(self, leg: str, payloads: list[int]) -> bytes:
        names = {8: "PCMA/8000", 0: "PCMU/8000", 101: "telephone-event/8000"}
        port = 20_000 + 2 * sorted(self.legs).index(leg)
        maps = "".join(f"a=rtpmap:{payload} {names[payload]}\r\n" for payload in payloads)
        formats = " ".join(str(payload) for payload in payloads)
        return (
            f"v=0\r\no=- 1 1 IN IP4 {ADDRESS}\r\ns=-\r\nc=IN IP4 {ADDRESS}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP {formats}\r\n{maps}a=sendrecv\r\n"
        ).encode()

    def _sound_ends(self, leg: str, here: VoiceLeg, after: float) -> None:
        here.over_at = self.clock.monotonic() + after
        here.timer = self.clock.call_later(after, self._finished, leg)

    def _finished(self, leg: str) -> None:
        here = self.legs[leg]
        playing = here.playing
        assert playing is not None
        here.playing = Playing(playing.id, (), True, playing.interruptible, playing.then) if playing.then else None
        self._tell(Finished(leg, playing.id))

    def _stop(self, here: VoiceLeg) -> None:
        if here.timer is not None:
            here.timer.cancel()

    def _complete(self, leg: str, reason: Literal["max", "silence", "key", "stopped", "closed"]) -> None:
        here: Any = self.legs.get(leg)
        if here is None or here.recording is None:
            return
        here.record_until.cancel()
        recording, here.recording = here.recording, None
        if here.said_seconds:
            self.files[recording.file] = here.said_seconds
        self._tell(Recorded(leg, recording.file, here.said_seconds, reason))

    def _tell(self, event: VoiceEvent) -> None:
        if self.on_event is None:
            self.untold.append(event)
        else:
            self.on_event(event)


def seconds(item: Item) -> float:
    if isinstance(item, Silence):
        return item.seconds
    return 0.2 if isinstance(item, Tone) and item.kind in SHORT else SOUND_SECONDS
