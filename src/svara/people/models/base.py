"""What every table stands on: tenants and ids. How things of one tenant are read: `svara.privacy.tenancy`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self, get_args

from django.db import models

from svara.people.presence import PresenceTo
from svara.people.second.who import SECOND_FACTOR
from svara.privacy.catalogue import (
    WITH_ACCOUNT,
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
from svara.privacy.tenancy import OF_TENANT, TenantOwned, id_field, new_id

__all__ = ["OF_TENANT", "SETTING", "Tenant", "TenantOwned", "about_person", "id_field", "new_id"]


SETTING = not_personal(WITH_TENANT, Source.EMPLOYER)


def about_person(
    category: str,
    purpose: Purpose = Purpose.DIRECTORY,
    source: Source = Source.EMPLOYER,
    basis: Basis = Basis.CONTRACT,
    retention: Retention = WITH_ACCOUNT,
    *,
    recipients: frozenset[Recipient] | None = None,
) -> Declaration:
    """What a field says about somebody who works here."""
    return Declaration(category, purpose, basis, retention, Subject.EMPLOYEE, source, recipients)


class Tenant(models.Model):
    """One company. Nothing in it can be reached from another."""

    id: str = declared(id_field(), OF_TENANT)
    slug: str = declared(models.SlugField(max_length=40, unique=True), SETTING)
    name: str = declared(models.CharField(max_length=200), SETTING)
    country: str = declared(models.CharField(max_length=2), SETTING)
    timezone: str = declared(models.CharField(max_length=64), SETTING)
    languages: list[str] = declared(models.JSONField(default=list), SETTING)
    media: str = declared(
        models.CharField(max_length=8, choices=[("relay", "relay"), ("direct", "direct")], default="relay"), SETTING
    )
    recording_rule: str = declared(
        models.CharField(max_length=8, choices=[("announce", "announce"), ("consent", "consent")], default="announce"),
        SETTING,
    )
    hold_music: str = declared(
        models.CharField(max_length=8, choices=[("music", "music"), ("silence", "silence")], default="music"), SETTING
    )
    codes: dict[str, str] = declared(models.JSONField(default=dict, blank=True), SETTING)
    """Feature codes that are others here (`svara.people.codes`)."""
    parking: dict[str, Any] = declared(models.JSONField(default=dict, blank=True), SETTING)
    """`svara.people.office.Parking`; empty: there is none."""
    presence_to: PresenceTo = declared(
        models.CharField(max_length=10, choices=[(each, each) for each in get_args(PresenceTo)], default="everybody"),
        SETTING,
    )
    """To whom it is shown whether somebody can be reached who did not choose that."""
    own_phones: bool = declared(models.BooleanField(default=False), SETTING)
    second_factor: str = declared(
        models.CharField(max_length=14, choices=[(each, each) for each in SECOND_FACTOR], default="nobody"), SETTING
    )
    """Who has to have a second factor (`svara.people.second.rule`)."""
    second_factor_from: str = declared(models.CharField(max_length=10, blank=True), SETTING)
    """From which day on, ISO 8601; "" at once."""
    demo: bool = declared(models.BooleanField(default=False), SETTING)
    first_steps: dict[str, str] = declared(models.JSONField(default=dict, blank=True), SETTING)
    """How far its setting up is (`svara.people.firststeps`); empty: it was not made on a page."""
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), OF_TENANT)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return self.slug

    @property
    def tenant_id(self) -> str:
        """Its own: a company stands wherever somebody who acts in it does."""
        return self.id
