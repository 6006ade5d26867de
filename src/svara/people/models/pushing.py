"""The table of browsers that may be woken: where a message to each goes, and what its person wants to be told there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import models

from svara.people.models.accounts import Account
from svara.people.models.base import OF_TENANT, TenantOwned, about_person, id_field
from svara.people.models.signedin import SignedIn
from svara.privacy.catalogue import Basis, Purpose, Recipient, Source, declared

_SERVICE = frozenset({Recipient.PUSH_SERVICE})
_GIVEN = about_person("user.device.device_id", Purpose.CALLS, Source.PERSON, Basis.CONSENT, recipients=_SERVICE)
_CHOSEN = about_person("user.settings", Purpose.CALLS, Source.PERSON, Basis.CONSENT, recipients=frozenset())
_USED = about_person("user.behavior", Purpose.CALLS, Source.USE, Basis.CONSENT, recipients=_SERVICE)


class PushDevice(TenantOwned):
    """A browser that its person lets be woken (RFC 8030). It goes with the session in which that was said.

    `mark`: a keyed hash of the address, by which it is found; one address is one browser, whoever sits at it. `sealed`: the
    address and the browser's keys (RFC 8291), with the person's key. `service`: whose push service it is, by host.
    `names`: who calls is told in the notification; `missed`, `messages`: also of missed calls, of voice messages.
    """

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="push_devices"),
        about_person("user.unique_id", Purpose.CALLS, Source.PERSON, Basis.CONSENT, recipients=frozenset()),
    )
    account_id: str
    session: SignedIn = declared(
        models.OneToOneField(SignedIn, on_delete=models.CASCADE, related_name="push_device"),
        about_person("user.device", Purpose.CALLS, Source.USE, Basis.CONSENT, recipients=frozenset()),
    )
    session_id: str
    mark: str = declared(models.CharField(max_length=64, unique=True), replace(_GIVEN, recipients=frozenset()))
    sealed: bytes = declared(models.BinaryField(), replace(_GIVEN, vaulted=True))
    service: str = declared(models.CharField(max_length=100), _GIVEN)
    language: str = declared(models.CharField(max_length=35, blank=True), _CHOSEN)
    names: bool = declared(models.BooleanField(default=False), _CHOSEN)
    missed: bool = declared(models.BooleanField(default=False), _CHOSEN)
    messages: bool = declared(models.BooleanField(default=False), _CHOSEN)
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), _CHOSEN)
    last_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _USED)

    def __str__(self) -> str:
        return self.id
