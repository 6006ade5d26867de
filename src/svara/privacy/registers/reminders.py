"""Officers are told of each case by mail: when it is new, and once more when its time runs out. What was said stays here."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.utils import formats, translation
from django.utils.translation import gettext as _

from svara import log
from svara.privacy import sharing
from svara.privacy.registers import deadlines
from svara.privacy.registers.cases import OFFICERS, Office
from svara.privacy.registers.models import Case
from svara.privacy.rights import telling
from svara.privacy.rights.asked import WAITING, Correction, ErasureWish, Objection, Restriction

REMIND_DAYS = 7
MAX_AT_ONCE = 200

_log = log.get("privacy.registers")


def remind(now: float) -> int:
    """Send what is due at `now` (seconds since the epoch); gives how many cases were told of. Nothing without a mail server.

    A server that does not answer is asked again the next time.
    """
    if not settings.EMAIL_HOST:
        return 0
    at, told = datetime.fromtimestamp(now, UTC), 0
    waiting = Case.all_tenants.filter(answered_at=None).exclude(tenant_id__in=sharing.closed_to_mail())
    for case in waiting.select_related("tenant").order_by("due_on")[:MAX_AT_ONCE]:
        office = Office(case.tenant_id, case.tenant.country, case.tenant.timezone)
        urgent = case.due_on - timedelta(days=REMIND_DAYS)
        if case.told_at is not None and not office.day(case.told_at) < urgent <= office.day(at):
            continue
        try:
            for officer in _officers(case.tenant_id):
                _send(officer, case)
        except (OSError, smtplib.SMTPException):
            _log.warning("the mail server takes no reminder of a case now")
            break
        Case.all_tenants.filter(pk=case.pk).update(told_at=at)
        told += 1
    return told + _remind_of_wishes(at)


def _remind_of_wishes(at: datetime) -> int:
    """Corrections, restrictions, objections and wishes to be erased that wait: told of when they were asked
    (`svara.privacy.rights.telling`), and here once more before their time runs out."""
    told = 0
    for table in (Correction, Restriction, Objection, ErasureWish):
        waiting = table.all_tenants.filter(state__in=WAITING, reminded_at=None).select_related("tenant")
        for row in waiting.order_by("asked_at")[:MAX_AT_ONCE]:
            office = Office(row.tenant_id, row.tenant.country, row.tenant.timezone)
            due = deadlines.due(office.day(row.asked_at), office.country)
            if office.day(at) >= due - timedelta(days=REMIND_DAYS):
                telling.tell_officers(row)
                told += table.all_tenants.filter(pk=row.pk).update(reminded_at=at)
    return told


def _officers(tenant_id: str) -> list[Any]:
    accounts: Any = get_user_model()
    return [one for one in accounts.all_tenants.filter(tenant_id=tenant_id) if one.email and one.has_role(*OFFICERS)]


def _send(officer: Any, case: Case) -> None:
    languages = [officer.language, *case.tenant.languages]
    language = next((one for one in languages if one and translation.check_for_language(one)), "en")
    with translation.override(language):
        day = formats.date_format(case.due_on, "SHORT_DATE_FORMAT")
        subject = _("A request about personal data waits: answer by %(day)s") % {"day": day}
        text = _("Somebody has asked something about their personal data, or complains. The law gives until %(day)s.")
        paragraphs = [text % {"day": day}]
        if settings.ADDRESS.netloc:
            place = f"{settings.ADDRESS.scheme}://{settings.ADDRESS.netloc}/administration/privacy/requests/"
            paragraphs.append(_("Read and answer it here: %(address)s") % {"address": place})
    mail = EmailMessage(
        subject, "\n\n".join(paragraphs) + "\n", to=[officer.email], headers={"Auto-Submitted": "auto-generated"}
    )
    sharing.post(case.tenant_id, mail)
