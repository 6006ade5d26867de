"""A mail to those who look after the company, when the provider's staff asks for access or has it. The reason stays here:
the mail says who, and where to read and answer.
"""

from __future__ import annotations

import smtplib
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from svara import log
from svara.privacy.sharing import Closed, post
from svara.privacy.staff.models import Grant

OFFICERS = ("admin", "privacy-officer")
MAX_LETTERS = 10
_log = log.get("privacy.staff")


def tell(grant: Grant) -> None:
    """Once the grant is stored; nothing without a mail server. A server that does not answer stops nobody's work: the page
    of the company tells it as well."""
    if settings.EMAIL_HOST:
        transaction.on_commit(lambda: _send_all(grant))


def _send_all(grant: Grant) -> None:
    accounts: Any = get_user_model()
    officers = [
        one for one in accounts.all_tenants.filter(tenant_id=grant.tenant_id) if one.email and one.has_role(*OFFICERS)
    ]
    try:
        for officer in officers[:MAX_LETTERS]:
            post(grant.tenant_id, letter(grant, officer))
    except (Closed, OSError, smtplib.SMTPException):
        _log.warning("the mail server takes no letter about support access now")


def letter(grant: Grant, officer: Any) -> EmailMessage:
    """To one officer, in their language."""
    languages = [officer.language, *officer.tenant.languages]
    language = next((one for one in languages if one and translation.check_for_language(one)), "en")
    with translation.override(language):
        subjects = {
            "asked": _("%(name)s of your telephone provider asks for access"),
            "told": _("%(name)s of your telephone provider has access now"),
            "emergency": _("%(name)s of your telephone provider has entered in an emergency"),
        }
        subject = subjects[grant.how] % {"name": grant.staff_name}
        paragraphs = [subject + "."]
        if settings.ADDRESS.netloc:
            place = f"{settings.ADDRESS.scheme}://{settings.ADDRESS.netloc}/administration/privacy/support/"
            paragraphs.append(_("Why, for how long, and your answer: %(address)s") % {"address": place})
    return EmailMessage(
        " ".join(subject.split()),
        "\n\n".join(paragraphs) + "\n",
        to=[officer.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
