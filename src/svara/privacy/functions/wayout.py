"""The way out of letters that need consent: one link for one person and one purpose, which works without signing in and for
ever, and is as easy as the way in (GDPR Article 7(3)).

The token is signed by the installation: nobody can make one for somebody else, or for another purpose. Using it again
changes nothing. For an hour whoever has just got out can take that back; for it nothing is kept here: what it needs is,
sealed and signed, in the page that they have before them.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from svara.privacy.functions import ledger, port
from svara.privacy.functions.models import Reader
from svara.privacy.functions.outside import do_record
from svara.privacy.functions.registry import FUNCTIONS, MARKETING, NEWS, OUTSIDE, PRODUCT_UPDATES, Function
from svara.privacy.subject import Subject, account_of, outside, person

UNDO = timedelta(hours=1)
MAX_UNDO_LENGTH = 4000
_PURPOSES = (NEWS, PRODUCT_UPDATES, MARKETING)
"""What letters are for; a purpose keeps its place for ever, because links do."""
_ID_BYTES, _SIGNATURE_BYTES = 16, 16
_CONTENT_BYTES = 1 + 2 * _ID_BYTES
_SALT = "svara.privacy.functions.wayout"
_UNDO_SALT = "svara.privacy.functions.wayout.undo"


class Gone(Exception):  # noqa: N818  the link is
    """The link was never given, or does not work any more."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """Whose link it is, and out of what."""

    tenant_id: str
    subject: Subject
    purpose: str

    @property
    def function(self) -> Function:
        """What it is about, with its text."""
        return FUNCTIONS[self.purpose] if self.purpose in FUNCTIONS else OUTSIDE[self.purpose]


@dataclass(frozen=True, slots=True)
class _Holder:
    """A person of the company, known by the link."""

    id: str
    tenant_id: str


def token_of(tenant_id: str, subject: Subject, purpose: str) -> str:
    """The token with which somebody withdraws a consent, today or in years: 66 characters, of which the last 22 are the
    signature. Raises ValueError for a purpose that no letters are for."""
    subject_id = subject.partition(":")[2]
    content = bytes((_PURPOSES.index(purpose),)) + bytes.fromhex(tenant_id) + bytes.fromhex(subject_id)
    return base64.urlsafe_b64encode(content + _signature(content)).decode().rstrip("=")


def read(token: str) -> WayOut:
    """Whose way out a token is. Raises Gone for one that we did not give."""
    try:
        decoded = base64.b64decode(token.encode("ascii") + b"==", altchars=b"-_", validate=True)
    except ValueError:
        raise Gone from None
    content, signature = decoded[:_CONTENT_BYTES], decoded[_CONTENT_BYTES:]
    if not hmac.compare_digest(signature, _signature(content)) or len(content) != _CONTENT_BYTES:
        raise Gone
    purpose, subject_id = _PURPOSES[content[0]], content[1 + _ID_BYTES :].hex()
    return WayOut(content[1 : 1 + _ID_BYTES].hex(), outside(subject_id) if purpose == NEWS else person(subject_id), purpose)


def _signature(content: bytes) -> bytes:
    return salted_hmac(_SALT, content, algorithm="sha256").digest()[:_SIGNATURE_BYTES]


@transaction.atomic
def do_withdraw(token: str, now: datetime | None = None) -> str | None:
    """Withdraw. Gives a token that takes it back for an hour; None where there was nothing to withdraw. Raises Gone."""
    out = read(token)
    last = ledger.newest(out.tenant_id, out.subject, out.purpose)
    if last is None or last.decision in ("refused", "withdrawn"):
        return None
    reader = Reader.all_tenants.filter(tenant_id=out.tenant_id, subject=out.subject).first()
    kept = [reader.id, base64.b64encode(bytes(reader.sealed)).decode(), reader.language] if reader is not None else []
    try:
        entry = _decide(out, agreed=False, how="mail", now=now)
    except ObjectDoesNotExist:  # the company itself is gone
        raise Gone from None
    at = (now or timezone.now()).timestamp()
    return signing.dumps([out.tenant_id, out.subject, out.purpose, entry, at, kept], salt=_UNDO_SALT)


@transaction.atomic
def do_undo(token: str, now: datetime | None = None) -> WayOut:
    """Take back what `do_withdraw` did, within the hour and as long as nothing else was decided since: that is a consent,
    given anew. Raises Gone."""
    at = now or timezone.now()
    try:
        if len(token) > MAX_UNDO_LENGTH:
            raise Gone
        tenant_id, subject, purpose, entry, then, kept = signing.loads(token, salt=_UNDO_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise Gone from None
    out = WayOut(tenant_id, Subject(subject), purpose)
    last = ledger.newest(tenant_id, out.subject, purpose)
    if last is None or last.id != entry or at.timestamp() - then > UNDO.total_seconds():
        raise Gone
    try:
        _decide(out, agreed=True, how="mail, taken back", now=now)
    except (ObjectDoesNotExist, port.NotInstalled):
        raise Gone from None
    if purpose == NEWS and kept:
        reader_id, sealed, language = kept
        Reader.all_tenants.create(
            id=reader_id,
            tenant_id=tenant_id,
            subject=subject,
            sealed=base64.b64decode(sealed),
            language=language,
            since=at,
        )
    return out


def _decide(out: WayOut, *, agreed: bool, how: str, now: datetime | None) -> str:
    """Write the decision; gives the id of its entry."""
    account_id = account_of(out.subject)
    if account_id is None:
        receipt = do_record(out.tenant_id, out.subject, out.purpose, agreed=agreed, how=how, now=now)
    else:
        receipt = port.do_switch(_Holder(account_id, out.tenant_id), out.purpose, agreed, how=how, now=now)
    return receipt.id
