"""`svara serve media`: starts rtpengine, watches it, and starts it again when it ends or hangs.

The engine runs in the foreground as our child, in userspace, with ports and a control socket of its own; no system service
takes part, nothing is recorded, and what it would log about phones is thrown away. It dies with us. Where it takes commands
stands in `DataFolder.media_ng`, which is written anew at each start. Where the kernel allows it (root, or a limit "RTPRIO"),
packets of sound go before everything else on the machine: a page that is being made must not be heard in a call.

Settings, from the environment:

- `SVARA_MEDIA_ADDRESS`: addresses for the sound, separated by commas; the first one is used where none faces a phone by the
  routing table. Behind one-to-one NAT write `local!public`. Default: the address of the SIP listener (`SVARA_SIP`, which
  `svara serve` sets), and when that is a wildcard every address of this machine.
- `SVARA_MEDIA_PORTS`: UDP ports for the sound, of no other office on the machine. A call of two phones takes four; ports
  that other programs hold are passed over. Default: `20000-30000`, and where another office has them, `10000-19999`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import ipaddress
import os
import resource
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from svara import log
from svara.clock import LoopClock
from svara.data import DataFolder
from svara.media.addresses import own_addresses
from svara.media.ng import NgClient, UdpWire, Value
from svara.media.ports import USUAL, PortsTakenError, claim
from svara.media.relay import RelayError
from svara.media.rtpengine import read_place

START_SECONDS = 10.0
PING_SECONDS = 2.0
BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
GOOD_RUN_SECONDS = 30.0
END_SECONDS = 0.7
_PR_SET_PDEATHSIG = 1

_log = log.get("media.main")
_libc = ctypes.CDLL(None)


async def main(data: DataFolder, _sockets: dict[str, socket.socket], stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Run the engine until `stop`; `ready()` is called once, when it answers for the first time. It takes no sockets.

    Raises SystemExit, with plain words, when rtpengine is not installed or a setting makes no sense.
    """
    binary = shutil.which("rtpengine", path=os.environ.get("PATH", "") + ":/usr/bin:/usr/sbin")
    if binary is None:
        raise SystemExit("rtpengine is not installed (Debian package rtpengine-daemon)")
    addresses = media_addresses(os.environ.get("SVARA_MEDIA_ADDRESS", ""), os.environ.get("SVARA_SIP", ""))
    setting = os.environ.get("SVARA_MEDIA_PORTS")
    try:
        wanted = media_ports(setting) if setting is not None else None
        ours = await asyncio.to_thread(claim, addresses, wanted, pause=time.sleep)
    except PortsTakenError as error:
        raise SystemExit(str(error)) from None
    if setting is None and ours.ports != USUAL[0]:
        _log.warning("another office on this machine has the usual ports for sound", first=ours.ports[0], last=ours.ports[1])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    loop = asyncio.get_running_loop()
    calls_to_make = [ready]

    def ready_once() -> None:
        while calls_to_make:
            calls_to_make.pop()()

    failures = 0
    while not stop.is_set():
        began = loop.time()
        engine = _Engine(data, binary, addresses, ours.ports)
        await engine.run(stop, ready_once)
        if stop.is_set():
            return
        failures = 0 if loop.time() - began > GOOD_RUN_SECONDS else failures + 1
        wait = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS)) - 1] if failures else BACK_OFF_SECONDS[0]
        _log.error("rtpengine ended; starting it again", wait_seconds=wait, exit_code=engine.exit_code)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait)


