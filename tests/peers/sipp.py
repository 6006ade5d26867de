"""SIPp as a phone without a person: scenarios under `sipp/`, one process each, with what it counted at its end."""

from __future__ import annotations

import csv
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from tests.patience import patience
from tests.peers import sound
from tests.peers.phone import Transport
from tests.peers.ports import free_port

SCENARIOS = Path(__file__).parent / "sipp"
PARTS = SCENARIOS / "parts"
"""What several scenarios have in common: `<part name="calling"/>` stands for a whole file of these."""
WITHIN = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: [me]
To: [other]
Call-ID: [call_id]
Contact: <sip:[login]@[local_ip]:[local_port];transport=[transport]>"""
"""`[within]`: the headers of a request within the dialog, but for its CSeq."""
ANSWER = """[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[login]@[local_ip]:[local_port];transport=[transport]>"""
"""`[answer]`: those of an answer within it."""
SOUND = """v=0
o=sipp 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000"""
"""`[sound]`: a description of its sound."""
SIDES = {
    "calling": ("<sip:[login]@[remote_ip]:[remote_port]>;tag=[pid]c[call_number]", "[$other]"),
    "bringing": ('"[name]" <sip:[login]@[local_ip]:[local_port]>;tag=[pid]c[call_number]', "[$other]"),
    "called": ("[$me];tag=[pid]s[call_number]", "[$other]"),
}
"""Which side of the dialog it is (its part) decides how `[me]` and `[other]` are written."""
_TRANSPORT = {"udp": "u1", "tcp": "t1", "tls": "l1"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A message on the wire: when (seconds of the system's clock), and whether it was sent or received."""

    at: float
    way: Literal["sent", "received"]
    text: str

    @property
    def start(self) -> str:
        return self.text.partition("\n")[0].strip()

    @property
    def cseq(self) -> str:
        """As "2 INVITE"."""
        return self.header("CSeq")

    def header(self, name: str) -> str:
        found = re.search(rf"^{name}: *(.*?)\r?$", self.text, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else ""


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
    `announcing` is heard before it answers, `announcing_refused` before it refuses; `registrar` takes a REGISTER; `customer`
    is a call that a carrier brings, and that takes what comes.

    Within a talk: `blind`, `blind_refused`, `attended` and `vanish` send the other side on when it is time (`go`), to
    `refer_to`, and are told how it went (`told`); `talk` and `party` call and are called, take what comes, and hang up at
    `go`; `holding` has the other side on hold; `within` is refused whatever it asks for (see `asks`); `glare` and
    `glare_called` change something at the same moment as the server. `lamp` watches an extension; `busy` declines a call,
    `refused` is declined; `stray` asks for something outside of any talk. `more` are the words that these need.

    `server` is "host:port". `talk_seconds` and `ring_seconds` are the pauses of the scenarios. It sends `tone_hz` in `call`
    and where it announces (None: no sound), and gives back what it gets in `answer` and `early`.
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
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port or free_port()
        self.folder = folder / f"sipp-{scenario}-{login}-{self.port}"
        self.folder.mkdir(parents=True)
        (self.folder / "tone.alaw").write_bytes(sound.to_alaw(sound.tone(tone_hz or 440, 1)))
        self._timeout_seconds = timeout_seconds = patience(timeout_seconds)
        text = (SCENARIOS / f"{scenario}.xml").read_text()
        self._calls = '<part name="called"/>' not in text
        text = _with_parts(text.replace("[asked]", (more or {}).get("asked", "")))
        keys = {"login": login, "secret": secret, "target": target, "name": name}
        keys |= {"talk_ms": str(int(talk_seconds * 1000)), "ring_ms": str(int(ring_seconds * 1000))}
        for key, value in ({"invited_with": ""} | keys | dict(more or {})).items():
            # SIPp's own -key does not reach into [authentication ...] and pauses
            if not value:
                text = text.replace(f"\n[{key}]\n", "\n")  # an empty line would end the headers
            text = text.replace(f"[{key}]", value)
        if tone_hz is None:
            text = re.sub(r"<nop><action><exec rtp_stream.*?</nop>", "", text)
        (self.folder / "scenario.xml").write_text(text)
        self.call_id = f"{scenario}-{self.port}-{secrets.token_hex(4)}"
        names = [] if calls > 1 else ["-cid_str", self.call_id]
        with (self.folder / "screen").open("w") as screen:
            self.process = subprocess.Popen(
                ["sipp", server, "-sf", "scenario.xml", "-i", "127.0.0.1", "-p", str(self.port), "-t", _TRANSPORT[transport],
                 "-m", str(calls), "-r", str(calls_per_second), "-nostdin", "-mi", "127.0.0.1", "-mp", str(free_port()),
                 *([] if scenario.startswith("announcing") else ["-rtp_echo"]),
                 "-timeout", f"{int(timeout_seconds)}s", "-timeout_error",
                 "-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_err", "-error_file", "errors",
                 "-trace_msg", "-message_file", "messages", *names],
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
        return [one.text for one in self.messages() if one.way == "received" and one.text.startswith(f"{method} ")]

    def messages(self) -> list[Seen]:
        """All messages so far."""
        found = []
        for part in re.split(r"^-{20,}", self._read("messages"), flags=re.MULTILINE)[1:]:
            what, _, text = part.partition("\n\n")
            when = re.search(r"(\d{4}-\d\d-\d\d)\s+(\d\d:\d\d:\d\d\.\d{3,6})", what)
            at = datetime.fromisoformat(f"{when[1]} {when[2]}").timestamp() if when else 0.0
            found.append(Seen(at, "received" if "received" in what else "sent", text))
        return found

    def wait_for(self, what: str, count: int = 1, timeout_seconds: float = 15.0) -> Seen:
        """Until that many messages came that begin so ("NOTIFY", "SIP/2.0 202"); gives the last of these."""
        end = time.monotonic() + patience(timeout_seconds)
        while True:
            found = [one for one in self.messages() if one.way == "received" and one.text.startswith(what)]
            if len(found) >= count:
                return found[count - 1]
            assert self.process.poll() is None, f"SIPp ended before {what}: {self._read('errors')[:2000]}"
            assert time.monotonic() < end, f"no {what} came: {[one.start for one in self.messages()]}"
            time.sleep(0.05)

    def dialog(self) -> str:
        """Its talk, as a Replaces that another phone of its person sends would name it: to-tag is the tag of the server."""
        made = self.wait_for("SIP/2.0 200")
        theirs, mine = (made.header(name).partition("tag=")[2] for name in ("To", "From"))
        return f"{made.header('Call-ID')};to-tag={theirs};from-tag={mine}"

    def go(self) -> None:
        """What its scenario waits for (a part of that name): a word from the test, over UDP, in the place of a finger on a
        key. The talk has to be there, or to come."""
        began = self.wait_for("SIP/2.0 200" if self._calls else "ACK")
        lines = ["GO sip:go@127.0.0.1 SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKgo{time.monotonic_ns()}"]
        lines += ["From: <sip:test@127.0.0.1>;tag=t", "To: <sip:go@127.0.0.1>", f"Call-ID: {began.header('Call-ID')}"]
        time.sleep(0.1)  # its ACK is on the way
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(
                "\r\n".join([*lines, "CSeq: 1 GO", "Content-Length: 0", "", ""]).encode(), ("127.0.0.1", self.port)
            )

    def _read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text("utf-8", "replace") if path.exists() else ""


def _with_parts(text: str) -> str:
    """A scenario whose parts are put in."""
    sides = [side for side in SIDES if f'<part name="{side}"/>' in text]
    while '<part name="' in text:
        text = re.sub(r'<part name="(\w+)"/>', lambda part: (PARTS / f"{part[1]}.xml").read_text(), text)
    me, other = SIDES[sides[0]] if sides else ("", "")
    for key, value in {"within": WITHIN, "answer": ANSWER, "sound": SOUND, "me": me, "other": other}.items():
        text = text.replace(f"[{key}]", value)
    return text


def run(folder: Path, scenario: str, server: str, **options: object) -> Outcome:
    """Run a scenario to its end."""
    with Sipp(folder, scenario, server, **options) as sipp:  # type: ignore[arg-type]
        return sipp.wait()


def register(folder: Path, server: str, login: str) -> int:
    """Register a SIPp with the secret of the tests; gives the port on which it will be called."""
    port = free_port()
    outcome = run(folder, "register", server, login=login, secret=f"secret-{login}", port=port)
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    return port


def asks(requests: Iterable[tuple[str, int, tuple[str, ...]]]) -> str:
    """What `within` asks for: methods, the status that each has to get, and its headers."""
    return "\n".join(
        f'''  <send retrans="500"><![CDATA[
{method} [$place] SIP/2.0
{WITHIN}
CSeq: {number} {method}
{"".join(f"{header}{chr(10)}" for header in headers)}Content-Length: 0

]]></send>
  <recv response="{status}"/>'''
        for number, (method, status, headers) in enumerate(requests, 3)
    )
