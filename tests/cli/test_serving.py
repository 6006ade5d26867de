"""A serving office: its file is applied while people talk, and the demo company lives."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from tests.peers.server import ANNA, BOB, CECILIE, Person, Svara, office_file

from svara.cli import demo
from svara.cli.phone_call import PhoneCall, Reaction
from svara.cli.softphone import Credentials, UserAgent
from svara.privacy.files import undeclared

pytestmark = [pytest.mark.peer, pytest.mark.timeout(180)]

DAG = Person("dag", "104", ("dag-desk",), "Dag Foss")


@asynccontextmanager
async def phones_at(svara: Svara) -> AsyncIterator[UserAgent]:
    host, _, port = svara.sip.rpartition(":")
    agent = UserAgent((host, int(port)))
    await agent.open()
    try:
        yield agent
    finally:
        await agent.close()


async def ended(call: PhoneCall) -> int:
    await asyncio.wait_for(call.ended.wait(), 20)
    return call.status


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await story()

    asyncio.run(whole())


def test_an_office_changes_while_it_is_open() -> None:
    with Svara() as svara:

        async def apply(*people: Person, slug: str = "acme", text: str | None = None) -> str:
            path = svara.data.parent / f"{slug}.yaml"
            path.write_text(text or office_file(people, slug))
            return await asyncio.to_thread(svara.run, "apply", str(path))

        async def story() -> None:
            async with phones_at(svara) as agent:
                anna = agent.phone(Credentials("anna-desk", "secret-anna-desk", "Anna"))
                bob = agent.phone(Credentials("bob-desk", "secret-bob-desk", "Bob"))
                dag = agent.phone(Credentials("dag-desk", "secret-dag-desk", "Dag"))
                assert await anna.register()
                assert await bob.register()
                assert not await dag.register()  # nobody knows him yet

                bob.reaction = Reaction("answer", 0.1)
                talk = await anna.call("102")
                await asyncio.wait_for(talk.answered.wait(), 10)

                # Dag comes, Cecilie goes, Anna moves to another extension, Bob's phone gets another secret.
                moved = Person("anna", "111", ANNA.phones, ANNA.name, ANNA.roles)
                text = office_file((moved, BOB, DAG)).replace("secret-bob-desk", "another-secret-bob")
                told = await apply(text=text)
                assert told.endswith("In effect now.\n")
                assert "- person cecilie: Cecilie Eik" in told

                assert not talk.ended.is_set()  # who talks goes on talking
                talk.hang_up()
                assert await ended(talk) == 200

                assert await dag.register()
                anna.reaction = Reaction("decline", 0.1)
                assert await ended(await dag.call("111")) == 603
                assert await ended(await dag.call("101")) == 404
                assert await ended(await dag.call("103")) == 404
                assert await ended(await dag.call("102")) == 480  # Bob's phone has to register anew
                assert not await bob.register()
                renewed = agent.phone(Credentials("bob-desk", "another-secret-bob", "Bob"))
                assert await renewed.register()

                # Another company moves in, with the same user names and extensions.
                other = Person("anna", "111", ("beta-anna",), "Anna of Beta")
                assert (await apply(other, slug="beta")).endswith("In effect now.\n")
                beta = agent.phone(Credentials("beta-anna", "secret-beta-anna", "Anna of Beta"))
                assert await beta.register()
                anna.reaction = Reaction("busy", 0.1)
                beta.reaction = Reaction("answer", 0.1)
                assert await ended(await dag.call("111")) == 486  # the Anna of his own company
                assert await ended(await beta.call("104")) == 404

        run(story)


@pytest.mark.claim("K2-1")
def test_the_demo_company_really_calls_and_echoes() -> None:
    with Svara((CECILIE,), options=("--demo",)) as svara:
        assert "level=info" not in svara.before_ready, "the first that its operator reads is who is who in the demo"

        async def story() -> None:
            async with phones_at(svara) as agent:
                ingrid, echo = demo.person("ingrid"), demo.person(demo.ECHO)
                own = agent.phone(Credentials(ingrid.phones[0].login, ingrid.phones[0].secret, ingrid.name))
                assert await own.register()
                call = await own.call(echo.extension or "")
                await asyncio.wait_for(call.answered.wait(), 15)
                await asyncio.sleep(2.0)
                assert call.sound.received > 50
                call.hang_up()
                assert await ended(call) == 200

        run(story)
        token = svara.run("token", "ingrid").strip()
        outcomes: set[str] = set()
        until = time.monotonic() + 60
        while not {"answered", "missed", "failed", "rejected"} <= outcomes:
            assert time.monotonic() < until, outcomes
            request = urllib.request.Request(
                f"http://{svara.http}/api/v1/calls", headers={"Authorization": f"Bearer {token}"}
            )
            with urllib.request.urlopen(request, timeout=10) as answer:
                outcomes = {item["outcome"] for item in json.load(answer)["items"]}
            time.sleep(1)
        assert list(undeclared(svara.data)) == []  # a day of calls later, the catalogue knows every file
