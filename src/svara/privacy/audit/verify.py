"""Walking a company's chain: is every entry there, as it was written?"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.conf import settings

from svara.privacy.appendonly import missing
from svara.privacy.audit import anchors
from svara.privacy.audit.chain import Facts, genesis, link, microseconds
from svara.privacy.audit.models import GUARDED, Chain, Concerned, Entry, Pruned

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Broken:
    """The chain does not hold at entry number `entry`; `why` in plain English."""

    entry: int
    why: str

    def __str__(self) -> str:
        return f"tampered at entry {self.entry}: {self.why}"


def verify(tenant_id: str) -> Broken | None:
    """The first place at which a company's log is not what was written; None: it is whole.

    Entries that are written meanwhile are looked at the next time.
    """
    known = anchors.of(settings.DATA, tenant_id)  # read first: the chain may only be longer
    chain = Chain.all_tenants.filter(tenant_id=tenant_id).first()
    ends = chain.number if chain is not None else 0
    prunings = list(Pruned.all_tenants.filter(tenant_id=tenant_id).order_by("up_to"))
    for pruning in prunings:
        if not hmac.compare_digest(pruning.seal, seal(pruning)):
            return Broken(pruning.up_to, "the row that lets older entries go is forged")
    number = prunings[-1].up_to if prunings else 0
    previous = prunings[-1].hash if prunings else genesis(tenant_id)
    if (broken := _against(known, number, previous)) is not None:
        return broken
    pruned = {str(pruning.up_to) for pruning in prunings}
    for entry, about in _entries(tenant_id, number, ends):
        if entry.number != number + 1:
            return Broken(number + 1, "it is missing")
        number = entry.number
        facts = Facts(entry.actor, entry.act, entry.what, entry.ref, entry.why, entry.count, tuple(map(str, entry.subjects)))
        previous = link(previous, tenant_id, number, entry.at, facts)
        if previous != entry.hash:
            return Broken(number, "it is not what was written")
        if sorted(entry.subjects) != about:
            return Broken(number, "whom it is about is not what was written")
        if (broken := _against(known, number, previous)) is not None:
            return broken
        if entry.act == "prune" and entry.ref not in pruned:
            return Broken(number, "the row that let older entries go is missing")
    if number != ends or (chain is not None and previous != chain.hash):
        return Broken(number + 1, "the end is missing")
    late = [anchor for anchor in known if anchor > number]
    if late:
        return Broken(number + 1, f"the end is missing: there was an entry {max(late)}")
    if number and (absent := missing(GUARDED)):
        return Broken(number, f"the database does not guard the log any more ({', '.join(absent)})")
    return None


def seal(pruning: Pruned) -> str:
    """What only this installation can write into a `Pruned` row, hex."""
    text = f"audit pruned\0{pruning.tenant_id}\0{pruning.up_to}\0{pruning.hash}\0{microseconds(pruning.at)}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def _against(known: dict[int, str], number: int, hashed: str) -> Broken | None:
    if number in known and known[number] != hashed:
        return Broken(number, "the log was written anew: it ended otherwise when this was noted outside of the database")
    return None


def _entries(tenant_id: str, after: int, ends: int) -> Iterator[tuple[Entry, list[str]]]:
    """Entries in order, each with those who find it as being about them."""
    rows = Entry.all_tenants.filter(tenant_id=tenant_id, number__gt=after, number__lte=ends).order_by("number")
    walk = rows.iterator(chunk_size=_BATCH)
    while batch := list(islice(walk, _BATCH)):
        about: dict[int, list[str]] = defaultdict(list)
        concerned = Concerned.all_tenants.filter(entry__number__gte=batch[0].number, entry__number__lte=batch[-1].number)
        for entry, subject in concerned.filter(tenant_id=tenant_id).values_list("entry_id", "subject"):
            about[entry].append(subject)
        for entry in batch:
            yield entry, sorted(about[entry.id])
