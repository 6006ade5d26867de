"""The catalogue of stored data: every field of every table says what it holds, why, on which basis and for how long.

A declaration stands beside the field that it describes (`declared(models.EmailField(), Declaration(...))`), so whoever
adds a field writes it in the same line, and a test fails on any field without one. Policies, exports and retention are
made from these declarations; nothing else describes the data. Tables that come from Django itself are declared with
`declare_model`, and files of the data folder by their kind (`svara.privacy.files`). Keys in words: `svara.privacy.words`.

Categories are keys of the fideslang taxonomy; legal bases are the letters of GDPR Article 6(1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

CATEGORIES = frozenset(
    {
        "system.authentication",
        "system.operations",
        "user.account",
        "user.account.username",
        "user.authorization",
        "user.authorization.credentials",
        "user.authorization.password",
        "user.behavior",
        "user.contact",
        "user.contact.email",
        "user.contact.phone_number",
        "user.content.private",
        "user.demographic.language",
        "user.device",
        "user.device.device_id",
        "user.device.ip_address",
        "user.device.telemetry",
        "user.location.precise",
        "user.name",
        "user.privacy_preferences",
        "user.professional_information",
        "user.professional_information.workplace",
        "user.settings",
        "user.social_activity",
        "user.unique_id",
    }
)
"""The fideslang data categories (taxonomy 3.2) in use; a new one is added here with the first field that needs it."""


SECRETS = frozenset({"system.authentication", "user.authorization.credentials", "user.authorization.password"})
"""Categories of which only hashes or keys are kept: nobody gets to see them."""


class Purpose(StrEnum):
    """Why a field is kept; the value is its stable key, and `text` says it in the reader's language."""

    CALLS = "calls"
    DIRECTORY = "directory"
    HISTORY = "history"
    MESSAGES = "messages"
    RECORDING = "recording"
    SIGN_IN = "sign-in"
    SECURITY = "security"
    STATISTICS = "statistics"
    OPERATION = "operation"
    RIGHTS = "rights"
    CONSENT = "consent"
    LETTERS = "letters"
    CONTACTS = "contacts"

    @property
    def text(self) -> str:
        return str(_PURPOSES[self])


_PURPOSES = {
    Purpose.CALLS: _("Connect calls to the right person"),
    Purpose.DIRECTORY: _("Let colleagues see who works here and whether they can be reached"),
    Purpose.HISTORY: _("Show each person and company which calls were made"),
    Purpose.MESSAGES: _("Keep voice messages for those to whom they were left"),
    Purpose.RECORDING: _("Keep the sound of talks where the caller was told so"),
    Purpose.SIGN_IN: _("Know who signs in"),
    Purpose.SECURITY: _("Notice and stop misuse"),
    Purpose.STATISTICS: _("Know how the system is used, by groups of five people or more"),
    Purpose.OPERATION: _("Run the installation"),
    Purpose.RIGHTS: _("Let people exercise their rights, and prove that it was done"),
    Purpose.CONSENT: _("Know, and be able to show, who agreed to what"),
    Purpose.LETTERS: _("Send news by e-mail to who asked for them, and to nobody else"),
    Purpose.CONTACTS: _("Call the people whose numbers somebody keeps for themselves"),
}


class Basis(StrEnum):
    """The legal basis, GDPR Article 6(1); NOT_PERSONAL for facts that are about no person."""

    CONSENT = "6.1.a"
    CONTRACT = "6.1.b"
    LEGAL_OBLIGATION = "6.1.c"
    LEGITIMATE_INTEREST = "6.1.f"
    NOT_PERSONAL = "not-personal"


class Subject(StrEnum):
    """Whom the field is about."""

    EMPLOYEE = "employee"
    OUTSIDE_PERSON = "outside-person"
    ANYONE = "anyone"
    """Employees and outside persons alike."""
    PROVIDER_STAFF = "provider-staff"
    """Who works for the provider that runs the installation."""
    NOBODY = "nobody"


class Source(StrEnum):
    """Where the value comes from (GDPR Article 14(2)(f))."""

    EMPLOYER = "employer"
    """The office file or an administrator."""
    PERSON = "person"
    """The person gave or chose it."""
    USE = "use"
    """It arises when the service is used."""
    SYSTEM = "system"
    """The server made it up (ids, hashes, dates)."""


class Recipient(StrEnum):
    """Who gets to see a value besides the person it is about (GDPR Article 4(9), Article 13(1)(e))."""

    COLLEAGUES = "colleagues"
    """Everybody of the company."""
    PARTICIPANTS = "participants"
    """Who took part in the same call, or for whom the message was left."""
    SUPERVISORS = "supervisors"
    """Supervisors and administrators."""
    ADMINISTRATORS = "administrators"
    CARRIER = "carrier"
    """The telephone provider that carries a call outside."""
    MAIL_SERVER = "mail-server"
    """The mail server that takes our e-mail."""
    PUSH_SERVICE = "push-service"
    """The push service of somebody's browser. It gets what is encrypted for that browser alone."""
    PUBLIC = "public"
    """Whoever reads what the company publishes."""
    HOST = "host"
    """The provider who runs the installation for the company."""
    DATABASE = "database-server"
    """Another machine with the tables."""
    BUS = "message-server"
    """Another machine by which the processes tell each other what happens."""
    KEY_SERVICE = "key-service"
    """Where the master key is. It gets keys alone."""
    STORAGE = "storage"
    """A bucket on another machine. It gets what is sealed alone."""
    PARTNER = "partner"
    """Whoever the company chose to share data with."""


