"""rtpengine alone, as its package brings it: what the engine itself carries here, beside which ours is to be judged.

It gets its own defaults, plain offers and answers without a single flag, and nobody asks it anything while people talk.
"""

from __future__ import annotations

import re
import socket
import subprocess
import time
from types import TracebackType
from typing import Self

from bench import process

from svara.media import ng

_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\na=ptime:20\r\n"
_AUDIO = re.compile(rb"m=audio (\d+) ")
_PORTS = (10000, 19999)
"""Apart from those that `svara serve` uses."""
_PATIENCE_SECONDS = 0.2
_START_TRIES = 50


class BareRelay:
    """An engine on the core of servers."""

    def __enter__(self) -> Self:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._asking.connect(("127.0.0.1", port))
        self._asking.settimeout(_PATIENCE_SECONDS)
        self._questions = 0
        command = ["rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--log-level=3", "--table=-1"]
        command += [f"--listen-ng=127.0.0.1:{port}", "--interface=127.0.0.1"]
        command += [f"--port-min={_PORTS[0]}", f"--port-max={_PORTS[1]}"]
        self._engine = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.pid = self._engine.pid
        self._ask({"command": "ping"})
        process.pin(self.pid, process.SERVER_CORE)
        process.go_first(self.pid)  # as ours goes: what else runs must not make the difference
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._engine.terminate()
        self._engine.wait(10)
        self._asking.close()

    def call(self, number: int, caller_port: int, callee_port: int) -> tuple[int, int]:
        """Connect two phones; returns the ports to which the caller and the callee send."""
        ends = {"call-id": f"bare{number}", "from-tag": "a", "to-tag": "b"}
        offer = self._ask({"command": "offer", **ends, "sdp": _SDP.format(port=caller_port).encode()})
        answer = self._ask({"command": "answer", **ends, "sdp": _SDP.format(port=callee_port).encode()})
        return _port(answer), _port(offer)

    def _ask(self, command: dict[str, ng.Plain]) -> bytes:
        self._questions += 1
        for _ in range(_START_TRIES):
            try:
                self._asking.send(b"%d " % self._questions + ng.encode(command))
                answer = self._asking.recv(65535)
            except (TimeoutError, ConnectionRefusedError):
                time.sleep(_PATIENCE_SECONDS)
                continue
            if answer.startswith(b"%d " % self._questions):
                return answer
        raise SystemExit("bench: rtpengine alone does not answer")


def _port(answer: bytes) -> int:
    found = _AUDIO.search(answer)
    if not found:
        raise SystemExit("bench: rtpengine alone refused a call")
    return int(found[1])
