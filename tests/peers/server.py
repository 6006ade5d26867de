"""A whole Svara for the tests: `svara serve` on free ports with an office file applied, as an operator would run it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests import migrated
from tests.patience import patience
from tests.peers.operator import Operator
from tests.peers.phone import Account, Transport
from tests.peers.ports import FOR_AN_OFFICE, SoundPorts, free_port

READY_SECONDS = 120.0
ROOT = Path(__file__).parents[2]
WITH_US = ("setpriv", "--pdeathsig", "TERM")
"""Before a command: tests that are killed leave no office behind that keeps its ports."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the test's office. `phones` are logins; the secret of each is "secret-" + login."""

    username: str
    extension: str
    phones: tuple[str, ...]
    name: str = ""
    roles: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else the office file says of the person."""


ANNA = Person("anna", "101", ("anna-desk",), "Anna Berg", ("admin",))
BOB = Person("bob", "102", ("bob-desk", "bob-soft", "bob-home"), "Bob Dahl")
CECILIE = Person("cecilie", "103", ("cecilie-desk",), "Cecilie Eik")
DAG = Person("dag", "104", ("dag-desk",), "Dag Foss")


def office_file(people: tuple[Person, ...], slug: str = "acme", **more: Any) -> str:
    """The office file (JSON is YAML) of a company with these people, and `more` beside them."""
    return json.dumps(
        {
            "version": 1,
            "tenant": {"slug": slug, "name": slug.title(), "country": "NO", "languages": ["en"], "timezone": "Europe/Oslo"},
            "people": [
                {
                    "username": person.username,
                    "name": person.name or person.username.title(),
                    "email": f"{person.username}@{slug}.test",
                    "password": f"password-of-{person.username}",
                    "extension": person.extension,
                    "roles": list(person.roles) or ["member"],
                    "phones": [{"login": login, "secret": f"secret-{login}"} for login in person.phones],
                    **person.more,
                }
                for person in people
            ],
            **more,
        },
        indent=1,
    )


def _certificate(folder: Path) -> dict[str, str]:
    """A certificate for 127.0.0.1, and the settings that name it."""
    key, certificate = folder / "key.pem", folder / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    make += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return {"SVARA_TLS_CERT": str(certificate), "SVARA_TLS_KEY": str(key)}


class Svara:
    """`svara serve`; as a context manager it is stopped at the end, and has to stop within five seconds.

    The data folder is a short path of its own, because Unix sockets live in it. `many_talks`: it takes the ports for sound
    that any office takes, which are more than tests have for each of theirs, but few have them at a time.
    """

    def __init__(
        self,
        people: tuple[Person, ...] = (ANNA, BOB, CECILIE),
        *,
        options: tuple[str, ...] = (),
        tls_folder: Path | None = None,
        environment: dict[str, str] | None = None,
        many_talks: bool = False,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="svara-")
        self.data = Path(self._folder.name) / "data"
        self.people = people
        self._options = options
        self.http = ""
        self.sip = "127.0.0.1:0"
        self.tls = f"127.0.0.1:{free_port()}" if tls_folder else ""
        """Where it takes SIP over TLS, with a certificate of its own making in `tls_folder`."""
        self._sound = None if many_talks else SoundPorts(FOR_AN_OFFICE)
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **(environment or {})}
        if self._sound is not None:
            self.environment["SVARA_MEDIA_PORTS"] = str(self._sound)
        if tls_folder:
            self.environment |= {**_certificate(tls_folder), "SVARA_SIP_TLS": self.tls}
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)
        self._serving: subprocess.Popen[bytes] | None = None
        self._operator = Operator(self.data, self.environment)
        self._tokens: dict[str, str] = {}
        self.old: set[str] = set()
        self.before_ready = ""
        """What it logged until its start was told."""

    def __enter__(self) -> Svara:
        self.start()
        self.apply(office_file(self.people))
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._operator.close()
            self.stop()
        finally:
            if self._sound is not None:
                self._sound.close()
            self._folder.cleanup()

    def start(self) -> None:
        """Start, and wait for the ready line; a second start keeps the SIP port."""
        self.data.mkdir(parents=True, exist_ok=True)
        if not (self.data / "svara.sqlite3").exists() and "SVARA_DATABASE_URL" not in self.environment:
            migrated.copy_to(self.data / "svara.sqlite3")
        command = ["serve", "--data", str(self.data), "--http", "127.0.0.1:0", "--sip", self.sip, *self._options]
        with (self.data.parent / "errors").open("ab") as errors:
            self._serving = subprocess.Popen(
                [*WITH_US, sys.executable, "-m", "svara", *command],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self.environment,
            )
        ready = threading.Timer(patience(READY_SECONDS), self._serving.kill)
        ready.start()
        assert self._serving.stdout is not None
        for line in self._serving.stdout:
            found = re.match(rb"svara: ready http=(\S+) sip=(\S+)", line)
            if found:
                self.http, self.sip = found[1].decode(), found[2].decode()
                self.before_ready = self.errors()
                break
        ready.cancel()
        assert self.http, self.errors()
        threading.Thread(target=self._keep_output, args=(self._serving.stdout,), daemon=True).start()

    def _keep_output(self, stream: IO[bytes]) -> None:
        """What it says on standard output goes beside what it says on standard error."""
        with (self.data.parent / "output").open("ab", buffering=0) as output:
            for line in stream:
                output.write(line)

    def stop(self) -> None:
        assert self._serving is not None
        if self._serving.poll() is not None:
            return
        self._serving.terminate()
        try:
            self._serving.wait(patience(6))
        except subprocess.TimeoutExpired:
            self._serving.kill()
            raise AssertionError(f"svara did not stop in time\n{self.errors()}") from None

    def errors(self, lines: int = 60) -> str:
        """The end of what it logged."""
        path = self.data.parent / "errors"
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])

    def run(self, *arguments: str) -> str:
        """Another svara command on the same data folder; gives what it printed."""
        return self._operator.run(*arguments)

    def apply(self, office: str) -> None:
        path = self.data.parent / "office.yaml"
        path.write_text(office)
        self.run("apply", str(path))

    def account(self, login: str, transport: Transport = "udp", *, secret: str | None = None) -> Account:
        """What a phone has to know."""
        server = self.tls if transport == "tls" else self.sip
        return Account(login, f"secret-{login}" if secret is None else secret, server, transport)

    # --- looking inside, as other programs may

    def get(self, path: str, user: str = "anna") -> Any:
        """What the API says to this person."""
        return self.send("GET", path, user=user)

    def put(self, path: str, wish: dict[str, Any], user: str = "anna") -> Any:
        """Change something over the API."""
        return self.send("PUT", path, wish, user)

    def send(self, method: str, path: str, body: Any = None, user: str = "anna") -> Any:
        """... in any other way; None where it has nothing to say."""
        if user not in self._tokens:
            self._tokens[user] = self.run("token", user).strip()
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.http}/api/v1{path}", data, method=method)
        request.add_header("Authorization", f"Bearer {self._tokens[user]}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=patience(20)) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def mark(self) -> None:
        """Calls that are recorded by now are not meant by `records` any more."""
        self.old = {call["id"] for call in self.get("/calls?limit=200")["items"]}

    def records(self) -> list[dict[str, Any]]:
        """The calls that ended since `mark`, the newest first, each with its legs."""
        found = [call for call in self.get("/calls?limit=200")["items"] if call["id"] not in self.old and call["outcome"]]
        return [self.get(f"/calls/{call['id']}") for call in found]

    def wait_records(self, count: int, timeout_seconds: float = 5.0) -> list[dict[str, Any]]:
        """Until that many calls ended and are recorded; there must not be more."""
        self.until(lambda: len(self.records()) >= count, timeout_seconds, lambda: f"{len(self.records())} records")
        records = self.records()
        assert len(records) == count, records
        return records

    def figure(self, name: str) -> float:
        """A figure of /metrics, without the prefix; -1 where it is not there."""
        with urllib.request.urlopen(f"http://{self.http}/api/v1/metrics", timeout=patience(5)) as answer:
            found = re.search(rf"^svara_{name} (\S+)$", answer.read().decode(), re.MULTILINE)
        return float(found[1]) if found else -1.0

    def going_on(self) -> int:
        """How many calls go on now."""
        return int(self.figure("calls"))

    def wait_quiet(self) -> None:
        """Until no call goes on."""
        self.until(lambda: self.going_on() == 0, what=lambda: f"{self.going_on()} calls go on")

    def until(
        self, condition: Callable[[], bool], timeout_seconds: float = 5.0, what: Callable[[], str] = lambda: ""
    ) -> None:
        end = time.monotonic() + patience(timeout_seconds)
        while True:
            with contextlib.suppress(urllib.error.URLError):
                if condition():
                    return
            assert time.monotonic() < end, f"it did not come about: {what()}\n{self.errors()}"
            time.sleep(0.05)

    def presence(self, username: str) -> str:
        """How available somebody is, as the directory says."""
        return next(str(each["presence"]) for each in self.get("/people")["items"] if each["username"] == username)

    def wait_presence(self, username: str, presence: str) -> None:
        self.until(lambda: self.presence(username) == presence, what=lambda: f"{username} is {self.presence(username)}")

    def pid_of(self, role: str) -> int:
        """The process of a role, by what stands in its command line; 0 while there is none."""
        assert self._serving is not None
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError, IndexError):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self._serving.pid and f"svara serve {role}" in command:
                    return int(folder.name)
        return 0

    def kill_all_at_once(self) -> None:
        """As when the machine loses power: the supervisor and all its processes."""
        assert self._serving is not None
        for pid in (self._serving.pid, *(self.pid_of(role) for role in ("calls", "media", "jobs", "web"))):
            os.kill(pid, signal.SIGKILL)
        self._serving.wait()

    def kill(self, role: str) -> int:
        """Kill a role's process as the system would when memory runs out; returns its id."""
        pid = self.pid_of(role)
        assert pid, f"no {role} process\n{self.errors()}"
        os.kill(pid, signal.SIGKILL)
        return pid

    def is_anew(self, role: str, killed: int) -> bool:
        """Whether another process does the work of the one that was killed."""
        return self.pid_of(role) not in (0, killed)
