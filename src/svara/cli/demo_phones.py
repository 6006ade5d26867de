"""The demo office's phones: at the first start the invented people really call each other, so that there is a history.

Afterwards one of them stays and says back what callers say.

A role of `svara serve --demo`. The calls are a script of scenes, told by time, person and what happens; nothing of it is
written into the history by hand.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from svara import log
from svara.cli import demo
from svara.cli.phone_call import Reaction
from svara.cli.softphone import Credentials, SoftPhone, UserAgent
from svara.data import DataFolder
from svara.sip.transport import FlowError

PLACED_FILE = "demo-calls-placed"
"""Stands in the data folder once the first calls were placed."""
RETRY_SECONDS = 15.0
LONGEST_CALL_SECONDS = 60.0

_log = log.get("cli.demo_phones")


_ANSWER = Reaction()


@dataclass(frozen=True, slots=True)
class Scene:
    """One call: `caller` dials, `callee` (None: nobody is there) reacts.

    They talk for `talk_seconds`, then `hangs_up` does; or nobody answers, and the caller has so much patience.
    """

    caller: str
    dials: str
    callee: str | None = None
    reaction: Reaction = _ANSWER
    talk_seconds: float = 3.0
    hangs_up: Literal["caller", "callee"] = "caller"
    patience_seconds: float | None = None


def _talk(caller: str, callee: str, ring: float, talk: float, hangs_up: Literal["caller", "callee"] = "caller") -> Scene:
    reaction = Reaction("answer", ring, talk if hangs_up == "callee" else None)
    return Scene(caller, _extension(callee), callee, reaction, talk_seconds=talk, hangs_up=hangs_up)


def _refused(caller: str, callee: str, does: Literal["busy", "decline"], ring: float) -> Scene:
    return Scene(caller, _extension(callee), callee, Reaction(does, ring))


def _missed(caller: str, callee: str, patience: float) -> Scene:
    return Scene(caller, _extension(callee), callee, Reaction("ring", LONGEST_CALL_SECONDS), patience_seconds=patience)


def _extension(username: str) -> str:
    return demo.person(username).extension or username


def _queue(name: str) -> str:
    return next(queue.extension or "" for queue in demo.office().queues if queue.name == name)


PARTS: tuple[tuple[tuple[Scene, ...], ...], ...] = (
    (
        (
            _talk("ingrid", "jonas", 2.0, 4.0),
            _talk("jonas", "ingrid", 1.5, 6.0, "callee"),
            _refused("ingrid", "jonas", "decline", 3.0),
            _missed("jonas", "ingrid", 6.0),
        ),
        (
            _talk("mikkel", "sofia", 2.5, 5.0),
            # Sofia does not take it: after eight seconds it goes to Jānis.
            Scene("mikkel", _extension("sofia"), "janis", Reaction("answer", 2.0), talk_seconds=4.0),
            _talk("sofia", "mikkel", 1.0, 3.0, "callee"),
            _refused("janis", "mikkel", "busy", 1.0),
        ),
        (
            Scene("aino", _extension("petra")),  # her phone is not registered yet
            _talk("aino", "elias", 0.5, 6.0),
            Scene("aino", "199"),  # nobody has that number
            _talk("elias", "aino", 2.0, 3.0),
        ),
    ),
    (
        (
            _talk("sofia", "ingrid", 1.5, 7.0),
            _missed("janis", "ingrid", 7.0),
            _talk("ingrid", "janis", 2.0, 3.0, "callee"),
            _talk("sofia", "janis", 1.0, 2.0),
        ),
        (
            _refused("aino", "jonas", "busy", 0.5),
            _talk("jonas", "aino", 3.0, 5.0),
            _talk("aino", "jonas", 1.0, 8.0, "callee"),
        ),
        (
            _talk("petra", "mikkel", 2.0, 4.0),
            _refused("mikkel", "petra", "decline", 2.0),
            _talk("petra", "mikkel", 1.0, 3.0, "callee"),
            _missed("mikkel", "petra", 5.0),
        ),
    ),
    (
        (
            # The shop's queue: Sofia is asked first.
            Scene("petra", _queue("shop"), "sofia", Reaction("answer", 2.0), talk_seconds=4.0),
            Scene("ingrid", _queue("shop"), "sofia", Reaction("answer", 4.0), talk_seconds=2.0),
            Scene("petra", _queue("shop"), "sofia", Reaction("ring", LONGEST_CALL_SECONDS), patience_seconds=5.0),
        ),
    ),
)
"""Parts one after the other; within a part the rows run side by side (no person is in two), each row's scenes in turn."""

