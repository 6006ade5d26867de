"""An e-mail when somebody left a voice message: that there is one, in the reader's language, and nothing of what was said.

Only those get one who agreed to it (`svara.privacy.functions`, "message_notices"), and who called is told only to those who
chose that too. Each message is told of once; a mail server that does not answer is tried
again until the message is a day old. Nothing is sent where no mail server is set (`SVARA_SMTP_URL`).
"""

from __future__ import annotations

import smtplib
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from svara import log
from svara.history.outside import RESTRICTED
from svara.people.models import Account
from svara.privacy import sharing
from svara.privacy.catalogue import Purpose
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import MESSAGE_NOTICES
from svara.privacy.rights.objections import stopped
from svara.voicemail.callers import callers, is_from
from svara.voicemail.models import Message, NoticeChoice

FRESH = timedelta(days=1)
"""An older message is no news."""
MAX_AT_ONCE = 100

_log = log.get("voicemail.notices")


def send_notices(now: float | None = None) -> int:
    """Tell of the messages of which nobody was told yet; gives how many mails were sent.

    Raises OSError or smtplib.SMTPException when the mail server does not take them; those that it took are not sent again.
    """
    if not settings.EMAIL_HOST:
        return 0
    at = datetime.fromtimestamp(time.time() if now is None else now, UTC)
    waiting = list(
        Message.all_tenants.filter(notified_at=None, deleted_at=None, heard_at=None, left_at__gt=at - FRESH)
        .exclude(account=None)
        .select_related("account__tenant")
        .order_by("left_at")[:MAX_AT_ONCE]
    )
    if not waiting:
        return 0
    chosen = dict(
        NoticeChoice.all_tenants.filter(account__in=[message.account_id for message in waiting]).values_list(
            "account_id", "notice"
        )
    )
    agreed = people_with(MESSAGE_NOTICES)
    sent = 0
    with get_connection() as connection:
        for message in waiting:
            account = message.account
            if account is not None and account.email and account.id in agreed:
                sent += _send(connection, account, message, with_caller=chosen.get(account.id) == "caller")
            Message.all_tenants.filter(pk=message.pk).update(notified_at=at)
    return sent


def _send(connection: BaseEmailBackend, account: Account, message: Message, *, with_caller: bool) -> int:
    subject, text = write_notice(account, message, with_caller=with_caller)
    headers = {"Auto-Submitted": "auto-generated"}
    mail = EmailMessage(subject, text, to=[account.email], connection=connection, headers=headers)
    try:
        return sharing.post(account.tenant_id, mail)
    except sharing.Closed:
        return 0
    except (smtplib.SMTPRecipientsRefused, ValueError):
        pass
    except smtplib.SMTPResponseException as error:
        if error.smtp_code < 500:
            raise
    _log.warning("the mail server refuses a notice", pii_address=account.email)
    return 0  # it would refuse it again


def write_notice(account: Account, message: Message, *, with_caller: bool) -> tuple[str, str]:
    """Subject and text, in the language of the person, else the company's first."""
    languages = [account.language, *account.tenant.languages]
    language = next((one for one in languages if one and translation.check_for_language(one)), "en")
    with translation.override(language), timezone.override(ZoneInfo(account.tenant.timezone)):
        subject = _("You have a new voice message")
        paragraphs = [_("Hello %(name)s,") % {"name": account.name}]
        if with_caller:
            when = formats.date_format(timezone.localtime(message.left_at), "DATETIME_FORMAT")
            caller = _caller(message) or _("an unknown number")
            paragraphs.append(_("%(caller)s left you a voice message (%(when)s).") % {"caller": caller, "when": when})
        else:
            paragraphs.append(_("Somebody left you a voice message."))
        if settings.ADDRESS.netloc:
            address = f"{settings.ADDRESS.scheme}://{settings.ADDRESS.netloc}/voicemail/"
            paragraphs.append(_("Listen to it here: %(address)s") % {"address": address})
        paragraphs.append(_("What you get by e-mail you choose on the page of your voice messages."))
        return subject, "\n\n".join(paragraphs) + "\n"


def _caller(message: Message) -> str:
    if is_from(message, stopped(message.tenant_id, Purpose.MESSAGES)):
        return str(RESTRICTED)
    if message.caller_person:
        colleague = Account.all_tenants.filter(tenant_id=message.tenant_id, pk=message.caller_person).first()
        if colleague is not None:
            return colleague.name
    who = callers(message.tenant_id, [message])[message.id]
    return " ".join(filter(None, (who.name, who.number)))
