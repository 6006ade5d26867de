"""Invitations by e-mail: to people who were just added, with the link by which they choose their password.

Nothing is sent where no mail server is set. Who got none, for whatever reason, is told of, so that the link can be handed
over in another way.
"""

from __future__ import annotations

import smtplib
from collections.abc import Mapping

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import translation
from django.utils.translation import gettext as _

from svara import log
from svara.people.models import Account
from svara.privacy import sharing

MAX_AT_ONCE = 100
"""More would keep the page waiting; the others get their link in another way."""

_log = log.get("people.inviting")


def possible() -> bool:
    """Whether mail can be sent at all."""
    return bool(settings.EMAIL_HOST)


def send(actor: Account, links: Mapping[str, str]) -> set[str]:
    """Send each person (by user name) their link; gives the user names of those who were sent one."""
    people = Account.of(actor).filter(username__in=list(links)).exclude(email="").select_related("tenant")[:MAX_AT_ONCE]
    sent: set[str] = set()
    try:
        with get_connection() as connection:
            for person in people:
                subject, text = write(actor, person, links[person.username])
                headers = {"Auto-Submitted": "auto-generated"}
                mail = EmailMessage(subject, text, to=[person.email], connection=connection, headers=headers)
                try:
                    if sharing.post(actor.tenant_id, mail):
                        sent.add(person.username)
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException, ValueError):
                    _log.warning("the mail server refuses an invitation", pii_address=person.email)
    except (OSError, smtplib.SMTPException, sharing.Closed) as error:
        _log.warning("invitations could not be sent", error=type(error).__name__)
    return sent


def write(actor: Account, person: Account, link: str) -> tuple[str, str]:
    """Subject and text, in the company's first language."""
    language = next((one for one in person.tenant.languages if translation.check_for_language(one)), "en")
    with translation.override(language):
        company = person.tenant.name
        subject = _("Your phone at %(company)s") % {"company": company}
        paragraphs = [
            _("Hello %(name)s,") % {"name": person.name},
            _("%(who)s has set up a phone for you at %(company)s.") % {"who": actor.name, "company": company},
            _("Open this link and choose a password; then you can call: %(link)s") % {"link": link},
            _("The link holds for 14 days and is for you alone."),
        ]
        return subject, "\n\n".join(paragraphs) + "\n"
