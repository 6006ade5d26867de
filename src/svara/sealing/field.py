"""One chunk, compact: a number, a name, a short document.

    01 | owners | key id (8) each | nonce (12) | wrapped data key (48) | content and tag (16)

AES-256-GCM (NIST SP 800-38D) throughout. The data key is random and used once, so its nonce is zero; it is wrapped by the
owners' key with the head as associated data; the content's associated data is the context. 86 bytes more than the content
for one owner.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from svara.sealing.errors import Unreadable, Why

FORM = 1
CHUNK_BYTES = 65_536
"""The most content that one chunk holds."""
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES
"""A wrapped key with its nonce."""
ONCE = bytes(NONCE_BYTES)
"""The nonce under a key that seals a single thing."""
KEY_ID_BYTES = 8
MOST_OWNERS = 8


def head_of(form: int, key_ids: bytes) -> bytes:
    """How sealed content begins: its form and the keys that together open it (8 bytes each)."""
    return bytes((form, len(key_ids) // KEY_ID_BYTES)) + key_ids


def key_ids_of(sealed: bytes) -> bytes:
    """The ids in the head of a field or file, 8 bytes each. Raises Unreadable where there is no head."""
    if len(sealed) < 2 or sealed[0] not in (1, 2) or not 0 < sealed[1] <= MOST_OWNERS:
        raise Unreadable(Why.CHANGED)
    end = 2 + KEY_ID_BYTES * sealed[1]
    if len(sealed) < end:
        raise Unreadable(Why.CHANGED)
    return sealed[2:end]


def wrap(kek: AESGCM, key: bytes, bound_to: bytes) -> bytes:
    """A key, sealed by another, with its nonce before it: 60 bytes."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + kek.encrypt(nonce, key, bound_to)


def unwrap(kek: AESGCM, wrapped: bytes, bound_to: bytes) -> bytes:
    """The key in 60 bytes that `wrap` made. Raises Unreadable."""
    if len(wrapped) != WRAPPED_BYTES:
        raise Unreadable(Why.CHANGED)
    try:
        return kek.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound_to)
    except InvalidTag:
        raise Unreadable(Why.CHANGED) from None


def seal_field(kek: AESGCM, key_ids: bytes, content: bytes, context: bytes) -> bytes:
    """`content`, at most 65,536 bytes, for the owners with these key ids, whose key together is `kek`."""
    if len(content) > CHUNK_BYTES:
        raise ValueError("more than one chunk: seal it as a file")
    head = head_of(FORM, key_ids)
    noise = os.urandom(NONCE_BYTES + KEY_BYTES)
    nonce, key = noise[:NONCE_BYTES], noise[NONCE_BYTES:]
    return b"".join((head, nonce, kek.encrypt(nonce, key, head), AESGCM(key).encrypt(ONCE, content, context)))


def open_field(kek: AESGCM, sealed: bytes, context: bytes) -> bytes:
    """The content of a sealed field. Raises Unreadable."""
    nonce = 2 + KEY_ID_BYTES * sealed[1] if len(sealed) > 1 and sealed[0] == FORM else len(sealed)
    wrapped, content = nonce + NONCE_BYTES, nonce + WRAPPED_BYTES
    if not TAG_BYTES <= len(sealed) - content <= CHUNK_BYTES + TAG_BYTES:
        raise Unreadable(Why.CHANGED)
    try:
        key = kek.decrypt(sealed[nonce:wrapped], sealed[wrapped:content], sealed[:nonce])
        return AESGCM(key).decrypt(ONCE, sealed[content:], context)
    except InvalidTag:
        raise Unreadable(Why.CHANGED) from None
