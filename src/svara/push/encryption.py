"""What is said to a browser so that its push service cannot read it (RFC 8291, by the encoding of RFC 8188).

Every message has the same length, whatever it says: its length tells nothing either.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from svara.push.vapid import from_base64url

PADDED_BYTES: Final = 1_024
"""Of the text before it is encrypted; push services take four times as much."""
_RECORD_BYTES: Final = 4_096
_PUBLIC_BYTES, _SECRET_BYTES, _SALT_BYTES, _KEY_BYTES, _NONCE_BYTES = 65, 16, 16, 16, 12
_LAST: Final = b"\x02"


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """What a browser gave with its subscription: its public key (an uncompressed point of P-256), and a shared secret."""

    public: bytes
    secret: bytes


def browser_keys(p256dh: str, auth: str) -> BrowserKeys:
    """As a browser writes them. Raises ValueError for what are none."""
    if len(p256dh) > 100 or len(auth) > 50:
        raise ValueError("too long")
    keys = BrowserKeys(from_base64url(p256dh), from_base64url(auth))
    if len(keys.public) != _PUBLIC_BYTES or len(keys.secret) != _SECRET_BYTES:
        raise ValueError("not the keys of a browser")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keys.public)
    return keys


def encrypt(content: bytes, keys: BrowserKeys, *, own: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b"") -> bytes:
    """The body of a push message. `own` and `salt` are new for each message. Raises ValueError where it is too long."""
    if len(content) >= PADDED_BYTES:
        raise ValueError("too long")
    return sealed(content + _LAST + bytes(PADDED_BYTES - len(content)), keys, own=own, salt=salt)


def sealed(padded: bytes, keys: BrowserKeys, *, own: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b"") -> bytes:
    """The same of what is padded already."""
    own = own or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(_SALT_BYTES)
    public = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keys.public))
    key = _derived(shared, keys.secret, b"WebPush: info\x00" + keys.public + public, 32)
    content_key = _derived(key, salt, b"Content-Encoding: aes128gcm\x00", _KEY_BYTES)
    nonce = _derived(key, salt, b"Content-Encoding: nonce\x00", _NONCE_BYTES)
    head = salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(public)]) + public
    return head + AESGCM(content_key).encrypt(nonce, padded, None)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
