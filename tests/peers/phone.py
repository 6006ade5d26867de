"""What all real phones of the tests have in common: a process, an account, a tone to send, a recording of what was heard."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.patience import patience
from tests.peers import sound

Transport = Literal["udp", "tcp", "tls"]
REGISTER_SECONDS = 20.0
STATE_SECONDS = 15.0
TONE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Account:
    """How a phone reaches its server. `server` is "host:port"; None: it stands alone and is called by its address."""

    login: str
    secret: str = ""
    server: str | None = None
    transport: Transport = "udp"


class Phone:
    """A phone program under a test's control.

    It is a context manager: entered, it runs and (with a server) is registered; left, it ends. State words: "idle",
    "calling" (dialled, nobody rings yet), "ringing" (the other side rings), "incoming" (this one rings), "talking", "held".
    """

    def __init__(
        self, folder: Path, account: Account, *, tone_hz: float = 440.0, auto_answer: bool = False, port: int = 0
    ) -> None:
        self.account = account
        self.tone_hz = tone_hz
        self.auto_answer = auto_answer
        self.port = port
        self.folder = folder / f"{type(self).__name__.lower()}-{account.login}"
        self.folder.mkdir(parents=True)
        self.tone_file = sound.write_wav(self.folder / "tone.wav", sound.tone(tone_hz, TONE_SECONDS))
        self.state = "idle"
        self.ended_with = ""
        """Why the last call or registration failed or ended, in the phone's own words."""
        self.registered = False
        self.digits = ""
        """Keys that the other side pressed."""
        self.process: subprocess.Popen[bytes] | None = None

    # --- what a kind of phone has to do itself

    def start(self) -> None:
        raise NotImplementedError

    def dial_uri(self, uri: str) -> None:
        raise NotImplementedError

    def answer(self) -> None:
        raise NotImplementedError

    def hangup(self) -> None:
        raise NotImplementedError

    def hold(self) -> None:
        raise NotImplementedError

    def resume(self) -> None:
        raise NotImplementedError

    def press(self, digit: str) -> None:
        raise NotImplementedError

    def quit(self) -> None:
        raise NotImplementedError

    def recording(self) -> Path | None:
        raise NotImplementedError

    # --- the rest is the same for all

    def __enter__(self) -> Phone:
        self.launch()
        try:
            if self.account.server:
                self.wait_registered()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self, within_seconds: float = 8.0) -> None:
        """Unregister and end, as when its owner quits it; it is killed when it takes too long."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.quit()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience(within_seconds))
        self.kill()

    def launch(self) -> None:
        """Start without waiting for a registration."""
        self.start()

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(5)

    @property
    def uri(self) -> str:
        """Its own address, for calls without a server."""
        return f"sip:{self.account.login}@127.0.0.1:{self.port}"

    def dial(self, target: str) -> None:
        """Call an extension or user name at the server, or a whole SIP address."""
        if not target.startswith("sip:"):
            target = f"sip:{target}@{self.account.server};transport={self.account.transport}"
        self.state = "calling"
        self.ended_with = ""
        self.dial_uri(target)

    def wait(self, condition: Callable[[], bool], what: Callable[[], str], timeout_seconds: float = STATE_SECONDS) -> None:
        end = time.monotonic() + patience(timeout_seconds)
        while not condition():
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"{self.account.login}: the phone ended by itself\n{self.log_tail()}")
            if time.monotonic() > end:
                raise AssertionError(
                    f"{self.account.login}: {what()}; it is {self.state} ({self.ended_with})\n{self.log_tail()}"
                )
            time.sleep(0.02)

    def is_registered(self) -> bool:
        return self.registered

    def wait_registered(self, timeout_seconds: float = REGISTER_SECONDS) -> None:
        self.wait(self.is_registered, lambda: "did not get registered", timeout_seconds)

    def wait_state(self, state: str, timeout_seconds: float = STATE_SECONDS) -> None:
        self.wait(lambda: self.state == state, lambda: f"did not become {state}", timeout_seconds)

    def wait_digits(self, digits: str, timeout_seconds: float = STATE_SECONDS) -> None:
        self.wait(lambda: self.digits == digits, lambda: f"did not get {digits} but {self.digits!r}", timeout_seconds)

    def heard(self, last_seconds: float = 0.5) -> tuple[float, float]:
        """(frequency in Hz, level) of the end of what it recorded; (0, 0) when nothing was recorded."""
        path = self.recording()
        if path is None or not path.exists():
            return 0.0, 0.0
        samples, rate = sound.read_wav(path)
        return sound.dominant(samples[-int(last_seconds * rate) :], rate)

    def wait_to_hear(self, frequency_hz: float, timeout_seconds: float = STATE_SECONDS) -> None:
        """Until fresh sound of this tone arrives (the recording grows, and its end is the tone)."""
        grown_from = self.recorded_bytes()
        self.wait(
            lambda: self.recorded_bytes() > grown_from + 6000 and abs(self.heard()[0] - frequency_hz) < 8,
            lambda: f"did not hear {frequency_hz} Hz but {self.heard()} in {self.recorded_bytes() - grown_from} new bytes",
            timeout_seconds,
        )

    def wait_for_music(self, not_hz: float, timeout_seconds: float = STATE_SECONDS) -> None:
        """Until fresh sound arrives that is not this tone."""
        grown_from = self.recorded_bytes()

        def hears() -> bool:
            frequency_hz, level = self.heard()
            return self.recorded_bytes() > grown_from + 16_000 and level > 0.01 and abs(frequency_hz - not_hz) > 20

        self.wait(hears, lambda: f"heard no music but {self.heard()}", timeout_seconds)

    def falls_silent(self, within_seconds: float = 5.0) -> bool:
        """Whether no sound arrives any more: the recording stops growing, or its end is silence."""
        end = time.monotonic() + patience(within_seconds)
        while time.monotonic() < end:
            before = self.recorded_bytes()
            time.sleep(0.8)  # longer than a phone keeps sound before it writes it down
            if self.recorded_bytes() == before or self.heard()[1] < 0.01:
                return True
        return False

    def recorded_bytes(self) -> int:
        path = self.recording()
        return path.stat().st_size if path and path.exists() else 0

    def log_tail(self, lines: int = 25) -> str:
        path = self.folder / "log"
        text = path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
        return "\n".join(text.splitlines()[-lines:])
