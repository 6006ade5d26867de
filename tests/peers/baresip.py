"""baresip as a phone: controlled over its JSON socket (ctrl_tcp), without any sound card.

It plays its tone and records what it hears. baresip 1.0.0 stops recording at the first re-INVITE (its decoder's filters are
not set up again), so after a hold its sound is counted in packets: `wait_for_packets`.
"""

from __future__ import annotations

import json
import queue
import re
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from tests.patience import patience
from tests.peers.phone import Account, Phone
from tests.peers.ports import free_port

_STATES = {
    "CALL_RINGING": "ringing",
    "CALL_PROGRESS": "ringing",
    "CALL_INCOMING": "incoming",
    "CALL_ESTABLISHED": "talking",
    "CALL_CLOSED": "idle",
}


class Baresip(Phone):
    def __init__(
        self,
        folder: Path,
        account: Account,
        *,
        codecs: str = "pcma,pcmu",
        lamp: bool = False,
        name: str = "",
        watches: tuple[str, ...] = (),
        accounts: str = "",
        **more: Any,
    ) -> None:
        """`accounts`: the text of its file of accounts, in place of the account that it is given. `lamp`: it subscribes to
        messages waiting (RFC 3842). `name` is shown to those whom it calls. `watches`: the extensions to whose presence it
        subscribes (RFC 3856)."""
        super().__init__(folder, account, **more)
        self.codecs = codecs
        self.name = name
        self.has_lamp = lamp
        self.watches = watches
        self.accounts = accounts
        self.lamp = ""
        """What it was told last of messages that wait: the body of the NOTIFY."""
        self._answers: queue.Queue[str] = queue.Queue()
        self.events: list[dict[str, Any]] = []

    def start(self) -> None:
        self.port = self.port or free_port()
        control = free_port()
        (self.folder / "config").write_text(
            f"sip_listen 127.0.0.1:{self.port}\nnet_interface 127.0.0.1\ncall_max_calls 4\ncall_local_timeout 120\n"
            f"audio_source aufile,{self.tone_file}\naudio_player aubridge,nowhere\naudio_alert aubridge,nowhere\n"
            "ausrc_format s16\nauplay_format s16\nauenc_format s16\naudec_format s16\naudio_buffer 20-160\n"
            "jitter_buffer_delay 1-10\nmodule_path /usr/lib/baresip/modules\n"
            "module g711.so\nmodule aufile.so\nmodule sndfile.so\nmodule aubridge.so\n"
            "module_tmp account.so\nmodule_app ctrl_tcp.so\nmodule_app menu.so\n"
            f"{'module_app mwi.so' if self.has_lamp else ''}\n"
            f"{'module_app contact.so' if self.watches else ''}\n{'module_app presence.so' if self.watches else ''}\n"
            f"ctrl_tcp_listen 127.0.0.1:{control}\nsnd_path .\n"
        )
        account = self.account
        place = account.server or "127.0.0.1"
        (self.folder / "accounts").write_text(self.accounts)
        (self.folder / "contacts").write_text("".join(f'"{one}" <sip:{one}@{place}>;presence=p2p\n' for one in self.watches))
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                ["baresip", "-4", "-f", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,  # where it records: it cuts the name of a file, with its folder, after 127 characters
            )
        self._control = self._connect(control)
        threading.Thread(target=self._listen, daemon=True).start()
        if self.accounts:
            return
        self.command(  # not in the file of accounts: what happens before we listen would be missed
            "uanew",
            (f'"{self.name}" ' if self.name else "")
            + f"<sip:{account.login}@{place};transport={account.transport}>;auth_pass={account.secret}"
            f";regint={60 if account.server else 0};answermode={'auto' if self.auto_answer else 'manual'}"
            f";audio_codecs={self.codecs}",
        )
        if not account.server:
            self.ask("reginfo")  # who calls it at once would else come before its account is there

    def _connect(self, port: int) -> socket.socket:
        end = time.monotonic() + patience(10)
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), 1)
            except OSError:
                assert time.monotonic() < end, self.log_tail()
                time.sleep(0.03)

    def kill(self) -> None:
        super().kill()
        if hasattr(self, "_control"):
            self._control.close()

    def command(self, name: str, parameters: str = "") -> None:
        data = json.dumps({"command": name, "params": parameters}).encode()
        self._control.sendall(b"%d:%s," % (len(data), data))

    def ask(self, name: str) -> str:
        """What a command prints."""
        data = json.dumps({"command": name, "token": name}).encode()
        self._control.sendall(b"%d:%s," % (len(data), data))
        return self._answers.get(timeout=patience(5))

    def shows(self, extension: str) -> str:
        """What it shows of somebody whom it watches: "Online", "Busy", "Offline" ..."""
        line = next((line for line in self.ask("contacts").splitlines() if f"sip:{extension}@" in line), "")
        return next((one for one in ("Online", "Offline", "Busy", "Away", "Unknown") if one in line), "")

    def packets(self) -> int:
        """How many RTP packets came in this call, from whatever source (SSRC): it counts each apart, and music is one."""
        return sum(map(int, re.findall(r"rcvd=(\d+)", self.ask("audio_debug"))))

    def wait_for_packets(self, count: int = 50) -> None:
        before = self.packets()
        self.wait(lambda: self.packets() >= before + count, lambda: f"got {self.packets() - before} packets")

    def _listen(self) -> None:
        """Netstrings of JSON, until the phone ends."""
        self._control.settimeout(None)
        buffer = b""
        while True:
            length, colon, rest = buffer.partition(b":")
            if colon and len(rest) > int(length):
                self._take(json.loads(rest[: int(length)]))
                buffer = rest[int(length) + 1 :]
                continue
            try:
                chunk = self._control.recv(65536)
            except OSError:
                return
            if not chunk:
                return
            buffer += chunk

    def _take(self, message: dict[str, Any]) -> None:
        kind = message.get("type", "")
        if kind == "MWI_NOTIFY":
            self.lamp = message.get("param", "")
        if not message.get("event"):
            if message.get("token"):
                self._answers.put(message.get("data", ""))
            return
        self.events.append(message)
        if kind in _STATES:
            self.state = _STATES[kind]
        if kind == "CALL_CLOSED":
            self.ended_with = message.get("param", "")
        elif kind == "REGISTER_OK":
            self.registered = True
        elif kind in ("REGISTER_FAIL", "UNREGISTERING"):
            self.registered = False
            self.ended_with = message.get("param", "")
        elif kind == "CALL_DTMF_START":
            self.digits += message.get("param", "")

    def seen(self, kind: str) -> list[dict[str, Any]]:
        """All events of that kind so far."""
        return [event for event in self.events if event.get("type") == kind]

    def dial_uri(self, uri: str) -> None:
        self.command("dial", uri)

    def answer(self) -> None:
        self.command("accept")

    def hangup(self) -> None:
        self.command("hangup")

    def hold(self) -> None:
        self.command("hold")
        self.state = "held"

    def resume(self) -> None:
        self.command("resume")
        self.state = "talking"

    def transfer(self, target: str) -> None:
        """Send the other side on (blind)."""
        self.command("transfer", f"sip:{target}@{self.account.server}")

    def press(self, digit: str) -> None:
        self.command("sndcode", digit)

    def quit(self) -> None:
        self.command("quit")

    def recording(self) -> Path | None:
        return max(self.folder.glob("dump-*-dec.wav"), default=None)
