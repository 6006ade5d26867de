"""The privacy kernel: keys, vault, logs that nobody may change, jobs."""

from __future__ import annotations

import os
import secrets
import stat
import time
from datetime import timedelta
from pathlib import Path

from svara.cli.doctor.model import Check, Finding, Patient, fault, none, ok, warning
from svara.cli.doctor.office import span

WALK_SECONDS = 20.0
"""So long logs are walked; what is left is said."""
STUCK_SECONDS = 120.0
"""A job whose runner has not been heard of for so long."""
WAITING_SECONDS = 900.0
_SECRET_BYTES = 32
_COPY = "keep a copy of it apart from the backups: without it every backup is worthless"


def keys(patient: Patient) -> list[Finding]:
    """The files of the keys: there, whole, and nobody else's to read."""
    data = patient.data
    found = [_secret_key(data.secret_key), _master(patient)]
    for place, what in ((data.keys / "keys.sqlite3", "key store"), (data.intake, "intake key")):
        found.append(ok("it is there", what) if place.is_file() else fault(f"{place} is missing", _RESTORE, what))
    return found


_RESTORE = "bring it back from the copy of the keys that lies beside the backups (svara.keys)"


def _secret_key(place: Path) -> Finding:
    of = "secret key"
    try:
        found = place.stat()
    except FileNotFoundError:
        return fault(
            f"{place} is missing: at its next start the office makes another one, with which receipts of before do not hold",
            "bring it back from your copy",
            of,
        )
    if found.st_size < _SECRET_BYTES:
        return fault(f"{place} is cut short: it has {found.st_size} bytes", "bring it back from your copy", of)
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return fault(f"{place} may be read by others (mode {found.st_mode & 0o777:04o})", f"chmod 0600 {place}", of)
    return ok("it is there, and only its owner may read it", of)


def _master(patient: Patient) -> Finding:
    from svara.privacy.vault.errors import VaultError  # noqa: PLC0415  slow to load
    from svara.privacy.vault.master import read_key  # noqa: PLC0415

    of = "master key"
    if patient.settings.get("SVARA_MASTER_KEY_URI"):
        return ok("it is in a key management service", of)
    place = Path(patient.settings.get("SVARA_MASTER_KEY_FILE") or patient.data.keys / "master")
    try:
        read_key(place)
    except VaultError as error:
        advice = f"chmod 0600 {place}" if "0600" in str(error) else "bring it back from your copy"
        return fault(f"{error}; nothing that is sealed can be read until then", advice, of)
    return ok(f"it is there, and only its owner may read it; {_COPY}", of)


def vault(patient: Patient) -> list[Finding]:
    """Sealing and opening, and every company's key."""
    from svara.history.follow import PASSING  # noqa: PLC0415
    from svara.people.models import Tenant  # noqa: PLC0415
    from svara.privacy.vault import current  # noqa: PLC0415
    from svara.privacy.vault.port import INSTALLATION, Unreadable, VaultError  # noqa: PLC0415

    if patient.no_keys:
        return [fault(patient.no_keys, "see the finding about the key")]
    opened, content, context = current(), secrets.token_bytes(64), b"doctor"
    try:
        sealed = opened.seal(INSTALLATION, [PASSING], content, context=context)
        came_back = opened.open(INSTALLATION, sealed, context=context) == content and content not in sealed
    except (Unreadable, VaultError) as error:
        return [fault(f"nothing can be sealed or opened: {error}", "see the findings about the keys", "probe")]
    found = [
        ok("a probe was sealed and opened again", "probe")
        if came_back
        else fault("what was sealed did not come back as it was", "report it at once", "probe")
    ]
    names = dict(Tenant.objects.values_list("id", "slug"))
    for row in opened.keeping.status().tenants:
        if row.tenant == INSTALLATION:
            continue
        if row.tenant not in names:
            found.append(
                warning(
                    f"keys of a company that is gone are still here ({row.living} of its persons)",
                    "svara privacy key tidy --destroy; not before it is certain that the company need not come back from a "
                    "backup",
                    "company that is gone",
                )
            )
        elif not row.here and row.own:
            found.append(
                warning(
                    "it holds its own key and has taken it away: nothing of it can be read until it is brought again",
                    "if that is not meant so: svara privacy key bring",
                    names[row.tenant],
                )
            )
        elif not row.here:
            found.append(
                fault(
                    "its key cannot be opened: nothing of it can be read",
                    "see the findings about the keys",
                    names[row.tenant],
                )
            )
    return found


