"""The web role on a stage: a process of its own with the real server, database and bus; only the calls process is played."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from tests.cli.doctor.certificates import certificate, written
from tests.patience import patience
from tests.peers.server import WITH_US

from svara.bus.client import HubBus
from svara.bus.hub import Hub
from svara.calls import commands
from svara.calls.boxes import TOPIC_CHANGED, BoxChanged
from svara.calls.commands import LiveCall, PersonPresence
from svara.data import DataFolder

ROLE = """
import asyncio, os, socket, sys
from pathlib import Path
import django
django.setup()
from svara import log
log.configure("web")
from svara.data import DataFolder
from svara.web.main import main

async def role():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(15, stop.set)
    sockets = {name: socket.socket(fileno=int(number)) for name, number in zip(("http", "ldap", "ldaps"), sys.argv[2:])}
    await main(DataFolder(Path(sys.argv[1])), sockets, stop, lambda: print("ready", flush=True))

import uvloop
uvloop.run(role())
"""


class Stage:
    """A running web process at `url`, and the calls process that the tests play."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.data = DataFolder(folder).create()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._open())
        listeners = [socket.create_server(("127.0.0.1", 0)) for _service in range(3)]
        for listener in listeners:
            listener.set_inheritable(True)
        port, self.ldap_port, self.ldaps_port = (listener.getsockname()[1] for listener in listeners)
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"
        now = datetime.now(UTC)
        names = ["localhost", socket.gethostname(), socket.getfqdn()]  # OpenLDAP asks for the machine's own name
        made = certificate(names, now - timedelta(days=1), now + timedelta(days=30))
        self.certificate, key = written(folder / "tls", made)
        environment = os.environ | {
            "SVARA_DATA": str(folder),
            "SVARA_DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "svara.settings",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "SVARA_TLS_CERT": str(self.certificate),
            "SVARA_TLS_KEY": str(key),
            "SVARA_LDAP": f"127.0.0.1:{self.ldap_port}",
            "SVARA_LDAPS": f"127.0.0.1:{self.ldaps_port}",
        }
        self.process = subprocess.Popen(
            [*WITH_US, sys.executable, "-c", ROLE, str(folder), *(str(listener.fileno()) for listener in listeners)],
            env=environment,
            pass_fds=[listener.fileno() for listener in listeners],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for listener in listeners:
            listener.close()
        assert self.process.stdout is not None
        if not self.process.stdout.readline().startswith("ready"):
            raise AssertionError(self.process.communicate()[1])

    async def _open(self) -> None:
        self._hub = Hub(self.data.bus_socket)
        await self._hub.start()
        self._bus = HubBus(self.data.bus_socket)
        self.calls: dict[str, LiveCall] = {}
        self.presences: dict[str, PersonPresence] = {}
        self.queues: dict[str, dict[str, commands.QueueState]] = {}
        """By tenant and queue's id."""
        self.conferences: dict[str, tuple[commands.ConferenceState, ...]] = {}
        """By tenant."""
        self.parked: dict[str, tuple[commands.ParkedCall, ...]] = {}
        """By tenant."""
        self.callbacks: dict[str, tuple[commands.Callback, ...]] = {}
        """By person."""
        self.asked: list[commands.Request] = []
        self.refusal: commands.Refused | None = None
        self._silent = False
        await self._bus.serve(commands.SERVICE, self._answer)

    async def _answer(self, payload: bytes) -> bytes:
        request = msgspec.msgpack.decode(payload, type=commands.Request)
        return msgspec.msgpack.encode(self._reply(request))

    def _reply(self, request: commands.Request) -> commands.Answer:
        if self._silent:
            return commands.Refused("unavailable", "the calls process is away")
        match request:
            case commands.AskLive():
                return commands.Live(tuple(self.calls.values()), tuple(self.presences.values()))
            case commands.AskHealth():
                return commands.Health(1, len(self.calls), len(self.presences), relay="up")
            case commands.Originate() if self.refusal is None:
                self.asked.append(request)
                return commands.Originated(call="placed-here")
            case commands.AskConferences(tenant=tenant, name=name):
                rooms = self.conferences.get(tenant, ())
                return commands.Conferences(tuple(one for one in rooms if name in (None, one.name)))
            case commands.ControlConference() if self.refusal is None:
                self.asked.append(request)
                return commands.Done()
            case commands.AskQueues(tenant=tenant):
                return commands.Queues(tuple(self.queues.get(tenant, {}).values()))
            case commands.SetAgent() if self.refusal is None:
                self.asked.append(request)
                self._set(request)
                return commands.Done()
            case commands.Supervise() if self.refusal is None:
                self.asked.append(request)
                return commands.Originated(call="own-call")
            case commands.PauseRecording():
                self.asked.append(request)
                return commands.Done()
            case commands.Hangup():
                self.asked.append(request)
                return commands.Done()
            case commands.AskParked(tenant=tenant):
                return commands.ParkedCalls(self.parked.get(tenant, ()))
            case commands.AskCallbacks(person=person):
                return commands.Callbacks(self.callbacks.get(person, ()))
            case commands.HoldCall() | commands.TransferCall() | commands.CancelCallback() if self.refusal is None:
                self.asked.append(request)
                if isinstance(request, commands.CancelCallback):
                    left = (one for one in self.callbacks.get(request.person, ()) if one.wanted != request.wanted)
                    self.callbacks[request.person] = tuple(left)
                return commands.Done()
            case _:
                return self.refusal or commands.Done()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(patience(10))

    # --- what the calls process tells

    def presence(self, tenant: str, person: str, availability: Any, phones_online: int = 1) -> None:
        """Somebody's availability changes."""
        news = PersonPresence(tenant, person, availability, phones_online, time.time())
        self.presences[person] = news
        self._publish(commands.TOPIC_PRESENCE, news)

    def call(self, call: LiveCall, topic: str = "") -> None:
        """A call starts or goes on; `topic` is what happened to it, where it is not its state."""
        if call.state == "ended":
            self.calls.pop(call.id, None)
        else:
            self.calls[call.id] = call
        self._publish(f"{commands.TOPIC_CALL}.{topic or call.state}", call)

    def queue(self, tenant: str, state: commands.QueueState) -> None:
        """A queue is now like this."""
        self.queues.setdefault(tenant, {})[state.id] = state
        counts = Counter(member.state for member in state.members)
        since = min((caller.since for caller in state.callers), default=0.0)
        news = commands.QueueChanged(tenant, state.id, state.name, state.waiting, since, dict(counts))
        self._publish(commands.TOPIC_QUEUE, news)

    def conference(self, tenant: str, *states: commands.ConferenceState) -> None:
        """The conferences of a company are now like this."""
        self.conferences[tenant] = states
        for state in states:
            news = commands.ConferenceChanged(tenant, state.id, state.name, len(state.members))
            self._publish(commands.TOPIC_CONFERENCE, news)

    def _set(self, wish: commands.SetAgent) -> None:
        for state in self.queues.get(wish.tenant, {}).values():
            if wish.queue in (None, state.name):
                changed = tuple(
                    commands.QueueMember(wish.person, wish.state, wish.reason, time.time())
                    if one.person == wish.person
                    else one
                    for one in state.members
                )
                self.queue(wish.tenant, msgspec.structs.replace(state, members=changed))

    def recorded(self, call_id: str, tenant: str, people: tuple[str, ...]) -> None:
        """History has the record of a call."""
        self._publish(f"{commands.TOPIC_CALL}.recorded", commands.Recorded(call_id, tenant, people))

    def message(self, changed: BoxChanged) -> None:
        """A box of voice messages has changed."""
        self._publish(TOPIC_CHANGED, changed)

    def silence(self, silent: bool) -> None:
        """The calls process goes away, or comes back."""
        self._silent = silent

    def healthy(self) -> bool:
        """Whether the web process finds the calls process there."""
        with urllib.request.urlopen(f"{self.url}/api/v1/healthz", timeout=patience(5)) as answer:
            return bool(json.load(answer)["parts"]["calls"]["state"] == "up")

    def forget(self) -> None:
        """A new test begins: no calls, nobody's phone is on."""
        for call in list(self.calls.values()):
            self.call(msgspec.structs.replace(call, state="ended"))
        for one in list(self.presences.values()):
            self.presence(one.tenant, one.person, "offline", 0)
        self.presences, self.queues, self.asked, self.refusal = {}, {}, [], None
        self.parked, self.callbacks = {}, {}
        self._silent = False

    def _publish(self, topic: str, payload: msgspec.Struct) -> None:
        self._loop.call_soon_threadsafe(self._bus.publish, topic, msgspec.msgpack.encode(payload))

    def close(self) -> float:
        """Stop the web process; returns how many seconds that took."""
        began = time.monotonic()
        self.process.terminate()
        try:
            self.process.communicate(timeout=patience(10))
        finally:
            self.process.kill()
        taken = time.monotonic() - began
        self._run(self._bus.close())
        self._run(self._hub.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        return taken


def eventually(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether something becomes true within `seconds`."""
    end = time.monotonic() + patience(seconds)
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return true()
