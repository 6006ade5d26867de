"""A bus of either engine for each test: the hub on a Unix socket, and a real Redis server."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from svara.bus.client import HubBus
from svara.bus.hub import Hub
from svara.bus.port import Bus
from svara.bus.redis import RedisBus


class Engine:
    """What carries the bus, with the means to take it away and bring it back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._clients: list[Bus] = []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def _client(self) -> Bus:
        raise NotImplementedError

    def connect(self) -> Bus:
        bus = self._client()
        self._clients.append(bus)
        return bus

    async def close(self) -> None:
        for bus in self._clients:
            await bus.close()
        await self.stop()


class HubEngine(Engine):
    async def start(self) -> None:
        self.hub = Hub(self.folder / "bus")
        await self.hub.start()

    async def stop(self) -> None:
        await self.hub.close()

    def _client(self) -> Bus:
        return HubBus(self.folder / "bus")


class RedisEngine(Engine):
    async def start(self) -> None:
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            pytest.fail("redis-server is not installed: ./test --setup installs it")
        socket = self.folder / "redis"
        self.process = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )
        while not socket.exists():
            assert self.process.poll() is None, "redis-server ended at its start"
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        (self.folder / "redis").unlink(missing_ok=True)

    def _client(self) -> Bus:
        return RedisBus(f"unix://{self.folder / 'redis'}?db=3")


Story = Callable[[Engine], Awaitable[None]]


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[Engine]:
    await engine.start()
    try:
        yield engine
    finally:
        await engine.close()


@pytest.fixture(params=["hub", "redis"])
def play(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Story], None]:
    """Run a coroutine function with an engine of each kind."""
    folder = tmp_path_factory.mktemp("b")
    kind = {"hub": HubEngine, "redis": RedisEngine}[request.param]

    def _play(story: Story) -> None:
        async def whole() -> None:
            async with asyncio.timeout(20), running(kind(folder)) as engine:
                await story(engine)

        uvloop.run(whole())

    return _play