def audit(_patient: Patient) -> list[Finding]:
    """The log of views and changes of each company, entry by entry."""
    from svara.people.models import Tenant  # noqa: PLC0415
    from svara.privacy.audit.models import Chain  # noqa: PLC0415
    from svara.privacy.audit.port import verify  # noqa: PLC0415

    entries = dict(Chain.all_tenants.values_list("tenant_id", "number"))
    found, until, walked, whole = [], time.monotonic() + WALK_SECONDS, 0, 0
    companies = list(Tenant.objects.order_by("slug").values_list("id", "slug"))
    for tenant_id, slug in companies:
        if time.monotonic() > until:
            break
        walked += 1
        broken = verify(tenant_id)
        if broken is None:
            whole += entries.get(tenant_id, 0)
            continue
        found.append(
            fault(
                f"the log of views and changes was tampered with at entry {broken.entry}: {broken.why}",
                "change nothing; keep a copy of the data folder as it is, tell the privacy officer, and compare with an "
                "older backup and with the ends of the log that the process `jobs` wrote into the log of the system",
                slug,
            )
        )
    if walked < len(companies):
        found.append(_left(len(companies) - walked, "svara privacy audit walks them all"))
    elif not found:
        found.append(ok(f"all {whole} entries of {len(companies)} companies are there as they were written"))
    return found


def consents(_patient: Patient) -> list[Finding]:
    """The ledger of consents of each company."""
    from svara.people.models import Tenant  # noqa: PLC0415
    from svara.privacy.functions import ledger  # noqa: PLC0415

    found, until, walked = [], time.monotonic() + WALK_SECONDS, 0
    companies = list(Tenant.objects.order_by("slug").values_list("id", "slug"))
    for tenant_id, slug in companies:
        if time.monotonic() > until:
            break
        walked += 1
        entry = next(ledger.broken(tenant_id), None)
        if entry is not None:
            found.append(
                fault(
                    f"the ledger of consents was tampered with at decision {entry.id}: it is not what was written, or "
                    "does not follow the one before",
                    "change nothing; tell the privacy officer, and compare with an older backup; receipts that persons "
                    "hold prove what they decided (svara privacy receipt)",
                    slug,
                )
            )
    if walked < len(companies):
        found.append(_left(len(companies) - walked, "run svara doctor again when the machine has less to do"))
    elif not found:
        found.append(ok(f"all decisions of {len(companies)} companies are there as they were written"))
    return found


def _left(count: int, advice: str) -> Finding:
    return warning(f"{count} companies were not looked at: it took longer than {WALK_SECONDS:g} s", advice)


def jobs(_patient: Patient) -> Finding:
    """Work that was asked for: exports, erasures."""
    from django.utils import timezone  # noqa: PLC0415

    from svara.privacy.rights.models import Job  # noqa: PLC0415

    now = time.time()
    held = Job.all_tenants.filter(state="running", alive_at__lt=now - STUCK_SECONDS).count()
    late = Job.all_tenants.filter(state="waiting", asked_at__lt=timezone.now() - timedelta(seconds=WAITING_SECONDS)).count()
    failed = Job.all_tenants.filter(state="failed", ended_at__gt=timezone.now() - timedelta(days=1)).count()
    if held or late:
        return fault(
            f"{held + late} exports or erasures that were asked for are not being done (waiting for more than "
            f"{span(WAITING_SECONDS)}, or begun and left)",
            "look whether the process `jobs` runs, and into its log",
        )
    if failed:
        return warning(f"{failed} exports or erasures failed since yesterday", "whoever asked for them sees why; ask again")
    return ok("nothing that was asked for waits too long")


def tenants_keys_folder(patient: Patient) -> Finding:
    """Keys that companies hold themselves."""
    named = patient.settings.get("SVARA_TENANT_KEYS")
    if not named:
        return none("no folder of their own is set (SVARA_TENANT_KEYS)")
    if not os.access(named, os.R_OK | os.X_OK):
        return fault(f"the folder {named} cannot be read: what these companies have sealed cannot be read", "bring it back")
    return ok(f"the folder {named} is there")


CHECKS = (
    Check("keys", "Key", "looked for the files of the keys, and who may read them", keys),
    Check("tenant-keys", "Keys that companies hold", "looked for their folder", tenants_keys_folder),
    Check("vault", "Vault", "sealed and opened a probe, and tried every company's key", vault, needs=("database",)),
    Check("audit", "Audit log", "walked the log of each company, entry by entry", audit, needs=("database",), seconds=28.0),
    Check("consents", "Consents", "walked the ledger of each company", consents, needs=("database",), seconds=28.0),
    Check("jobs", "Jobs", "looked for exports and erasures that are not being done", jobs, needs=("database",)),
)