_USUAL: dict[Purpose, frozenset[Recipient]] = {
    Purpose.CALLS: frozenset({Recipient.ADMINISTRATORS}),
    Purpose.DIRECTORY: frozenset({Recipient.COLLEAGUES}),
    Purpose.HISTORY: frozenset({Recipient.PARTICIPANTS, Recipient.SUPERVISORS}),
    Purpose.MESSAGES: frozenset({Recipient.PARTICIPANTS}),
    Purpose.SECURITY: frozenset({Recipient.ADMINISTRATORS}),
}
"""Who sees what is kept for a purpose, where its declaration names nobody; nobody for other purposes."""


@dataclass(frozen=True, slots=True)
class Retention:
    """When a value goes: with its `owner` (a model's name, or "tenant"), or `days` after `since` if that is earlier.

    `since` names the moment: a field of the same model, or words where no field holds it.
    """

    owner: str
    days: int | None = None
    since: str = ""

    def __str__(self) -> str:
        end = f"until the {self.owner} is removed"
        return end if self.days is None else f"{self.days} days after {self.since}, at most {end}"


WITH_TENANT = Retention("tenant")
WITH_ACCOUNT = Retention("account")


@dataclass(frozen=True, slots=True)
class Declaration:
    """What one field holds. `recipients` None: who usually sees what serves this purpose (`recipients_of`). `vaulted`: it is
    stored sealed by the keys of whom it is about (`svara.privacy.vault`).

    Raises ValueError when the parts contradict each other.
    """

    category: str
    purpose: Purpose
    basis: Basis
    retention: Retention
    subject: Subject
    source: Source
    recipients: frozenset[Recipient] | None = None
    vaulted: bool = False

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES:
            raise ValueError(f"{self.category!r} is not a data category of the catalogue")
        if (self.basis is Basis.NOT_PERSONAL) != (self.subject is Subject.NOBODY):
            raise ValueError("a field is about somebody and has a legal basis, or about nobody and has none")
        if self.category.startswith("user") and self.subject is Subject.NOBODY:
            raise ValueError(f"{self.category!r} is about somebody: say whom")
        if self.vaulted and self.subject is Subject.NOBODY:
            raise ValueError("what is sealed is sealed for somebody")


def recipients_of(declaration: Declaration) -> frozenset[Recipient]:
    """Who gets to see such a value; nobody where it is about nobody, or a secret."""
    if declaration.subject is Subject.NOBODY or declaration.category in SECRETS:
        return frozenset()
    if declaration.recipients is not None:
        return declaration.recipients
    return _USUAL.get(declaration.purpose, frozenset())


def not_personal(retention: Retention, source: Source = Source.SYSTEM) -> Declaration:
    """For keys, dates and settings of the installation that say nothing about a person."""
    return Declaration("system.operations", Purpose.OPERATION, Basis.NOT_PERSONAL, retention, Subject.NOBODY, source)


_ATTRIBUTE = "svara_declaration"
_FOREIGN: dict[str, Mapping[str, Declaration]] = {}


def declared(field: models.Field[Any, Any], declaration: Declaration) -> Any:
    """`field`, carrying its declaration (also into subclasses of an abstract model).

    Annotate the attribute with the type of its value: `name: str = declared(models.CharField(...), NAME)`.
    """
    setattr(field, _ATTRIBUTE, declaration)
    return field


def declare_model(label: str, fields: Mapping[str, Declaration]) -> None:
    """Declare the fields of a model that is not ours; `label` is "app.Model"."""
    _FOREIGN[label] = fields


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the catalogue; `declaration` is None where the field was forgotten."""

    model: str
    field: str
    declaration: Declaration | None


def declaration_of(field: models.Field[Any, Any]) -> Declaration | None:
    """What was declared for a field of any model."""
    own: Declaration | None = getattr(field, _ATTRIBUTE, None)
    return own or _FOREIGN.get(field.model._meta.label, {}).get(field.name)


def entries(model: type[models.Model]) -> Iterator[Entry]:
    """Every stored field of one model."""
    for field in (*model._meta.local_concrete_fields, *model._meta.local_many_to_many):
        yield Entry(model._meta.label, field.name, declaration_of(field))


@dataclass(frozen=True, slots=True)
class Item:
    """What one thing holds for one end: fields of a table, or a kind of file, that share a declaration.

    `thing` is a model's label ("people.Account") or a file's kind ("files.journal"); `fields` is empty for files.
    """

    thing: str
    fields: tuple[str, ...]
    declaration: Declaration

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Who gets to see it, in a stable order."""
        return tuple(sorted(recipients_of(self.declaration)))

    @property
    def personal(self) -> bool:
        """Whether it says anything about anybody."""
        return self.declaration.subject is not Subject.NOBODY


def items() -> list[Item]:
    """Everything that is stored, tables and files: what shares thing and declaration is one item. In a stable order."""
    from svara.privacy.files import kinds  # noqa: PLC0415  files are declared with the means of this module

    fields: dict[tuple[str, Declaration], list[str]] = {}
    for entry in catalogue():
        if entry.declaration is not None:
            fields.setdefault((entry.model, entry.declaration), []).append(entry.field)
    found = [Item(thing, tuple(names), declaration) for (thing, declaration), names in fields.items()]
    found += [Item(kind.key, (), declaration) for kind in kinds() for declaration in kind.declarations]
    return sorted(found, key=lambda item: (item.thing, item.fields, item.declaration.category, item.declaration.subject))


def catalogue() -> list[Entry]:
    """Every stored field of every table of this installation, in a stable order."""
    found = [entry for model in apps.get_models(include_auto_created=True) for entry in entries(model)]
    return sorted(found, key=lambda entry: (entry.model, entry.field))
