"""Two demo phones call each other directly: what one does, the other sees, and they hear each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from svara.cli.phone_call import PhoneCall, Reaction
from svara.cli.softphone import Credentials, SoftPhone, UserAgent

HOST = "127.0.0.1"


@asynccontextmanager
async def two_phones() -> AsyncIterator[tuple[SoftPhone, SoftPhone]]:
    """Anna's phone takes Bob's for its server."""
    bobs = UserAgent((HOST, 9))
    await bobs.open()
    annas = UserAgent((HOST, bobs.flow.local[1]))
    await annas.open()
    try:
        yield (
            annas.phone(Credentials("anna", "s3cret-anna", "Anna Berg")),
            bobs.phone(Credentials("bob", "s3cret-bob", "Bob Lund")),
        )
    finally:
        await annas.close()
        await bobs.close()


def the_call_of(phone: SoftPhone) -> PhoneCall:
    (call,) = phone.agent.calls.values()
    return call


async def soon(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), 5)


def run(story: object) -> None:
    asyncio.run(story())  # type: ignore[operator]


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_talk_that_either_side_ends(who: str) -> None:
    async def story() -> None:
        async with two_phones() as (anna, bob):
            bob.reaction = Reaction("answer", 0.05, 0.3 if who == "callee" else None)
            call = await anna.call("bob")
            await soon(call.answered)
            bobs = the_call_of(bob)
            await asyncio.sleep(0.2)
            assert call.sound.received > 3
            assert bobs.sound.received > 3
            if who == "caller":
                call.hang_up()
            await soon(call.ended)
            await soon(bobs.ended)
            assert (call.status, bobs.status) == (200, 200)
            assert anna.agent.calls == bob.agent.calls == {}

    run(story)


@pytest.mark.parametrize(("does", "status"), [("busy", 486), ("decline", 603)])
def test_a_call_that_is_not_wanted(does: str, status: int) -> None:
    async def story() -> None:
        async with two_phones() as (anna, bob):
            bob.reaction = Reaction(does, 0.02)  # type: ignore[arg-type]
            call = await anna.call("bob")
            await soon(call.ended)
            assert call.status == status
            assert not call.answered.is_set()

    run(story)


def test_a_caller_who_gives_up() -> None:
    async def story() -> None:
        async with two_phones() as (anna, bob):
            bob.reaction = Reaction("ring", 5)
            call = await anna.call("bob")
            await asyncio.sleep(0.1)
            bobs = the_call_of(bob)
            call.hang_up()
            await soon(call.ended)
            await soon(bobs.ended)
            assert (call.status, bobs.status) == (487, 487)

    run(story)


def test_a_number_that_nobody_has() -> None:
    async def story() -> None:
        async with two_phones() as (anna, _):
            call = await anna.call("199")
            await soon(call.ended)
            assert call.status == 404

    run(story)


def test_the_echo_says_back_what_was_said() -> None:
    async def story() -> None:
        async with two_phones() as (anna, bob):
            bob.reaction = Reaction("answer", 0.01, echo=True)
            call = await anna.call("bob")
            await soon(call.answered)
            bobs = the_call_of(bob)
            sent: list[bytes] = []
            original = bobs.sound._send

            def send(sound: bytes, timestamp: int) -> None:
                sent.append(sound)
                original(sound, timestamp)

            bobs.sound._send = send  # type: ignore[method-assign]
            remote = call.sound
            assert remote._transport is not None
            assert remote._remote is not None
            words = [bytes([number]) * 160 for number in range(120)]
            for number, word in enumerate(words):
                header = bytes([0x80, 8]) + number.to_bytes(2) + (160 * number).to_bytes(4) + b"anna"
                remote._transport.sendto(header + word, remote._remote)
                await asyncio.sleep(0.002)
            await asyncio.sleep(0.05)
            said = [sound for sound in sent if sound in words]
            assert len(said) > 40
            assert said == sorted(said)

    run(story)
