"""`svara.media.voice.port.Voice` over the bus: what call control holds.

What is asked within one turn of the event loop goes in one message, and what is asked while one is under way goes in the
next; so commands keep their order, and cost little when there are many. A message is sent again, under its number, until it
is answered; when that takes too long, or the voice process turns out to be another life of itself, all legs count as lost:
`on_lost` is called as soon as it answers again, and whatever still stands there is closed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from svara import log
from svara.bus.port import Bus, BusError
from svara.clock import Clock, Timer
from svara.media.relay import RelayError, SdpDone
from svara.media.voice import messages as say
from svara.media.voice.port import Playing, Recording, Seat, VoiceEvent

HEARTBEAT_SECONDS = 0.25
"""So soon it is noticed that it is away: who is heard through it is heard without it then."""
REQUEST_SECONDS = 2.0
AGAIN_SECONDS = 0.1
LOST_AFTER_SECONDS = 4.0
"""So long a message may be on its way before the legs count as lost."""
MAX_WAITING_COMMANDS = 20_000

_AWAY = "the voice process is away"
_log = log.get("media.voice.client")


class VoiceClient:
    """Set `on_event` and `on_lost`, then `await start()`; `leave()` at the end: the legs go on playing then, for the next
    life of this process.

    `events` is the bus service at which this process takes its events: one of its own for each calls process, and the same
    in its next life. `service` is that of the voice process.
    """

    def __init__(self, line: Bus, clock: Clock, events: str = "calls-voice", service: str = say.SERVICE) -> None:
        self.on_event: Callable[[VoiceEvent], None] | None = None
        self.on_lost: Callable[[], None] | None = None
        self.on_away: Callable[[], None] | None = None
        self._line = line
        self._clock = clock
        self._owner = events
        self._service = service
        self._name = secrets.token_hex(8)
        self._boot = ""
        self._number = 0
        self._up = False
        self._lost = False
        """Legs of ours are gone, or may be; `on_lost` is due when the voice process answers."""
        self._queue: list[say.Command] = []
        self._opening: dict[str, SdpDone] = {}
        self._adopting: Callable[[frozenset[str]], None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: Timer | None = None
        self._told_boot = ""
        self._told = 0
        """The number of the newest event of that life of the voice process that was taken."""

    async def start(self) -> None:
        """Take events from now on, and look whether the voice process is there."""
        await self._line.serve(self._owner, self._take)
        await self._send(self._batch())
        self._beat()

    def leave(self) -> None:
        """Ask nothing any more; the legs go on."""
        for pending in (self._timer, self._task):
            if pending is not None:
                pending.cancel()

    @property
    def up(self) -> bool:
        """Whether the voice process answered the last message."""
        return self._up

    # --- the port

    def open(self, leg: str, offer: bytes, done: SdpDone) -> None:
        self._describe(say.Open(leg, offer), leg, done)

    def offer(self, leg: str, done: SdpDone) -> None:
        self._describe(say.Offer(leg), leg, done)

    def answered(self, leg: str, answer: bytes) -> None:
        self._ask(say.Answered(leg, answer))

    def play(self, leg: str, playing: Playing) -> None:
        self._ask(say.Play(leg, playing))

    def stop(self, leg: str) -> None:
        self._ask(say.Stop(leg))

    def record(self, leg: str, recording: Recording) -> None:
        self._ask(say.Record(leg, recording))

    def pause_recording(self, leg: str, *, paused: bool) -> None:
        self._ask(say.PauseRecording(leg, paused))

    def stop_recording(self, leg: str) -> None:
        self._ask(say.StopRecording(leg))

    def hears(self, leg: str, others: Sequence[str]) -> None:
        self._ask(say.Hears(leg, tuple(others)))

    def echo(self, leg: str, *, on: bool) -> None:
        self._ask(say.Echo(leg, on))

    def confer(self, leg: str, seat: Seat | None) -> None:
        self._ask(say.Confer(leg, seat))

    def chime(self, conference: str, tone: Literal["join", "leave", "beep"]) -> None:
        self._ask(say.Chime(conference, tone))

    def key(self, leg: str, key: str) -> None:
        self._ask(say.Press(leg, key))

    def send_key(self, leg: str, key: str) -> None:
        self._ask(say.SendKey(leg, key))

    def close(self, leg: str) -> None:
        self._fail(leg, "the leg was closed")
        self._ask(say.Close(leg))

    def adopt(self, legs: Iterable[str], done: Callable[[frozenset[str]], None]) -> None:
        self._adopting = done
        self._ask(say.Keep(tuple(legs)))

    # --- to the voice process

    def _describe(self, command: say.Open | say.Offer, leg: str, done: SdpDone) -> None:
        if not self._up:
            done(RelayError(_AWAY))
            return
        self._fail(leg, "the leg was asked for again")
        self._opening[leg] = done
        self._ask(command)

    def _ask(self, command: say.Command) -> None:
        if self._lost and not isinstance(command, say.Keep):
            return  # it would be about a leg that is gone
        if len(self._queue) >= MAX_WAITING_COMMANDS:
            self._lose()
            return
        self._queue.append(command)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self, *, look: bool = False) -> None:
        """Send what waits; `look`: and if nothing does, ask whether the voice process is there."""
        try:
            while self._queue or look:
                look = False
                await self._send(self._batch())
        finally:
            self._task = None

    def _batch(self) -> say.Batch:
        commands = tuple(self._queue[: say.MAX_COMMANDS])
        del self._queue[: len(commands)]
        self._number += 1
        return say.Batch(self._name, self._owner, self._boot, self._number, commands)

    async def _send(self, batch: say.Batch) -> None:
        """Until it is answered, or the legs are lost; one without commands is not sent again."""
        payload = say.pack(batch)
        since = self._clock.monotonic()
        while True:
            try:
                done = say.read_done(await self._line.request(self._service, payload, REQUEST_SECONDS))
            except (BusError, msgspec.DecodeError):
                self._away()
                if not batch.commands:
                    return
                if self._clock.monotonic() - since > LOST_AFTER_SECONDS:
                    self._lose()
                    return
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self._answered_by(done)
                return

    def _beat(self) -> None:
        """Look after the voice process."""
        self._timer = self._clock.call_later(HEARTBEAT_SECONDS, self._beat)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(look=True))

    def _away(self) -> None:
        """It does not answer: nobody waits for a description any more, and nothing of it is left behind."""
        was_up, self._up = self._up, False
        for leg in list(self._opening):
            self._fail(leg, _AWAY)
            self._queue.append(say.Close(leg))
        if was_up:
            _log.warning("the voice process does not answer")
            if self.on_away is not None:
                _guarded(self.on_away)

    def _lose(self) -> None:
        """No leg of ours can be counted on."""
        self._up = False
        self._lost = True
        self._queue.clear()
        for leg in list(self._opening):
            self._fail(leg, _AWAY)
        self._adopted(frozenset())

    def _fail(self, leg: str, reason: str) -> None:
        self._describes(leg, RelayError(reason))

    def _describes(self, leg: str, result: bytes | RelayError) -> None:
        done = self._opening.pop(leg, None)
        if done is not None:
            _guarded(done, result)

    # --- from the voice process

    def _answered_by(self, done: say.Done) -> None:
        if self._boot and done.boot != self._boot:
            _log.warning("the voice process was restarted; its legs are gone")
            self._lose()
        self._boot = done.boot
        if self._lost:
            self._lost = False
            self._queue.insert(0, say.Keep(()))
            self._up = True
            if self.on_lost is not None:
                _guarded(self.on_lost)
            return
        self._up = True
        for result in done.results:
            match result:
                case say.Described(leg=leg, sdp=sdp):
                    self._describes(leg, sdp)
                case say.Refused(leg=leg, reason=reason):
                    self._fail(leg, reason)
                case say.Standing(legs=legs, first=first, events=events):
                    self._tell(done.boot, first, events)
                    self._adopted(frozenset(legs))

    def _adopted(self, legs: frozenset[str]) -> None:
        done, self._adopting = self._adopting, None
        if done is not None:
            _guarded(done, legs)

    async def _take(self, payload: bytes) -> bytes:
        """Events on the bus; what is answered is acknowledged."""
        news = say.read_news(payload)
        self._tell(news.boot, news.first, news.events)
        return b""

    def _tell(self, boot: str, first: int, events: Sequence[VoiceEvent]) -> None:
        """Each event once, in order."""
        if boot != self._told_boot:
            self._told_boot, self._told = boot, 0
        for number, event in enumerate(events, first):
            if number <= self._told:
                continue
            self._told = number
            if self.on_event is not None:
                _guarded(self.on_event, event)


def _guarded(callback: Callable[..., object], *args: object) -> None:
    """What fails in call control does not end the talk with the voice process."""
    try:
        callback(*args)
    except Exception:
        _log.exception("what the voice process said could not be handled")
