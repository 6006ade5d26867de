"""Messages on their way: in order, in time, no more than needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tests.peers.pushservice import Subscribed

from svara.push import post as posting
from svara.push.encryption import browser_keys
from svara.push.post import Parcel, Post, What
from svara.push.ringing import Kind
from svara.push.sending import Answered, Message, Unreachable
from svara.push.services import Place

BROWSER = Subscribed("https://push.example/a")
KEYS = browser_keys(BROWSER.given["p256dh"], BROWSER.given["auth"])
PLACE = Place("push.example", 443, "/a", "push.example")


class Desk:
    """A post, a push service that answers as the test says, and a clock that the test moves."""

    def __init__(self, *answers: Answered | Unreachable) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, int]] = []
        self.ends: list[What] = []
        self.now = 1_000.0
        self.open = asyncio.Event()
        self.open.set()
        self.post = Post(self._send, lambda: self.now, self._ended)

    async def _send(self, _place: Place, message: Message) -> Answered:
        await self.open.wait()
        self.sent.append((BROWSER.decrypt(message.body).decode(), message.ttl_seconds))
        answer = self.answers.pop(0) if self.answers else Answered(201)
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    async def _ended(self, _parcel: Parcel, what: What) -> None:
        self.ends.append(what)

    def put(self, kind: Kind, text: str, about: str = "c1", seconds: float = 20, device: str = "d1") -> None:
        content = text.encode()
        self.post.put(Parcel(device, PLACE, KEYS, kind, f"{device}-{about}", content, self.now + seconds))

    async def quiet(self) -> None:
        while self.post.waiting:
            await asyncio.sleep(0.001)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 10))


def test_a_ringing_and_its_end_arrive_in_order() -> None:
    async def story() -> None:
        desk = Desk()
        desk.put("ring", "ring")
        await desk.quiet()
        desk.put("over", "over", seconds=30)
        await desk.quiet()
        assert desk.sent == [("ring", 20), ("over", 30)]
        assert desk.ends == ["taken", "taken"]

    run(story)


def test_what_is_over_before_it_was_sent_is_never_sent() -> None:
    async def story() -> None:
        desk = Desk()
        desk.put("ring", "ring")
        desk.put("over", "over")
        await desk.quiet()
        assert desk.sent == []
        assert desk.ends == ["superseded"]

    run(story)


def test_the_end_waits_for_the_ringing_that_is_under_way() -> None:
    async def story() -> None:
        desk = Desk()
        desk.open.clear()
        desk.put("ring", "ring")
        await asyncio.sleep(0.01)
        desk.put("over", "over")
        await asyncio.sleep(0.01)
        desk.open.set()
        await desk.quiet()
        assert [text for text, _ in desk.sent] == ["ring", "over"]

    run(story)


def test_a_slow_browser_holds_up_nobody_else() -> None:
    async def story() -> None:
        desk = Desk()
        desk.open.clear()
        for number in range(posting.AT_ONCE * 2):
            desk.put("ring", "ring", device=f"d{number}")
        await asyncio.sleep(0.01)
        assert desk.post.waiting == posting.AT_ONCE * 2
        desk.open.set()
        await desk.quiet()
        assert len(desk.sent) == posting.AT_ONCE * 2

    run(story)


def test_a_busy_service_is_asked_again_and_not_for_ever(monkeypatch: Any) -> None:
    monkeypatch.setattr(posting, "AGAIN_SECONDS", 0.01)

    async def story() -> None:
        desk = Desk(Answered(503), Answered(429), Answered(201))
        desk.put("ring", "ring")
        await desk.quiet()
        assert (len(desk.sent), desk.ends) == (3, ["taken"])
        desk = Desk(*[Unreachable("unreachable")] * 5)
        desk.put("ring", "ring")
        await desk.quiet()
        assert (len(desk.sent), desk.ends) == (posting.MAX_TRIES, ["unreached"])

    run(story)


def test_nothing_is_tried_again_beyond_the_time_of_the_ringing() -> None:
    async def story() -> None:
        desk = Desk(Answered(429, 60.0))
        desk.put("ring", "ring", seconds=20)
        await desk.quiet()
        assert (len(desk.sent), desk.ends) == (1, ["refused"])
        desk.put("ring", "too late", about="c2", seconds=-1)
        await desk.quiet()
        assert (len(desk.sent), desk.ends) == (1, ["refused", "late"])

    run(story)


def test_what_a_service_refuses_for_good_is_not_sent_again() -> None:
    async def story() -> None:
        for answer, end in ((Answered(410), "gone"), (Answered(413), "refused"), (Answered(400), "refused")):
            desk = Desk(answer)
            desk.put("ring", "ring")
            await desk.quiet()
            assert (len(desk.sent), desk.ends) == (1, [end])

    run(story)


def test_who_waits_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(posting, "MAX_WAITING", 5)

    async def story() -> None:
        desk = Desk()
        desk.open.clear()
        for number in range(20):
            desk.put("ring", "ring", about=f"c{number}")
        assert desk.post.waiting == 5
        await desk.post.close()
        assert desk.post.waiting == 0

    run(story)
