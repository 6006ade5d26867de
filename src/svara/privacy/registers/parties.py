"""One person outside of the company: all that there is about them, by the number or address that somebody types.

The look-up stands in the log of views with its reason, and whom it was about as a keyed hash. Numbers are looked for among
the company's own data alone: whether another company knows one cannot be told from the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import phonenumbers
from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.privacy import vault
from svara.privacy.audit.port import record
from svara.privacy.catalogue import Basis, Declaration, Purpose, items
from svara.privacy.catalogue import Subject as About
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions import ledger
from svara.privacy.functions.models import Consent
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.receipts import Receipt, receipt_of
from svara.privacy.registers.models import Case, ContactBasis, Disclosure
from svara.privacy.rights import erasing
from svara.privacy.rights.jobs import Asker
from svara.privacy.rights.port import Holding
from svara.privacy.subject import Subject
from svara.privacy.tenancy import id_in
from svara.privacy.vault.port import Unreadable

OFFICERS = ("admin", "privacy-officer")
REASONS = ("request", "complaint", "correction", "security", "check")
BASES = tuple(basis.value for basis in Basis if basis is not Basis.NOT_PERSONAL)
MAX_TYPED = 320
MAX_NOTE = 500
_SEPARATORS = re.compile(r"[\s()./-]+")
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_OUTSIDE = (About.OUTSIDE_PERSON, About.ANYONE)


@dataclass(frozen=True, slots=True)
class Held:
    """One kind of thing that there is about them, and what the catalogue says of it; None where it says nothing."""

    holding: Holding
    declaration: Declaration | None

    @property
    def purpose(self) -> str:
        """In the reader's language."""
        key = self.holding.purpose
        return Purpose(key).text if key in set(Purpose) else key


@dataclass(frozen=True, slots=True)
class Chosen:
    """On which basis the company deals with them: a letter of Article 6(1), "" as the catalogue says. `note` in clear."""

    basis: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody outside. `who`: their number (E.164) or address, as it was understood. `defaults`: the bases of what is
    stored about people outside, as the catalogue declares them. `chosen`: newest first."""

    subject: Subject
    who: str
    held: tuple[Held, ...]
    hold: str
    consents: tuple[Consent, ...]
    chosen: tuple[Chosen, ...]
    defaults: tuple[Basis, ...]
    cases: tuple[Case, ...]
    disclosures: tuple[Disclosure, ...]

    @property
    def basis(self) -> str:
        """What the company chose for this contact; "" where the catalogue's holds."""
        return self.chosen[0].basis if self.chosen else ""


def read(tenant_id: str, typed: str) -> str:
    """A number as E.164 by the manner of the company's country, or an address, of what somebody typed. Raises Invalid."""
    text = typed.strip()
    if "@" in text and len(text) <= MAX_TYPED:
        return text.casefold()
    digits = _SEPARATORS.sub("", text)
    if not _NUMBER.fullmatch(digits):
        raise Invalid(_("Give a telephone number or an e-mail address."))
    country = apps.get_model("people", "Tenant")._default_manager.values_list("country", flat=True).get(pk=tenant_id)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    try:
        parsed = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return digits
    valid = phonenumbers.is_valid_number(parsed)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if valid else digits


def find(tenant_id: str, typed: str) -> tuple[Subject, str]:
    """Whom a number or address belongs to, and how it was understood. Raises Invalid, also while the key is away."""
    who = read(tenant_id, typed)
    try:
        return subject_of(tenant_id, who), who
    except Unreadable as error:
        raise Invalid(str(error)) from None


@transaction.atomic
def access_party(actor: Asker, number_or_mail: str, *, reason: str) -> Party:
    """All that there is about somebody outside. `reason` is one of `REASONS`. Raises Forbidden, Invalid."""
    _officer(actor)
    if reason not in REASONS:
        raise Invalid(_("Say why you look."))
    subject, who = find(actor.tenant_id, number_or_mail)
    record(actor.tenant_id, actor.id, "view", subject, "party", why=f"reason:{reason}")
    shown = erasing.preview(actor.tenant_id, subject)
    return Party(
        subject,
        who,
        tuple(Held(each, _declared(each)) for each in shown.holdings),
        shown.hold,
        tuple(ledger.of(actor.tenant_id, subject)[:200]),
        tuple(bases_of(actor.tenant_id, subject)),
        defaults(),
        tuple(cases_of(actor.tenant_id, subject)),
        tuple(Disclosure.of(actor).filter(concerned__subject=subject).order_by("-asked_at")[:100]),
    )


