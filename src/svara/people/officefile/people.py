"""The people of an office file: who they are, their phones, where their calls go, and what they may dial."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, cast, get_args

from svara.people.office import ALL_BUT_PREMIUM, CallWaiting, FindMe, Forward, NumberClass
from svara.people.officefile.calendar import read_week
from svara.people.officefile.keys import read_keys
from svara.people.officefile.reader import OfficeReader
from svara.people.officefile.specs import GOES_NOWHERE, PersonSpec, PhoneSpec, UnansweredSpec
from svara.people.pin import PIN
from svara.people.roles import ROLES
from svara.people.values import Fields
from svara.people.yamltree import Mapping, Node, Text

MAX_PEOPLE = 20_000
MAX_PHONES_OF_A_PERSON = 20
MAX_FIND_ME = 10
MAX_GROUPS = 20
MIN_PASSWORD_LENGTH = 10
"""A shorter one is accepted from a file, with a warning: whoever writes the file is the administrator."""
MIN_SECRET_LENGTH = 8
CLASSES: tuple[NumberClass, ...] = (*ALL_BUT_PREMIUM, "premium")
FORWARDS: tuple[Literal["always", "busy", "offline"], ...] = ("always", "busy", "offline")

CALL_WAITING: tuple[CallWaiting, ...] = get_args(CallWaiting)

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def read_people(reader: OfficeReader, node: Node | None) -> tuple[PersonSpec, ...]:
    """`people: [{username, name, ...}]`."""
    people = (_person(reader, item) for item in reader.items(node, "people", MAX_PEOPLE))
    return tuple(person for person in people if person is not None)


def _person(reader: OfficeReader, node: Node) -> PersonSpec | None:
    fields = reader.mapping(node, "a person")
    if fields is None:
        return None
    username = reader.matching(
        fields.need("username", "anna"),
        "username",
        _USERNAME,
        "lower-case letters, digits, '.', '_' and '-', at most 64, like anna",
    )
    name = reader.text(fields.need("name", "Anna Berg"), "name", limit=200)
    email = reader.matching(fields.get("email"), "email", _EMAIL, "an address like anna@acme.test")
    password = reader.secret(fields.get("password"), "password", MIN_PASSWORD_LENGTH)
    extension = reader.extension(fields.get("extension"))
    roles = _roles(reader, fields.get("roles"))
    owner = username or name or "this person"
    reader.claim("username", username, fields.line_of("username"), name or owner)
    reader.claim("extension", extension, fields.line_of("extension"), owner)
    reader.claim("email", email, fields.line_of("email"), owner)
    items = reader.items(fields.get("phones"), "phones", MAX_PHONES_OF_A_PERSON)
    phones = [_phone(reader, item, owner) for item in items]
    unanswered = _unanswered(reader, fields.get("unanswered"), owner)
    shows = _shows(reader, fields.get("shows"))
    person = PersonSpec(
        username=username or "",
        name=name or "",
        email=email or "",
        password=password,
        extension=extension,
        roles=roles,
        phones=tuple(phone for phone in phones if phone is not None),
        unanswered=unanswered,
        classes=_classes(reader, fields.get("allow")),
        shows=shows,
        record=reader.yes_no(fields.get("record"), "record"),
        intercom=reader.yes_no(fields.get("intercom"), "intercom") if fields.has("intercom") else None,
        pickup=_groups(reader, fields.get("pickup")),
        language=_or_none(reader.language, fields.get("language"), "language"),
        mobile=_or_none(reader.number, fields.get("mobile"), "mobile"),
        forwards=_forwards(reader, fields.get("forward"), owner),
        find_me=_find_me(reader, fields, owner),
        quiet=read_week(reader, fields.get("quiet"), "quiet"),
        call_waiting=cast("CallWaiting | None", reader.choice(fields.get("call_waiting"), "call_waiting", CALL_WAITING)),
        keys=read_keys(reader, fields.get("keys")),
        voicemail_pin=_pin(reader, fields.get("voicemail_pin")),
        line=fields.line,
    )
    fields.end()
    return None if username is None or name is None else person


def _phone(reader: OfficeReader, node: Node, owner: str) -> PhoneSpec | None:
    fields = reader.mapping(node, "a phone")
    if fields is None:
        return None
    login = reader.matching(
        fields.need("login", "acme-anna"),
        "login",
        _LOGIN,
        "letters, digits, '.', '_', '+' and '-', at most 64, like acme-anna",
    )
    wanted = fields.get("secret") if reader.known else fields.need("secret", "a-long-secret")
    secret = reader.secret(wanted, "secret", MIN_SECRET_LENGTH)
    reader.claim("login", login, fields.line_of("login"), owner)
    label = reader.text(fields.get("label"), "label", limit=100) or ""
    fields.end()
    if login is None or (secret is None and not reader.known):
        return None
    return PhoneSpec(login=login, secret=secret, label=label, line=fields.line)


def _unanswered(reader: OfficeReader, node: Node | None, owner: str) -> UnansweredSpec | None:
    fields = reader.mapping(node, "'unanswered'")
    if fields is None:
        return None
    if isinstance(node, Mapping) and not node.entries:
        return GOES_NOWHERE
    after = reader.seconds(fields.need("after", "20"), "after", least=1, most=3600)
    wanted = fields.need("to", '"person:bob"')
    itself = f"{owner}'s unanswered calls cannot go to {owner} again"
    to = reader.target(wanted, "to", own=f"person:{owner}", itself=itself)
    fields.end()
    return None if after is None or to is None else UnansweredSpec(after_seconds=after, to=to)


def _forwards(reader: OfficeReader, node: Node | None, owner: str) -> tuple[Forward, ...] | None:
    if node is None:
        return None
    fields = reader.mapping(node, "'forward'")
    if fields is None:
        return None
    found = []
    for when in FORWARDS:
        itself = f"{owner}'s calls cannot go to {owner} again"
        to = reader.target(fields.get(when), when, own=f"person:{owner}", itself=itself)
        if to is not None:
            found.append(Forward(when, to))
    fields.end()
    return tuple(found)


def _find_me(reader: OfficeReader, fields: Fields, owner: str) -> tuple[FindMe, ...] | None:
    node = fields.get("find_me")
    if node is None:
        return None
    found = []
    for item in reader.items(node, "find_me", MAX_FIND_ME):
        step = reader.mapping(item, "a step of 'find_me'")
        if step is None:
            continue
        after = reader.seconds(step.need("after", "10"), "after", least=0, most=300)
        wanted = step.need("to", '"number:+4790000000"')
        to = reader.target(wanted, "to", own=f"person:{owner}", itself=f"{owner}'s phones ring already")
        step.end()
        if to is not None and to.partition(":")[0] not in ("person", "number"):
            reader.say(step.line_of("to"), "'to': only person: and number: can ring beside the desk phone")
        elif to is not None and after is not None:
            found.append(FindMe(after, to))
    return tuple(found)


def _shows(reader: OfficeReader, node: Node | None) -> str:
    number = reader.number(node, "shows")
    if node is not None and number is not None:
        reader.refer(Text(node.line, number, quoted=True), "shows", "number")
    return number or ""


def _roles(reader: OfficeReader, node: Node | None) -> tuple[str, ...]:
    found = [reader.choice(item, "roles", ROLES) for item in reader.items(node, "roles", len(ROLES))]
    wished = {role for role in found if role is not None} | {"member"}
    return tuple(role for role in ROLES if role in wished)


def _groups(reader: OfficeReader, node: Node | None) -> tuple[str, ...]:
    found = [reader.name(item, "pickup") for item in reader.items(node, "pickup", MAX_GROUPS)]
    return tuple(sorted({name for name in found if name is not None}))


def _classes(reader: OfficeReader, node: Node | None) -> tuple[NumberClass, ...]:
    if node is None:
        return ALL_BUT_PREMIUM
    found = [reader.choice(item, "allow", CLASSES) for item in reader.items(node, "allow", len(CLASSES))]
    return tuple(each for each in CLASSES if each in found)


def _pin(reader: OfficeReader, node: Node | None) -> str | None:
    if isinstance(node, Text) and not node.quoted and node.meant == "a number":
        reader.say(node.line, "'voicemail_pin' must be text: write it in quotes")
        return None
    text = reader.scalar(node, "voicemail_pin", show=False)
    if text is None:
        return None
    if text.value and not PIN.fullmatch(text.value):
        reader.say(text.line, "'voicemail_pin' must have four to ten digits")
        return None
    if len(set(text.value)) == 1 or text.value in "01234567890" or text.value in "09876543210":
        reader.warn(text.line, "this voicemail_pin is among the first that somebody would try")
    return text.value


def _or_none(read: Callable[[Node | None, str], str | None], node: Node | None, key: str) -> str | None:
    """A value that may be said to be empty (""), which is not the same as left out (None)."""
    if isinstance(node, Text) and node.quoted and not node.value:
        return ""
    return read(node, key)
