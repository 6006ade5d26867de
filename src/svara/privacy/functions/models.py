"""The ledger of consents: who decided what about which purpose, after reading which text; and what stands beside it: the
company's own notices, on which basis it deals with people outside, and requests that wait to be confirmed by mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from django.db import models

from svara.privacy.appendonly import AppendOnly
from svara.privacy.catalogue import (
    WITH_TENANT,
    Basis,
    Declaration,
    Purpose,
    Recipient,
    Retention,
    Source,
    Subject,
    declared,
    not_personal,
)
from svara.privacy.tenancy import OF_TENANT, TenantOwned, id_field

KEPT_DAYS = 3 * 365
"""After a consent has ended its proof stays so long: whoever relied on it has to show it (GDPR Article 7(1), 17(3)(e))."""
DECISIONS = ("given", "refused", "withdrawn", "asked-again")

_PROOF = Retention("tenant", days=KEPT_DAYS, since="the end of the consent")


def _proof(category: str, source: Source) -> Declaration:
    return Declaration(category, Purpose.CONSENT, Basis.LEGAL_OBLIGATION, _PROOF, Subject.ANYONE, source)


_CHOICE = _proof("user.privacy_preferences", Source.PERSON)
_MADE = _proof("user.privacy_preferences", Source.SYSTEM)


class Consent(AppendOnly):
    """One decision. The newest of a subject about a purpose is in force.

    `number` counts the entries of one subject from 1; `hash` covers the entry and the hash of the entry before
    (`svara.privacy.functions.ledger`). `text` is what was read, word by word.
    """

    id: str = declared(id_field(), OF_TENANT)
    number: int = declared(models.PositiveIntegerField(), _MADE)
    subject: str = declared(models.CharField(max_length=100), _proof("user.unique_id", Source.SYSTEM))
    purpose: str = declared(models.CharField(max_length=40), _CHOICE)
    decision: str = declared(models.CharField(max_length=12, choices=[(each, each) for each in DECISIONS]), _CHOICE)
    how: str = declared(models.CharField(max_length=40), _MADE)
    evidence: str = declared(models.CharField(max_length=100, blank=True), _MADE)
    language: str = declared(models.CharField(max_length=35), _MADE)
    text_version: int = declared(models.PositiveIntegerField(), _MADE)
    text: dict[str, str] = declared(models.JSONField(default=dict), _MADE)
    at: datetime = declared(models.DateTimeField(), _CHOICE)
    previous: str = declared(models.CharField(max_length=64, blank=True), _MADE)
    hash: str = declared(models.CharField(max_length=64), _MADE)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "subject", "number"], name="one_consent_of_a_number")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subject", "purpose", "-number"], name="consent_by_subject"),
            models.Index(fields=["tenant", "purpose", "decision"], name="consent_by_purpose"),
            models.Index(fields=["tenant", "evidence"], name="consent_by_evidence"),
        ]

    def __str__(self) -> str:
        return self.id


_NOTICE = not_personal(WITH_TENANT, Source.EMPLOYER)
NOTICES = ("recording", "news")


class Notice(AppendOnly):
    """What the company says in its own words, in one language; each change is a new version, and the older ones stay."""

    id: str = declared(id_field(), OF_TENANT)
    kind: str = declared(models.CharField(max_length=12, choices=[(each, each) for each in NOTICES]), _NOTICE)
    language: str = declared(models.CharField(max_length=35), _NOTICE)
    version: int = declared(models.PositiveIntegerField(), _NOTICE)
    text: str = declared(models.TextField(), _NOTICE)
    at: datetime = declared(models.DateTimeField(), _NOTICE)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "kind", "language", "version"], name="one_notice_of_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.language} {self.version}"


_WAITS = Declaration(
    "user.authorization.credentials",
    Purpose.CONSENT,
    Basis.CONSENT,
    Retention("tenant", days=2, since="at"),
    Subject.OUTSIDE_PERSON,
    Source.PERSON,
)

_TO_MAIL = frozenset({Recipient.MAIL_SERVER})
_ADDRESS_WAITS = replace(_WAITS, category="user.contact.email", recipients=_TO_MAIL, vaulted=True)


class OptIn(TenantOwned):
    """Somebody outside asked for news and has not confirmed yet: the keyed hash of the address, the hash of the link, and
    the address itself, `sealed` under the person's own key."""

    id: str = declared(id_field(), OF_TENANT)
    subject: str = declared(models.CharField(max_length=100), _WAITS)
    token_hash: str = declared(models.CharField(max_length=64, unique=True), _WAITS)
    sealed: bytes = declared(models.BinaryField(default=b""), _ADDRESS_WAITS)
    language: str = declared(models.CharField(max_length=35), _WAITS)
    at: datetime = declared(models.DateTimeField(db_index=True), _WAITS)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant", "subject"], name="optin_by_subject")]

    def __str__(self) -> str:
        return self.id


def _read(category: str, source: Source = Source.PERSON, *, vaulted: bool = False) -> Declaration:
    kept, who = Retention("consent"), Subject.OUTSIDE_PERSON
    return Declaration(category, Purpose.LETTERS, Basis.CONSENT, kept, who, source, vaulted=vaulted)


class Reader(TenantOwned):
    """Somebody outside who agreed to news: the address, `sealed` under the person's own key, as long as the consent holds.

    `failing_since`: the mail server said for good that there is no such address; nothing is sent there until its owner
    confirms it anew.
    """

    id: str = declared(id_field(), OF_TENANT)
    subject: str = declared(models.CharField(max_length=100), _read("user.unique_id", Source.SYSTEM))
    sealed: bytes = declared(models.BinaryField(), replace(_read("user.contact.email", vaulted=True), recipients=_TO_MAIL))
    language: str = declared(models.CharField(max_length=35), _read("user.demographic.language"))
    since: datetime = declared(models.DateTimeField(), _read("user.privacy_preferences"))
    failing_since: datetime | None = declared(models.DateTimeField(null=True, blank=True), _read("user.contact", Source.USE))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "subject"], name="one_reader_of_a_subject")
        ]

    def __str__(self) -> str:
        return self.id
