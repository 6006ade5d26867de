"""A mail to whoever's password was used on a device that was never seen before: when, which, from where, and what to do.

It is no news and needs no consent: it guards the person's own account. Each device is told of once; a mail server that does
not answer is tried again until that is a day old. Nothing is sent where no mail server is set.
"""

from __future__ import annotations

import asyncio
import smtplib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import DatabaseError, connection
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from svara import log
from svara.bus.port import Bus
from svara.data import DataFolder
from svara.people.models import Device
from svara.privacy import sharing

FRESH = timedelta(days=1)
MAX_AT_ONCE = 50
LOOK_SECONDS = 3.0
RETRY_SECONDS = 60.0

_log = log.get("people.alerts")


async def run(_data: DataFolder, _bus: Bus) -> None:
    """The part of the role `svara serve jobs` that sends them, until cancelled."""
    while True:
        wait_seconds = await asyncio.to_thread(_step)
        await asyncio.sleep(wait_seconds)


def send_alerts(now: datetime | None = None) -> int:
    """Tell of the devices of which nobody was told yet; gives how many mails were sent.

    Raises OSError or smtplib.SMTPException when the mail server is of no use now.
    """
    at = now or timezone.now()
    rows = Device.all_tenants.filter(mail_due=True).select_related("account__tenant").order_by("first_at")
    waiting = list(rows[:MAX_AT_ONCE]) if settings.EMAIL_HOST else []
    due = [device for device in waiting if at - device.first_at <= FRESH]
    if len(due) < len(waiting):
        Device.all_tenants.filter(pk__in=[each.pk for each in waiting if each not in due]).update(mail_due=False)
    if not due:
        return 0
    sent = 0
    with get_connection() as server:
        for device in due:
            if device.account.email:
                mail = write_alert(device)
                mail.connection = server
                try:
                    sent += sharing.post(device.tenant_id, mail)
                except sharing.Closed:
                    pass  # the company wants no mail to leave; the person's pages tell it
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, ValueError):
                    _log.warning("the mail server refuses an alert", pii_address=device.account.email)
            Device.all_tenants.filter(pk=device.pk).update(mail_due=False)
    return sent


def write_alert(device: Device) -> EmailMessage:
    """The mail, in the language of the person, else the company's first."""
    account = device.account
    languages = [account.language, *account.tenant.languages]
    language = next((one for one in languages if one and translation.check_for_language(one)), "en")
    with translation.override(language), timezone.override(ZoneInfo(account.tenant.timezone)):
        parts = [
            _("Hello %(name)s,") % {"name": account.name},
            _("somebody signed in with your password on a device that was not seen before: %(device)s, %(when)s.")
            % {
                "device": what(device),
                "when": formats.date_format(timezone.localtime(device.first_at), "DATETIME_FORMAT"),
            },
            _("If it was you, there is nothing to do."),
            _("If not: sign that device out, and change your password at once."),
        ]
        if settings.ADDRESS.netloc:
            parts.append(f"{settings.ADDRESS.scheme}://{settings.ADDRESS.netloc}/profile/devices/")
        subject = _("A new device has signed in")
    return EmailMessage(subject, "\n\n".join(parts) + "\n", to=[account.email], headers={"Auto-Submitted": "auto-generated"})


def what(device: Device) -> str:
    """A device in words: browser, system and network, as far as they are known."""
    known = [each for each in (device.browser, device.system, device.network) if each]
    return ", ".join(known) or _("an unknown browser")


def _step() -> float:
    try:
        send_alerts()
    except (DatabaseError, OSError, smtplib.SMTPException):
        _log.warning("alerts could not be sent now; trying again later", exc_info=True)
        return RETRY_SECONDS
    finally:
        connection.close()
    return LOOK_SECONDS
