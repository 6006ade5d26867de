"""Reading the phonebook for somebody, and what there is about phonebooks to see: the only way.

Everybody of a company finds everybody else, as in the directory of its pages, its queues and its conference rooms. Who is
here, by what: name, extension, e-mail address, and the company's numbers that lead to them. The own mobile number stands
there only where its person switched that on; nobody stands there whose data are restricted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.db.models import Count

from svara.people.models import Account, Conference, PublicNumber, Queue
from svara.phonebooks.entries import Entry, in_order
from svara.phonebooks.models import Opening, Password
from svara.privacy.errors import Forbidden
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import MOBILE_IN_PHONEBOOKS
from svara.privacy.rights.restriction import restricted
from svara.privacy.subject import person
from svara.privacy.tenancy import InTenant


def access_phonebook(actor: Account) -> tuple[Entry, ...]:
    """All that the actor finds in a phonebook, by name. Staff of the provider are nobody's colleague: Forbidden."""
    if actor.visit is not None:
        raise Forbidden
    return in_order([*_people(actor), *_rooms(actor, Queue, "queue"), *_rooms(actor, Conference, "conference")])


def access_passwords(actor: Account) -> list[Password]:
    """The actor's own phonebook passwords, newest first."""
    return list(Password.of(actor).filter(account=actor).order_by("-created_at", "pk"))


@dataclass(frozen=True, slots=True)
class Overview:
    """What an administrator sees: what is open, and in counts who reads and who stands there with a mobile number."""

    opening: Opening
    readers: int
    """People who have a phonebook password."""
    passwords: int
    mobiles: int
    """People who let colleagues find their mobile number."""


def access_overview(actor: Account) -> Overview:
    """The company's phonebooks. Raises Forbidden for who does not administer it."""
    if not actor.has_role("admin") or actor.visit is not None:
        raise Forbidden
    counts = Password.of(actor).aggregate(passwords=Count("pk"), readers=Count("account_id", distinct=True))
    with_mobile = Account.of(actor).exclude(mobile="").filter(pk__in=people_with(MOBILE_IN_PHONEBOOKS, actor.tenant_id))
    return Overview(opening_of(actor), counts["readers"], counts["passwords"], with_mobile.count())


def opening_of(company: InTenant) -> Opening:
    """What a company opens; nothing where it said nothing."""
    return Opening.of(company).first() or Opening(tenant_id=company.tenant_id)


def _people(actor: Account) -> Iterator[Entry]:
    mobiles = people_with(MOBILE_IN_PHONEBOOKS, actor.tenant_id)
    hidden = restricted(actor.tenant_id)
    numbers = _direct(actor, "person")
    columns = ("pk", "username", "name", "extension", "mobile", "email", "shows")
    for key, username, name, extension, mobile, email, shows in Account.of(actor).values_list(*columns):
        if person(key) in hidden:
            continue
        direct = sorted(numbers.get(username, ()), key=lambda number: number != shows)
        yield Entry(key, "person", name, extension or "", tuple(direct), mobile if key in mobiles else "", email)


def _rooms(actor: Account, model: type[Queue | Conference], kind: Literal["queue", "conference"]) -> Iterator[Entry]:
    """What of a kind has an extension, with the public numbers that lead there."""
    numbers = _direct(actor, kind)
    for key, name, extension in model.of(actor).exclude(extension=None).values_list("pk", "name", "extension"):
        yield Entry(key, kind, name, extension or "", tuple(numbers.get(name, ())))


def _direct(actor: Account, kind: str) -> dict[str, list[str]]:
    """The public numbers that lead to things of a kind, by name."""
    found: dict[str, list[str]] = {}
    rows = PublicNumber.of(actor).filter(to__startswith=f"{kind}:").order_by("number")
    for number, to in rows.values_list("number", "to"):
        found.setdefault(to.removeprefix(f"{kind}:"), []).append(number)
    return found
