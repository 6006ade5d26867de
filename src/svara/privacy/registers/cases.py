"""Requests and complaints: opened by whoever wants, answered in time by who looks after privacy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from svara.privacy.audit.port import SYSTEM, record, record_views
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions.outside import subject_of
from svara.privacy.registers import deadlines
from svara.privacy.registers.models import MAX_TEXT, Case
from svara.privacy.rights.jobs import Asker
from svara.privacy.sealedtext import open_all
from svara.privacy.subject import Subject, outside, person
from svara.privacy.vault.port import Unreadable

KINDS = ("question", "complaint", "access", "rectify", "erase", "restrict", "object")
OFFICERS = ("admin", "privacy-officer")
MAX_OPEN_OF_PERSON = 20
MAX_OUTSIDE_AN_HOUR = 20
"""So many of one company, from everybody outside together."""
FORM_SECONDS = (3, 24 * 3600)
"""A form is sent no sooner than a person can write, and no later than a day after it was shown."""

_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{4,30}")
_SEPARATORS = re.compile(r"[ ()./-]+")
_TEXTS = ("name", "contact", "text", "extension", "answer")
_signer = Signer(salt="svara.privacy.registers.form")


@dataclass(frozen=True, slots=True)
class Office:
    """What a deadline depends on."""

    tenant_id: str
    country: str
    timezone: str

    def day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.timezone)).date()


@transaction.atomic
def do_open(actor: Asker, office: Office, kind: str, text: str) -> Case:
    """The actor asks or complains. Raises Invalid."""
    if Case.of(actor).filter(person=actor.id, answered_at=None).count() >= MAX_OPEN_OF_PERSON:
        raise Invalid(_("You have many open requests: wait for an answer to one of them."))
    return _open(office, kind, text, person=actor.id)


def new_form() -> str:
    """What a public form carries, so that it counts once and was shown to somebody."""
    return _signer.sign(f"{get_random_string(22)}-{int(timezone.now().timestamp())}")


@transaction.atomic
def open_outside(office: Office, kind: str, text: str, *, name: str, contact: str, form: str) -> Case:
    """Somebody outside asks or complains. Raises Invalid: a form that was sent before, too fast or too late, too many of
    late, or no address to answer to."""
    now = timezone.now()
    try:
        nonce = _signer.unsign(form[:200])
    except BadSignature:
        raise Invalid(_("This form is too old. Open it again.")) from None
    age_seconds = now.timestamp() - int(nonce.rpartition("-")[2])
    if not FORM_SECONDS[0] <= age_seconds <= FORM_SECONDS[1] or Case.all_tenants.filter(form=nonce).exists():
        raise Invalid(_("This form is too old. Open it again."))
    lately = Case.all_tenants.filter(tenant_id=office.tenant_id, person="", opened_at__gt=now - timedelta(hours=1))
    if lately.count() >= MAX_OUTSIDE_AN_HOUR:
        raise Invalid(_("Too many requests come in at this moment. Try again in an hour, or write a letter."))
    number = _NUMBER.fullmatch(contact)
    if number is None:
        try:
            validate_email(contact)
        except ValidationError:
            raise Invalid(_("Give an e-mail address or telephone number at which we can answer.")) from None
    index = _index(office.tenant_id, _SEPARATORS.sub("", contact) if number else contact)
    return _open(office, kind, text, name=name.strip()[:200], contact=contact[:320], index=index, form=nonce)


@transaction.atomic
def do_enter(actor: Asker, office: Office, kind: str, text: str, contact: str) -> Case:
    """Write down what somebody outside asked an officer, by phone or letter; `contact` is a number (E.164) or an address.
    Raises Forbidden, Invalid."""
    _officer(actor)
    return _open(office, kind, text, by=actor.id, contact=contact[:320], index=_index(office.tenant_id, contact))


def _index(tenant_id: str, contact: str) -> str:
    """By which a contact's cases are found; "" while the company's key is away."""
    try:
        return subject_of(tenant_id, contact).partition(":")[2]
    except Unreadable:
        return ""


def _open(office: Office, kind: str, text: str, *, by: str = "", **more: str) -> Case:
    text = text.strip()
    if kind not in KINDS:
        raise Invalid(_("Choose what it is about."))
    if not text or len(text) > MAX_TEXT:
        raise Invalid(_("Say in your own words what you want, in at most 4000 characters."))
    now = timezone.now()
    due = deadlines.due(office.day(now), office.country)
    case = Case.all_tenants.create(tenant_id=office.tenant_id, kind=kind, text=text, opened_at=now, due_on=due, **more)
    record(office.tenant_id, by or case.person or SYSTEM, "create", _about(case), "case", case.id)
    return case


def _about(case: Case) -> Subject | None:
    if case.person:
        return person(case.person)
    return outside(case.index) if case.index else None


def access_my_cases(actor: Asker) -> list[Case]:
    """What the actor asked, newest first."""
    cases = list(Case.of(actor).filter(person=actor.id).order_by("-opened_at")[:100])
    open_all(cases, *_TEXTS)
    return cases


def access_cases(actor: Asker) -> list[Case]:
    """Every case of the company: the open ones first, the most urgent of them first. Raises Forbidden."""
    _officer(actor)
    opened = list(Case.of(actor).filter(answered_at=None).order_by("due_on", "opened_at")[:500])
    cases = opened + list(Case.of(actor).exclude(answered_at=None).order_by("-answered_at")[:100])
    open_all(cases, *_TEXTS)
    about = [person(case.person) for case in cases if case.person not in ("", actor.id)]
    if cases:
        record_views(actor.tenant_id, actor.id, about, "cases", why="privacy-officer", count=len(cases))
    return cases


@transaction.atomic
def do_answer(actor: Asker, case_id: str, answer: str) -> Case:
    """Answer a case, which ends it. Raises Forbidden, NotFound, Invalid."""
    case = _one(actor, case_id)
    case.answer = _words(answer)
    case.answered_at, case.answered_by = timezone.now(), actor.id
    case.save(update_fields=["answer", "answered_at", "answered_by"])
    _note(actor, case)
    return case


@transaction.atomic
def do_extend(actor: Asker, office: Office, case_id: str, reason: str) -> Case:
    """Take more time, once, with a reason that the person is told. Raises Forbidden, NotFound, Invalid."""
    case = _one(actor, case_id)
    if case.extension:
        raise Invalid(_("The time was extended already."))
    if office.day(timezone.now()) > case.due_on:
        raise Invalid(_("The time is over: it can no longer be extended."))
    case.extension = _words(reason)
    case.due_on = deadlines.extended(office.day(case.opened_at), office.country)
    case.save(update_fields=["extension", "due_on"])
    _note(actor, case)
    return case


def _one(actor: Asker, case_id: str) -> Case:
    _officer(actor)
    case = Case.of(actor).select_for_update().filter(pk=case_id[:32]).first()
    if case is None:
        raise NotFound
    if case.answered_at is not None:
        raise Invalid(_("This is answered already."))
    return case


def _words(text: str) -> str:
    text = text.strip()
    if not text or len(text) > MAX_TEXT:
        raise Invalid(_("Say in your own words what you want, in at most 4000 characters."))
    return text


def _note(actor: Asker, case: Case) -> None:
    record(actor.tenant_id, actor.id, "change", _about(case), "case", case.id)


def _officer(actor: Asker) -> None:
    if not actor.has_role(*OFFICERS):
        raise Forbidden
