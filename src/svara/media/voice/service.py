"""The voice process on the bus: does what calls processes ask, and brings them the events of their legs.

An owner that has not been heard of for two minutes is gone for good: its legs are closed. Until then they go on as they
were, so that a calls process that was killed finds its callers where they are.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

from svara import log
from svara.bus.port import Bus, BusError
from svara.clock import Clock, Timer
from svara.media.relay import RelayError
from svara.media.voice import messages as say
from svara.media.voice.engine import Engine
from svara.media.voice.port import VoiceEvent

ABANDONED_SECONDS = 120.0
MAX_WAITING_EVENTS = 20_000
_CHECK_SECONDS = 5.0
_DELIVER_SECONDS = 2.0
_AGAIN_SECONDS = (0.05, 0.1, 0.25, 0.5)
_MAX_CLIENTS = 64
_COMMANDS_A_TURN = 10

_log = log.get("media.voice.service")


class Outbox:
    """The events for one owner, in order, until it has acknowledged them; bounded, the oldest are dropped first."""

    def __init__(self, line: Bus, owner: str, boot: str) -> None:
        self._line = line
        self._owner = owner
        self._boot = boot
        self._waiting: deque[VoiceEvent] = deque()
        self._first = 1
        self.task: asyncio.Task[None] | None = None

    def put(self, event: VoiceEvent) -> None:
        if len(self._waiting) >= MAX_WAITING_EVENTS:
            self._waiting.popleft()
            self._first += 1
        self._waiting.append(event)
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self._deliver())

    def waiting(self) -> tuple[int, tuple[VoiceEvent, ...]]:
        """What was not acknowledged, and the number of the first of it."""
        return self._first, tuple(self._waiting)

    def acknowledged(self, until: int) -> None:
        """All events up to that number were taken."""
        while self._waiting and self._first <= until:
            self._waiting.popleft()
            self._first += 1

    def close(self) -> None:
        if self.task is not None:
            self.task.cancel()

    async def _deliver(self) -> None:
        failures = 0
        while self._waiting:
            events = tuple(self._waiting)[: say.MAX_EVENTS]
            until = self._first + len(events) - 1
            news = say.News(self._boot, self._first, events)
            try:
                await self._line.request(self._owner, say.pack(news), _DELIVER_SECONDS)
            except BusError:
                await asyncio.sleep(_AGAIN_SECONDS[min(failures, len(_AGAIN_SECONDS) - 1)])
                failures += 1
            else:
                failures = 0
                self.acknowledged(until)
        self.task = None


class Service:
    """Give `event` to the engine as its `on_event`, and `handle` to the bus."""

    def __init__(self, line: Bus, clock: Clock, boot: str) -> None:
        self.engine: Engine
        self._line = line
        self._clock = clock
        self._boot = boot
        self._outboxes: dict[str, Outbox] = {}
        self._heard_at: dict[str, float] = {}
        self._answered: OrderedDict[str, tuple[int, asyncio.Future[bytes]]] = OrderedDict()
        self._timer: Timer = clock.call_later(_CHECK_SECONDS, self._check)

    def event(self, owner: str, event: VoiceEvent) -> None:
        self._outbox(owner).put(event)

    def close(self) -> None:
        self._timer.cancel()
        for outbox in self._outboxes.values():
            outbox.close()

    async def drain(self, timeout_seconds: float) -> None:
        """Give the last events the time to be delivered."""
        delivering = [outbox.task for outbox in self._outboxes.values() if outbox.task is not None]
        if delivering:
            await asyncio.wait(delivering, timeout=timeout_seconds)

    async def handle(self, payload: bytes) -> bytes:
        """A request on the bus. Raises msgspec.DecodeError for what is none, which the bus answers with `failed`."""
        batch = say.read_batch(payload)
        self._heard_at[batch.owner] = self._clock.monotonic()
        if batch.boot not in ("", self._boot):
            return say.pack(say.Done(self._boot, batch.number))
        number, answer = self._answered.get(batch.client, (0, None))
        if batch.number != number or answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._answered[batch.client] = batch.number, answer
            self._answered.move_to_end(batch.client)
            if len(self._answered) > _MAX_CLIENTS:
                self._answered.popitem(last=False)
            answer.set_result(say.pack(say.Done(self._boot, batch.number, await self._do_all(batch))))
        return await answer

    async def _do_all(self, batch: say.Batch) -> tuple[say.Described | say.Refused | say.Standing, ...]:
        """Some at a time: those who hear sound meanwhile get it in time."""
        results = []
        for count, command in enumerate(batch.commands, 1):
            result = self._do(batch.owner, command)
            if result is not None:
                results.append(result)
            if count % _COMMANDS_A_TURN == 0:
                await asyncio.sleep(0)
        return tuple(results)

    def _do(self, owner: str, command: say.Command) -> say.Described | say.Refused | say.Standing | None:
        try:
            return self._done(owner, command)
        except RelayError as error:
            return say.Refused(getattr(command, "leg", ""), error.reason)
        except Exception:
            _log.exception("a command failed")
            return say.Refused(getattr(command, "leg", ""), "the voice process failed")

    def _done(self, owner: str, command: say.Command) -> say.Described | say.Standing | None:
        engine = self.engine
        match command:
            case say.Open(leg=leg, offer=offer):
                return say.Described(leg, engine.open(owner, leg, offer))
            case say.Offer(leg=leg):
                return say.Described(leg, engine.offer(owner, leg))
            case say.Answered(leg=leg, answer=answer):
                engine.answered(owner, leg, answer)
            case say.Play() | say.Stop():
                self._play(owner, command)
            case say.Record(leg=leg, recording=recording):
                engine.record(owner, leg, recording)
            case say.PauseRecording(leg=leg, paused=paused):
                engine.pause_recording(owner, leg, paused=paused)
            case say.StopRecording(leg=leg):
                engine.stop_recording(owner, leg)
            case say.Hears() | say.Echo():
                self._hear(owner, command)
            case say.Confer() | say.Chime():
                self._conference(owner, command)
            case say.Press(leg=leg, key=key) | say.SendKey(leg=leg, key=key):
                (engine.key if isinstance(command, say.Press) else engine.send_key)(owner, leg, key)
            case say.Close(leg=leg):
                engine.close(owner, leg)
            case say.Keep(legs=legs):
                standing = engine.keep(owner, legs)
                first, events = self._outbox(owner).waiting()
                return say.Standing(standing, first, events)
        return None

    def _play(self, owner: str, command: say.Play | say.Stop) -> None:
        if isinstance(command, say.Play):
            self.engine.play(owner, command.leg, command.playing)
        else:
            self.engine.stop(owner, command.leg)

    def _hear(self, owner: str, command: say.Hears | say.Echo) -> None:
        if isinstance(command, say.Hears):
            self.engine.hears(owner, command.leg, command.others)
        else:
            self.engine.echo(owner, command.leg, on=command.on)

    def _conference(self, owner: str, command: say.Confer | say.Chime) -> None:
        if isinstance(command, say.Confer):
            self.engine.confer(owner, command.leg, command.seat)
        else:
            self.engine.chime(owner, command.conference, command.tone)

    def _outbox(self, owner: str) -> Outbox:
        outbox = self._outboxes.get(owner)
        if outbox is None:
            outbox = self._outboxes[owner] = Outbox(self._line, owner, self._boot)
        return outbox

    def _check(self) -> None:
        """Close the legs of owners that are gone."""
        self._timer = self._clock.call_later(_CHECK_SECONDS, self._check)
        gone = self._clock.monotonic() - ABANDONED_SECONDS
        for owner in [owner for owner, heard_at in self._heard_at.items() if heard_at < gone]:
            del self._heard_at[owner]
            self.engine.keep(owner, ())
            outbox = self._outboxes.pop(owner, None)
            if outbox is not None:
                outbox.close()
            _log.warning("a calls process has not been heard of for two minutes; its legs were closed", owner=owner)
