"""The way of somebody outside to their own data: a link or code that opens once, in one browser, within a day.

A link goes to the address that was asked about, so that whoever opens it has that address; an officer who gives one for a
telephone number calls that number and reads the code out, and says how it was made sure. It is made for any number and
address, known here or not, and nothing that anybody outside sees before it is opened tells which. What was used, has run
out, was guessed or altered is `Gone`, in one way.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from svara.privacy.audit.port import SYSTEM, record
from svara.privacy.errors import Forbidden, NotFound, PlainError
from svara.privacy.functions import ledger
from svara.privacy.functions import outside as outsiders
from svara.privacy.functions.models import Consent
from svara.privacy.functions.registry import OUTSIDE
from svara.privacy.rights import exporting, jobs, port, said
from svara.privacy.rights.asked import LINK_DAYS, Link
from svara.privacy.rights.jobs import OFFICER, Asker
from svara.privacy.rights.models import Job
from svara.privacy.rights.port import Holding
from svara.privacy.subject import Subject, account_of

LIFETIME = timedelta(hours=24)
VISIT = timedelta(hours=1)
"""So long its browser may use what was opened."""
LETTERS_A_DAY = 3
"""To one address."""
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 12
"""59 bits: more than anybody guesses at the pace of the door, and few enough to be read out."""
_READ = re.compile(r"[\s-]+")


class Gone(PlainError):  # noqa: N818  the link is
    """It was used, has run out, or was never given."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody outside in front of their own data."""

    id: str
    tenant_id: str
    subject: Subject


@transaction.atomic
def do_give(actor: Asker, subject: Subject, verified: str) -> str:
    """A code for somebody outside, to be read out or sent now: it is shown this once. `verified` says how the officer made
    sure who gets it. Raises Forbidden; Invalid without it, or for a person of the company."""
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
    if account_of(subject) is not None:
        raise NotFound
    verified = said.words(verified, _("Say how you made sure that it is this person."))
    code = "".join(secrets.choice(_ALPHABET) for _n in range(_CODE_LENGTH))
    link = _new(actor.tenant_id, subject, code, way="officer", verified=verified[:200], made_by=actor.id)
    record(actor.tenant_id, actor.id, "grant", subject, "link", link.id)
    return "-".join(code[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


@transaction.atomic
def do_ask(tenant_id: str, address: str, now: datetime | None = None) -> str | None:
    """A link for whoever has this e-mail address, to be sent there and nowhere else; None when it had enough today."""
    at = now or timezone.now()
    subject = outsiders.subject_of(tenant_id, address)
    today = Link.all_tenants.filter(tenant_id=tenant_id, subject=subject, way="mail", made_at__gt=at - timedelta(days=1))
    if today.count() >= LETTERS_A_DAY:
        return None
    token = secrets.token_urlsafe(32)
    _new(tenant_id, subject, token, way="mail", at=at)
    return token


@transaction.atomic
def do_open(token: str, now: datetime | None = None) -> tuple[Visit, str]:
    """Open a link or code: once. Gives the visit, and the secret that its browser keeps. Raises Gone."""
    at = now or timezone.now()
    fresh = Link.all_tenants.filter(opened_at=None, ended_at=None, made_at__gt=at - LIFETIME)
    secret = secrets.token_urlsafe(32)
    wanted = [_hash(token), _hash(_READ.sub("", token).upper())]
    found = fresh.filter(token_hash__in=wanted).first()
    if found is None or not fresh.filter(pk=found.pk).update(opened_at=at, session_hash=_hash(secret)):
        raise Gone(_("This link was used, has run out, or never was one. Ask for a new one."))
    record(found.tenant_id, SYSTEM, "view", Subject(found.subject), "link", found.id)
    return Visit(found.id, found.tenant_id, Subject(found.subject)), secret


def visit(secret: str, now: datetime | None = None) -> Visit:
    """Whose visit this browser is on. Raises Gone."""
    at = now or timezone.now()
    found = Link.all_tenants.filter(session_hash=_hash(secret), opened_at__gt=at - VISIT, ended_at=None).first()
    if not secret or found is None:
        raise Gone(_("This link was used, has run out, or never was one. Ask for a new one."))
    return Visit(found.id, found.tenant_id, Subject(found.subject))


def do_leave(here: Visit) -> None:
    """The visit is over."""
    Link.all_tenants.filter(pk=here.id, ended_at=None).update(ended_at=timezone.now())


def holdings(here: Visit) -> list[Holding]:
    """What there is about the visitor, in all rooms."""
    return [each for room in port.capabilities() for each in room.holdings(here.tenant_id, here.subject)]


def consents(here: Visit) -> list[Consent]:
    """What the visitor agreed to and has not withdrawn."""
    newest = (ledger.newest(here.tenant_id, here.subject, key) for key in OUTSIDE)
    return [entry for entry in newest if entry is not None and entry.decision == "given"]


def do_withdraw(here: Visit, purpose: str) -> None:
    """Withdraw a consent; it counts at once. Raises NotFound."""
    if purpose not in OUTSIDE:
        raise NotFound
    outsiders.do_record(here.tenant_id, here.subject, purpose, agreed=False, how="one-time link", evidence=here.id)


@transaction.atomic
def do_export(here: Visit, language: str) -> Job:
    """Ask for everything about the visitor. What is being made, or is there, is not made again."""
    known = export_of(here)
    if known is not None and known.state != "failed":
        return known
    record(here.tenant_id, SYSTEM, "export", here.subject, "person", why=f"link:{here.id}")
    return jobs.do_ask(here.tenant_id, here.id, exporting.KIND, {"subject": here.subject, "language": language})


def export_of(here: Visit) -> Job | None:
    """The export that was asked for on this visit."""
    asked = Job.all_tenants.filter(tenant_id=here.tenant_id, asked_by=here.id, kind=exporting.KIND)
    return asked.order_by("-asked_at").first()


def access_export(here: Visit) -> exporting.Download:
    """The file of it, for this visit alone. Raises NotFound: not there yet, or not any more."""
    job = export_of(here)
    if job is None:
        raise NotFound
    return exporting.fetch(job, SYSTEM)


def access_links(actor: Asker) -> list[Link]:
    """The links of late, for officers. Raises Forbidden."""
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
    return list(Link.of(actor).order_by("-made_at")[:50])


def forget(now: datetime) -> int:
    """Let go of links that are long over; gives how many."""
    return Link.all_tenants.filter(made_at__lt=now - timedelta(days=LINK_DAYS)).delete()[0]


def letter(company: str, address: str, language: str, place: str) -> EmailMessage:
    """The mail with the link, in a language; `place` is its whole address."""
    with translation.override(language):
        text = "\n\n".join(
            (
                _("Somebody, probably you, asked what %(company)s has stored about this e-mail address.")
                % {"company": company},
                _("See it here, once and within 24 hours: %(address)s") % {"address": place},
                _("If it was not you, do nothing: without this link nobody sees anything."),
            )
        )
        subject = _("Your data at %(company)s") % {"company": company}
    headers = {"Auto-Submitted": "auto-generated"}
    return EmailMessage(" ".join(subject.split()), text + "\n", to=[address], headers=headers)


def _new(
    tenant_id: str,
    subject: Subject,
    token: str,
    *,
    way: str,
    verified: str = "",
    made_by: str = "",
    at: datetime | None = None,
) -> Link:
    return Link.all_tenants.create(
        tenant_id=tenant_id,
        subject=subject,
        way=way,
        verified=verified,
        made_by=made_by,
        made_at=at or timezone.now(),
        token_hash=_hash(token),
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
