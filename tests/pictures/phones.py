"""Phones of the demo office that talk while the pictures are taken."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from svara.cli import demo
from svara.cli.phone_call import Reaction
from svara.cli.softphone import Credentials, UserAgent

PATIENCE_SECONDS = 60.0


@contextmanager
def office_phones(server: tuple[str, int]) -> Iterator[None]:
    """Everybody but Ingrid, who is at her browser, is there: two talk, and two wait in the workshop's queue."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    agent = asyncio.run_coroutine_threadsafe(_agent(server), loop).result(PATIENCE_SECONDS)
    asyncio.run_coroutine_threadsafe(_begin(agent), loop).result(PATIENCE_SECONDS)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(agent.close(), loop).result(PATIENCE_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _agent(server: tuple[str, int]) -> UserAgent:
    agent = UserAgent(server)
    await agent.open()
    return agent


async def _begin(agent: UserAgent) -> None:
    phones = {}
    for username in ("jonas", "sofia", "mikkel", "aino", "janis", "petra"):
        person = demo.person(username)
        phones[username] = agent.phone(Credentials(person.phones[0].login, person.phones[0].secret or "", person.name))
        assert await phones[username].register()
    phones["sofia"].always = Reaction("answer", 0.3, echo=True)
    phones["mikkel"].always = phones["aino"].always = Reaction("ring", 3600.0)
    call = await phones["jonas"].call("103", echo=True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await call.answered.wait()
    for caller in ("janis", "petra"):
        await phones[caller].call("600", echo=True)
