"""Sealing without being able to read: what a process takes in is sealed with a public key, and opened where the vault is.

    03 | ephemeral public key (32) | nonce (12) | wrapped file key (48) | chunks as in `svara.sealing.file`

The file key is wrapped by a key that both sides derive: ECIES with X25519 (RFC 7748) and HKDF-SHA-256 (RFC 5869), bound to
both public keys. Whoever records (the voice process) has the intake's public key and forgets the file key with the file;
who opens the vault seals the content anew for those whom it is about.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import KEY_BYTES, unwrap, wrap
from svara.sealing.file import INTAKE_FORM, INTAKE_HEAD_BYTES, FileKey, new_content_key

PUBLIC_BYTES = 32
_FORM = bytes((INTAKE_FORM,))


def new_private_key() -> bytes:
    """32 bytes, to be kept in the vault."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_of(private: bytes) -> bytes:
    """The public key that belongs to it: 32 bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def read_public_key(place: Path) -> bytes:
    """The public key from its file, which holds it in hex digits. Raises OSError, ValueError."""
    key = bytes.fromhex(place.read_text())
    if len(key) != PUBLIC_BYTES:
        raise ValueError("not a public key")
    return key


def new_intake_key(public: bytes) -> FileKey:
    """A key for a new file, which only the holder of the intake's private key can open again.

    Raises ValueError where `public` is no key.
    """
    ours = X25519PrivateKey.generate()
    ephemeral = ours.public_key().public_bytes_raw()
    shared = ours.exchange(X25519PublicKey.from_public_bytes(public))
    key, head = new_content_key(), _FORM + ephemeral
    return FileKey(head + wrap(_derived(shared, ephemeral, public), key, head), key)


def open_intake_key(private: bytes, head: bytes) -> FileKey:
    """The key of a file that begins with `head` (`svara.sealing.file.read_head`). Raises Unreadable."""
    if len(head) != INTAKE_HEAD_BYTES or head[:1] != _FORM:
        raise Unreadable(Why.CHANGED)
    start = 1 + PUBLIC_BYTES
    ephemeral = head[1:start]
    ours = X25519PrivateKey.from_private_bytes(private)
    try:
        shared = ours.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    except ValueError:  # a point of low order: nobody's key
        raise Unreadable(Why.CHANGED) from None
    kek = _derived(shared, ephemeral, ours.public_key().public_bytes_raw())
    return FileKey(head, unwrap(kek, head[start:], head[:start]))


def _derived(shared: bytes, ephemeral: bytes, public: bytes) -> AESGCM:
    info = b"svara intake" + ephemeral + public
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(shared))
