"""Telling somebody of the company what became of their data: by mail, where they have an address and there is a mail server.

It always stands on their own page, too; the mail says that something does, and nothing of what was written. People outside
are told by hand, or by the page that their link opens: their address is not known here.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from svara import log
from svara.privacy import sharing
from svara.privacy.rights.asked import Asked
from svara.privacy.subject import Subject, account_of

OWN_PLACE, OFFICERS_PLACE = "/my-data/rights/", "/administration/privacy/rights/"

_log = log.get("rights.telling")


def tell(row: Asked, sentence: Callable[[], str]) -> None:
    """Send a mail once the transaction is committed; `sentence` is said in the person's language."""
    accounts: Any = get_user_model()
    account = accounts.all_tenants.filter(pk=account_of(Subject(row.subject)) or "-").select_related("tenant").first()
    if account is None or not account.email or not settings.EMAIL_HOST:
        return
    transaction.on_commit(partial(send, account.tenant_id, _to(account, sentence, OWN_PLACE)))


def tell_officers(row: Asked) -> None:
    """Tell those who look after privacy that somebody asked for something, once the transaction is committed."""
    accounts: Any = get_user_model()
    if not settings.EMAIL_HOST:
        return
    for officer in accounts.all_tenants.filter(tenant_id=row.tenant_id).exclude(email="").select_related("tenant"):
        if officer.has_role("admin", "privacy-officer"):
            mail = _to(officer, lambda: _("Somebody wants something about their personal data decided."), OFFICERS_PLACE)
            transaction.on_commit(partial(send, row.tenant_id, mail))


def _to(account: Any, sentence: Callable[[], str], path: str) -> EmailMessage:
    languages = [account.language, *account.tenant.languages]
    language = next((one for one in languages if one and translation.check_for_language(one)), "en")
    with translation.override(language):
        paragraphs = [sentence()]
        if settings.ADDRESS.netloc:
            place = f"{settings.ADDRESS.scheme}://{settings.ADDRESS.netloc}{path}"
            paragraphs.append(_("Read it here: %(address)s") % {"address": place})
        return EmailMessage(
            _("About personal data"),
            "\n\n".join(paragraphs) + "\n",
            to=[account.email],
            headers={"Auto-Submitted": "auto-generated"},
        )


def send(tenant_id: str, mail: EmailMessage) -> bool:
    """Send it; False when the mail server does not take it now, or the company has closed it."""
    try:
        return sharing.post(tenant_id, mail) == 1
    except sharing.Closed:
        return False
    except (OSError, smtplib.SMTPException, ValueError):
        _log.warning("the mail server does not take what somebody is to be told", exc_info=True)
        return False
