"""News by e-mail only for who asked twice: with the address, and by the link in the letter that came to it.

The link works once and for two days. A letter goes to one address three times a day at most, so that nobody is flooded
with them. In each is the way out (`svara.privacy.functions.wayout`), also for the button of the mail program (RFC 8058).
"""

from __future__ import annotations

import hashlib
import secrets
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from svara import log
from svara.privacy import sharing
from svara.privacy.functions import readers
from svara.privacy.functions.models import OptIn
from svara.privacy.functions.outside import do_record, subject_of
from svara.privacy.functions.receipts import Receipt
from svara.privacy.functions.registry import NEWS
from svara.privacy.functions.wayout import Gone, token_of
from svara.privacy.subject import Subject

LIFETIME = timedelta(days=2)
LETTERS_A_DAY = 3
_log = log.get("privacy.functions.optin")


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes into the letter: two tokens."""

    confirm: str
    withdraw: str


@transaction.atomic
def do_ask(tenant_id: str, address: str, language: str, now: datetime | None = None) -> Asked | None:
    """Somebody asks for news to this address; None when it has had enough letters today. Raises Unreadable while the
    company's key is away."""
    at = now or timezone.now()
    subject = subject_of(tenant_id, address)
    asked_today = OptIn.all_tenants.filter(tenant_id=tenant_id, subject=subject, at__gt=at - timedelta(days=1))
    if asked_today.count() >= LETTERS_A_DAY:
        return None
    token = secrets.token_urlsafe(32)
    waiting = OptIn(tenant_id=tenant_id, subject=subject, token_hash=_hash(token), language=language[:35], at=at)
    waiting.sealed = readers.seal_waiting(waiting, address.strip())
    waiting.save(force_insert=True)
    return Asked(token, token_of(tenant_id, subject, NEWS))


def is_waiting(token: str, now: datetime | None = None) -> OptIn | None:
    """The request that this link confirms; None when it is gone."""
    at = (now or timezone.now()) - LIFETIME
    return OptIn.all_tenants.select_related("tenant").filter(token_hash=_hash(token), at__gt=at).first()


@transaction.atomic
def do_confirm(token: str, now: datetime | None = None) -> tuple[Receipt, str]:
    """The second yes: now it counts. Gives the receipt and the token of the way out. Raises Gone; Unreadable while
    the company's key is away, and the link works later."""
    waiting = is_waiting(token, now)
    if waiting is None or not OptIn.all_tenants.filter(pk=waiting.pk).delete()[0]:
        raise Gone
    subject = Subject(waiting.subject)
    receipt = do_record(
        waiting.tenant_id,
        subject,
        NEWS,
        agreed=True,
        how="double opt-in",
        evidence=waiting.id,
        language=waiting.language,
        now=now,
    )
    readers.add(waiting, now)
    return receipt, token_of(waiting.tenant_id, subject, NEWS)


def forget_waiting(now: datetime) -> int:
    """Requests that nobody confirmed go; gives how many."""
    return OptIn.all_tenants.filter(at__lt=now - LIFETIME).delete()[0]


def letter(company: str, address: str, language: str, confirm: str, withdraw: str) -> EmailMessage:
    """The letter with the link, in a language; `confirm` and `withdraw` are whole addresses of pages."""
    with translation.override(language):
        subject = _("Confirm that you want news of %(company)s") % {"company": company}
        text = "\n\n".join(
            (
                _("Somebody, probably you, asked for news of %(company)s to this address.") % {"company": company},
                _("If it was you, confirm it here within two days: %(address)s") % {"address": confirm},
                _("If not, do nothing: without your confirmation nothing will come."),
                _("You can change your mind at any time: %(address)s") % {"address": withdraw},
            )
        )
    headers = {
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{withdraw}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return EmailMessage(" ".join(subject.split()), text + "\n", to=[address], headers=headers)


def send(tenant_id: str, mail: EmailMessage) -> bool:
    """Send it; False when the mail server does not take it now, or the company has closed it."""
    try:
        return sharing.post(tenant_id, mail) == 1
    except sharing.Closed:
        return False
    except (OSError, smtplib.SMTPException):
        _log.warning("a letter could not be sent", exc_info=True)
        return False


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
