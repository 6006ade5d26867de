"""A phone that is nothing but its sound: sends a tone as RTP (PCMA), and remembers what it hears.

It runs in a thread of its own, so that it keeps its 20 ms whatever the test's event loop does.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections import Counter, deque
from types import TracebackType

import numpy as np
from tests.patience import patience
from tests.peers import sound

PACKET_SECONDS = 0.02
HEARD_PACKETS = 100


class RtpPhone:
    """Use as a context manager; `talk_to` begins to send. `packets` counts what came in, by the payload type."""

    def __init__(self, frequency_hz: float, *, host: str = "127.0.0.1", claimed_host: str | None = None) -> None:
        self.host = host
        self.claimed_host = claimed_host or host
        self.frequency_hz = frequency_hz
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(0.005)
        self.port: int = self.socket.getsockname()[1]
        self.ssrc = self.port * 1000
        self.packets: Counter[int] = Counter()
        self.sources: Counter[tuple[str, int]] = Counter()
        self.rtcp: list[bytes] = []
        self.reports_loss_of = 0.0
        """Share of the peer's packets that this phone says it missed, 0 to 1."""
        self.loses_every = 0
        """Of so many packets one gets lost on the way; 0 for none."""
        self._heard: deque[bytes] = deque(maxlen=HEARD_PACKETS)
        self._remote: tuple[str, int] | None = None
        self._event = 0
        self._peer_ssrc = 0
        self._peer_highest = 0
        self._peer_report = 0
        self._peer_reported_at = 0.0
        self._sequence = 100
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> RtpPhone:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(2)
        self.socket.close()

    def sdp(self, direction: str = "sendrecv", *, codecs: str = "8 101", port: int | None = None) -> bytes:
        """What this phone says of itself; its address may be a lie, as behind NAT."""
        return (
            f"v=0\r\no=phone {self.port} {self.port} IN IP4 {self.claimed_host}\r\ns=call\r\n"
            f"c=IN IP4 {self.claimed_host}\r\nt=0 0\r\nm=audio {port or self.port} RTP/AVP {codecs}\r\n"
            "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
            f"a=rtcp-mux\r\na={direction}\r\n"
        ).encode()

    def talk_to(self, sdp: bytes | None) -> None:
        """Send to where this description says; None: be silent."""
        self._remote = address_of(sdp) if sdp else None

    def press(self, digit: int) -> None:
        """Send one RFC 4733 event."""
        self._event = digit + 1

    def forget(self) -> None:
        """Only what comes from now on counts."""
        self._heard.clear()
        self.packets.clear()
        self.sources.clear()

    def hears(self) -> float:
        """The tone of what was heard last, in Hz; 0 for silence."""
        heard = b"".join(list(self._heard)[-25:])
        return round(sound.dominant(sound.from_alaw(heard) if heard else np.zeros(0))[0], 1)

    def wait_to_hear(self, frequency_hz: float, timeout_seconds: float = 5.0) -> None:
        end = time.monotonic() + patience(timeout_seconds)
        while abs(self.hears() - frequency_hz) > 17:
            assert time.monotonic() < end, f"heard {self.hears()} Hz, not {frequency_hz}; packets {dict(self.packets)}"
            time.sleep(0.02)

    def _run(self) -> None:
        samples = sound.to_alaw(sound.tone(self.frequency_hz, 1.0))
        step = int(sound.RATE_HZ * PACKET_SECONDS)
        due, count = time.monotonic(), 0
        while not self._stop.is_set():
            self._receive()
            if time.monotonic() < due:
                continue
            due += PACKET_SECONDS
            remote = self._remote
            if remote is None:
                continue
            at = count * step % len(samples)
            count += 1
            self._send(remote, count, samples[at : at + step])

    def _send(self, remote: tuple[str, int], count: int, payload: bytes) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        if self.loses_every and count % self.loses_every == 0:
            return
        kind = 8
        if self._event:
            kind, payload, self._event = 101, struct.pack("!BBH", self._event - 1, 0x8A, 800), 0
        header = struct.pack("!BBHII", 0x80, kind, self._sequence, count * 160, self.ssrc)
        try:
            self.socket.sendto(header + payload, remote)
            if count % 50 == 0:
                self.socket.sendto(self._report(count), remote)
        except OSError:  # the port there was closed: a phone does not mind
            pass

    def _report(self, count: int) -> bytes:
        """A sender report with one report block, and who sends it (RFC 3550 sections 6.4.1 and 6.5.1)."""
        lost = int(self.reports_loss_of * 255)
        missing = int(self.reports_loss_of * self.packets[8])
        since = int((time.monotonic() - self._peer_reported_at) * 65536) if self._peer_report else 0
        block = struct.pack(
            "!IIIIII", self._peer_ssrc, lost << 24 | missing, self._peer_highest, 80, self._peer_report, since
        )
        seconds, fraction = divmod(time.time() + 2208988800, 1)
        body = struct.pack("!IIIIII", self.ssrc, int(seconds), int(fraction * 2**32), count * 160, count, count * 160)
        name = f"sip:{self.port}@{self.claimed_host}".encode()
        items = struct.pack("!IBB", self.ssrc, 1, len(name)) + name + b"\0"
        items += b"\0" * (-len(items) % 4)
        who = struct.pack("!BBH", 0x81, 202, len(items) // 4) + items
        return struct.pack("!BBH", 0x81, 200, 12) + body + block + who

    def _receive(self) -> None:
        try:
            data, source = self.socket.recvfrom(2048)
        except OSError:
            return
        if len(data) < 12:
            return
        if 192 <= data[1] <= 223:
            self.rtcp.append(data)
            if data[1] == 200 and len(data) >= 28:
                self._peer_report, self._peer_reported_at = int.from_bytes(data[10:14], "big"), time.monotonic()
            return
        self.packets[data[1] & 0x7F] += 1
        self.sources[source] += 1
        if data[1] & 0x7F == 8:
            self._peer_highest = int.from_bytes(data[2:4], "big")
            self._peer_ssrc = int.from_bytes(data[8:12], "big")
            self._heard.append(data[12:])


def address_of(sdp: bytes) -> tuple[str, int]:
    """Where a description wants the sound."""
    host = re.search(rb"c=IN IP[46] (\S+)", sdp)
    port = re.search(rb"m=audio (\d+)", sdp)
    assert host, sdp
    assert port, sdp
    return host[1].decode(), int(port[1])
