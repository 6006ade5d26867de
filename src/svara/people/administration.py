"""Changing an office from a page: the same check as for a file, the same way into the tables, and a log that can undo.

A page changes items of the office's document (`svara.people.document`); the whole is checked, compared and carried out as
`svara.people.plan` does with a file. Only administrators may; for others nothing of this exists.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from django.db import IntegrityError, transaction

from svara.people import access, changelog, snapshot
from svara.people.actions import Invalid
from svara.people.changes import Applied, Change
from svara.people.difference import Difference
from svara.people.document import KEYS, Document, Item, export, outline
from svara.people.errors import PlainError
from svara.people.models import Account, Conference, Menu, OfficeChange, Phone, Queue, Sound, Tenant
from svara.people.officefile import MAX_PROBLEMS, OfficeFile, OfficeFileError, check
from svara.people.officefile.parking import places
from svara.people.plan import ApplyError
from svara.people.prepared import Prepared
from svara.people.yamltree import from_plain
from svara.privacy import subject
from svara.privacy.audit.port import record, record_views
from svara.privacy.staff.port import acting

Path = tuple[str | int, ...]
MAX_LOG = 200
MAX_FORMER_NAMES = 20
MAX_FAULTS_OF_PEOPLE = 10_000
"""Of a list of people every fault is told: a thousand lines of six values are the most there are."""
OWN = ("forward", "unanswered", "mobile", "find_me", "quiet", "call_waiting", "intercom", "voicemail_pin", "keys")
"""What people choose for themselves."""
_SAID = ("name", "language", "mobile")
"""Keys of a person that are said also where they are nothing."""
COMPANY = ("name", "timezone", "languages", "media", "recording", "hold_music", "codes", "own_phones", "presence_to",
           "second_factor", "second_factor_from")  # fmt: skip
"""What of the company itself is changed on a page: its numbers are read by the country, and files know it by its slug."""
_RENAMED: dict[str, tuple[type[Queue | Menu | Conference | Sound], tuple[str, ...]]] = {
    "queues": (Queue, ("queue", "voicemail")),
    "menus": (Menu, ("menu",)),
    "conferences": (Conference, ("conference",)),
    "sounds": (Sound, ()),
}
"""Sections whose items can be called otherwise, and the kinds of targets that name them."""
_KIND_OF: dict[str, Literal["queue", "menu", "conference", "sound"]] = {
    "queues": "queue",
    "menus": "menu",
    "conferences": "conference",
    "sounds": "sound",
}
ALL = "*"
"""In place of a name: the whole section."""
_SECRET_BYTES = 15
_LINE = re.compile(r" \(line \d+\)| on line \d+")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and at which value: the path in the item that was to be saved, () for the item as a whole; None for
    something else in the office, which then does not fit any more."""

    path: Path | None
    message: str