def defaults() -> tuple[Basis, ...]:
    """On which bases the catalogue keeps what is about people outside."""
    found = {item.declaration.basis for item in items() if item.declaration.subject is About.OUTSIDE_PERSON}
    return tuple(basis for basis in Basis if basis in found)


def bases_of(tenant_id: str, subject: Subject) -> Iterator[Chosen]:
    """What the company chose for a contact, newest first; a note that cannot be opened says why."""
    rows = list(ContactBasis.all_tenants.filter(tenant_id=tenant_id, subject=subject).order_by("-at", "-id")[:100])
    opened = vault.current().open_many(tenant_id, [(bytes(row.note), _context(row.id)) for row in rows if row.note])
    notes = iter(opened)
    for row in rows:
        note = next(notes) if row.note else b""
        yield Chosen(row.basis, str(note) if isinstance(note, Unreadable) else note.decode(), row.by, row.at)


@transaction.atomic
def do_choose_basis(actor: Asker, number_or_mail: str, basis: str, note: str, now: datetime | None = None) -> Subject:
    """Say on which legal basis the company deals with somebody outside; "" gives it back to the catalogue. Raises Forbidden;
    Invalid without a note, or for consent where there is none in the ledger."""
    _officer(actor)
    subject, _who = find(actor.tenant_id, number_or_mail)
    note = " ".join(note.split())[:MAX_NOTE]
    if basis not in ("", *BASES):
        raise Invalid(_("Choose one of what is offered."))
    if not note:
        raise Invalid(_("Say why this basis holds: the note stands in the history."))
    if basis == Basis.CONSENT and not _agreed(actor.tenant_id, subject):
        raise Invalid(_("There is no consent of this person that is in force: it has to come first."))
    chosen = ContactBasis(tenant_id=actor.tenant_id, subject=subject, basis=basis, by=actor.id, at=now or timezone.now())
    try:
        chosen.note = vault.current().seal(actor.tenant_id, [subject], note.encode(), context=_context(chosen.id))
    except Unreadable as error:
        raise Invalid(str(error)) from None
    chosen.save()
    record(actor.tenant_id, actor.id, "change", subject, "basis", chosen.id)
    return subject


def access_party_receipt(actor: Asker, consent_id: str) -> Receipt:
    """The receipt of a consent of somebody outside. Raises Forbidden, NotFound."""
    _officer(actor)
    found = Consent.of(actor).select_related("tenant").filter(pk=id_in(consent_id), subject__startswith="outside:").first()
    if found is None:
        raise NotFound
    record(actor.tenant_id, actor.id, "view", Subject(found.subject), "consent", found.id)
    return receipt_of(found)


def cases_of(tenant_id: str, subject: Subject) -> Iterator[Case]:
    """Requests and complaints that somebody outside made from this number or address, newest first."""
    index = subject.partition(":")[2]
    yield from Case.all_tenants.filter(tenant_id=tenant_id, person="", index=index or "-").order_by("-opened_at")[:100]


def _agreed(tenant_id: str, subject: Subject) -> bool:
    newest: dict[str, str] = {}
    for entry in ledger.of(tenant_id, subject):
        newest.setdefault(entry.purpose, entry.decision)
    given = get_args(ledger.Decision)[0]
    return given in newest.values()


def _declared(holding: Holding) -> Declaration | None:
    """What the catalogue says of it: of the very table as far as it is about people outside, else of what is kept of them
    for that purpose, else of the table."""
    thing, stored = holding.table.replace("files:", "files."), items()
    same = [item.declaration for item in stored if item.thing == thing and item.personal]
    same.sort(key=lambda each: (each.subject not in _OUTSIDE, each.category != holding.category))
    alike = [item.declaration for item in stored if item.declaration.purpose == holding.purpose and item.personal]
    alike.sort(key=lambda each: each.subject not in _OUTSIDE)
    best = [each for each in same if each.subject in _OUTSIDE] or [each for each in alike if each.subject in _OUTSIDE]
    return next(iter(best or same or alike), None)


def _context(row_id: str) -> bytes:
    return f"registers.basis:{row_id}".encode()


def _officer(actor: Asker) -> None:
    if not actor.has_role(*OFFICERS):
        raise Forbidden
