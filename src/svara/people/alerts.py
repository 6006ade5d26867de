"""A mail to whoever's password was used on a device that was never seen before: when, which, from where, and what to do;
and to whoever signs in otherwise than before: a second factor was added or taken away, or somebody guesses codes.

It is no news and needs no consent: it guards the person's own account. Each is told of once; a mail server that does
not answer is tried again until that is a day old. Nothing is sent where no mail server is set.
"""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import DatabaseError, connection
from django.utils import formats, timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from svara import log
from svara.bus.port import Bus
from svara.data import DataFolder
from svara.people.models import Account, Device, FactorNews
from svara.privacy import sharing

FRESH = timedelta(days=1)
MAX_AT_ONCE = 50
LOOK_SECONDS = 3.0
RETRY_SECONDS = 60.0

FACTOR_NEWS: dict[str, Promise] = {
    "app-on": gettext_lazy("From now on, signing in to your account also asks for a code from your app."),
    "app-off": gettext_lazy("Your app with codes was removed: it is not asked for any more when you sign in."),
    "passkey-on": gettext_lazy("A passkey was added to your account: it opens your account without the password."),
    "passkey-off": gettext_lazy("A passkey of your account was removed: it opens nothing any more."),
    "codes-new": gettext_lazy("You have new recovery codes; the old ones open nothing any more."),
    "code-used": gettext_lazy("A recovery code of yours was used to sign in."),
    "guessed": gettext_lazy("Somebody who knows your password has typed wrong codes several times, and has to wait now."),
    "reset": gettext_lazy("An administrator has taken away your app, your passkeys and your recovery codes."),
}
"""By `FactorNews.what`."""

_log = log.get("people.alerts")


async def run(_data: DataFolder, _bus: Bus) -> None:
    """The part of the role `svara serve jobs` that sends them, until cancelled."""
    while True:
        wait_seconds = await asyncio.to_thread(_step)
        await asyncio.sleep(wait_seconds)


def send_alerts(now: datetime | None = None) -> int:
    """Tell of what nobody was told yet; gives how many mails were sent.

    Raises OSError or smtplib.SMTPException when the mail server is of no use now.
    """
    at = now or timezone.now()
    return _send_devices(at) + _send_news(at)


def _send_news(at: datetime) -> int:
    FactorNews.all_tenants.filter(at__lte=at - FRESH).delete()
    rows = FactorNews.all_tenants.select_related("account__tenant").order_by("at")
    waiting = list(rows[:MAX_AT_ONCE]) if settings.EMAIL_HOST else []
    if not waiting:
        return 0
    sent = 0
    with get_connection() as server:
        for news in waiting:
            sent += _post(news.account, write_factor_news(news), server)
            FactorNews.all_tenants.filter(pk=news.pk).delete()
    return sent


def _send_devices(at: datetime) -> int:
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
            sent += _post(device.account, write_alert(device), server)
            Device.all_tenants.filter(pk=device.pk).update(mail_due=False)
    return sent


def _post(account: Account, mail: EmailMessage, server: Any) -> int:
    if not account.email:
        return 0
    mail.connection = server
    try:
        return sharing.post(account.tenant_id, mail)
    except sharing.Closed:
        pass  # the company wants no mail to leave; the person's pages tell it
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, ValueError):
        _log.warning("the mail server refuses an alert", pii_address=account.email)
    return 0


@contextmanager
def _as_read_by(account: Account) -> Iterator[None]:
    """In the language of the person, else the company's first, and in its time."""
    languages = [account.language, *account.tenant.languages]
    language = next((one for one in languages if one and translation.check_for_language(one)), "en")
    with translation.override(language), timezone.override(ZoneInfo(account.tenant.timezone)):
        yield


def write_factor_news(news: FactorNews) -> EmailMessage:
    """The mail about how somebody signs in."""
    account = news.account
    with _as_read_by(account):
        when = formats.date_format(timezone.localtime(news.at), "DATETIME_FORMAT")
        parts = [
            _("Hello %(name)s,") % {"name": account.name},
            str(FACTOR_NEWS[news.what]),
            _("That was at %(when)s.") % {"when": when},
            _("If it was not you: change your password at once, and tell the administrator of your company."),
        ]
        if settings.ADDRESS.netloc:
            parts.append(f"{settings.ADDRESS.scheme}://{settings.ADDRESS.netloc}/profile/security/")
        subject = _("How you sign in has changed")
        if news.what in ("guessed", "code-used"):
            subject = _("About signing in to your account")
    return EmailMessage(subject, "\n\n".join(parts) + "\n", to=[account.email], headers={"Auto-Submitted": "auto-generated"})


def write_alert(device: Device) -> EmailMessage:
    """The mail about a device."""
    account = device.account
    with _as_read_by(account):
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
