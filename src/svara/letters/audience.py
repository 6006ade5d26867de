"""Who gets letters for a purpose: whoever agreed to it, has an address at which mail arrives, and has not restricted the use
of their data or objected. Asked anew for each letter, at the moment at which it goes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from svara.letters.models import Undeliverable
from svara.people.models import Account
from svara.privacy import vault
from svara.privacy.functions import outside, readers
from svara.privacy.functions.models import Reader
from svara.privacy.functions.port import enabled, people_with, stopped
from svara.privacy.functions.registry import MARKETING, NEWS, PRODUCT_UPDATES
from svara.privacy.subject import Subject, account_of, person
from svara.privacy.vault.port import Unreadable


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where a letter goes, and the languages its reader likes, best first."""

    address: str
    languages: tuple[str, ...]


def agreeing(tenant_id: str, purpose: str) -> frozenset[Subject]:
    """Everybody of a company, or of its readers, who has agreed to letters for a purpose. Raises KeyError."""
    match purpose:
        case "product_updates":
            return frozenset(map(person, people_with(PRODUCT_UPDATES, tenant_id)))
        case "marketing":
            return frozenset(map(person, people_with(MARKETING, tenant_id)))
        case "news":
            return outside.agreeing(tenant_id, NEWS)
    raise KeyError(purpose)


def agrees(tenant_id: str, subject: Subject, purpose: str) -> bool:
    """Whether this one does, at this moment."""
    account_id = account_of(subject)
    return outside.agreed(tenant_id, subject, purpose) if account_id is None else enabled(account_id, purpose)


def spared(tenant_id: str, purpose: str) -> frozenset[Subject]:
    """Who has restricted the use of their data, or objected to this purpose: they get nothing, whatever they agreed to."""
    return stopped(purpose, tenant_id)


def reachable(tenant_id: str, purpose: str) -> frozenset[Subject]:
    """Whom a letter would be for now."""
    agreed = agreeing(tenant_id, purpose) - spared(tenant_id, purpose)
    return frozenset(agreed & (_readers(tenant_id) if purpose == NEWS else _people(tenant_id, agreed)))


def addressee(tenant_id: str, subject: Subject) -> Addressee | None:
    """Where a letter to somebody goes; None where no mail would arrive, or the address cannot be read."""
    account_id = account_of(subject)
    try:
        if account_id is None:
            reader = Reader.all_tenants.filter(tenant_id=tenant_id, subject=subject, failing_since=None).first()
            return Addressee(readers.address_of(reader), (reader.language,)) if reader is not None else None
        account = Account.all_tenants.select_related("tenant").filter(tenant_id=tenant_id, pk=account_id).first()
        if account is None or not account.email or _fails(account):
            return None
    except Unreadable:
        return None
    return Addressee(account.email, (account.language, *account.tenant.languages))


def index_of(tenant_id: str, address: str) -> str:
    """The keyed hash of an address. Raises Unreadable."""
    return vault.current().index(tenant_id, "mail", address.strip().casefold())


def _fails(account: Account) -> bool:
    known = Undeliverable.all_tenants.filter(account=account).first()
    return known is not None and known.address == index_of(account.tenant_id, account.email)


def _readers(tenant_id: str) -> frozenset[Subject]:
    rows = Reader.all_tenants.filter(tenant_id=tenant_id, failing_since=None)
    return frozenset(map(Subject, rows.values_list("subject", flat=True)))


def _people(tenant_id: str, agreed: Iterable[Subject]) -> frozenset[Subject]:
    ids = [account_of(subject) for subject in agreed]
    failing = dict(Undeliverable.all_tenants.filter(tenant_id=tenant_id).values_list("account_id", "address"))
    found = set()
    for account_id, email in Account.all_tenants.filter(tenant_id=tenant_id, pk__in=ids).values_list("pk", "email"):
        if email and (account_id not in failing or failing[account_id] != index_of(tenant_id, email)):
            found.add(person(account_id))
    return frozenset(found)
