"""What became, in a bucket, of the sounds of those who were erased: asked when an erasure is verified."""

from __future__ import annotations

from dataclasses import dataclass

from svara.data import DataFolder
from svara.privacy.vault import elsewhere
from svara.privacy.vault.errors import VaultError


@dataclass(frozen=True, slots=True)
class InBucket:
    """Sounds of erased persons that a backup knew in a bucket. `waiting`: to be deleted, it was decided; `unknown`: the
    bucket does not answer."""

    deleted: int = 0
    waiting: int = 0
    left: int = 0
    unknown: int = 0


def asked(data: DataFolder, aside: DataFolder) -> InBucket:
    """Ask the bucket for what a replay in the folder `aside` has let go of."""
    counted = dict.fromkeys(("deleted", "waiting", "left", "unknown"), 0)
    decided = {(note.storage, note.name) for _file, note in elsewhere.going(data)}
    for _file, note in elsewhere.going(aside):
        try:
            elsewhere.storage_at(note.storage).size(note.name)
        except FileNotFoundError:
            counted["deleted"] += 1
        except VaultError:
            counted["unknown"] += 1
        else:
            counted["waiting" if (note.storage, note.name) in decided else "left"] += 1
    return InBucket(**counted)
