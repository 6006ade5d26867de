"""A key store that makes and shows passkeys as a device does, written by hand: so that a test can have it lie."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestedCredentialData

PRESENT, VERIFIED, ELIGIBLE, SYNCED, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


@dataclass
class KeyStore:
    """One key, and what the store says of itself when it signs."""

    origin: str
    party: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    counts: bool = True
    frame: bool = False
    handle: bytes = b""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def made(self, options: dict[str, Any]) -> str:
        """A new passkey, as a browser sends it."""
        self.handle = options["user"]["id"].encode() if not self.handle else self.handle
        public = ES256.from_cryptography_key(self.key.public_key())
        data = AttestedCredentialData.create(bytes(range(16)), self.id, public)
        about = self._about(self.flags | ATTESTED) + data
        stated = cbor.encode({"fmt": "none", "attStmt": {}, "authData": about})
        return self._answer(clientDataJSON=self._client("webauthn.create", options), attestationObject=stated)

    def shown(self, options: dict[str, Any], kind: str = "webauthn.get") -> str:
        """The passkey, as a browser sends it."""
        if self.counts:
            self.count += 1
        client, about = self._client(kind, options), self._about(self.flags)
        signed = self.key.sign(about + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        more = {} if not self.handle else {"userHandle": self.handle}
        return self._answer(clientDataJSON=client, authenticatorData=about, signature=signed, **more)

    def _about(self, flags: int) -> bytes:
        return hashlib.sha256(self.party.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": self.frame}
        return json.dumps(told).encode()

    def _answer(self, **parts: bytes) -> str:
        id_ = websafe_encode(self.id)
        response = {name: websafe_encode(value) for name, value in parts.items()}
        return json.dumps({"id": id_, "rawId": id_, "type": "public-key", "response": response})
