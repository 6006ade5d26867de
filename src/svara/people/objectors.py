"""Who is not recorded: written for call control (`svara.people.unrecorded`) whenever somebody says so, or takes it back.

Those are people who objected to recordings, whose data are restricted, and people outside who withdrew by their
one-time link what they had agreed to in a call. An answer by key in a call is for that call alone.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef

from svara import log
from svara.data import DataFolder
from svara.people import unrecorded
from svara.people.unrecorded import Company, Unrecorded
from svara.privacy import vault
from svara.privacy.catalogue import Purpose
from svara.privacy.functions.models import Consent
from svara.privacy.functions.registry import CALL_RECORDING, RECORDED_CALL
from svara.privacy.rights.asked import Objection, Restriction
from svara.privacy.rights.objections import IN_FORCE, stopped_function
from svara.privacy.subject import Subject, account_of
from svara.privacy.vault.port import VaultError
from svara.sealing.errors import Unreadable
from svara.sealing.role import FileKeys

IN_A_CALL = ("key press", "no key pressed")
"""How people answer who are asked in a call."""

_log = log.get("people.objectors")


def people() -> frozenset[str]:
    """The account ids of all of the house who are not recorded, whatever a queue or number asks for."""
    found = map(account_of, stopped_function(None, CALL_RECORDING))
    return frozenset(account for account in found if account is not None)


def is_about(consent: Consent) -> bool:
    """Whether a decision changes who is not recorded."""
    return consent.purpose == RECORDED_CALL and consent.how not in IN_A_CALL


def write(data: DataFolder) -> None:
    """Bring the file up to date, where that changes anything; while nobody else does (`svara.people.snapshot`).

    Where the role's key cannot be had it stays as it was, and the log says so. Raises OSError.
    """
    outside, place = _outside(), data.unrecorded
    if not outside and not place.exists():
        return
    try:
        keys = FileKeys(data.call_keys, vault.current().role_key())
        before = _before(data, keys)
        found = {tenant: company for tenant in outside if (company := _company(tenant, outside[tenant], before)) is not None}
        if found != before.companies or not before.known:
            unrecorded.write(place, keys, Unrecorded(found))
    except (VaultError, Unreadable):
        _log.error("who is not recorded could not be told to call control", exc_info=True)


def _company(tenant: str, indexes: set[bytes], before: Unrecorded) -> Company | None:
    try:
        return Company(vault.current().index_key(tenant), frozenset(indexes))
    except Unreadable:  # the company has taken its key away: call control knows it already, or nobody is known outside
        known = before.companies.get(tenant)
        return None if known is None else Company(known.key, frozenset(indexes))


def _before(data: DataFolder, keys: FileKeys) -> Unrecorded:
    try:
        return unrecorded.read(data.unrecorded, keys)
    except Unreadable:
        return unrecorded.UNKNOWN


def _outside() -> dict[str, set[bytes]]:
    """The blind indexes of people outside who are not recorded, by company."""
    stops: list[Any] = [
        Objection.all_tenants.filter(purpose=Purpose.RECORDING, state__in=IN_FORCE),
        Restriction.all_tenants.filter(state="in-force"),
        _withdrawn(),
    ]
    found: dict[str, set[bytes]] = {}
    for rows in stops:
        for tenant, subject in rows.filter(subject__startswith="outside:").values_list("tenant_id", "subject"):
            found.setdefault(tenant, set()).add(bytes.fromhex(Subject(subject).partition(":")[2]))
    return found


def _withdrawn() -> Any:
    """The newest decisions about being recorded, where they are a no for good."""
    theirs = Consent.all_tenants.filter(tenant_id=OuterRef("tenant_id"), subject=OuterRef("subject"), purpose=RECORDED_CALL)
    no = Consent.all_tenants.filter(purpose=RECORDED_CALL, decision__in=("withdrawn", "refused")).exclude(how__in=IN_A_CALL)
    return no.filter(~Exists(theirs.filter(number__gt=OuterRef("number"), decision="given")))
