"""How many messages wait in each box, told to call control (the lamps of phones) and to open pages."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from svara.bus.announce import announce
from svara.calls.boxes import TOPIC_CHANGED, BoxChanged, Counts, write_counts
from svara.data import DataFolder, locked
from svara.voicemail.boxes import people_of
from svara.voicemail.models import Message


def changed(boxes: Iterable[tuple[str, str]]) -> None:
    """These boxes (tenant's id, box) changed in this transaction: tell everybody once it is committed."""
    transaction.on_commit(partial(_publish, tuple(dict.fromkeys(boxes))), robust=True)


def write(data: DataFolder) -> dict[str, Counts]:
    """Write the counts of what the database holds now. Under a lock: the later of two writers sees both changes."""
    with locked(data.root / ".mailboxes-lock"):
        counts = {
            row["box"]: Counts(row["new"], row["heard"])
            for row in Message.all_tenants.filter(deleted_at=None)
            .values("box")
            .annotate(new=Count("id", filter=Q(heard_at=None)), heard=Count("id", filter=~Q(heard_at=None)))
        }
        write_counts(counts, data.root)
        return counts


def _publish(boxes: tuple[tuple[str, str], ...]) -> None:
    counts = write(settings.DATA)
    payloads = []
    for tenant, box in boxes:
        now = counts.get(box, Counts())
        payloads.append(msgspec.msgpack.encode(BoxChanged(tenant, box, now.new, now.heard, people_of(tenant, box))))
    announce(settings.DATA, TOPIC_CHANGED, payloads)
