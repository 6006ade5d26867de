"""The register of recipients: who outside gets what, why, where, on what ground, under which contract; what is not said.

Most of it lists itself (`svara.privacy.registers.outsiders`): the company completes it and adds those with whom it shares
data. A recipient that is closed gets nothing: no mail leaves by a closed mail server (`svara.privacy.sharing`), nothing is
shared with a closed partner. What the system cannot do without (a trunk, its database) cannot be closed here: it says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.privacy import words
from svara.privacy.audit.port import record
from svara.privacy.catalogue import Purpose, Recipient, items
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.registers.models import Disclosure, RecipientEntry, Share
from svara.privacy.registers.outsiders import Outsider, machines, outsiders
from svara.privacy.registers.transfers import GROUNDS, ROLES, Gap, Ground, Role, gaps, needs_ground
from svara.privacy.rights.jobs import Asker
from svara.privacy.tenancy import new_id

OFFICERS = ("admin", "privacy-officer")
CLOSABLE = frozenset({Recipient.MAIL_SERVER, Recipient.PARTNER, Recipient.PUSH_SERVICE})
MAX_ADDED = 200
RECORDINGS = "recordings-storage"
"""How the key of a bucket begins in which recordings and messages lie."""
_EVERYTHING = frozenset({Recipient.HOST, Recipient.DATABASE})
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Known:
    """A recipient as it stands. `home` is the company's country; `listed`: a setting names it, the company need not."""

    entry: RecipientEntry
    kind: Recipient
    name: str
    home: str
    listed: bool

    @property
    def key(self) -> str:
        return self.entry.key

    @property
    def country(self) -> str:
        return self.entry.country

    @property
    def role(self) -> Role:
        return self.entry.role

    @property
    def ground(self) -> Ground:
        """On which data go there; "" also where none is needed."""
        return self.entry.ground if self.transfer else ""

    @property
    def transfer(self) -> bool:
        """Whether data leave the room in which they may move freely."""
        return bool(self.country) and self.role != "own" and needs_ground(self.home, self.country)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not said of it yet."""
        one = self.entry
        shared = self.kind is Recipient.PARTNER
        return gaps(self.home, one.country, one.role, one.ground, one.contract, confidential=one.confidential, shared=shared)

    @property
    def closed(self) -> bool:
        return self.entry.closed_at is not None

    @property
    def closable(self) -> bool:
        return self.kind in CLOSABLE

    @property
    def purposes(self) -> tuple[Purpose, ...]:
        """What data go there for."""
        if self.entry.purpose:
            return (Purpose(self.entry.purpose),)
        if self._holds_recordings:
            return (Purpose.MESSAGES, Purpose.RECORDING)
        named = {item.declaration.purpose for item in items() if self.kind in item.recipients}
        return tuple(purpose for purpose in Purpose if purpose in named) or (Purpose.OPERATION,)

    @property
    def _holds_recordings(self) -> bool:
        return self.kind is Recipient.STORAGE and self.entry.key.startswith(RECORDINGS)

    @property
    def data(self) -> tuple[str, ...]:
        """What it gets, in words."""
        if self.entry.data:
            return (self.entry.data,)
        if self.kind in _EVERYTHING:
            return (_("everything that is stored; what is sealed goes there sealed"),)
        if self.kind is Recipient.BUS:
            return (_("calls while they go on: numbers, names and states"),)
        if self.kind is Recipient.KEY_SERVICE:
            return (_("nothing about anybody: keys alone"),)
        if self._holds_recordings:
            return (_("recordings of talks and voice messages, sealed: without the keys nobody hears them"),)
        if self.kind is Recipient.STORAGE:
            return (_("archives of calls, sealed: without the keys nobody reads them"),)
        return tuple(sorted({words.category(item.declaration.category) for item in items() if self.kind in item.recipients}))


def known(tenant_id: str) -> tuple[Known, ...]:
    """Every recipient of a company (by id): those that its settings name first, then those that it added."""
    home = apps.get_model("people", "Tenant")._default_manager.values_list("country", flat=True).get(pk=tenant_id)
    entries = {entry.key: entry for entry in RecipientEntry.all_tenants.filter(tenant_id=tenant_id).order_by("name")}
    found = []
    for each in outsiders(tenant_id):
        entry = entries.pop(each.known_by, None) or _new(tenant_id, each)
        found.append(Known(entry, each.kind, each.name, home, listed=True))
    return tuple(found) + tuple(
        Known(entry, Recipient.PARTNER, entry.name, home, listed=False)
        for entry in entries.values()
        if entry.kind == Recipient.PARTNER
    )


def _new(tenant_id: str, outsider: Outsider) -> RecipientEntry:
    """What stands where the company has said nothing yet. A telephone provider is bound by the law of its trade and decides
    for itself how it carries calls; whoever runs the system for the company works on its instructions."""
    roles: dict[Recipient, Role] = {Recipient.CARRIER: "controller", Recipient.HOST: "processor"}
    return RecipientEntry(
        tenant_id=tenant_id,
        key=outsider.known_by,
        kind=outsider.kind.value,
        name=outsider.name,
        country=outsider.country,
        role=roles.get(outsider.kind, ""),
    )


def access_recipients(actor: Asker) -> tuple[Known, ...]:
    """The company's register. Raises Forbidden."""
    _officer(actor)
    return known(actor.tenant_id)


