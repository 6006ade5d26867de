"""The hub: where the processes of one machine meet, on a Unix socket that only their user can open.

It holds nothing but who wants what and which requests wait. A reader that does not read costs a bounded amount of memory and
nobody else's time.
"""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

from svara import log
from svara.bus.topics import Interests
from svara.bus.wire import (
    Answer,
    AnyFrame,
    Ask,
    Cancel,
    Channel,
    Failed,
    Lost,
    Publish,
    Serve,
    Subscribe,
    Unsubscribe,
    pack,
)

_log = log.get("bus.hub")

_MAX_WAITING_REQUESTS = 10_000
_MAX_CONNECTIONS = 256


class Hub:
    """Carries events and requests between the clients connected to `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._ids = itertools.count(1)
        self.channels: set[_HubChannel] = set()
        self.interests: Interests[_HubChannel] = Interests()
        self.servers: dict[str, list[_HubChannel]] = {}
        self.waiting: dict[int, tuple[_HubChannel, int, _HubChannel]] = {}
        """Requests under way, by the hub's own number: who asks, under which number, who answers."""

    async def start(self) -> None:
        """Listen; a socket file left behind by a hub that died is replaced. Raises OSError."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.get_running_loop().create_unix_server(lambda: _HubChannel(self), str(self._path))
        self._path.chmod(0o600)

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        channels = list(self.channels)
        for channel in channels:
            channel.close()
        if channels:
            await asyncio.wait([channel.closed for channel in channels], timeout=1.0)
        self._path.unlink(missing_ok=True)

    def joined(self, channel: _HubChannel) -> bool:
        if len(self.channels) >= _MAX_CONNECTIONS:
            _log.warning("too many connections to the bus, one refused", limit=_MAX_CONNECTIONS)
            return False
        self.channels.add(channel)
        return True

    def left(self, channel: _HubChannel) -> None:
        """A client is gone: requests to it fail now, requests from it are forgotten."""
        self.channels.discard(channel)
        self.interests.forget(channel)
        for service in [service for service, servers in self.servers.items() if channel in servers]:
            self.servers[service].remove(channel)
            if not self.servers[service]:
                del self.servers[service]
        for number, (asker, asker_id, server) in list(self.waiting.items()):
            if channel in (asker, server):
                del self.waiting[number]
                if server is channel and asker is not channel:
                    asker.send(pack(Failed(asker_id, "unavailable")))

    def publish(self, topic: str, raw: bytes) -> None:
        for channel in self.interests.wanting(topic):
            channel.send_event(raw)

    def serve(self, channel: _HubChannel, service: str) -> None:
        servers = self.servers.setdefault(service, [])
        if channel in servers:
            servers.remove(channel)
        servers.append(channel)

    def ask(self, asker: _HubChannel, frame: Ask) -> None:
        servers = self.servers.get(frame.service)
        if not servers or len(self.waiting) >= _MAX_WAITING_REQUESTS:
            asker.send(pack(Failed(frame.id, "unavailable")))
            return
        number = next(self._ids)
        self.waiting[number] = (asker, frame.id, servers[-1])
        servers[-1].send(pack(Ask(number, frame.service, frame.payload)))

    def answered(self, server: _HubChannel, frame: Answer | Failed) -> None:
        waiting = self.waiting.get(frame.id)
        if waiting is None or waiting[2] is not server:
            return  # the asker gave up meanwhile
        del self.waiting[frame.id]
        asker, asker_id, _ = waiting
        asker.send(pack(Answer(asker_id, frame.payload) if isinstance(frame, Answer) else Failed(asker_id, frame.kind)))

    def cancelled(self, asker: _HubChannel, asker_id: int) -> None:
        for number, (who, their_id, _) in self.waiting.items():
            if who is asker and their_id == asker_id:
                del self.waiting[number]
                return


class _HubChannel(Channel):
    """One client, seen from the hub."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self._hub = hub

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not self._hub.joined(self):
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._hub.left(self)

    def received(self, frame: AnyFrame, raw: bytes) -> None:
        hub = self._hub
        match frame:
            case Publish(topic=topic):
                hub.publish(topic, raw)
            case Ask():
                hub.ask(self, frame)
            case Answer() | Failed():
                hub.answered(self, frame)
            case Cancel(id=number):
                hub.cancelled(self, number)
            case Subscribe(id=number, prefixes=prefixes):
                hub.interests.add(self, prefixes)
                self.send(pack(Answer(number, b"")))
            case Unsubscribe(prefixes=prefixes):
                hub.interests.remove(self, prefixes)
            case Serve(id=number, service=service):
                hub.serve(self, service)
                self.send(pack(Answer(number, b"")))
            case Lost():
                for channel in hub.interests.everyone:
                    channel.send_event(raw)