class Rejected(PlainError):  # noqa: N818  the wish is rejected
    """The office would not be right with this change."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(fault.message for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Done:
    """What a change did. `secrets` are those of new phones by login, to be shown this once; `change` is its id in the log,
    "" where nothing changed."""

    applied: Applied
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    change: str = ""


def access_document(actor: Account) -> Document:
    """The whole office, for its administrator: to list names and to choose from. What was set for one person, and everything
    else of one thing, is read by `access_item`. Raises Forbidden."""
    return outline(_administered(actor))


def access_item(actor: Account, section: str, name: str) -> tuple[Document, Item]:
    """One thing with all that was set for it, and the office around it. Raises Forbidden, NotFound."""
    tenant = _administered(actor)
    whole = Account.of(tenant).filter(username=name).first() if section == "people" else None
    document = outline(tenant, whole)
    found = next((each for each in document[section] if KEYS[section](each) == name), None)
    if found is None:
        raise access.NotFound
    if section == "people" and name != actor.username:
        who = access.person(actor, name).id
        record(actor.tenant_id, actor.id, "view", subject.person(who), "person", who, "admin")
    return document, found


def access_changes(actor: Account) -> list[OfficeChange]:
    """The newest changes, with who made them. Raises Forbidden."""
    _administered(actor)
    changes = list(OfficeChange.of(actor).select_related("account", "undone_by").order_by("-created_at")[:MAX_LOG])
    about = [subject.person(by) for by in {change.account_id for change in changes} if by and by != actor.id]
    if about:
        record_views(actor.tenant_id, actor.id, about, "changes", why="admin", count=len(changes))
    return changes


def access_uses(actor: Account, section: str, name: str) -> list[tuple[str, str]]:
    """Where something is used: sections and names of what would lead nowhere without it. Raises Forbidden."""
    document = export(_administered(actor))
    kind = {"people": "person", "queues": "queue", "menus": "menu", "conferences": "conference"}.get(section)
    targets = {f"{kind}:{name}", f"voicemail:{name}"} if kind else set()
    field_ = {"trunks": "trunk", "hours": "hours", "numbers": "shows"}.get(section)
    found = []
    for other, key in KEYS.items():
        for item in document[other]:
            if (other, key(item)) == (section, name):
                continue
            members = [member["person"] for member in item.get("members", ())] if section == "people" else []
            item = {key: value for key, value in item.items() if key != "keys" or other != "people"}  # noqa: PLW2901
            if name in members or (field_ and item.get(field_) == name) or not targets.isdisjoint(_texts(item)):
                found.append((other, key(item)))
    return found


def do_save(actor: Account, section: str, name: str | None, item: Item) -> Done:
    """Add an item (`name` None), or put it in place of the one of that name. Raises Forbidden, NotFound, Rejected."""
    new = name is None
    name = KEYS[section](item) if name is None else name

    def edit(document: Document) -> None:
        there = any(KEYS[section](each) == name for each in document[section])
        if not new and not there:
            raise access.NotFound
        if new and there:
            raise Rejected([Fault((), f"there is another '{name}'; each needs a name of its own")])
        changelog.put(document, section, name, item)

    return _change(actor, edit, (section, name))


def do_add_people(actor: Account, items: list[Item]) -> Done:
    """Add many people at once: one change, all or nobody. The paths of faults begin with the number of the item.

    Raises Forbidden, Rejected.
    """
    return _change(actor, partial(_with_people, items), ("people", ALL))


def check_people(actor: Account, items: list[Item]) -> list[Fault]:
    """All that would be wrong with them; nothing is done. Raises Forbidden."""
    tenant = _administered(actor)
    try:
        _checked(tenant, partial(_with_people, items), ("people", ALL), {}, most=MAX_FAULTS_OF_PEOPLE)
    except Rejected as error:
        return error.faults
    return []


def _with_people(items: list[Item], document: Document) -> None:
    there = {KEYS["people"](each) for each in document["people"]}
    if any(KEYS["people"](item) in there for item in items):
        raise Rejected([Fault(None, "somebody else added the same people at this moment; look at the list again")])
    document["people"] = [*items, *document["people"]]


def do_save_company(actor: Account, wish: Item) -> Done:
    """Change the company's own settings (`COMPANY`). Raises Forbidden, Rejected."""

    def edit(document: Document) -> None:
        fixed = {key: value for key, value in document["tenant"].items() if key not in COMPANY}
        document["tenant"] = fixed | {key: wish[key] for key in COMPANY if key in wish}

    return _change(actor, edit, (changelog.TENANT, ""))


def do_save_parking(actor: Account, wish: Item) -> Done:
    """Say where callers are parked; nothing: nowhere. Raises Forbidden, Rejected."""
    found = {key: value for key, value in wish.items() if value not in ("", None)}

    def edit(document: Document) -> None:
        changelog.put(document, changelog.PARKING, "", found or None)
        there = {f"park:{place}" for place in places(found)}
        for person in document["people"]:  # a lamp for what is no more goes with it
            person["keys"] = [key for key in person["keys"] if key["to"] in there or not key["to"].startswith("park:")]

    return _change(actor, edit, (changelog.PARKING, ""))


@transaction.atomic
def do_rename(actor: Account, section: str, name: str, new: str) -> Done:
    """Give a queue, a menu, a conference or a sound another name; whatever leads to it goes on doing so. In the log, but not
    to be undone there: it is renamed back. Raises Forbidden, NotFound, Rejected."""
    tenant = Tenant.objects.select_for_update().get(pk=_administered(actor).pk)
    if section not in _RENAMED:
        raise access.NotFound
    model, kinds = _RENAMED[section]
    row = model.of(tenant).filter(name=name).first()
    if row is None:
        raise access.NotFound
    if new == name:
        return Done(Applied(()))

    def edit(document: Document) -> None:
        targets = {f"{kind}:{name}": f"{kind}:{new}" for kind in kinds}
        for other in KEYS:
            document[other] = [_retargeted(item, targets) for item in document[other]]
        uses_: list[tuple[str, tuple[str, ...]]] = [(section, ("name",))]
        if section == "sounds":
            uses_ += [("menus", ("prompt",)), ("queues", ("greeting", "music"))]
        for other, keys in uses_:
            document[other] = [item | {key: new for key in keys if item.get(key) == name} for item in document[other]]

    office, _ = _checked(tenant, edit, (section, new), {})
    row.name = new
    if isinstance(row, Queue):
        row.former_names = [*(each for each in row.former_names if each not in (name, new)), name][-MAX_FORMER_NAMES:]
    row.save()
    snapshot.changed()
    renamed = Change("change", _KIND_OF[section], new, (f"was called {name}",))
    changes = (renamed, *Difference(office, Prepared()).carry_out(demo=False, by=actor.id).changes)
    # Where somebody's own calls go is in no log, also when what they go to has another name now.
    changelog.record(tenant, None, {}, [each for each in changes if each.kind != "person"], by=actor)
    return Done(Applied(changes))