def access_shares(actor: Asker) -> list[Share]:
    """Who got which figures or records when, newest first. Raises Forbidden."""
    _officer(actor)
    return list(Share.of(actor).order_by("-at")[:200])


def access_authorities(actor: Asker) -> list[Disclosure]:
    """Authorities to which something was disclosed, newest first. Raises Forbidden."""
    _officer(actor)
    return list(Disclosure.of(actor).filter(state="disclosed").order_by("-ended_at")[:200])


@transaction.atomic
def do_describe(actor: Asker, key: str, given: Mapping[str, str]) -> RecipientEntry:
    """Complete what is known of a recipient: country, role, ground, contract, confidentiality. Raises Forbidden,
    NotFound, Invalid."""
    _officer(actor)
    entry = _one(actor, key).entry
    _fill(entry, given)
    entry.save()
    record(actor.tenant_id, actor.id, "change", None, "recipient", entry.id)
    return entry


@transaction.atomic
def do_add(actor: Asker, given: Mapping[str, str]) -> RecipientEntry:
    """Add somebody with whom the company shares data: `name`, `purpose`, `data`, and what `do_describe` takes. Raises
    Forbidden, Invalid."""
    _officer(actor)
    own = RecipientEntry.of(actor).filter(kind=Recipient.PARTNER)
    name, data = _text(given, "name", 200), _text(given, "data", 300)
    if not name or not data or given.get("purpose") not in set(Purpose):
        raise Invalid(_("Say who it is, what for, and what they get."))
    if own.count() >= MAX_ADDED:
        raise Invalid(_("There are too many recipients."))
    entry = RecipientEntry(
        tenant_id=actor.tenant_id, key=f"{Recipient.PARTNER}:{new_id()}", name=name, purpose=given["purpose"], data=data
    )
    _fill(entry, given)
    entry.save()
    record(actor.tenant_id, actor.id, "create", None, "recipient", entry.id)
    return entry


@transaction.atomic
def do_close(actor: Asker, key: str, *, closed: bool = True) -> RecipientEntry:
    """Nothing goes there any more; or something may again. Raises Forbidden, NotFound; Invalid for what the system cannot do
    without."""
    _officer(actor)
    found = _one(actor, key)
    if not found.closable:
        raise Invalid(why_open(found.kind))
    found.entry.closed_at = timezone.now() if closed else None
    found.entry.save()
    record(actor.tenant_id, actor.id, "revoke" if closed else "grant", None, "recipient", found.entry.id)
    return found.entry


def why_open(kind: Recipient) -> str:
    """Why a recipient cannot be closed in the register, and what to do instead."""
    if kind is Recipient.CARRIER:
        return _("Calls go through this provider: to stop it, take the trunk out of the administration.")
    return _("The system itself runs with it: whoever runs the installation has to move it elsewhere.")


def closed_to_mail() -> frozenset[str]:
    """Ids of the companies that have closed the mail server that is set."""
    server = [each.known_by for each in machines("") if each.kind is Recipient.MAIL_SERVER]
    closed = RecipientEntry.all_tenants.filter(key__in=server).exclude(closed_at=None)
    return frozenset(closed.values_list("tenant_id", flat=True))


def closed_push_services() -> frozenset[tuple[str, str]]:
    """The push services that companies have closed: (id of the company, key of the entry)."""
    closed = RecipientEntry.all_tenants.filter(kind=Recipient.PUSH_SERVICE).exclude(closed_at=None)
    return frozenset(closed.values_list("tenant_id", "key"))


def open_partner(actor: Asker, key: str) -> Known:
    """A recipient with whom the company may share data now. Raises NotFound; Invalid where it is closed, or not all is said
    that has to be before anything goes there."""
    found = _one(actor, key)
    if found.kind is not Recipient.PARTNER:
        raise NotFound
    if found.closed:
        raise Invalid(_("The company has closed this recipient: nothing goes there."))
    if found.gaps:
        raise Invalid(_("Complete the entry of this recipient first: nothing is shared before it is complete."))
    return found


def _one(actor: Asker, key: str) -> Known:
    found = next((each for each in known(actor.tenant_id) if each.key == key), None)
    if found is None:
        raise NotFound
    return found


def _fill(entry: RecipientEntry, given: Mapping[str, str]) -> None:
    country, role, ground = _text(given, "country", 3).upper(), given.get("role", ""), given.get("ground", "")
    if country and not _COUNTRY.fullmatch(country):
        raise Invalid(_("A country is two letters: NO, SE, LV."))
    if role not in ("", *ROLES) or ground not in ("", *GROUNDS):
        raise Invalid(_("Choose one of what is offered."))
    entry.country, entry.contract = country, _text(given, "contract", 300)
    entry.role, entry.ground = role, ground  # type: ignore[assignment]  # checked above
    entry.confidential = given.get("confidential") == "yes"


def _text(given: Mapping[str, Any], name: str, longest: int) -> str:
    return " ".join(str(given.get(name, "")).split())[:longest]


def _officer(actor: Asker) -> None:
    if not actor.has_role(*OFFICERS):
        raise Forbidden