class _Engine:
    """One run of rtpengine."""

    def __init__(self, data: DataFolder, binary: str, addresses: list[str], ports: tuple[int, int]) -> None:
        self.exit_code: int | None = None
        self._data = data
        self._binary = binary
        self._addresses = addresses
        self._ports = ports
        self._answers = asyncio.Event()

    async def run(self, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        """From start to end; returns when the engine ended, or was ended because of `stop` or because it hung."""
        port = _control_port(self._data)
        ours = os.getpid()
        process = await asyncio.create_subprocess_exec(
            *command_line(
                self._binary,
                port,
                self._addresses,
                self._ports,
                threads=thread_count(cores := len(os.sched_getaffinity(0))),
                real_time=cores > 1 and may_be_real_time(),  # on a single core a flood of sound would stop signalling
            ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=lambda: _die_with(ours),
        )
        tasks = {
            asyncio.create_task(process.wait()),
            asyncio.create_task(self._look_after(port, ready)),
            asyncio.create_task(stop.wait()),
        }
        listening = asyncio.create_task(self._listen(process.stderr))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, listening):
                task.cancel()
            self.exit_code = await _end(process)

    async def _look_after(self, port: int, ready: Callable[[], None]) -> None:
        """Say when it answers; return when it does not answer any more."""
        loop = asyncio.get_running_loop()
        client = NgClient(LoopClock(loop))
        client.wire = wire = UdpWire(("127.0.0.1", port), client.received)
        try:
            until = loop.time() + START_SECONDS
            while not await _ping(client):
                if loop.time() > until:
                    _log.error("rtpengine does not answer after its start")
                    return
            self._answers.set()
            names = [address.split("!")[0] for address in self._addresses]
            _write(self._data.media_ng, f"127.0.0.1 {port} {' '.join(names)}\n")
            ready()
            missed = 0
            while missed < 3:
                await asyncio.sleep(PING_SECONDS)
                missed = 0 if await _ping(client) else missed + 1
            _log.error("rtpengine hangs")
        finally:
            client.close()
            wire.close()

    async def _listen(self, stream: asyncio.StreamReader | None) -> None:
        """Its complaints matter while it starts and knows of no phone; later ones may name people's networks."""
        while stream and (text := await stream.read(4096)):
            if not self._answers.is_set():
                _log.warning("rtpengine says", text=text.decode("utf-8", "replace").strip()[:500])


def command_line(
    binary: str, control_port: int, addresses: list[str], ports: tuple[int, int], *, threads: int, real_time: bool
) -> list[str]:
    """How rtpengine is called. Each address is an interface by the name of the address."""
    return [
        binary,
        "--config-file=none",
        "--foreground",
        "--log-stderr",
        "--log-level=3",
        "--table=-1",
        f"--listen-ng=127.0.0.1:{control_port}",
        *(f"--interface={address.split('!')[0]}/{address}" for address in addresses),
        f"--port-min={ports[0]}",
        f"--port-max={ports[1]}",
        "--delete-delay=0",
        # Silence is noticed by us, and earlier; these only free what nobody asks for any more.
        "--timeout=3600",
        "--silent-timeout=86400",
        "--endpoint-learning=heuristic",
        "--mos=LQ",
        "--tos=184",
        f"--num-threads={threads}",
        "--media-num-threads=1",
        # Only the threads that handle packets and play sound; the engine's housekeeping stays with everybody else.
        *(("--scheduling=rr", "--priority=1", "--idle-scheduling=other") if real_time else ()),
    ]


def thread_count(cores: int) -> int:
    """Threads for packets: one a core, so that none waits with packets in its hands; one core stays for signalling."""
    return max(1, cores - 1)


def may_be_real_time() -> bool:
    """Whether the kernel lets us, and so our children, be scheduled before all ordinary processes (sched(7))."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


def media_ports(text: str) -> tuple[int, int]:
    """(first, last) of "20000-30000". Raises SystemExit."""
    first, _, last = text.partition("-")
    if not (first.isdigit() and last.isdigit() and 1024 <= int(first) < int(last) <= 65535):
        raise SystemExit("SVARA_MEDIA_PORTS must be a range like 20000-30000")
    return int(first), int(last)


def media_addresses(setting: str, sip: str) -> list[str]:
    """Where the sound goes through, the default first; `sip` is the listener's "address:port". Raises SystemExit."""
    if setting:
        wanted = [part.strip() for part in setting.split(",") if part.strip()]
        try:
            for address in wanted:
                for part in address.split("!"):
                    ipaddress.ip_address(part)
        except ValueError:
            raise SystemExit("SVARA_MEDIA_ADDRESS must be IP addresses separated by commas") from None
        return wanted
    host = sip.rpartition(":")[0].strip("[]") or "0.0.0.0"
    if not ipaddress.ip_address(host).is_unspecified:
        return [host]
    own = own_addresses()
    return [address for address in own if ":" not in address] if host == "0.0.0.0" else own


def _control_port(data: DataFolder) -> int:
    """The port of the run before where it is free, so that nobody has to look for the engine; else any free one."""
    before = read_place(data)
    for port in (before[0][1] if before else 0, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise RuntimeError("no free UDP port on the loopback interface")


def _write(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text, "ascii")
    new.chmod(0o600)
    new.replace(path)


async def _ping(client: NgClient) -> bool:
    answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def done(answer: dict[str, Value] | RelayError) -> None:
        if not answered.done():
            answered.set_result(not isinstance(answer, RelayError))

    client.ask({"command": "ping"}, done)
    return await answered


async def _end(process: asyncio.subprocess.Process) -> int | None:
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            if process.returncode is None:
                process.send_signal(signal_number)
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(process.wait(), END_SECONDS)
    return process.returncode


def _die_with(parent: int) -> None:
    """In the child: end when the parent ends, however it ends (prctl(2))."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
