"""SIPp as a phone without a person: scenarios under `sipp/`, one process each, with what it counted at its end."""

from __future__ import annotations

import csv
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.peers import sound
from tests.peers.phone import Transport
from tests.peers.ports import free_port

SCENARIOS = Path(__file__).parent / "sipp"
_TRANSPORT = {"udp": "u1", "tcp": "t1", "tls": "l1"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What SIPp counted. `errors` are the messages that it did not expect."""

    successful: int
    failed: int
    errors: str


class Sipp:
    """One run of a scenario; a context manager, killed at its end.

    As a phone: `register`, `call`, `cancel`, `answer`, `early`, `ring`. As a carrier: `carrier` and `carrier_cancel` bring a
    call of `login` (its `name` beside it) to the number `target`; `proved` takes one after a challenge, `broken` none;
    `registrar` takes a REGISTER.

    `server` is "host:port". `talk_seconds` and `ring_seconds` are the pauses of the scenarios. It sends `tone_hz` in `call`
    (None: no sound), and gives back what it gets in `answer` and `early`.
    """

    def __init__(
        self,
        folder: Path,
        scenario: str,
        server: str,
        *,
        login: str,
        secret: str = "",
        name: str = "",
        target: str = "",
        port: int = 0,
        transport: Transport = "udp",
        calls: int = 1,
        calls_per_second: float = 10,
        talk_seconds: float = 1,
        ring_seconds: float = 0.1,
        tone_hz: float | None = 440,
        timeout_seconds: float = 30,
    ) -> None:
        self.port = port or free_port()
        self.folder = folder / f"sipp-{scenario}-{login}-{self.port}"
        self.folder.mkdir(parents=True)
        (self.folder / "tone.alaw").write_bytes(sound.to_alaw(sound.tone(tone_hz or 440, 1)))
        self._timeout_seconds = timeout_seconds
        keys = {"login": login, "secret": secret, "target": target, "name": name}
        keys |= {"talk_ms": str(int(talk_seconds * 1000)), "ring_ms": str(int(ring_seconds * 1000))}
        text = (SCENARIOS / f"{scenario}.xml").read_text()
        for key, value in keys.items():  # SIPp's own -key does not reach into [authentication ...] and pauses
            text = text.replace(f"[{key}]", value)
        if tone_hz is None:
            text = re.sub(r"<nop><action><exec rtp_stream.*?</nop>", "", text)
        (self.folder / "scenario.xml").write_text(text)
        with (self.folder / "screen").open("w") as screen:
            self.process = subprocess.Popen(
                ["sipp", server, "-sf", "scenario.xml", "-i", "127.0.0.1", "-p", str(self.port), "-t", _TRANSPORT[transport],
                 "-m", str(calls), "-r", str(calls_per_second), "-nostdin", "-mi", "127.0.0.1", "-mp", str(free_port()),
                 "-rtp_echo", "-timeout", f"{int(timeout_seconds)}s", "-timeout_error",
                 "-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_err", "-error_file", "errors",
                 "-trace_msg", "-message_file", "messages"],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=screen, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def __enter__(self) -> Sipp:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(5)

    def wait(self) -> Outcome:
        """Until the scenario has run."""
        self.process.wait(self._timeout_seconds + 5)
        rows = list(csv.reader(self._read("stat.csv").splitlines(), delimiter=";"))
        assert len(rows) > 1, f"SIPp did not run: {self._read('screen')[-800:]}"
        last = dict(zip(rows[0], rows[-1], strict=False))
        return Outcome(int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), self._read("errors"))

    def requests(self, method: str) -> list[str]:
        """The requests of one kind that came, as text."""
        parts = re.split(r"^-{20,}.*\n", self._read("messages"), flags=re.MULTILINE)
        came = [part.partition("\n\n")[2] for part in parts if "message received" in part]
        return [text for text in came if text.startswith(f"{method} ")]

    def _read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text("utf-8", "replace") if path.exists() else ""


def run(folder: Path, scenario: str, server: str, **options: object) -> Outcome:
    """Run a scenario to its end."""
    with Sipp(folder, scenario, server, **options) as sipp:  # type: ignore[arg-type]
        return sipp.wait()
