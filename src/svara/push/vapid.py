"""Who we are to push services: one key pair an installation, and the token that it signs (VAPID, RFC 8292).

The key is derived from the installation's secret, as those of receipts and of phones in browsers are: it is there when it is
first needed, in no file and no table of its own, and a restored backup has the same. A browser is subscribed for this
public key alone: nobody else can wake it.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TOKEN_SECONDS: Final = 3600
"""RFC 8292 allows a day."""
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (FIPS 186-4, D.1.2.3)."""
_NUMBER_BYTES: Final = 32


def base64url(data: bytes) -> str:
    """Without padding (RFC 4648 section 5), as everything of Web Push is written."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Raises ValueError."""
    if not text.isascii() or not set(text).isdisjoint("+/"):
        raise ValueError("not base64url")
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


@lru_cache(4)
def key_of(seed: bytes) -> ec.EllipticCurvePrivateKey:
    """The installation's key. 512 bits make each key as likely as any other (FIPS 186-4, B.4.1)."""
    number = int.from_bytes(hashlib.blake2b(seed, person=b"svara vapid").digest(), "big")
    return ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())


def public_key(seed: bytes) -> str:
    """What a browser subscribes for (`applicationServerKey`)."""
    return base64url(key_of(seed).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def authorization(seed: bytes, origin: str, contact: str, now: float) -> str:
    """The value of the header Authorization for the push service at `origin`; `contact` is whom its people may ask."""
    claims = {"aud": origin, "exp": int(now) + TOKEN_SECONDS, "sub": contact}
    parts = [
        base64url(json.dumps(part, separators=(",", ":")).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    ]
    signed = ".".join(parts)
    numbers = decode_dss_signature(key_of(seed).sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = b"".join(number.to_bytes(_NUMBER_BYTES, "big") for number in numbers)  # RFC 7518 section 3.4
    return f"vapid t={signed}.{base64url(signature)}, k={public_key(seed)}"
