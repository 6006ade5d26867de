"""Writing letters and sending them. Each `do_*` is one transaction, and stands in the log of views and changes."""

from __future__ import annotations

import smtplib
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.letters import audience, sending, writing
from svara.letters.access import access_letter
from svara.letters.models import Letter, Posting
from svara.people.models import Account, Tenant
from svara.privacy import sharing
from svara.privacy.audit.port import OPERATOR, record
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.registry import MARKETING, NEWS, PRODUCT_UPDATES
from svara.privacy.subject import Subject, person
from svara.privacy.tenancy import demo_tenants, id_in, new_id

MAX_DRAFTS = 50
OF_OPERATOR = (PRODUCT_UPDATES, MARKETING)
"""What letters of whoever runs the installation may be for."""


@transaction.atomic
def do_write(actor: Account, letter_id: str | None, texts: Mapping[str, tuple[str, str]]) -> Letter:
    """Write a letter to the company's readers, or write a draft anew; `texts` are subject and text by language.

    Raises Forbidden, NotFound, Invalid.
    """
    if letter_id is None:
        if not actor.has_role("admin"):
            raise Forbidden
        if Letter.of(actor).filter(state="draft").count() >= MAX_DRAFTS:
            raise Invalid(_("There are too many drafts. Remove one first."))
        letter = Letter(tenant_id=actor.tenant_id, audience=NEWS)
    else:
        letter = _draft(actor, letter_id)
    letter.texts = writing.checked(texts, dict(settings.LANGUAGES))
    letter.by, letter.changed_at = actor.id, timezone.now()
    letter.save()
    record(actor.tenant_id, actor.id, "create" if letter_id is None else "change", None, "letter", letter.id)
    return letter


@transaction.atomic
def do_remove(actor: Account, letter_id: str) -> None:
    """Throw a draft away. Raises Forbidden, NotFound, Invalid."""
    letter = _draft(actor, letter_id)
    record(actor.tenant_id, actor.id, "remove", None, "letter", letter.id)
    letter.delete()


def do_test(actor: Account, letter_id: str, language: str) -> str:
    """Send the letter to oneself alone, in one of its languages; gives the address. Raises Forbidden, NotFound, Invalid."""
    letter = access_letter(actor, letter_id)
    if language not in letter.texts:
        raise Invalid(_("The letter is not written in this language."))
    if not actor.email:
        raise Invalid(_("You have no e-mail address here."))
    _must_send()
    to = audience.Addressee(actor.email, (language,))
    try:
        sharing.post(letter.tenant_id, sending.mail_to(letter, subject_of(actor.tenant_id, actor.email), to, new_id()))
    except sharing.Closed as error:
        raise Invalid(str(error)) from None
    except (OSError, smtplib.SMTPException, ValueError):
        raise Invalid(_("The mail server did not take it. Try again later.")) from None
    record(actor.tenant_id, actor.id, "export", None, "letter", letter.id, "test")
    return actor.email


@transaction.atomic
def do_send(actor: Account, letter_id: str) -> Letter:
    """Begin to send a draft to everybody who agreed. Raises Forbidden, NotFound, Invalid."""
    letter = _draft(actor, letter_id)
    _must_send(actor.tenant_id)
    readers = audience.reachable(actor.tenant_id, letter.audience)
    if not readers:
        raise Invalid(_("Nobody would get it: no reader has agreed yet."))
    _begin(letter, readers)
    record(actor.tenant_id, actor.id, "approve", None, "letter", letter.id)
    return letter


@transaction.atomic
def do_stop(actor: Account, letter_id: str) -> None:
    """Send it to nobody else. What is sent is sent. Raises Forbidden, NotFound."""
    letter = access_letter(actor, letter_id)
    sending.end(letter, "stopped", timezone.now())
    record(actor.tenant_id, actor.id, "revoke", None, "letter", letter.id)


@transaction.atomic
def do_send_by_operator(purpose: str, texts: Mapping[str, tuple[str, str]]) -> list[Letter]:
    """Begin to send a letter of whoever runs the installation to everybody in every company who agreed to it; demo
    companies get none. Gives one letter a company. Raises Invalid."""
    if purpose not in OF_OPERATOR:
        raise Invalid("such letters are not the operator's to send")
    written = writing.checked(texts, dict(settings.LANGUAGES))
    _must_send()
    sending_id, letters, now = new_id(), [], timezone.now()
    without = {*demo_tenants(), *sharing.closed_to_mail()}
    for tenant in Tenant.objects.exclude(pk__in=without).order_by("slug"):
        readers = audience.reachable(tenant.id, purpose)
        if readers:
            letter = Letter(tenant=tenant, audience=purpose, sending=sending_id, texts=written, by=OPERATOR, changed_at=now)
            letter.save(force_insert=True)
            _begin(letter, readers)
            record(tenant.id, OPERATOR, "approve", None, "letter", letter.id, purpose)
            letters.append(letter)
    return letters


@transaction.atomic
def do_stop_by_operator(sending_id: str) -> list[Letter]:
    """Stop such a letter in every company; gives them. Raises Invalid where there is none."""
    letters = list(Letter.all_tenants.filter(sending=id_in(sending_id), by=OPERATOR).exclude(sending=""))
    if not letters:
        raise Invalid("there is no such letter")
    for letter in letters:
        sending.end(letter, "stopped", timezone.now())
        record(letter.tenant_id, OPERATOR, "revoke", None, "letter", letter.id)
        letter.refresh_from_db()
    return letters


def test_by_operator(purpose: str, texts: Mapping[str, tuple[str, str]], address: str, language: str) -> None:
    """Send such a letter to one address alone. Raises Invalid."""
    written = writing.checked(texts, dict(settings.LANGUAGES))
    if not writing.is_address(address):
        raise Invalid("that is no e-mail address")
    tenant = Tenant.objects.order_by("created_at").first()
    if tenant is None or purpose not in OF_OPERATOR:
        raise Invalid("such letters are not the operator's to send")
    _must_send()
    letter = Letter(tenant=tenant, audience=purpose, texts=written)
    to = audience.Addressee(address, (language,))
    try:
        sharing.post("", sending.mail_to(letter, person("0" * 32), to, new_id()))
    except (OSError, smtplib.SMTPException, ValueError):
        raise Invalid(_("The mail server did not take it. Try again later.")) from None


def _begin(letter: Letter, readers: Iterable[Subject]) -> None:
    letter.state, letter.asked_at = "sending", timezone.now()
    letter.save(update_fields=["state", "asked_at"])
    Posting.all_tenants.bulk_create(
        [Posting(tenant_id=letter.tenant_id, letter=letter, subject=reader) for reader in sorted(readers)], batch_size=500
    )


def _draft(actor: Account, letter_id: str) -> Letter:
    access_letter(actor, letter_id)
    letter = Letter.of(actor).select_for_update().get(pk=letter_id)
    if letter.state != "draft":
        raise Invalid(_("This letter is on its way already; it cannot be changed any more."))
    return letter


def _must_send(tenant_id: str = "") -> None:
    if tenant_id in sharing.closed_to_mail():
        raise Invalid(_("The company has closed its mail server: no mail is sent."))
    if not sending.can_send():
        raise Invalid(_("No letter can be sent: the server has no mail server, or no address of its own pages."))
