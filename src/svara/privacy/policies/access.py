"""Reading what a company says about data: its particulars, the draft, and every published policy, which anybody may read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.apps import apps
from django.conf import settings
from django.utils import translation

from svara.privacy.errors import Forbidden, NotFound
from svara.privacy.policies import records, writing
from svara.privacy.policies.document import Document
from svara.privacy.policies.facts import Change, Facts, changes, gather
from svara.privacy.policies.models import Acceptance, Particulars, Version
from svara.privacy.registers import recipients
from svara.privacy.tenancy import InTenant, Person

ROLES = ("admin", "privacy-officer")
NEEDED = ("controller_name", "controller_address", "controller_contact", "storage_country", "storage_place")
NEEDED_OF_PROVIDER = ("provider_address", "provider_contact")
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


@dataclass(frozen=True, slots=True)
class Draft:
    """The policy as it would be published now. `missing` names particulars that have to be given first."""

    facts: Facts
    texts: dict[str, Document]
    missing: tuple[str, ...]
    changes: tuple[Change, ...] = field(default=())
    """Against the newest published version; everything is new to the first."""


def is_officer(actor: Any) -> bool:
    """Whether somebody looks after the company's data."""
    return bool(actor.has_role(*ROLES))


def access_particulars(actor: Any) -> Particulars:
    """The company's particulars; what was not given yet is empty, its name is that of the company. Raises Forbidden."""
    if not is_officer(actor):
        raise Forbidden
    return particulars_of(actor.tenant_id)


def particulars_of(tenant_id: str) -> Particulars:
    """As they are stored, for whoever writes documents."""
    found = Particulars.all_tenants.filter(tenant_id=tenant_id).first()
    return found or Particulars(tenant_id=tenant_id, controller_name=_tenant(tenant_id).name)


def missing(particulars: Particulars) -> tuple[str, ...]:
    """Names of fields without which no document can be written."""
    needed = NEEDED + (NEEDED_OF_PROVIDER if particulars.provider_name else ())
    return tuple(name for name in needed if not getattr(particulars, name))


def draft(tenant_id: str) -> Draft:
    """The policy from what is so now, in all languages."""
    facts, particulars = gather(tenant_id), particulars_of(tenant_id)
    texts, country = {}, _tenant(tenant_id).country
    for language in LANGUAGES:
        with translation.override(language):
            texts[language] = writing.policy(facts, particulars, country)
    newest = newest_version(tenant_id)
    different = changes(facts_of(newest), facts) if newest else ()
    return Draft(facts, texts, missing(particulars), different)


def access_draft(actor: Any) -> Draft:
    """The draft, for those who look after the company's data. Raises Forbidden."""
    if not is_officer(actor):
        raise Forbidden
    return draft(actor.tenant_id)


def access_record(actor: Any, kind: str) -> Document:
    """The record of processing ("record") or the processor's annex ("annex") in the language that is active.

    Raises Forbidden, and NotFound for an annex where there is no processor or while particulars are missing.
    """
    particulars = access_particulars(actor)
    if kind not in ("record", "annex") or missing(particulars) or (kind == "annex" and not particulars.provider_name):
        raise NotFound
    write = records.record_of_processing if kind == "record" else records.processor_annex
    return write(gather(actor.tenant_id), particulars, recipients.known(actor.tenant_id))


def versions(tenant_id: str) -> list[Version]:
    """Every published version, newest first."""
    return list(Version.all_tenants.filter(tenant_id=tenant_id).order_by("-number"))


def newest_version(tenant_id: str) -> Version | None:
    """The version in force."""
    return Version.all_tenants.filter(tenant_id=tenant_id).order_by("-number").first()


def published(slug: str, number: int | None = None) -> Version:
    """A published version by the company's short name, the newest without a number; for anybody. Raises NotFound."""
    found = Version.all_tenants.filter(tenant__slug=slug).select_related("tenant")
    version = found.filter(number=number).first() if number is not None else found.order_by("-number").first()
    if version is None:
        raise NotFound
    return version


def document_of(version: Version, language: str) -> Document:
    """The version's text in a language; in English where it has none in that language."""
    return msgspec.convert(version.texts.get(language) or version.texts["en"], Document)


def facts_of(version: Version) -> Facts:
    """What a version was written from."""
    return msgspec.convert(version.facts, Facts)


def changes_of(version: Version) -> tuple[Change, ...]:
    """What was different from the version before when it was published."""
    return msgspec.convert(version.changes, tuple[Change, ...])


def to_accept(actor: Person) -> Version | None:
    """The version that somebody should read and accept: the newest, unless they accepted it, or one since which nothing
    material changed."""
    newest = newest_version(actor.tenant_id)
    if newest is None:
        return None
    material = Version.of(actor).filter(material=True).order_by("-number").values_list("number", flat=True).first()
    done = Acceptance.of(actor).filter(account_id=actor.id, number__gte=material or newest.number).exists()
    return None if done else newest


def acceptances(owner: InTenant) -> int:
    """How many people accepted the version in force, or one since which nothing material changed."""
    material = Version.of(owner).filter(material=True).order_by("-number").values_list("number", flat=True).first()
    return 0 if material is None else Acceptance.of(owner).filter(number__gte=material).values("account").distinct().count()


def _tenant(tenant_id: str) -> Any:
    return apps.get_model("people", "Tenant")._default_manager.get(pk=tenant_id)
