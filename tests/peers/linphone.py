"""linphonec as a phone: controlled over its standard input, with files in place of a sound card."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from tests.patience import patience
from tests.peers.phone import Account, Phone
from tests.peers.ports import free_port

_STATES = (
    (re.compile(r"^Call \d+ (to|with) .* ringing"), "ringing"),
    (re.compile(r"Receiving new incoming call"), "incoming"),
    (re.compile(r"^Media streams established"), "talking"),
    (re.compile(r"^Call \d+ with .* is now paused"), "held"),
    (re.compile(r"^Call \d+ with .* (ended|error)"), "idle"),
)
_WHY = re.compile(
    r"^Call \d+ with .* ended \((.*)\)|^Registration on .* failed: (.*)|^User is (busy|.*)|^(Request .*|.*declined.*)"
)
_CODECS = ("PCMA", "PCMU", "telephone-event")


class Linphone(Phone):
    def __init__(
        self,
        folder: Path,
        account: Account,
        *,
        codecs: tuple[str, ...] = ("PCMA", "PCMU"),
        settings: str = "",
        **more: Any,
    ) -> None:
        """`settings`: the address of its settings, in place of the account that it is given."""
        super().__init__(folder, account, **more)
        self.codecs = codecs
        self.settings = settings
        self.lines: list[str] = []

    def start(self) -> None:
        self.port = self.port or free_port()
        self.rtp_port = free_port()
        (self.folder / ".local/share/linphone").mkdir(parents=True)
        codecs = "".join(
            f"[audio_codec_{number}]\nmime={name}\nrate=8000\nchannels=1\nenabled={int(name in self.codecs)}\n\n"
            for number, name in enumerate(("PCMA", "PCMU", "opus", "speex", "G729", "GSM", "G722"))
        ).replace("mime=opus\nrate=8000\nchannels=1", "mime=opus\nrate=48000\nchannels=2")
        (self.folder / "rc").write_text(
            f"[sip]\nsip_port={self.port}\nsip_tcp_port={self.port}\nsip_tls_port={self.port + 1}\n"
            "use_ipv6=0\nipv6_migration_done=1\nbind_address=127.0.0.1\nauto_net_state_mon=0\n"
            "register_only_when_network_is_up=0\ndefault_proxy=0\n"
            f"verify_server_certs=0\nverify_server_cn=0\ncontact=sip:{self.account.login}@127.0.0.1\ninc_timeout=120\n\n"
            f"[rtp]\naudio_rtp_port={self.rtp_port}\nbind_address=127.0.0.1\n\n"
            "[sound]\nechocancellation=0\nagc=0\n\n[video]\nenabled=0\n\n[misc]\nuse_files=1\n\n" + self._account() + codecs
        )
        self.process = subprocess.Popen(
            ["linphonec", "-c", "rc", "-l", "trace", "-d", "6", *(["-a"] if self.auto_answer else [])],
            cwd=self.folder,
            env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "TERM": "dumb"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        self.use_files()

    def use_files(self) -> None:
        """Files in place of a sound card; to be said again once it has fetched its settings, with which it begins anew."""
        self.command("soundcard use files")
        self.command("play tone.wav")
        self.command("record heard.wav")

    def _account(self) -> str:
        account = self.account
        if self.settings:
            return f"config-uri={self.settings}\n\n"  # in the section misc
        if not account.server:
            return ""
        identity = f"sip:{account.login}@{account.server}"
        return (
            f"[proxy_0]\nreg_proxy=<sip:{account.server};transport={account.transport}>\nreg_identity={identity}\n"
            "reg_expires=60\nreg_sendregister=1\npublish=0\n\n"
            f"[auth_info_0]\nusername={account.login}\npasswd={account.secret}\n\n"
        )

    def command(self, text: str) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        super().kill()
        if self.process and self.process.stdin:
            self.process.stdin.close()

    def _listen(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        with (self.folder / "log").open("wb") as log:
            for raw in self.process.stdout:
                log.write(raw)
                log.flush()
                self._take(raw.decode("utf-8", "replace").replace("linphonec> ", "").strip())

    def _take(self, line: str) -> None:
        self.lines.append(line)
        for pattern, state in _STATES:
            if pattern.search(line):
                self.state = state
        why = _WHY.search(line)
        if why:
            self.ended_with = why[1]
        digit = re.search(r"Receiving tone (\S)", line)
        if digit:
            self.digits += digit[1]

    def is_registered(self) -> bool:
        """From its trace, because linphonec does not always print it."""
        trace = (self.folder / "trace").read_bytes() if (self.folder / "trace").exists() else b""
        states = re.findall(rb"moving from state \[LinphoneRegistration\w+\] to \[LinphoneRegistration(\w+)\]", trace)
        refused = re.findall(rb"Register refresher \[([1-9]\d*)\] reason \[(.*?)\]", trace)
        if refused:
            self.ended_with = b" ".join(refused[-1]).decode()
        return bool(states) and states[-1] == b"Ok"

    def is_asked_to_answer(self) -> bool:
        """Whether a caller wanted it to answer by itself (Call-Info with `answer-after`), as its trace says."""
        return b"asked to automatically answer" in (self.folder / "trace").read_bytes()

    def dial_uri(self, uri: str) -> None:
        self.command(f"call {uri}")

    def answer(self) -> None:
        self.command("answer")

    def hangup(self) -> None:
        self.command("terminate")

    def hold(self) -> None:
        self.command("pause")

    def resume(self) -> None:
        self.command("resume")

    def transfer(self, target: str) -> None:
        """Send the other side on (blind)."""
        self.command(f"transfer sip:{target}@{self.account.server}")

    def put_together(self) -> None:
        """Connect the two to whom it talks, and be out of it (attended transfer): it has two calls."""
        first, second = self.calls()
        self.command(f"transfer {first} --to-call {second}")

    def calls(self) -> list[int]:
        """The numbers of all calls that there are, as its commands name them; the oldest first."""
        self.lines.clear()
        self.command("calls")
        self.wait(lambda: bool(self._listed()), lambda: "no list of calls")
        time.sleep(0.2)
        return self._listed()

    def _listed(self) -> list[int]:
        return sorted({int(found[1]) for line in list(self.lines) if (found := re.match(r"\s*(\d+)\s*\|", line))})

    def press(self, digit: str) -> None:
        self.command(digit)

    def quit(self) -> None:
        self.command("unregister")
        end = time.monotonic() + patience(3)
        while self.is_registered() and time.monotonic() < end:
            time.sleep(0.02)
        self.command("quit")

    def recording(self) -> Path | None:
        return self.folder / "heard.wav"
