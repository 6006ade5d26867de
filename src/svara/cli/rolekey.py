"""How the key of the role calls comes to the processes that need it: calls, which writes, and jobs, which reads.

`svara prepare` opens the vault once and gives the key to `svara serve`, which keeps it in memory and hands it to each start
of these roles, through a pipe: so a process that is started again after a kill asks neither a key store nor a key management
service. A role that runs alone opens the vault itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from svara import log
from svara.data import DataFolder
from svara.sealing.errors import Unreadable
from svara.sealing.field import KEY_BYTES
from svara.sealing.role import RoleKey

GIVE = "SVARA_ROLE_KEY_TO"
"""The descriptor on which `svara prepare` gives the key."""
TAKE = "SVARA_ROLE_KEY"
"""The descriptor on which a role is handed it."""
ROLES = frozenset({"calls", "jobs"})
"""Which roles are."""

_log = log.get("cli.rolekey")


def give(key: bytes) -> None:
    """Tell the key to the process that asked for it, if one did. Nobody else inherits the way."""
    descriptor = os.environ.pop(GIVE, None)
    if descriptor is not None:
        with os.fdopen(int(descriptor), "wb") as pipe:
            pipe.write(key)


def take() -> RoleKey | None:
    """The key that this process was handed; None where it was handed none."""
    descriptor = os.environ.pop(TAKE, None)
    if descriptor is None:
        return None
    try:
        with os.fdopen(int(descriptor), "rb") as pipe:
            return RoleKey(pipe.read(KEY_BYTES))
    except (OSError, ValueError):
        _log.error("the key that was handed over is none")
        return None


def of_vault(data: DataFolder) -> RoleKey:
    """The key out of the vault. Raises VaultError, Unreadable."""
    from svara.privacy.vault import SystemTime, open_vault  # noqa: PLC0415  most processes are handed it

    with open_vault(data, SystemTime()) as vault:
        return vault.role_key()


def finder(data: DataFolder) -> Callable[[], RoleKey | None]:
    """Gives the key, however often it is asked; None while it cannot be had, and the log says why."""
    handed = take()

    def find() -> RoleKey | None:
        from svara.privacy.vault.port import VaultError  # noqa: PLC0415

        if handed is not None:
            return handed
        try:
            return of_vault(data)
        except (VaultError, Unreadable, OSError):
            _log.error("the vault cannot be opened", exc_info=True)
            return None

    return find
