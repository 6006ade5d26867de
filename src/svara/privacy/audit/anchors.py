"""The ends of the chains, noted outside of the database: whoever writes a chain anew, or cuts its end off, is found.

One file in the data folder, a line a note: only added to, but that notes go with the entries that they tell of. Once a day
each end goes into the log of the jobs process as well, which usually leaves the machine.
"""

from __future__ import annotations

import os
from collections import defaultdict

import msgspec

from svara import log
from svara.data import DataFolder, locked, put
from svara.privacy.audit.models import Chain, Pruned

_log = log.get("privacy.audit")
_DAY_SECONDS = 24 * 3600


class Anchor(msgspec.Struct, frozen=True):
    """A company's chain ended with entry `number` and its `hash` (hex) at `at`, seconds since the epoch."""

    tenant: str
    number: int
    hash: str
    at: float


def of(data: DataFolder, tenant_id: str) -> dict[int, str]:
    """Numbers of a company's entries, with the hashes that were noted."""
    return {anchor.number: anchor.hash for anchor in _read(data) if anchor.tenant == tenant_id}


def note(data: DataFolder, now: float) -> list[Anchor]:
    """Note where each chain ends, where it has grown since the last note; gives what was noted. `now`: since the epoch."""
    with locked(data.root / ".audit-anchors-lock"):
        last: dict[str, Anchor] = {}
        for anchor in _read(data):
            last[anchor.tenant] = anchor
        fresh = []
        for chain in Chain.all_tenants.filter(number__gt=0).order_by("tenant_id"):
            before = last.get(chain.tenant_id)
            if before is None or chain.number > before.number:
                fresh.append(Anchor(chain.tenant_id, chain.number, chain.hash, now))
            if before is None or now // _DAY_SECONDS > before.at // _DAY_SECONDS:
                _log.info(
                    "The audit log of a company ends here", tenant=chain.tenant_id, entry=chain.number, hash=chain.hash
                )
        _add(data, fresh)
    return fresh


def forget_pruned(data: DataFolder) -> None:
    """Let the notes go that tell of entries that are gone, and those of companies that are."""
    with locked(data.root / ".audit-anchors-lock"):
        kept = set(Chain.all_tenants.values_list("tenant_id", flat=True))
        gone: dict[str, int] = defaultdict(int)
        for tenant_id, up_to in Pruned.all_tenants.values_list("tenant_id", "up_to"):
            gone[tenant_id] = max(gone[tenant_id], up_to)
        anchors = _read(data)
        left = [anchor for anchor in anchors if anchor.tenant in kept and anchor.number >= gone[anchor.tenant]]
        if len(left) < len(anchors):
            put(data.audit_anchors, b"".join(msgspec.json.encode(anchor) + b"\n" for anchor in left))


def _read(data: DataFolder) -> list[Anchor]:
    try:
        lines = data.audit_anchors.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=Anchor))
        except msgspec.DecodeError:  # the line that a power cut left unfinished
            continue
    return found


def _add(data: DataFolder, fresh: list[Anchor]) -> None:
    if not fresh:
        return
    handle = os.open(data.audit_anchors, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "ab") as file:
        file.write(b"".join(b"\n" + msgspec.json.encode(anchor) + b"\n" for anchor in fresh))
        file.flush()
        os.fsync(file.fileno())
