"""`svara serve voice`: prompts, music, keys, recordings and mixing, in one process on one core.

Settings, from the environment:

- `SVARA_VOICE_ADDRESS`: where the media relay reaches us: an IPv4 and an IPv6 address, separated by a comma. Default
  `127.0.0.1,::1`, which serves the relay of the same machine; loopback addresses that the machine lacks are passed over.
- `SVARA_VOICE_PORT`: the UDP port for the sound of all legs; default: any free one.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import random
import secrets
import socket
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from svara import bus, log
from svara.clock import LoopClock
from svara.data import DataFolder
from svara.media.voice import messages
from svara.media.voice.codecs import CODECS, silence
from svara.media.voice.engine import Engine, Surroundings
from svara.media.voice.keys import Keys
from svara.media.voice.library import Library
from svara.media.voice.recording import salvage
from svara.media.voice.service import Service
from svara.media.voice.udp import Sockets
from svara.sealing.intake import read_public_key

LAST_WORDS_SECONDS = 1.0
"""How long the last recordings and events have when the process ends."""
_THREAD_SWITCH_SECONDS = 0.0005
"""A worker thread lets the event loop go on after so long, else 20 ms would wait for a file that is being encoded."""

_log = log.get("media.voice.main")


async def main(data: DataFolder, _sockets: dict[str, socket.socket], stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Make sound until `stop`. Raises SystemExit with a plain line when it cannot work here. It takes no sockets."""
    addresses = voice_addresses(
        os.environ.get("SVARA_VOICE_ADDRESS", ""), os.environ.get("SVARA_VOICE_PORT", ""), have_ipv6=_has_ipv6_loopback()
    )
    sys.setswitchinterval(_THREAD_SWITCH_SECONDS)
    _go_first()
    loop = asyncio.get_running_loop()
    clock = LoopClock(loop)
    try:
        intake = read_public_key(data.intake)
    except (OSError, ValueError):
        raise SystemExit(
            f"the file {data.intake} is missing or damaged: start the whole office once, or restore it"
        ) from None
    saved = await asyncio.to_thread(salvage, data.recordings)
    if saved:
        _log.warning("recordings that an earlier process left behind were completed", count=saved)
    line = bus.connect(data)
    service = Service(line, clock, secrets.token_hex(8))
    files = ThreadPoolExecutor(1, "voice-files")
    disk = ThreadPoolExecutor(1, "voice-disk")
    engine: Engine | None = None

    def received(datagram: bytes, source: tuple[str, int] | tuple[str, int, int, int]) -> None:
        if engine is not None:
            engine.received(datagram, source)

    try:
        sound = Sockets(addresses, received)
    except OSError as error:
        raise SystemExit(f"SVARA_VOICE_ADDRESS: {os.strerror(error.errno or 0)}") from None
    engine = service.engine = Engine(
        Surroundings(
            clock=clock,
            random=random.SystemRandom(),
            addresses=sound.addresses,
            send=sound.send,
            library=Library(data.sounds, data.recordings, files, Keys(line, loop).ask),
            recordings=data.recordings,
            intake=intake,
            disk=disk,
            post=lambda work: _post(loop, work),
            on_event=service.event,
        )
    )
    for codec in CODECS.values():
        silence(codec)  # the first leg should not wait for the first encoder
    await line.serve(messages.SERVICE, service.handle)
    ready()
    try:
        await stop.wait()
    finally:
        engine.close_all()
        await asyncio.to_thread(disk.shutdown)
        await asyncio.sleep(0)
        await service.drain(LAST_WORDS_SECONDS)
        files.shutdown(wait=False, cancel_futures=True)
        service.close()
        sound.close()
        await line.close()


def voice_addresses(text: str, port: str, *, have_ipv6: bool) -> list[tuple[str, int]]:
    """(host, port) for each address, the port 0 for any. Raises SystemExit when a setting makes no sense."""
    names = [name.strip().strip("[]") for name in text.split(",") if name.strip()]
    if not names:
        names = ["127.0.0.1", "::1"] if have_ipv6 else ["127.0.0.1"]
    try:
        versions = [ipaddress.ip_address(name).version for name in names]
    except ValueError:
        raise SystemExit("SVARA_VOICE_ADDRESS is no IP address") from None
    if len(set(versions)) != len(versions):
        raise SystemExit("SVARA_VOICE_ADDRESS: one address of each IP version, not more")
    if port and not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise SystemExit("SVARA_VOICE_PORT is no port")
    return [(name, int(port or 0)) for name in names]


def _go_first() -> None:
    """Sound cannot wait for whatever else the machine does: where we may, the event loop's thread runs before others
    (sched(7), round robin at the lowest real-time priority); threads for files and everything else stay as they are."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def _post(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    loop.call_soon_threadsafe(work)


def _has_ipv6_loopback() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