def _retargeted(value: Any, targets: Mapping[str, str]) -> Any:
    """A part of a document, with other targets in place of these."""
    if isinstance(value, dict):
        return {key: _retargeted(each, targets) for key, each in value.items()}
    if isinstance(value, list):
        return [_retargeted(each, targets) for each in value]
    return targets.get(value, value) if isinstance(value, str) else value


def do_remove(actor: Account, section: str, name: str) -> Done:
    """Take an item out. Raises Forbidden, NotFound, Rejected."""
    if section == "people" and name == actor.username:
        raise Invalid("You cannot remove yourself.")

    def edit(document: Document) -> None:
        if not any(KEYS[section](each) == name for each in document[section]):
            raise access.NotFound
        changelog.put(document, section, name, None)
        gone = {"people": f"person:{name}", "queues": f"queue:{name}"}.get(section)
        for person in document["people"]:  # a lamp for what is no more goes with it
            person["keys"] = [key for key in person["keys"] if key["to"] != gone]

    return _change(actor, edit, (section, name))


def do_undo(actor: Account, change_id: str) -> Done:
    """Bring back what was before a change, as a new change. People who come back are invited, their phones get new secrets.

    Raises Forbidden, NotFound, Rejected; Invalid where the change cannot be undone (any more).
    """
    _administered(actor)
    change = OfficeChange.of(actor).filter(pk=change_id).first()
    if change is None:
        raise access.NotFound
    if not change.before or OfficeChange.of(actor).filter(undoes=change).exists():
        raise Invalid("This change cannot be undone.")

    def edit(document: Document) -> None:
        now = changelog.parts_of(document)
        for section, items in change.after.items():
            for name, item in items.items():
                if now.get(section, {}).get(name) != item:
                    raise Invalid("This was changed again since: undo the later change first.")
        own = {person["username"]: {key: person[key] for key in changelog.PRIVATE} for person in document["people"]}
        for section, items in change.before.items():
            for name, item in items.items():
                private = own.get(name, {}) if section == "people" and item is not None else {}
                changelog.put(document, section, name, item | private if item is not None else None)

    return _change(actor, edit, None, undoes=change)


def access_own(actor: Account) -> tuple[Item, Document]:
    """What the actor chose for themselves, and the names of what their calls can go to."""
    account = access.me(actor)
    written = outline(account.tenant, account)
    item = next(person for person in written["people"] if person["username"] == account.username)
    names: Document = {section: [] for section in KEYS}
    targets = ("queues", "menus", "conferences")
    names |= {section: [_told(each, "name") for each in written[section]] for section in targets}
    names["people"] = [_told(each, "username", "name") for each in written["people"]]
    names["tenant"] = {"codes": dict(account.tenant.codes)}
    names["parking"] = dict(account.tenant.parking)
    return {key: item[key] for key in OWN if key in item}, names


def _told(item: Item, *keys: str) -> Item:
    """Of somebody or something what everybody in the company knows."""
    return {key: item[key] for key in (*keys, "extension") if key in item}


def do_change_own(actor: Account, wish: Item) -> Done:
    """Choose for oneself where calls go, when it is quiet, the mobile number and the PIN; a key of `OWN` that is left out is
    taken away, but for the PIN. In no log: it is one's own. Raises Rejected."""
    account = access.me(actor)

    def edit(document: Document) -> None:
        for person in document["people"]:
            if person["username"] == account.username:
                kept = {key: value for key, value in person.items() if key not in OWN}
                nothing = {
                    "forward": {},
                    "find_me": [],
                    "quiet": {},
                    "mobile": "",
                    "call_waiting": "ring",
                    "intercom": False,
                    "keys": [],
                }
                own = nothing | {key: value for key, value in wish.items() if key in OWN}
                changelog.put(document, "people", account.username, kept | own)
                return

    return _carry_out(account, edit, ("people", account.username), logged=False)


