"""The master key: the one key that does not lie in the key store, and wraps every company's key.

It is a file that only its owner may read (`SVARA_MASTER_KEY_FILE`, by default beside the key store), or a key in a key
management service, reached through Tink (`SVARA_MASTER_KEY_URI`): then it never leaves the service, and every company's key
is sealed by envelope encryption with it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from svara.data import put
from svara.privacy.vault.errors import VaultError
from svara.sealing.field import KEY_BYTES, unwrap, wrap

_HEX = re.compile(rb"\s*([0-9a-fA-F]{64})\s*")


class MasterKey(Protocol):
    """Wraps the keys of companies."""

    @property
    def id(self) -> str:
        """Tells master keys apart and says nothing about them."""
        ...

    def wrap(self, key: bytes, bound_to: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """Raises Unreadable or VaultError."""
        ...


class FileMaster:
    """A master key of 32 bytes in our own memory."""

    __slots__ = ("_aead", "id")

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)
        self.id = "file:" + fingerprint(key, b"master key")

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        return wrap(self._aead, key, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        return unwrap(self._aead, wrapped, bound_to)

    def __repr__(self) -> str:
        return f"FileMaster({self.id})"


class KmsMaster:
    """A master key in a key management service: Tink's envelope encryption. Raises VaultError where it is not reached."""

    def __init__(self, uri: str) -> None:
        from tink import aead  # noqa: PLC0415  slow to load, and most installations have no such service

        self.id = "kms:" + hashlib.sha256(uri.encode()).hexdigest()[:16]
        try:
            aead.register()
            self._aead = aead.KmsEnvelopeAead(aead.aead_key_templates.AES256_GCM, _client(uri).get_aead(uri))
        except Exception as error:
            raise VaultError(f"the key management service is of no use: {_first_line(error)}") from None

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        try:
            return bytes(self._aead.encrypt(key, bound_to))
        except Exception as error:
            raise VaultError(f"the key management service does not wrap a key: {_first_line(error)}") from None

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        try:
            return bytes(self._aead.decrypt(wrapped, bound_to))
        except Exception as error:
            raise VaultError(f"the key management service does not unwrap a key: {_first_line(error)}") from None

    def __repr__(self) -> str:
        return f"KmsMaster({self.id})"


def _client(uri: str) -> Any:
    """Tink's client for a service: that of Amazon with the usual credentials (`AWS_...`), or one that was registered."""
    if uri.startswith("aws-kms://"):
        import boto3  # noqa: PLC0415
        from tink.integration import awskms  # noqa: PLC0415

        region = uri.split(":")[4] if uri.count(":") >= 4 else None  # aws-kms://arn:aws:kms:REGION:...
        return awskms.new_client(boto3.client("kms", region_name=region), uri)
    import tink  # noqa: PLC0415

    return tink.kms_client_from_uri(uri)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def fingerprint(key: bytes, purpose: bytes) -> str:
    """16 hex digits by which a key is recognised; nothing of it can be learned from them."""
    return hmac.digest(key, b"svara fingerprint: " + purpose, "sha256").hex()[:16]


def open_master(place: Path | str) -> MasterKey:
    """The master key at a file or at the URI of a key management service. Raises VaultError."""
    return KmsMaster(place) if isinstance(place, str) else FileMaster(read_key(place))


def read_key(place: Path) -> bytes:
    """A key of 32 bytes from a file that holds them as 64 hex digits. Raises VaultError."""
    try:
        with place.open("rb") as file:
            mode, content = os.fstat(file.fileno()).st_mode, file.read(200)
    except FileNotFoundError:
        raise VaultError(f"the key file {place} is missing") from None
    except OSError as error:
        raise VaultError(f"the key file {place} cannot be read: {error.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise VaultError(f"the key file {place} may be read by others: give it mode 0600")
    match = _HEX.fullmatch(content)
    if match is None:
        raise VaultError(f"the key file {place} holds no key: expected 64 hex digits")
    return bytes.fromhex(match[1].decode())


def write_key(place: Path, key: bytes) -> None:
    """Write a key file, whole or not at all, mode 0600. Raises VaultError."""
    try:
        put(place, key.hex().encode() + b"\n")
    except OSError as error:
        raise VaultError(f"the key file {place} cannot be written: {error.strerror}") from None


def new_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)
