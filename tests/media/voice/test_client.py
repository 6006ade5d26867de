"""Call control's side of the voice process, over a real bus: order, loss, restarts of either side."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop
from tests.bus.conftest import HubEngine, RedisEngine
from tests.media.voice.studio import Phone, Studio
from tests.peers import sound

from svara.bus.port import Bus
from svara.clock import LoopClock
from svara.media.relay import RelayError
from svara.media.voice import client as client_module
from svara.media.voice import messages
from svara.media.voice.client import VoiceClient
from svara.media.voice.port import Finished, Key, Playing, Recorded, Recording, Silence, Sound, VoiceEvent
from svara.media.voice.service import ABANDONED_SECONDS, Outbox, Service


class House:
    """A bus, a voice process (its engine on virtual time) and calls processes."""

    def __init__(self, folder: Path, bus: HubEngine | RedisEngine) -> None:
        self.folder = folder
        self.bus = bus
        self.studio: Studio
        self.clients: list[VoiceClient] = []
        self._lines: list[Bus] = []
        self._voice_line: Bus | None = None
        self._service: Service | None = None

    async def start_voice(self, boot: str = "first") -> None:
        self.studio = Studio(self.folder)
        self._voice_line = self.bus.connect()
        self._service = Service(self._voice_line, LoopClock(), boot)
        self._service.engine = self.studio.engine
        service = self._service
        self.studio.tell = service.event
        await self._voice_line.serve(messages.SERVICE, service.handle)

    async def kill_voice(self) -> None:
        assert self._service is not None
        assert self._voice_line is not None
        self._service.close()
        await self._voice_line.close()
        self._service = None

    async def calls(self) -> Caller:
        line = self.bus.connect()
        self._lines.append(line)
        caller = Caller(VoiceClient(line, LoopClock()))
        await caller.voice.start()
        self.clients.append(caller.voice)
        return caller

    @property
    def outboxes(self) -> list[Outbox]:
        """What the voice process has for calls processes."""
        assert self._service is not None
        return list(self._service._outboxes.values())

    async def close(self) -> None:
        for client in self.clients:
            client.leave()
        if self._service is not None:
            await self.kill_voice()
        for line in self._lines:
            await line.close()
        await self.bus.close()


class Caller:
    """A calls process: what it was told."""

    def __init__(self, voice: VoiceClient) -> None:
        self.voice = voice
        self.events: list[VoiceEvent] = []
        self.lost = self.away = 0
        voice.on_event = self.events.append
        voice.on_lost, voice.on_away = self._on_lost, self._on_away

    def _on_lost(self) -> None:
        self.lost += 1

    def _on_away(self) -> None:
        self.away += 1

    async def open(self, leg: str, offer: bytes) -> bytes | RelayError:
        answer: asyncio.Future[bytes | RelayError] = asyncio.get_running_loop().create_future()
        self.voice.open(leg, offer, answer.set_result)
        return await answer

    async def adopt(self, *legs: str) -> frozenset[str]:
        standing: asyncio.Future[frozenset[str]] = asyncio.get_running_loop().create_future()
        self.voice.adopt(legs, standing.set_result)
        return await standing


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


Story = Callable[[House], Awaitable[None]]


@pytest.fixture(params=[HubEngine, RedisEngine])
def play(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Story], None]:
    monkeypatch.setattr(client_module, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(client_module, "LOST_AFTER_SECONDS", 0.5)

    def run(story: Story) -> None:
        async def whole() -> None:
            folder = tmp_path_factory.mktemp("v")
            house = House(folder, request.param(folder))
            await house.bus.start()
            await house.start_voice()
            try:
                async with asyncio.timeout(20):
                    await story(house)
            finally:
                await house.close()

        uvloop.run(whole())

    return run


def test_a_leg_is_opened_plays_and_tells(play: Callable[[Story], None]) -> None:
    async def story(house: House) -> None:
        calls = await house.calls()
        assert calls.voice.up
        phone = Phone(house.studio)
        answer = await calls.open("1.v", phone.sdp())
        assert isinstance(answer, bytes)
        assert b"m=audio 40000 RTP/AVP 8 101" in answer
        greeting = Sound(house.studio.tone_file("hello.wav", 440, 0.4))
        calls.voice.play("1.v", Playing("greeting", (greeting,)))
        calls.voice.key("1.v", "#")
        calls.voice.play("1.v", Playing("again", (greeting,)))
        await until(lambda: calls.events == [Key("1.v", "#")])
        house.studio.pass_time(1.0)
        await until(lambda: len(calls.events) == 2)
        assert calls.events[1] == Finished("1.v", "again")
        assert sound.strength(phone.heard()[:3000], 440) > 0.95
        calls.voice.close("1.v")
        await until(lambda: len(house.studio.engine) == 0)

    play(story)


def test_many_commands_of_one_moment_keep_their_order_and_each_is_done_once(
    play: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LOST_AFTER_SECONDS", 60.0)  # a machine that stands still for a moment loses nobody

    async def story(house: House) -> None:
        calls = await house.calls()
        phone = Phone(house.studio)
        await calls.open("1.v", phone.sdp())
        keys = "0123456789*#" * 200
        for key in keys:
            calls.voice.key("1.v", key)
        with contextlib.suppress(TimeoutError):
            await until(lambda: len(calls.events) == len(keys))
        assert (len(calls.events), calls.lost, calls.away) == (len(keys), 0, 0)
        assert "".join(event.key for event in calls.events if isinstance(event, Key)) == keys

    play(story)


def test_an_offer_that_cannot_be_used_is_refused_in_plain_words(play: Callable[[Story], None]) -> None:
    async def story(house: House) -> None:
        calls = await house.calls()
        for offer in (
            b"nonsense",
            b"v=0\r\n",
            Phone(house.studio).sdp().replace(b"PCMA", b"WHAT").replace(b"RTP/AVP 8", b"RTP/AVP 77"),
        ):
            refusal = await calls.open("1.v", offer)
            assert isinstance(refusal, RelayError)
            assert refusal.reason.startswith("the voice process cannot use the offer")
        assert len(house.studio.engine) == 0

    play(story)


def test_when_the_voice_process_is_restarted_all_is_told_once_it_is_up_again(play: Callable[[Story], None]) -> None:
    async def story(house: House) -> None:
        calls = await house.calls()
        phone = Phone(house.studio)
        await calls.open("1.v", phone.sdp())
        await house.kill_voice()
        calls.voice.play("1.v", Playing("p", (Silence(1),)))
        await until(lambda: not calls.voice.up)
        assert calls.away == 1, "who talks through it has to know at once"
        assert calls.lost == 0, "there is nobody yet to open legs with"
        refusal = await calls.open("2.v", phone.sdp())
        assert isinstance(refusal, RelayError)
        await house.start_voice("second")
        await until(lambda: calls.lost == 1)
        assert calls.voice.up
        for leg in ("1.v", "2.v"):
            assert isinstance(await calls.open(leg, Phone(house.studio).sdp()), bytes)
        assert calls.lost == 1

    play(story)


def test_a_restart_so_quick_that_nobody_missed_it_is_noticed(play: Callable[[Story], None]) -> None:
    async def story(house: House) -> None:
        calls = await house.calls()
        await calls.open("1.v", Phone(house.studio).sdp())
        await house.kill_voice()
        await house.start_voice("second")
        answer = calls.open("2.v", Phone(house.studio).sdp())
        assert isinstance(await answer, RelayError)
        assert calls.lost == 1

    play(story)


def test_a_voice_process_that_hung_for_long_gives_its_legs_up(play: Callable[[Story], None]) -> None:
    async def story(house: House) -> None:
        calls = await house.calls()
        await calls.open("1.v", Phone(house.studio).sdp())
        voice_line, studio, service = house._voice_line, house.studio, house._service
        assert voice_line is not None
        await voice_line.close()
        calls.voice.play("1.v", Playing("p", (Silence(1),)))
        await until(lambda: calls.voice._lost)
        # the same life of it is back: what stands there is closed, and told as lost
        house._voice_line = house.bus.connect()
        assert service is not None
        await house._voice_line.serve(messages.SERVICE, service.handle)
        await until(lambda: calls.lost == 1)
        await until(lambda: len(studio.engine) == 0)

    play(story)


def test_when_calls_is_killed_its_legs_play_on_and_are_adopted(play: Callable[[Story], None]) -> None:
    async def story(house: House) -> None:
        first = await house.calls()
        phones = {leg: Phone(house.studio, frequency_hz=440) for leg in ("1.v", "2.v", "3.v")}
        music = Playing("music", (Sound(house.studio.tone_file("music.wav", 660, 2.0)),), loop=True)
        for leg, phone in phones.items():
            await first.open(leg, phone.sdp())
            first.voice.play(leg, music)
        first.voice.record("3.v", Recording("a.wav"))

        def all_hear_it_and_one_is_recorded() -> bool:
            house.studio.pass_time(0.2)
            return all(phone.strength(660) > 0.95 for phone in phones.values()) and any(house.studio.recordings.iterdir())

        await until(all_hear_it_and_one_is_recorded)
        first.voice.leave()
        await house._lines[0].close()
        house.studio.pass_time(1.0)
        phones["2.v"].press("7")
        assert phones["1.v"].strength(660) > 0.95
        second = await house.calls()
        assert await second.adopt("1.v", "2.v", "9.v") == {"1.v", "2.v"}
        await until(lambda: len(second.events) == 2)
        assert second.events[0] == Key("2.v", "7")
        recorded = second.events[1]
        assert isinstance(recorded, Recorded)
        assert (recorded.leg, recorded.reason) == ("3.v", "closed")
        phones["1.v"].forget()
        house.studio.pass_time(0.5)
        assert phones["1.v"].strength(660) > 0.95, "the music goes on"
        assert second.lost == 0
        assert first.events == []

    play(story)


def test_events_are_kept_until_they_are_taken_and_come_before_the_adopted_legs(play: Callable[[Story], None]) -> None:
    async def story(house: House) -> None:
        first = await house.calls()
        phone = Phone(house.studio)
        await first.open("1.v", phone.sdp())
        first.voice.leave()
        await house._lines[0].close()
        for key in "12345":
            phone.press(key)
        await until(lambda: [len(outbox.waiting()[1]) for outbox in house.outboxes] == [5])
        second = await house.calls()
        before: list[VoiceEvent] = []

        def adopted(_legs: frozenset[str]) -> None:
            before.extend(second.events)

        second.voice.adopt(["1.v"], adopted)
        await until(lambda: bool(before))
        await until(lambda: all(outbox.task is None for outbox in house.outboxes))
        assert "".join(event.key for event in before if isinstance(event, Key)) == "12345"
        assert second.events == before, "each event once"

    play(story)


def test_another_process_cannot_touch_a_leg(play: Callable[[Story], None]) -> None:
    async def story(house: House) -> None:
        calls = await house.calls()
        await calls.open("1.v", Phone(house.studio).sdp())
        line = house.bus.connect()
        house._lines.append(line)
        stranger = Caller(VoiceClient(line, LoopClock(), events="somebody-else"))
        await stranger.voice.start()
        house.clients.append(stranger.voice)
        assert isinstance(await stranger.open("1.v", Phone(house.studio).sdp()), RelayError)
        stranger.voice.close("1.v")
        assert await stranger.adopt() == frozenset()
        assert len(house.studio.engine) == 1

    play(story)


def test_an_owner_that_never_comes_back_leaves_no_legs(studio: Studio, tmp_path: Path) -> None:
    async def story() -> None:
        bus = HubEngine(tmp_path)
        await bus.start()
        service = Service(bus.connect(), studio.clock, "boot")
        service.engine = studio.engine

        async def say(number: int, *commands: messages.Command) -> None:
            await service.handle(messages.pack(messages.Batch("client", "calls-voice", "", number, commands)))

        await say(1, messages.Open("1.v", Phone(studio).sdp()))
        for number in range(2, 6):
            studio.clock.advance(60)
            await say(number)
        studio.clock.advance(ABANDONED_SECONDS - 1)
        assert len(studio.engine) == 1
        studio.clock.advance(10)
        assert len(studio.engine) == 0
        service.close()
        await bus.close()

    uvloop.run(story())


def test_a_message_that_is_sent_again_is_not_done_again(studio: Studio, tmp_path: Path) -> None:
    async def story() -> None:
        bus = HubEngine(tmp_path)
        await bus.start()
        service = Service(bus.connect(), studio.clock, "boot")
        service.engine = studio.engine
        commands = (messages.Open("1.v", Phone(studio).sdp()), *[messages.Press("1.v", key) for key in "123456789*0#"])
        payload = messages.pack(messages.Batch("client", "calls-voice", "", 1, commands))
        first, second = await asyncio.gather(service.handle(payload), service.handle(payload))
        assert first == second == await service.handle(payload)
        assert "".join(event.key for event in studio.events if isinstance(event, Key)) == "123456789*0#"
        stray = messages.pack(messages.Batch("client", "calls-voice", "another life", 2, (messages.Close("1.v"),)))
        assert messages.read_done(await service.handle(stray)) == messages.Done("boot", 2)
        assert len(studio.engine) == 1
        service.close()
        await bus.close()

    uvloop.run(story())
