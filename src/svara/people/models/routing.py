"""The tables of what calls are routed through: queues, hours, menus, conferences, trunks, public numbers, outbound rules,
sounds.

Each row holds what the struct of the same name in `svara.people.office` holds, under the same names. Rows refer to each
other by name, and targets are text ("queue:support"): an office is only ever changed whole, and `svara.people.plan` refuses
a change after which a name would lead nowhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from svara.people.models.accounts import Account
from svara.people.models.base import OF_TENANT, SETTING, TenantOwned, about_person, id_field
from svara.privacy.catalogue import Basis, Declaration, Purpose, Retention, Source, Subject, declared

_WITH_QUEUE = Retention("queue")
_CREDENTIALS = Declaration(
    "system.authentication", Purpose.CALLS, Basis.NOT_PERSONAL, Retention("trunk"), Subject.NOBODY, Source.EMPLOYER
)

_PIN = Declaration(
    "system.authentication", Purpose.CALLS, Basis.NOT_PERSONAL, Retention("conference"), Subject.NOBODY, Source.EMPLOYER
)


def _text(max_length: int = 64) -> models.CharField[str, str]:
    return models.CharField(max_length=max_length, blank=True, default="")


def _target() -> models.CharField[str, str]:
    return models.CharField(max_length=200, default="hangup")


def _extension() -> models.CharField[str | None, str | None]:
    return models.CharField(max_length=10, null=True, blank=True)  # NULL, so that many may have none


class _Named(TenantOwned):
    """Something of the office that goes by a name, unique in the tenant."""

    id: str = declared(id_field(), OF_TENANT)
    name: str = declared(models.CharField(max_length=64), SETTING)
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), OF_TENANT)

    class Meta:
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_%(class)s_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class Queue(_Named):
    """A line of waiting callers; who takes them is in `QueueMember`."""

    extension: str | None = declared(_extension(), SETTING)
    strategy: str = declared(models.CharField(max_length=20), SETTING)
    ring_seconds: float = declared(models.FloatField(), SETTING)
    retry_seconds: float = declared(models.FloatField(), SETTING)
    wrap_up_seconds: float = declared(models.FloatField(), SETTING)
    max_wait_seconds: float | None = declared(models.FloatField(null=True, blank=True), SETTING)
    max_waiting: int | None = declared(models.IntegerField(null=True, blank=True), SETTING)
    when_full: str = declared(_target(), SETTING)
    when_timeout: str = declared(_target(), SETTING)
    when_empty: str | None = declared(models.CharField(max_length=200, null=True, blank=True), SETTING)
    announce_position: bool = declared(models.BooleanField(), SETTING)
    announce_every_seconds: float = declared(models.FloatField(), SETTING)
    greeting: str = declared(_text(), SETTING)
    music: str = declared(_text(), SETTING)
    callback_key: str = declared(_text(1), SETTING)
    priority: int = declared(models.IntegerField(), SETTING)
    auto_pause_after: int = declared(models.IntegerField(), SETTING)
    skills: dict[str, int] = declared(models.JSONField(default=dict), SETTING)
    relax_seconds: float = declared(models.FloatField(), SETTING)
    service_level_seconds: float = declared(models.FloatField(), SETTING)
    former_names: list[str] = declared(models.JSONField(default=list), SETTING)
    """By which history knows it."""
    record: bool = declared(models.BooleanField(), SETTING)
    supervision: str = declared(models.CharField(max_length=20, default="off"), SETTING)


class QueueMember(TenantOwned):
    """A person who takes the calls of a queue."""

    id: str = declared(id_field(), OF_TENANT)
    queue: Queue = declared(models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="members"), OF_TENANT)
    queue_id: str
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships"),
        about_person("user.unique_id", Purpose.CALLS, retention=_WITH_QUEUE),
    )
    account_id: str
    order: int = declared(models.IntegerField(), SETTING)
    weight: int = declared(models.IntegerField(), SETTING)
    skills: dict[str, int] = declared(
        models.JSONField(default=dict),
        about_person("user.professional_information", Purpose.CALLS, retention=_WITH_QUEUE),
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["queue", "account"], name="once_a_member_of_a_queue")
        ]

    def __str__(self) -> str:
        return self.id


class Hours(_Named):
    """When the office is open; windows as JSON."""

    open: list[dict[str, Any]] = declared(models.JSONField(default=list), SETTING)
    holidays: str = declared(_text(16), SETTING)
    exceptions: dict[str, list[dict[str, Any]]] = declared(models.JSONField(default=dict), SETTING)


class Menu(_Named):
    """Press a key."""

    extension: str | None = declared(_extension(), SETTING)
    prompt: str = declared(_text(), SETTING)
    keys: dict[str, str] = declared(models.JSONField(default=dict), SETTING)
    otherwise: str = declared(_target(), SETTING)
    timeout_seconds: float = declared(models.FloatField(), SETTING)
    tries: int = declared(models.IntegerField(), SETTING)
    direct_dial: bool = declared(models.BooleanField(), SETTING)


class Conference(_Named):
    """A room in which many talk with each other. Of its PINs there are hashes only."""

    extension: str | None = declared(_extension(), SETTING)
    pin: str = declared(_text(200), _PIN)
    moderator_pin: str = declared(_text(200), _PIN)
    wait_for_moderator: bool = declared(models.BooleanField(), SETTING)
    record: bool = declared(models.BooleanField(), SETTING)
    max_members: int = declared(models.IntegerField(), SETTING)
    announce: bool = declared(models.BooleanField(), SETTING)


class Trunk(_Named):
    """A way to the public network. The secret is stored as it is, because the provider chooses the realm of the digest
    (RFC 7616); it is never shown again."""

    address: str = declared(models.CharField(max_length=255), SETTING)
    login: str = declared(_text(), _CREDENTIALS)
    secret: str = declared(_text(200), _CREDENTIALS)
    register: bool = declared(models.BooleanField(), SETTING)
    match: list[str] = declared(models.JSONField(default=list), SETTING)
    priority: int = declared(models.IntegerField(), SETTING)
    format: str = declared(models.CharField(max_length=10), SETTING)
    identity: str = declared(models.CharField(max_length=24), SETTING)
    probe_seconds: float = declared(models.FloatField(), SETTING)


class PublicNumber(TenantOwned):
    """A number in the public network and where its calls go."""

    id: str = declared(id_field(), OF_TENANT)
    number: str = declared(models.CharField(max_length=20), SETTING)
    trunk: str = declared(models.CharField(max_length=64), SETTING)
    to: str = declared(_target(), SETTING)
    hours: str = declared(_text(), SETTING)
    closed: str = declared(_target(), SETTING)
    record: bool = declared(models.BooleanField(), SETTING)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "number"], name="one_public_number_in_a_tenant")
        ]

    def __str__(self) -> str:
        return self.number


class Outbound(TenantOwned):
    """Which numbers go out by which trunk."""

    id: str = declared(id_field(), OF_TENANT)
    prefix: str = declared(models.CharField(max_length=20), SETTING)
    trunk: str = declared(models.CharField(max_length=64), SETTING)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "prefix", "trunk"], name="one_outbound_rule_of_a_kind")
        ]

    def __str__(self) -> str:
        return self.prefix


class Sound(_Named):
    """A prompt or music: a file of the library, or a text that a local voice speaks into one.

    `file` is relative to the data folder's `sounds`, "" until it was made; `source_hash` is the SHA-256 of what it was made
    of.
    """

    file: str = declared(_text(200), SETTING)
    text: str = declared(models.TextField(blank=True, default=""), SETTING)
    language: str = declared(_text(35), SETTING)
    source_hash: str = declared(_text(64), SETTING)