_LATE = "petra"
"""Her phone is registered after the first part."""


async def main(
    data: DataFolder,
    sockets: dict[str, socket.socket],  # noqa: ARG001  phones take a port of their own
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> None:
    """The role. The server's address is in SVARA_SIP."""
    ready()
    playing = asyncio.create_task(_open_and_play(data, server_address(os.environ.get("SVARA_SIP", "127.0.0.1:5060"))))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([playing, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


def server_address(text: str) -> tuple[str, int]:
    """Where phones on this machine reach a server that listens on HOST:PORT."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}.get(host, host), int(port)


async def _open_and_play(data: DataFolder, server: tuple[str, int]) -> None:
    agent = UserAgent(server, local_host=server[0] if server[0] in ("127.0.0.1", "::1") else _own_address(server))
    try:
        await agent.open()
    except (OSError, FlowError):
        _log.error("the demo phones found no network", exc_info=True)
        await asyncio.Event().wait()
    phones = {
        person.username: agent.phone(Credentials(person.phones[0].login, person.phones[0].secret or "", person.name))
        for person in demo.office().people
    }
    try:
        while not await phones[demo.ECHO].register():  # noqa: ASYNC110  the server tells nobody when it is ready
            await asyncio.sleep(RETRY_SECONDS)
        phones[demo.ECHO].always = Reaction("answer", 0.3, echo=True)
        placed = data.root / PLACED_FILE
        if not placed.exists():
            placed.touch(mode=0o600)  # first, so that a restart in the middle does not place them twice
            await play(phones)
        await asyncio.Event().wait()
    finally:
        await agent.close()


async def play(phones: dict[str, SoftPhone], parts: Sequence[Sequence[Sequence[Scene]]] = PARTS) -> None:
    """Place the calls of all scenes, then leave only the echo registered."""
    others = {username: phone for username, phone in phones.items() if username != demo.ECHO}
    for username, phone in others.items():
        if username != _LATE and not await phone.register():
            _log.warning("a demo phone could not register")
    for number, part in enumerate(parts):
        if number == 1:
            await phones[_LATE].register()
        await asyncio.gather(*(_play_row(phones, row) for row in part))
    for phone in others.values():
        await phone.register(0)
    _log.info("the demo calls were placed")


async def _play_row(phones: dict[str, SoftPhone], row: Sequence[Scene]) -> None:
    for scene in row:
        try:
            async with asyncio.timeout(LONGEST_CALL_SECONDS):
                await _play_scene(phones, scene)
        except (TimeoutError, OSError, FlowError):
            _log.warning("a demo call did not go as told", exc_info=True)
        await asyncio.sleep(1.0)


async def _play_scene(phones: dict[str, SoftPhone], scene: Scene) -> None:
    extensions = {person.extension: person.username for person in demo.office().people}
    dialled = extensions.get(scene.dials)
    if scene.callee is not None:
        if dialled is not None and dialled != scene.callee:
            phones[dialled].reaction = Reaction("ring", LONGEST_CALL_SECONDS)
        phones[scene.callee].reaction = scene.reaction
    call = await phones[scene.caller].call(scene.dials)
    try:
        if scene.patience_seconds is not None:
            await _first_of(call.ended, seconds=scene.patience_seconds)
            call.hang_up()
        else:
            await _first_of(call.answered, call.ended)
            if scene.hangs_up == "caller":
                await _first_of(call.ended, seconds=scene.talk_seconds)
                call.hang_up()
        await call.ended.wait()
    finally:
        call.hang_up()


async def _first_of(*events: asyncio.Event, seconds: float | None = None) -> None:
    """Wait until one of the events is set, or for that long."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


def _own_address(server: tuple[str, int]) -> str:
    """Our address on the way to the server."""
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(server)
        host: str = probe.getsockname()[0]
        return host
