"""The vault: what is about persons is sealed by keys that can be destroyed. See `svara.privacy.vault.port`."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from svara.privacy.vault.port import Vault, open_vault

__all__ = ["SystemTime", "Vault", "current", "open_vault"]


class SystemTime:
    """The machine's own time."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)


_lock = threading.Lock()
_open: dict[Path, Vault] = {}


def current() -> Vault:
    """The vault of this installation's data folder (`settings.DATA`). Raises VaultError."""
    from django.conf import settings  # noqa: PLC0415  the vault itself does not need Django

    root: Path = settings.DATA.root
    vault = _open.get(root)
    if vault is None:
        with _lock:
            vault = _open.get(root)
            if vault is None:
                while _open:  # a process serves one folder; tests have many, one after another
                    _open.popitem()[1].close()
                vault = _open[root] = open_vault(settings.DATA, SystemTime())
    return vault
