"""People out of a list (`svara.people.csvfile`): what will become of each line, shown before anything is done, and doing it.

Each line is somebody who will be added, somebody who is there already, or has faults in plain words. Extensions are proposed
where the list has none. Adding is one change of the office with all its checks, which the list of changes can undo.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import phonenumbers

from svara.people import access, administration
from svara.people.administration import Done, Fault
from svara.people.csvfile import Column, Row, Table
from svara.people.document import Item
from svara.people.founding import username_for
from svara.people.models import Account, Conference, Menu, Queue, Tenant
from svara.people.officefile.parking import places

State = Literal["new", "there", "alike", "wrong"]
Trouble = Literal[
    "no-name", "formula", "email", "email-twice", "extension", "extension-twice", "extension-taken", "mobile", "office"
]
MIN_FORMULA = ("=", "@", "+", "-", "\t")
"""How a cell begins that spreadsheets would compute."""
FIRST_EXTENSION = 101


@dataclass(frozen=True, slots=True)
class Says:
    """What is wrong with a value of a line. `message`: what the check of the office says, where it is that."""

    trouble: Trouble
    value: str = ""
    message: str = ""


@dataclass(slots=True)
class Planned:
    """One line, and what will become of it. "alike": somebody of that name is there already, so it is asked."""

    line: int
    name: str
    email: str
    extension: str
    mobile: str
    state: State = "new"
    username: str = ""
    proposed: bool = False
    """The extension is our own idea."""
    says: list[Says] = field(default_factory=list)

    @property
    def item(self) -> Item:
        """As the office's document has it."""
        item = {"username": self.username, "name": self.name, "roles": [], "phones": []}
        more = {"email": self.email, "extension": self.extension, "mobile": self.mobile}
        return item | {key: value for key, value in more.items() if value}


def access_plan(actor: Account, table: Table, extensions: Mapping[int, str] | None = None) -> list[Planned]:
    """What would become of each line. `extensions`: what was typed for a line instead. Raises Forbidden."""
    if not administration.administers(access.me(actor)):
        raise access.Forbidden
    tenant = access.me(actor).tenant
    planned = [_read(row, tenant.country, (extensions or {}).get(row.line)) for row in table.rows]
    known = list(Account.of(tenant).values_list("username", "name", "email"))
    _compare(planned, known)
    _number(planned, tenant)
    taken = {username for username, _name, _email in known}
    for one in planned:
        if one.state in ("new", "alike"):
            one.username = username_for(one.name, one.email, taken)
            taken.add(one.username)
    _blame(planned, actor)
    return planned


def do_import(actor: Account, planned: list[Planned]) -> Done:
    """Add those who can be. Raises Forbidden, Rejected."""
    return administration.do_add_people(actor, [one.item for one in planned])


# --- reading a line


def _read(row: Row, country: str, extension: str | None) -> Planned:
    name = row.get("name") or " ".join(filter(None, (row.get("first"), row.get("last"))))
    typed = row.get("extension") if extension is None else extension
    one = Planned(row.line, name[:200], row.get("email"), "".join(typed.split()), "")
    columns: tuple[Column, ...] = ("first", "last", "name", "email")
    for column in columns:
        if row.get(column).startswith(MIN_FORMULA):
            one.says.append(Says("formula", row.get(column)[:60]))
    if not name:
        one.says.append(Says("no-name"))
    if row.get("mobile"):
        one.mobile = _number_of(row.get("mobile"), country)
        if not one.mobile:
            one.says.append(Says("mobile", row.get("mobile")[:60]))
    return one


def _number_of(text: str, country: str) -> str:
    """A number of E.164, read as in that country; "" for none."""
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


# --- beside the others


def _compare(planned: list[Planned], known: Collection[tuple[str, str, str]]) -> None:
    """Who is there already, by the e-mail; who may be, by the name; and who stands in the list twice."""
    emails = {email.casefold() for _username, _name, email in known if email}
    names = {access.folded(name) for _username, name, _email in known}
    often = Counter(one.email.casefold() for one in planned if one.email)
    for one in planned:
        mail = one.email.casefold()
        if mail and mail in emails:
            one.state = "there"
            one.says.clear()
        elif mail and often[mail] > 1:
            one.says.append(Says("email-twice", one.email))
        elif access.folded(one.name) in names:
            one.state = "alike"


def _number(planned: list[Planned], tenant: Tenant) -> None:
    """Extensions: those of the list, if nobody has them, and the next free ones for all others."""
    taken = set(Account.of(tenant).exclude(extension=None).values_list("extension", flat=True))
    for model in (Queue, Menu, Conference):
        taken |= set(model.of(tenant).exclude(extension=None).values_list("extension", flat=True))
    taken |= set(places(tenant.parking))
    adding = [one for one in planned if one.state != "there"]
    often = Counter(one.extension for one in adding if one.extension)
    for one in adding:
        if one.extension in taken:
            one.says.append(Says("extension-taken", one.extension))
        elif often[one.extension] > 1:
            one.says.append(Says("extension-twice", one.extension))
    used = {int(each) for each in (*taken, *often) if each and each.isdecimal() and len(each) <= 5}
    own = [int(each) for each in Account.of(tenant).exclude(extension=None).values_list("extension", flat=True) if each]
    following = min(own, default=FIRST_EXTENSION)
    for one in adding:
        if one.extension:
            continue
        while following in used:
            following += 1
        used.add(following)
        one.extension, one.proposed = str(following), True


_PART: dict[Trouble, str] = {"no-name": "name", "email": "email", "extension-taken": "extension", "mobile": "mobile"}
"""What of a line the office is not asked about, because this was found in it."""


def _blame(planned: list[Planned], actor: Account) -> None:
    """What the office itself objects to, of all lines at once; what was found already is not told again."""
    asked = [one for one in planned if one.state in ("new", "alike")]
    items = [one.item for one in asked]
    for one, item in zip(asked, items, strict=True):
        for says in one.says:
            item.pop(_PART.get(says.trouble, ""), None)
        item.setdefault("name", "-")
    for fault in administration.check_people(actor, items):
        if not fault.path or not isinstance(place := fault.path[0], int) or place >= len(asked):
            continue
        says, twice = _said(asked[place], fault), f"{fault.path[1] if fault.path[1:] else ''}-twice"
        if says.trouble != "office" or all(each.trouble != twice for each in asked[place].says):
            asked[place].says.append(says)
    for one in planned:
        if one.says:
            one.state = "wrong"


def _said(one: Planned, fault: Fault) -> Says:
    key = fault.path[1] if fault.path is not None and len(fault.path) > 1 else ""
    if key in ("email", "extension") and not fault.message.startswith(f"{key} '"):  # that one is taken
        return Says("email" if key == "email" else "extension", one.email if key == "email" else one.extension)
    return Says("office", message=fault.message)
