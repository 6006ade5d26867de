"""Handing letters to the mail server, in portions, at most once each.

Before a letter goes to the server its posting says "begun", and that is committed: whoever takes over after a kill does not
send it again. What the server says it did not take, it gets again (for a day) or not at all; where it went away in the
middle nobody knows, and the letter counts as uncertain. In the transaction that begins a posting the consent is asked for
once more.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone, translation

from svara import log
from svara.letters import audience, writing
from svara.letters.models import Letter, Posting, Undeliverable
from svara.people.models import Account
from svara.privacy import sharing
from svara.privacy.functions.models import Reader
from svara.privacy.functions.registry import FUNCTIONS, OUTSIDE
from svara.privacy.functions.wayout import token_of
from svara.privacy.subject import Subject, account_of
from svara.privacy.vault.port import Unreadable

PORTION = 50
AGAIN = timedelta(minutes=15)
"""After this the server is asked again where it said "later"."""
MAX_TRIES = 96
PERMANENT, LATER = 500, 400
"""Answers from here on mean "never", or "not now" (RFC 5321, section 4.2.1)."""
PROVIDER = "Svara"
"""By this name people know whoever runs the installation."""

_log = log.get("letters.sending")
Clock = Callable[[], datetime]


def send_portion(clock: Clock = timezone.now) -> int:
    """Send a portion of the letter that waits longest; gives how many postings were dealt with, 0 when none is due.

    Raises OSError or smtplib.SMTPException when the mail server is of no use now; what it did not take waits.
    """
    if not can_send():
        return 0
    open_ones = Letter.all_tenants.filter(state="sending").exclude(tenant_id__in=sharing.closed_to_mail())
    for letter in open_ones.select_related("tenant").order_by("asked_at", "id"):
        now = clock()
        waiting = _postings(letter).filter(state="waiting")
        due = list(waiting.filter(Q(after=None) | Q(after__lte=now)).order_by("pk")[:PORTION])
        if due:
            with get_connection() as connection:
                for posting in due:
                    _post(letter, posting, connection, clock)
            return len(due)
        if not waiting.exists():
            end(letter, "sent", now)
    return 0


def can_send() -> bool:
    """Whether letters can go out: there is a mail server, and an address of our pages for the way out."""
    return bool(settings.EMAIL_HOST and settings.ADDRESS.netloc)


@transaction.atomic
def end(letter: Letter, state: str, now: datetime) -> None:
    """A letter is over; what became of it is counted."""
    if not Letter.all_tenants.filter(pk=letter.pk, state="sending").update(state=state, ended_at=now):
        return
    _postings(letter).filter(state="waiting").update(state="stopped")
    counts = dict(_postings(letter).values_list("state").annotate(Count("pk")).order_by())
    Letter.all_tenants.filter(pk=letter.pk).update(counts=counts)


def ways_of(tenant_id: str, subject: Subject, purpose: str) -> writing.Ways:
    """The way out for one reader."""
    token = token_of(tenant_id, subject, purpose)
    page = f"{settings.ADDRESS.scheme}://{settings.ADDRESS.netloc}/news/withdraw/{token}"
    return writing.Ways(page, token, settings.UNSUBSCRIBE_MAIL)


def title_of(purpose: str, language: str) -> str:
    """What readers agreed to, in a language."""
    function = FUNCTIONS[purpose] if purpose in FUNCTIONS else OUTSIDE[purpose]
    with translation.override(language):
        return function.read().title


def company_of(letter: Letter) -> str:
    """Whose letter it is, as readers know them."""
    return PROVIDER if letter.audience in FUNCTIONS else letter.tenant.name


def mail_to(
    letter: Letter, subject: Subject, to: audience.Addressee, message_id: str, connection: BaseEmailBackend | None = None
) -> EmailMessage:
    """The mail for one reader, in their language where the letter is written in it."""
    language = writing.chosen_language(letter.texts, to.languages)
    return writing.mail(
        writing.Text(**letter.texts[language]),
        language,
        title_of(letter.audience, language),
        company_of(letter),
        settings.DEFAULT_FROM_EMAIL,
        to.address,
        ways_of(letter.tenant_id, subject, letter.audience),
        message_id,
        connection,
    )


def _post(letter: Letter, posting: Posting, connection: BaseEmailBackend, clock: Clock) -> None:
    to = _begin(letter, posting)
    if to is None:
        return
    try:
        sharing.post(letter.tenant_id, mail_to(letter, Subject(posting.subject), to, posting.id, connection))
    except sharing.Closed:
        _refused(posting, LATER, clock())
    except smtplib.SMTPRecipientsRefused as error:
        [(code, _words)] = error.recipients.values()
        if code >= PERMANENT:
            _log.warning("the mail server knows no such address", status=code)
            _note_failing(letter.tenant_id, Subject(posting.subject), to.address, clock())
        _refused(posting, code, clock())
    except smtplib.SMTPDataError as error:
        _refused(posting, error.smtp_code, clock())
    except (smtplib.SMTPSenderRefused, smtplib.SMTPHeloError):
        _refused(posting, LATER, clock())
        raise  # it is about us, not about this reader: somebody has to set that right
    except (ValueError, UnicodeError):
        _log.warning("a letter cannot be addressed")
        _set(posting, "unreachable")
    else:
        _set(posting, "sent")


@transaction.atomic
def _begin(letter: Letter, posting: Posting) -> audience.Addressee | None:
    """Take a posting, unless somebody else did, the letter was stopped, or the reader does not want it any more."""
    mine = Posting.all_tenants.filter(pk=posting.pk, state="waiting", letter__state="sending")
    if not mine.update(state="begun", tries=F("tries") + 1):
        return None
    subject = Subject(posting.subject)
    if subject in audience.spared(letter.tenant_id, letter.audience):
        _set(posting, "spared")
        return None
    if not audience.agrees(letter.tenant_id, subject, letter.audience):
        _set(posting, "withdrawn")
        return None
    to = audience.addressee(letter.tenant_id, subject)
    if to is None or not writing.is_address(to.address):
        _set(posting, "unreachable")
        return None
    return to


def _postings(letter: Letter) -> QuerySet[Posting]:
    return Posting.all_tenants.filter(letter=letter)


def _refused(posting: Posting, code: int, now: datetime) -> None:
    if code >= PERMANENT or posting.tries + 1 >= MAX_TRIES:
        _set(posting, "refused")
    else:
        Posting.all_tenants.filter(pk=posting.pk, state="begun").update(state="waiting", after=now + AGAIN)


def _set(posting: Posting, state: str) -> None:
    Posting.all_tenants.filter(pk=posting.pk, state="begun").update(state=state)


def _note_failing(tenant_id: str, subject: Subject, address: str, now: datetime) -> None:
    account_id = account_of(subject)
    if account_id is None:
        Reader.all_tenants.filter(tenant_id=tenant_id, subject=subject).update(failing_since=now)
    elif Account.all_tenants.filter(tenant_id=tenant_id, pk=account_id).exists():
        try:
            index = audience.index_of(tenant_id, address)
        except Unreadable:
            return
        known = {"tenant_id": tenant_id, "address": index, "since": now}
        Undeliverable.all_tenants.update_or_create(account_id=account_id, defaults=known)
