"""The key of the role calls, and what is sealed with it, for tests that stand where that process does."""

from __future__ import annotations

from pathlib import Path

from svara.calls.segments import JournalFolder
from svara.sealing.role import FileKeys, RoleKey

ROLE = RoleKey(bytes(range(32)))


def keys_in(folder: Path) -> FileKeys:
    """Keys of files that lie in `folder`."""
    return FileKeys(folder / "keys" / "calls", ROLE)


def journal_in(folder: Path) -> JournalFolder:
    """A journal that lies in `folder`, as another process would open it."""
    return JournalFolder(folder, keys_in(folder).folder, ROLE)
