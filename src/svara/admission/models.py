"""The tables of requests for access: whether a company takes any, and those that wait or were refused.

Who is let in becomes a person of the company, and the request goes at that moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

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
from svara.privacy.sealedtext import SealedText, own_key
from svara.privacy.subject import Subject as DataSubject
from svara.privacy.subject import outside
from svara.privacy.tenancy import OF_TENANT, TenantOwned, id_field

KEPT_DAYS = 90
_KEPT = Retention("tenant", days=KEPT_DAYS, since="asked_at")
_SEEN_BY = frozenset({Recipient.ADMINISTRATORS})


def _said(category: str, *, vaulted: bool = False, source: Source = Source.PERSON) -> Declaration:
    who = Subject.OUTSIDE_PERSON
    return Declaration(category, Purpose.SIGN_IN, Basis.CONSENT, _KEPT, who, source, _SEEN_BY, vaulted=vaulted)


class Reception(TenantOwned):
    """Whether a company takes requests; without a row, it does not."""

    id: str = declared(id_field(), OF_TENANT)
    open: bool = declared(models.BooleanField(default=False), not_personal(WITH_TENANT, Source.EMPLOYER))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant"], name="one_reception_of_a_company")
        ]

    def __str__(self) -> str:
        return self.id


class Request(TenantOwned):
    """Somebody outside wants to be let in. What they said is sealed for them; `index` finds them by their address.

    `consent`: the version of the words to which they agreed; `form`: the form that was sent, so that it counts once.
    """

    id: str = declared(id_field(), not_personal(_KEPT))
    name: str = declared(SealedText(default=b""), _said("user.name", vaulted=True))
    contact: str = declared(SealedText(default=b""), _said("user.contact.email", vaulted=True))
    company: str = declared(SealedText(default=b""), _said("user.professional_information.workplace", vaulted=True))
    index: str = declared(
        models.CharField(max_length=64, blank=True, db_index=True), _said("user.unique_id", source=Source.SYSTEM)
    )
    consent: str = declared(models.CharField(max_length=8), _said("user.privacy_preferences"))
    asked_at: datetime = declared(models.DateTimeField(db_index=True), _said("user.behavior", source=Source.USE))
    refused_at: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), _said("user.behavior", source=Source.EMPLOYER)
    )
    form: str = declared(models.CharField(max_length=64, unique=True), not_personal(_KEPT))

    def __str__(self) -> str:
        return self.id

    def sealed_for(self) -> DataSubject:
        """Whose address could not be indexed: the request itself."""
        return outside(self.index) if self.index else own_key(self.id)
