"""Asking to be let in, and deciding: the only way.

What comes in is hostile: bounded in size, so many an hour for a company and for one source, each form once, and nothing
tells whether somebody is known already.
"""

from __future__ import annotations

import re
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from svara.admission.access import administered, is_open
from svara.admission.models import Reception, Request
from svara.people import administration
from svara.people.administration import Done
from svara.people.models import Account, Tenant
from svara.people.throttle import Allowance, Buckets, source_of
from svara.privacy.audit.port import SYSTEM, record
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.functions.outside import subject_of
from svara.privacy.subject import Subject, outside
from svara.privacy.tenancy import id_in
from svara.privacy.vault.port import Unreadable

CONSENT = "1"
"""The version of the words to which who asks agrees; new words, new version."""
MAX_NAME, MAX_COMPANY, MAX_CONTACT = 120, 120, 320
MAX_AN_HOUR = 20
"""Of one company, from everybody together."""
MAX_WAITING = 300
FORM_SECONDS = (2, 24 * 3600)
"""A form is sent no sooner than a person can write, and no later than a day after it was shown."""
SOURCE = Allowance(free=5, forgive_seconds=600)
_sources = Buckets(SOURCE)
_signer = Signer(salt="svara.admission.form")


def new_form() -> str:
    """What a form carries, so that it counts once and was shown to somebody."""
    return _signer.sign(f"{get_random_string(22)}-{int(timezone.now().timestamp())}")


def ask(tenant: Tenant, *, name: str, contact: str, company: str, agreed: bool, form: str, source: str) -> None:
    """Somebody outside asks to be let in. Raises NotFound where the company takes no requests, Invalid otherwise.

    Who asks again with the same address while that waits changes nothing, and is told the same.
    """
    if not is_open(Reception(tenant_id=tenant.id)):
        raise NotFound
    name, contact, company = _line(name), contact.strip(), _line(company)
    if not name or len(name) > MAX_NAME:
        raise Invalid(_("Give your name, in at most 120 characters."))
    try:
        validate_email(contact)
    except ValidationError:
        raise Invalid(_("This is no e-mail address.")) from None
    if len(contact) > MAX_CONTACT or len(company) > MAX_COMPANY:
        raise Invalid(_("This may have at most %(most)s characters.") % {"most": MAX_COMPANY})
    if not agreed:
        raise Invalid(_("Without your agreement nothing can be kept, and nobody could answer you."))
    nonce = _nonce(form)
    now = timezone.now()
    if _sources.take(f"{tenant.id} {source_of(source)}", now.timestamp()):
        raise Invalid(_("Too many requests come in at this moment. Try again in an hour, or write a letter."))
    _store(tenant, nonce, name, contact, company)


@transaction.atomic
def _store(tenant: Tenant, nonce: str, name: str, contact: str, company: str) -> None:
    now = timezone.now()
    rows = Request.all_tenants.filter(tenant_id=tenant.id)
    if rows.filter(form=nonce).exists():
        return  # it was sent twice
    late = rows.filter(asked_at__gt=now - timedelta(hours=1)).count() >= MAX_AN_HOUR
    if late or rows.filter(refused_at=None).count() >= MAX_WAITING:
        raise Invalid(_("Too many requests come in at this moment. Try again in an hour, or write a letter."))
    try:
        index = subject_of(tenant.id, contact).partition(":")[2]
    except Unreadable:
        index = ""
    if index and rows.filter(index=index, refused_at=None).exists():
        return
    try:
        with transaction.atomic():
            made = Request.all_tenants.create(
                tenant_id=tenant.id,
                name=name,
                contact=contact,
                company=company,
                index=index,
                consent=CONSENT,
                asked_at=now,
                form=nonce,
            )
    except IntegrityError:  # the same form at the same moment
        return
    record(tenant.id, SYSTEM, "create", _about(made), "access-request", made.id)


@transaction.atomic
def do_receive(actor: Account, *, open_: bool) -> None:
    """Say whether the company takes requests. Raises Forbidden."""
    administered(actor)
    if is_open(actor) != open_:
        Reception.all_tenants.update_or_create(tenant_id=actor.tenant_id, defaults={"open": open_})
        record(actor.tenant_id, actor.id, "change", None, "reception", "", "on" if open_ else "off")


@transaction.atomic
def do_let_in(actor: Account, request_id: str, username: str) -> Done:
    """Make who asked a person of the company, with an invitation; the request goes. Raises Forbidden, NotFound, and Rejected
    where the company would not be right with them."""
    found = _one(actor, request_id)
    item = {"username": username, "name": found.name, "email": found.contact}
    done = administration.do_save(actor, "people", None, item)
    record(actor.tenant_id, actor.id, "change", _about(found), "access-request", found.id, "let-in")
    found.delete()
    return done


@transaction.atomic
def do_refuse(actor: Account, request_id: str, *, again: bool = False) -> None:
    """Refuse a request, or (`again`) let it wait again. Raises Forbidden, NotFound."""
    found = _one(actor, request_id)
    found.refused_at = None if again else timezone.now()
    found.save(update_fields=["refused_at"])
    record(actor.tenant_id, actor.id, "change", _about(found), "access-request", found.id, "waits" if again else "refused")


@transaction.atomic
def do_delete(actor: Account, request_id: str) -> None:
    """Let a request go at once, with all that was said in it. Raises Forbidden, NotFound."""
    found = _one(actor, request_id)
    record(actor.tenant_id, actor.id, "remove", _about(found), "access-request", found.id)
    found.delete()


def _one(actor: Account, request_id: str) -> Request:
    administered(actor)
    found = Request.of(actor).select_for_update().filter(pk=id_in(request_id)).first()
    if found is None:
        raise NotFound
    return found


def _about(request: Request) -> Subject | None:
    return outside(request.index) if request.index else None


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", "".join(sign for sign in text if sign.isprintable() or sign.isspace())).strip()


def _nonce(form: str) -> str:
    """Raises Invalid for a form that was not shown, or that is too old or too young."""
    try:
        nonce = _signer.unsign(form[:200])
    except BadSignature:
        raise Invalid(_("This form is too old. Open it again.")) from None
    age_seconds = timezone.now().timestamp() - int(nonce.rpartition("-")[2])
    if not FORM_SECONDS[0] <= age_seconds <= FORM_SECONDS[1]:
        raise Invalid(_("This form is too old. Open it again."))
    return nonce
