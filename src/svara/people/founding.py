"""The first company of an installation, made on a page.

Who may do that is told by a code that only whoever starts the installation can read: `svara serve` makes it while there is
no company, prints the link with it, and keeps it in the data folder, which nobody else may enter. Where a request comes from
decides nothing: behind a proxy everybody seems to come from this machine. The code (`svara.people.setupcode`) is gone with
the first company.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from svara import log
from svara.data import DataFolder, locked, put
from svara.people import access, changelog, demooffice, firststeps, setupcode
from svara.people.administration import Fault, Rejected
from svara.people.difference import Difference
from svara.people.models import Account, Tenant
from svara.people.officefile import OfficeFileError, check
from svara.people.prepared import Prepared
from svara.people.yamltree import from_plain

_log = log.get("people.founding")
_LINE = re.compile(r" \(line \d+\)| on line \d+")
_NEEDED = ("name", "country", "timezone", "owner", "email", "password")
_FIELDS = {"slug": "name", "username": "owner"}
"""What was made here out of what was asked for."""


class Closed(Exception):  # noqa: N818  a state, not a mistake
    """There is a company already, or this is not the code."""


@dataclass(frozen=True, slots=True)
class Founding:
    """What the owner says of the company and of themselves."""

    name: str
    country: str
    timezone: str
    languages: tuple[str, ...]
    owner: str
    email: str
    extension: str
    password: str = field(repr=False)


def prepare(folder: DataFolder) -> None:
    """There is a code as long as there is no company."""
    if Tenant.objects.exists():
        setupcode.forget(folder)
    else:
        setupcode.make(folder)


def is_open() -> bool:
    """Whether a first company can be made here."""
    return bool(setupcode.read(settings.DATA)) and not Tenant.objects.exists()


def fits(given: str) -> bool:
    """Whether this is the code of an installation without a company."""
    return setupcode.fits(settings.DATA, given) and is_open()


def tried(given: str, source_ip: str) -> bool:
    """The same of somebody who tries one at the door; a wrong one is logged. With 100 random bits nobody needs to wait."""
    right = fits(given)
    if not right:
        _log.warning("a wrong set-up code was given", pii_source=source_ip)
    return right


# --- making it


def do_found(code: str, wish: Founding) -> Account:
    """Make the company with its owner, who administers it. Raises Closed, Rejected (paths are names of `Founding`)."""
    with locked(settings.DATA.root / ".setup-lock"):
        if not fits(code):
            raise Closed
        account = _make(wish)
        setupcode.forget(settings.DATA)
    return account


def do_found_demo(code: str) -> Account:
    """Make the demo company in place of one's own; gives its administrator. Raises Closed."""
    with locked(settings.DATA.root / ".setup-lock"):
        if not fits(code):
            raise Closed
        demooffice.install()
        put(settings.DATA.demo_phones, b"")
        setupcode.forget(settings.DATA)
    first = demooffice.office().people[0]
    (account,) = access.accounts_named(f"{first.username}@{demooffice.office().tenant.slug}")
    return account


def _make(wish: Founding) -> Account:
    missing = [key for key in _NEEDED if not getattr(wish, key)]
    if missing:
        raise Rejected([Fault((key,), f"the company needs '{key}', for example") for key in missing])
    person: dict[str, Any] = {"username": username_for(wish.owner, wish.email, ()), "name": wish.owner, "roles": ["admin"]}
    person |= {key: value for key, value in (("email", wish.email), ("extension", wish.extension)) if value}
    tree, paths = from_plain(
        {
            "version": 1,
            "tenant": {
                "slug": slug_for(wish.name),
                "name": wish.name,
                "country": wish.country,
                "timezone": wish.timezone,
                "languages": list(wish.languages),
            },
            "people": [person | {"password": wish.password}],
        }
    )
    faults = _too_easy(wish, person["username"])
    try:
        office = check(tree, "")
    except OfficeFileError as error:
        raise Rejected(
            [*(Fault(_path(paths[one.line - 1]), _LINE.sub("", one.message)) for one in error.problems), *faults]
        ) from None
    if faults:
        raise Rejected(faults)
    prepared = Prepared()
    Difference(office, prepared).prepare()
    with transaction.atomic():
        applied = Difference(office, prepared, lock=True).carry_out(demo=False, by="")
        account = Account.all_tenants.select_related("tenant").get(tenant__slug=office.tenant.slug)
        account.entered_by = account.id
        account.save(update_fields=["entered_by"])
        changelog.record(account.tenant, None, {}, applied.changes, by=account)
        firststeps.begin(account.tenant)
    return account


def _too_easy(wish: Founding, username: str) -> list[Fault]:
    try:
        validate_password(wish.password, Account(username=username, name=wish.owner, email=wish.email))
    except ValidationError as error:
        return [Fault(("password",), each) for each in error.messages]
    return []


def _path(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where in the wish it stands: `people[0].name` is the owner's."""
    if path[:1] == ("people",):
        key = str(path[2]) if len(path) > 2 else "owner"
        return ("owner",) if key in ("name", "username") else (key,)
    key = str(path[1]) if len(path) > 1 else "name"
    return (_FIELDS.get(key, key),)


# --- names out of names

_LETTERS = {
    **dict(zip("абвгдезийклмнопрстуфыэё", "abvgdezijklmnoprstufyee", strict=True)),
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya",
    "æ": "ae", "ø": "o", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th",
}  # fmt: skip


def plain(text: str) -> str:
    """A name in small letters without accents, words parted by dots: "Анна Škoda-Berg" is "anna.skoda-berg"."""
    spelt = "".join(_LETTERS.get(sign, sign) for sign in text.casefold())
    apart = unicodedata.normalize("NFKD", spelt).casefold()  # once more: a letter in a circle comes apart into a capital
    kept = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "-_") else " " for sign in apart if not _accent(sign)
    )
    return ".".join(kept.split()).strip("-_.")


def _accent(sign: str) -> bool:
    return bool(unicodedata.combining(sign))


def slug_for(name: str) -> str:
    """A short name for a company."""
    short = re.sub(r"[._-]+", "-", plain(name))[:40].strip("-")
    return short or "office"


def username_for(name: str, email: str, taken: Sequence[str] | set[str]) -> str:
    """A user name that nobody has: what stands before the @, else the name."""
    first = (plain(email.partition("@")[0]) or plain(name) or "person")[:56]
    number, found = 1, first
    while found in taken:
        number += 1
        found = f"{first}{number}"
    return found
