"""A push service on this machine, and the browsers that are subscribed there (RFC 8030, 8291, 8292).

It is written from the standards and shares nothing with what sends: it checks who sends by the key that the browser was
subscribed for, keeps what it took, and a browser decrypts that as browsers do.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.cli.doctor.certificates import certificate, written
from tests.patience import patience

P256 = ec.SECP256R1()


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


@dataclass
class Subscribed:
    """A browser with a subscription: its keys, and the address that it gives away."""

    address: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(P256))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def given(self) -> dict[str, str]:
        """What the page sends to the server."""
        return {"address": self.address, "p256dh": encoded(self.public), "auth": encoded(self.secret)}

    def decrypt(self, body: bytes) -> bytes:
        """What a push message says (RFC 8291 section 3.4, RFC 8188 section 2)."""
        salt, record, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= record
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(P256, sender))
        ikm = _hmac(_hmac(self.secret, shared), b"WebPush: info\0" + self.public + sender + b"\1")
        prk = _hmac(salt, ikm)
        key = _hmac(prk, b"Content-Encoding: aes128gcm\0\1")[:16]
        nonce = _hmac(prk, b"Content-Encoding: nonce\0\1")[:12]
        text = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert text[-1:] == b"\x02", "the last record ends by 2"
        return text[:-1]


@dataclass
class Taken:
    """A message that the service took, or would have."""

    path: str
    headers: dict[str, str]
    body: bytes
    claims: dict[str, Any]


class PushService:
    """The service. `answer`: how it answers (a status), "hang", "drip" or "nonsense"; `headers` beside."""

    def __init__(self, folder: Path) -> None:
        self.answer: int | str = 201
        self.headers: dict[str, str] = {}
        self.messages: list[Taken] = []
        self.browsers: dict[str, Subscribed] = {}
        self.delay_seconds = 0.0
        self._more = threading.Condition()
        self._closed = threading.Event()
        now = datetime.now(UTC)
        made = certificate(["localhost"], now - timedelta(days=1), now + timedelta(days=2))
        self.certificate, key = written(folder, made)
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service._take(self)

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"localhost:{self._server.server_address[1]}"
        self.url = f"https://{self.host}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """What lets an office send here."""
        return {"SVARA_PUSH_SERVICES": self.host, "SSL_CERT_FILE": str(self.certificate)}

    def subscribe(self) -> Subscribed:
        """A browser that somebody lets be woken."""
        path = f"/push/{secrets.token_urlsafe(24)}"
        self.browsers[path] = Subscribed(f"{self.url}{path}")
        return self.browsers[path]

    def told(self, browser: Subscribed, count: int = 1, seconds: float = 10.0) -> list[dict[str, Any]]:
        """What this browser was told, in order, as soon as that is so much."""
        return self._told_when(browser, lambda found: len(found) >= count, seconds)

    def told_last(self, browser: Subscribed, kind: str, seconds: float = 10.0) -> list[dict[str, Any]]:
        """What this browser was told, in order, as soon as the last of it is of this kind."""
        return self._told_when(browser, lambda found: bool(found) and found[-1]["kind"] == kind, seconds)

    def _told_when(
        self, browser: Subscribed, enough: Callable[[list[dict[str, Any]]], bool], seconds: float
    ) -> list[dict[str, Any]]:
        ends = time.monotonic() + patience(seconds)
        with self._more:
            while True:
                found = [json.loads(browser.decrypt(one.body)) for one in self.of(browser)]
                if enough(found) or time.monotonic() > ends:
                    return found
                self._more.wait(0.1)

    def of(self, browser: Subscribed) -> list[Taken]:
        return [one for one in list(self.messages) if f"{self.url}{one.path}" == browser.address]

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        claims = self._sender(request.headers.get("Authorization", ""))
        status: int | str = self.answer
        if claims is None:
            status = 403
        elif request.path not in self.browsers:
            status = 410
        time.sleep(self.delay_seconds)
        with self._more:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.messages.append(Taken(request.path, headers, body, claims or {}))
            self._more.notify_all()
        if status == "hang":
            self._closed.wait(30)
        elif status == "drip":
            request.wfile.write(b"HTTP/1.1 201 Created\r\n")
            while not self._closed.wait(0.2):
                try:
                    request.wfile.write(b"X-A: b\r\n")
                    request.wfile.flush()
                except OSError:
                    return
        elif isinstance(status, str):
            request.wfile.write(b"220 this is no push service\r\n\r\n")
        else:
            request.send_response(status)
            for name, value in self.headers.items():
                request.send_header(name, value)
            request.send_header("Content-Length", "0")
            request.end_headers()

    def _sender(self, authorization: str) -> dict[str, Any] | None:
        """Who sends, by the token (RFC 8292 section 2); None where it is not in order."""
        scheme, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "vapid" or set(parts) != {"t", "k"}:
            return None
        signed, _, signature = parts["t"].rpartition(".")
        key = ec.EllipticCurvePublicKey.from_encoded_point(P256, decoded(parts["k"]))
        numbers = decoded(signature)
        assert len(numbers) == 64
        pair = encode_dss_signature(int.from_bytes(numbers[:32], "big"), int.from_bytes(numbers[32:], "big"))
        try:
            key.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return None
        head, claims = (json.loads(decoded(part)) for part in signed.split("."))
        in_time = time.time() < claims["exp"] <= time.time() + 24 * 3600
        fits = head == {"typ": "JWT", "alg": "ES256"} and claims["aud"] == self.url
        return (
            {**claims, "key": parts["k"]} if in_time and fits and claims["sub"].startswith(("mailto:", "https:")) else None
        )