def correct(account: Account, key: str, value: str) -> None:
    """Put another value of one key of a person's item in place (a correction: `svara.people.corrections`). In no log of
    changes: what stood there before is kept sealed with the correction. Raises Invalid."""

    def edit(document: Document) -> None:
        for person in document["people"]:
            if person["username"] == account.username:
                rest = {name: each for name, each in person.items() if name != key}
                changelog.put(document, "people", account.username, rest | {key: value} if value or key in _SAID else rest)
                return

    try:
        _carry_out(account, edit, ("people", account.username), logged=False)
    except Rejected as error:
        own = [fault.message for fault in error.faults if fault.path is not None]
        raise Invalid(
            *(own or ["The office has a fault elsewhere: an administrator has to put that right first."])
        ) from None
    except PlainError as error:
        raise Invalid(str(error)) from None


def administers(actor: Account) -> bool:
    """Whether these pages exist for this person."""
    return actor.has_role("admin")


def _administered(actor: Account) -> Tenant:
    account = access.me(actor)
    if not administers(account):
        raise access.Forbidden
    return account.tenant


def _change(
    actor: Account, edit: Callable[[Document], None], item: tuple[str, str] | None, undoes: OfficeChange | None = None
) -> Done:
    _administered(actor)
    return _carry_out(actor, edit, item, undoes=undoes)


def _carry_out(
    actor: Account,
    edit: Callable[[Document], None],
    item: tuple[str, str] | None,
    *,
    undoes: OfficeChange | None = None,
    logged: bool = True,
) -> Done:
    if acting(actor) is not None:
        raise access.Forbidden
    tenant = access.me(actor).tenant
    prepared = Prepared()
    if undoes is not None:
        kinds = {"people": "person", "queues": "queue"}
        prepared.ids = {(kinds[section], name): id_ for section, ids in undoes.ids.items() for name, id_ in ids.items()}
    made: dict[str, str] = {}
    try:
        if item is None or item[0] == "sounds":  # what takes time to make is made before anything is locked
            Difference(_checked(tenant, edit, item, made)[0], prepared).prepare()
        with transaction.atomic():
            tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
            office, was = _checked(tenant, edit, item, made)
            ids = changelog.ids_of(tenant)
            applied = Difference(office, prepared).carry_out(demo=False, by=actor.id)
            tenant.refresh_from_db()
            change = ""
            if applied.changes and logged:
                change = changelog.record(tenant, was, ids, applied.changes, by=actor, undoes=undoes).id
            return Done(applied, made, change)
    except OfficeFileError as error:
        raise Rejected([Fault((), problem.message) for problem in error.problems]) from None
    except IntegrityError:
        raise ApplyError("somebody else changed the same things at this moment; try again") from None


def _checked(
    tenant: Tenant,
    edit: Callable[[Document], None],
    item: tuple[str, str] | None,
    made: dict[str, str],
    most: int = MAX_PROBLEMS,
) -> tuple[OfficeFile, Document]:
    """The office with a change, checked; and the document from before. New phones get secrets, kept in `made`."""
    was = export(tenant)
    document = {section: list(value) if isinstance(value, list) else value for section, value in was.items()}
    edit(document)
    document["people"] = [{"unanswered": {}} | person for person in document["people"]]  # a page says all there is
    _give_secrets(tenant, document, made)
    tree, paths = from_plain(document)
    try:
        return check(tree, "", known=True, most=most), was
    except OfficeFileError as error:
        place = _place(document, item)
        faults = [
            Fault(_within(paths[problem.line - 1], place), _LINE.sub("", problem.message)) for problem in error.problems
        ]
        raise Rejected(faults) from None


def _give_secrets(tenant: Tenant, document: Document, made: dict[str, str]) -> None:
    """Phones that are new get a secret of their own, and so does one that asks for another (`secret: new`)."""
    known = set(Phone.of(tenant).values_list("login", flat=True))
    for person in document["people"]:
        for number, phone in enumerate(person.get("phones", ())):
            if phone.get("login") and (phone["login"] not in known or "secret" in phone):
                secret = made.setdefault(phone["login"], secrets.token_urlsafe(_SECRET_BYTES))
                person["phones"] = [*person["phones"][:number], phone | {"secret": secret}, *person["phones"][number + 1 :]]


def _place(document: Document, item: tuple[str, str] | None) -> Path | None:
    if item is None:
        return None
    section, name = item
    if section in (changelog.TENANT, changelog.PARKING) or name == ALL:
        return (section,)
    for number, each in enumerate(document[section]):
        if KEYS[section](each) == name:
            return section, number
    return None


def _within(path: Path, place: Path | None) -> Path | None:
    return path[len(place) :] if place is not None and path[: len(place)] == place else None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
