"""The addresses of people outside who agreed to news. Each is sealed under its person's own key, is there only while the
consent holds, and is opened for nothing but a letter on its way, an export, or its owner."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from svara.privacy import vault
from svara.privacy.functions.models import OptIn, Reader
from svara.privacy.subject import Subject
from svara.privacy.tenancy import new_id


def seal_waiting(waiting: OptIn, address: str) -> bytes:
    """The address of a request that is not confirmed yet, for its row. Raises Unreadable while the company's key is away."""
    return vault.current().seal(
        waiting.tenant_id, [Subject(waiting.subject)], address.encode(), context=_waiting(waiting.id)
    )


def add(waiting: OptIn, now: datetime | None = None) -> Reader:
    """Whoever confirmed a request is a reader from now on, with the address as it is written there. Raises Unreadable."""
    address = vault.current().open(waiting.tenant_id, bytes(waiting.sealed), context=_waiting(waiting.id))
    reader_id, subject = new_id(), Subject(waiting.subject)
    sealed = vault.current().seal(waiting.tenant_id, [subject], address, context=_context(reader_id))
    Reader.all_tenants.filter(tenant_id=waiting.tenant_id, subject=subject).delete()
    return Reader.all_tenants.create(
        id=reader_id,
        tenant_id=waiting.tenant_id,
        subject=subject,
        sealed=sealed,
        language=waiting.language,
        since=now or timezone.now(),
    )


def address_of(reader: Reader) -> str:
    """Where to send. Raises Unreadable when the key is gone or away."""
    return vault.current().open(reader.tenant_id, bytes(reader.sealed), context=_context(reader.id)).decode()


def _context(reader_id: str) -> bytes:
    return f"functions.reader:{reader_id}".encode()


def _waiting(optin_id: str) -> bytes:
    return f"functions.optin:{optin_id}".encode()
