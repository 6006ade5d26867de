"""Changing what a company says about data: its particulars, publishing a policy, accepting it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from svara.privacy.audit.port import record
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.policies import access
from svara.privacy.policies.document import digest
from svara.privacy.policies.facts import is_material
from svara.privacy.policies.models import Acceptance, Particulars, Version
from svara.privacy.tenancy import Person

TEXTS = (
    "controller_name",
    "controller_address",
    "controller_contact",
    "dpo_contact",
    "provider_name",
    "provider_address",
    "provider_contact",
    "storage_country",
    "storage_place",
)
MAX_LENGTH = 300
_COUNTRY = re.compile(r"[A-Z]{2}")


@transaction.atomic
def do_save_particulars(actor: Any, given: Mapping[str, str]) -> Particulars:
    """Keep what the company says about itself. `given` maps names of `TEXTS` to texts. Raises Forbidden; Invalid with a
    sentence for each thing that cannot be."""
    particulars = access.access_particulars(actor)
    texts = {name: " ".join(given.get(name, "").split()) for name in TEXTS}
    texts["storage_country"] = texts["storage_country"].upper()
    faults = [_("A text is longer than 300 characters.")] if any(len(text) > MAX_LENGTH for text in texts.values()) else []
    if texts["storage_country"] and not _COUNTRY.fullmatch(texts["storage_country"]):
        faults.append(_("A country is two letters: NO, SE, LV."))
    if faults:
        raise Invalid(*faults)
    for name, text in texts.items():
        setattr(particulars, name, text)
    particulars.save()
    record(actor.tenant_id, actor.id, "change", None, "particulars", particulars.id)
    return particulars


@transaction.atomic
def do_publish(actor: Any, now: datetime | None = None) -> Version:
    """Publish the draft: its words are frozen, with their hash, and in force from now on. Raises Forbidden; Invalid while
    particulars are missing, or where nothing is new."""
    if not access.is_officer(actor):
        raise Forbidden
    draft = access.draft(actor.tenant_id)
    if draft.missing:
        raise Invalid(_("The policy cannot be published before everything is said that it needs."))
    newest = access.newest_version(actor.tenant_id)
    taken = digest(draft.texts)
    if newest is not None and newest.digest == taken:
        raise Invalid(_("Nothing is new: the policy in force says the same."))
    version = Version.all_tenants.create(
        tenant_id=actor.tenant_id,
        number=newest.number + 1 if newest else 1,
        published_at=now or datetime.now(UTC),
        published_by=actor.id,
        facts=msgspec.to_builtins(draft.facts),
        texts=msgspec.to_builtins(draft.texts),
        digest=taken,
        material=newest is None or is_material(draft.changes),
        changes=msgspec.to_builtins(draft.changes),
    )
    record(actor.tenant_id, actor.id, "change", None, "policy", version.id)
    return version


@transaction.atomic
def do_accept(actor: Person, number: int, language: str, now: datetime | None = None) -> Acceptance:
    """Write down that somebody read a version and accepted it. Raises NotFound for one that is not the newest."""
    newest = access.newest_version(actor.tenant_id)
    if newest is None or newest.number != number:
        raise NotFound
    accepted, _new = Acceptance.all_tenants.get_or_create(
        tenant_id=actor.tenant_id,
        account_id=actor.id,
        number=number,
        defaults={"language": language[:35], "digest": newest.digest, "at": now or datetime.now(UTC)},
    )
    return accepted
