"""The office file: a company written down, read with the eyes of somebody who wants to help.

`read` gives the whole office or all its problems at once, each with file, line, what is wrong and what was probably meant;
nothing is ever half accepted. It looks only at the file; what must also agree with the rest of the server (logins that
another company uses) is `svara.people.plan`'s.
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from svara.people import yamltree
from svara.people.countries import COUNTRIES
from svara.people.errors import PlainError
from svara.people.roles import ROLES
from svara.people.values import Fields, Problem, Reader, did_you_mean, short
from svara.people.yamltree import Node, Sequence, Text

NOT_YET = ("queues", "hours", "menus", "trunks", "numbers", "outbound")
"""Keys of the format that later versions will read."""
NOT_YET_TARGETS = ("queue", "menu", "voicemail", "number", "conference")
MAX_PROBLEMS = 100
MAX_PEOPLE = 20_000
MAX_PHONES_OF_A_PERSON = 20
MIN_PASSWORD_LENGTH = 10
"""A shorter one is accepted from a file, with a warning: whoever writes the file is the administrator."""
MIN_SECRET_LENGTH = 8

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_EXTENSION = re.compile(r"[0-9]{2,10}")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# RFC 5646 section 2.1, without grandfathered tags: language, script, region, variants, extensions, private use.
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)
_EMERGENCY = frozenset({"110", "112", "113", "118", "911", "999"})


@dataclass(frozen=True, slots=True)
class PhoneSpec:
    """A phone as wished. `line` is where it stands in the file."""

    login: str
    secret: str = field(repr=False)
    label: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class UnansweredSpec:
    after_seconds: float
    to: str


@dataclass(frozen=True, slots=True)
class PersonSpec:
    """A person as wished; without a password they will be invited."""

    username: str
    name: str
    email: str = ""
    password: str | None = field(default=None, repr=False)
    extension: str | None = None
    roles: tuple[str, ...] = ("member",)
    phones: tuple[PhoneSpec, ...] = ()
    unanswered: UnansweredSpec | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class TenantSpec:
    slug: str
    name: str
    country: str
    timezone: str
    languages: tuple[str, ...]
    media: str = "relay"


@dataclass(frozen=True, slots=True)
class OfficeFile:
    """A whole office, valid in itself. `warnings` is what is allowed but unwise."""

    path: str
    tenant: TenantSpec
    people: tuple[PersonSpec, ...]
    warnings: tuple[str, ...] = ()


class OfficeFileError(PlainError):
    """The file is refused, whole."""

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        self.lines = [problem.show(path) for problem in sorted(set(problems))]
        super().__init__("\n".join(self.lines))


def load(path: Path) -> OfficeFile:
    """Read an office file. Raises OfficeFileError, OSError."""
    with path.open("rb") as file:
        return read(file.read(yamltree.MAX_BYTES + 1), str(path))


def read(data: bytes, path: str) -> OfficeFile:
    """Read the text of an office file; `path` is only for messages. Raises OfficeFileError."""
    try:
        root = yamltree.parse(data)
    except yamltree.YamlError as error:
        raise OfficeFileError(path, [Problem(error.line, error.message)]) from None
    reader = _OfficeReader()
    office = reader.office(root, path)
    if reader.problems or office is None:
        problems = sorted(set(reader.problems))
        more = len(problems) - MAX_PROBLEMS
        if more > 0:
            problems[MAX_PROBLEMS:] = [Problem(problems[MAX_PROBLEMS].line, f"... and {more} more problems after this")]
        raise OfficeFileError(path, problems)
    return office


class _OfficeReader(Reader):
    """What an office consists of."""

    def __init__(self) -> None:
        super().__init__()
        self._claimed: dict[tuple[str, str], tuple[int, str]] = {}

    def office(self, root: Node, path: str) -> OfficeFile | None:
        top = self.mapping(root, "the office file")
        if top is None:
            return None
        self._version(top)
        tenant = self._tenant(top.need("tenant", '{slug: acme, name: Acme AS, country: "NO", timezone: Europe/Oslo}'))
        people = self._people(top.need("people", "[]"))
        for key in NOT_YET:
            if top.get(key) is not None:
                self.say(top.line_of(key), f"'{key}' is not yet supported by this version of Svara; leave it out for now")
        top.end()
        if tenant is None:
            return None
        warnings = tuple(problem.show(path) for problem in sorted(self.warnings))
        return OfficeFile(path=path, tenant=tenant, people=tuple(people), warnings=warnings)

    # --- parts

    def _version(self, top: Fields) -> None:
        node = top.need("version", "1")
        if node is not None and not (isinstance(node, Text) and node.value == "1"):
            self.say(node.line, "'version' must be 1: this version of Svara reads no other")

    def _tenant(self, node: Node | None) -> TenantSpec | None:
        fields = self.mapping(node, "'tenant'")
        if fields is None:
            return None
        slug = self.matching(
            fields.need("slug", "acme"), "slug", _SLUG, "lower-case letters, digits and hyphens, at most 40, like acme"
        )
        name = self.text(fields.need("name", "Acme AS"), "name", limit=200)
        country = self._country(fields.need("country", '"NO"'))
        timezone = self._timezone(fields.need("timezone", "Europe/Oslo"))
        languages = self._languages(fields.get("languages"))
        media = self.choice(fields.get("media"), "media", ("relay", "direct")) or "relay"
        fields.end()
        if slug is None or name is None or country is None or timezone is None:
            return None
        return TenantSpec(slug=slug, name=name, country=country, timezone=timezone, languages=languages, media=media)

    def _people(self, node: Node | None) -> list[PersonSpec]:
        people: list[PersonSpec] = []
        targets: list[tuple[Text, str]] = []
        items = self.items(node, "people", MAX_PEOPLE)
        for item in items:
            person = self._person(item, targets)
            if person is not None:
                people.append(person)
        usernames = [value for what, value in self._claimed if what == "username"]
        for text, owner in targets:
            wanted = text.value.removeprefix("person:")
            if wanted == owner:
                self.say(text.line, f"'to': {owner}'s unanswered calls cannot go to {owner} again")
            elif wanted not in usernames:
                hint = did_you_mean(wanted, usernames)
                self.say(text.line, f"'to': there is no person '{short(wanted)}' in this file{hint}")
        return people

    def _person(self, node: Node, targets: list[tuple[Text, str]]) -> PersonSpec | None:
        fields = self.mapping(node, "a person")
        if fields is None:
            return None
        username = self.matching(
            fields.need("username", "anna"),
            "username",
            _USERNAME,
            "lower-case letters, digits, '.', '_' and '-', at most 64, like anna",
        )
        name = self.text(fields.need("name", "Anna Berg"), "name", limit=200)
        email = self._email(fields.get("email"))
        password = self.secret(fields.get("password"), "password", MIN_PASSWORD_LENGTH)
        extension = self._extension(fields.get("extension"))
        roles = self._roles(fields.get("roles"))
        owner = username or name or "this person"
        self._claim("username", username, fields.line_of("username"), name or owner)
        self._claim("extension", extension, fields.line_of("extension"), owner)
        self._claim("email", email, fields.line_of("email"), owner)
        phones = [self._phone(item, owner) for item in self.items(fields.get("phones"), "phones", MAX_PHONES_OF_A_PERSON)]
        unanswered = self._unanswered(fields.get("unanswered"), username or "", targets)
        fields.end()
        if username is None or name is None:
            return None
        return PersonSpec(
            username=username,
            name=name,
            email=email or "",
            password=password,
            extension=extension,
            roles=roles,
            phones=tuple(phone for phone in phones if phone is not None),
            unanswered=unanswered,
            line=fields.line,
        )

    def _phone(self, node: Node, owner: str) -> PhoneSpec | None:
        fields = self.mapping(node, "a phone")
        if fields is None:
            return None
        login = self.matching(
            fields.need("login", "acme-anna"),
            "login",
            _LOGIN,
            "letters, digits, '.', '_', '+' and '-', at most 64, like acme-anna",
        )
        secret = self.secret(fields.need("secret", "a-long-secret"), "secret", MIN_SECRET_LENGTH)
        self._claim("login", login, fields.line_of("login"), owner)
        label = self.text(fields.get("label"), "label", limit=100) or ""
        fields.end()
        if login is None or secret is None:
            return None
        return PhoneSpec(login=login, secret=secret, label=label, line=fields.line)

    def _unanswered(self, node: Node | None, owner: str, targets: list[tuple[Text, str]]) -> UnansweredSpec | None:
        if node is None:
            return None
        fields = self.mapping(node, "'unanswered'")
        if fields is None:
            return None
        after = self.seconds(fields.need("after", "20"), "after", least=1, most=3600)
        to = self._target(fields.need("to", '"person:bob"'), "to")
        fields.end()
        if after is None or to is None:
            return None
        if to.value != "hangup":
            targets.append((to, owner))
        return UnansweredSpec(after_seconds=after, to=to.value)

    def _claim(self, what: str, value: str | None, line: int, owner: str) -> None:
        """What must be unique is somebody's once."""
        if not value:
            return
        key = what, value.lower()
        if key not in self._claimed:
            self._claimed[key] = line, owner
            return
        first_line, first = self._claimed[key]
        where = "on the server" if what == "login" else "in the tenant"
        self.say(line, f"{what} '{value}' of {owner} is taken by {first} (line {first_line}); it must be unique {where}")

    # --- values of an office

    def _email(self, node: Node | None) -> str | None:
        return self.matching(node, "email", _EMAIL, "an address like anna@acme.test")

    def _extension(self, node: Node | None) -> str | None:
        if isinstance(node, Text) and node.meant == "a number" and node.value.isdigit():
            why = ""
            if node.value.startswith("0") and not set(node.value) & {"8", "9"}:
                why = f" (YAML takes {node.value} for the octal number {int(node.value, 8)})"
            self.say(node.line, f"'extension' must be text: write \"{node.value}\" in quotes{why}")
            return None
        extension = self.matching(node, "extension", _EXTENSION, 'two to ten digits in quotes, like "101"')
        if node is not None and extension in _EMERGENCY:
            self.warn(node.line, f"extension {extension} is an emergency number in some countries; another is safer")
        return extension

    def _country(self, node: Node | None) -> str | None:
        text = self.scalar(node, "country")
        if text is None:
            return None
        if text.value not in COUNTRIES:
            upper = text.value.upper()
            hint = f'; did you mean "{upper}"?' if upper in COUNTRIES else ""
            self.say(text.line, f"'country' is '{short(text.value)}': expected two letters of ISO 3166, like \"NO\"{hint}")
            return None
        return text.value

    def _timezone(self, node: Node | None) -> str | None:
        text = self.scalar(node, "timezone")
        if text is None:
            return None
        zones = zoneinfo.available_timezones()
        if text.value in zones:
            return text.value
        if zones:
            close = difflib.get_close_matches(text.value, zones, n=1, cutoff=0.6)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            self.say(text.line, f"'timezone' is '{short(text.value)}': expected a place like Europe/Oslo{hint}")
        else:
            self.say(text.line, "'timezone': this machine knows no time zones (install the package tzdata)")
        return None

    def _languages(self, node: Node | None) -> tuple[str, ...]:
        if node is None:
            return ("en",)
        found: list[str] = []
        items = self.items(node, "languages", 20)
        if not items and isinstance(node, Sequence):
            self.say(node.line, "'languages' is empty: name at least one, like [nb, en]")
        for item in items:
            tag = self.matching(item, "languages", _LANGUAGE, "a language tag of BCP 47, like nb or en-GB")
            if tag is not None and tag in found:
                self.say(item.line, f"'languages' names '{tag}' twice")
            elif tag is not None:
                found.append(tag)
        return tuple(found)

    def _roles(self, node: Node | None) -> tuple[str, ...]:
        found = [self.choice(item, "roles", ROLES) for item in self.items(node, "roles", len(ROLES))]
        wished = {role for role in found if role is not None} | {"member"}
        return tuple(role for role in ROLES if role in wished)

    def _target(self, node: Node | None, key: str) -> Text | None:
        text = self.scalar(node, key)
        if text is None:
            return None
        kind, colon, rest = text.value.partition(":")
        if text.value == "hangup" or (kind == "person" and rest):
            return text
        if colon and kind in NOT_YET_TARGETS:
            self.say(text.line, f"'{key}': '{kind}:' is not yet supported by this version of Svara; use person: or hangup")
        else:
            known = ("person:", "hangup", *(f"{each}:" for each in NOT_YET_TARGETS))
            hint = did_you_mean(kind + colon, known)
            self.say(text.line, f"'{key}' is '{short(text.value)}', which is no target{hint}")
        return None
