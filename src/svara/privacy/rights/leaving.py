"""When a company is removed: its keys are destroyed, here and in the copies beside the backups.

Its rows go by the database, its files by retention; what lies in backups is unreadable from here on.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from svara import log
from svara.privacy import vault
from svara.privacy.rights import keycopy
from svara.privacy.vault.port import INSTALLATION, VaultError

_log = log.get("rights.leaving")


def removed(instance: Any, **_more: Any) -> None:
    """A company's row is deleted; its keys go once that is certain."""
    transaction.on_commit(partial(_end, str(instance.pk)))


def left_behind(companies: Iterable[str]) -> list[str]:
    """Of whom there are keys, though they are none of these companies. Raises VaultError."""
    known = {*companies, INSTALLATION}
    return [row.tenant for row in vault.current().keeping.status().tenants if row.tenant not in known]


def end_keys(tenant_id: str) -> int:
    """Destroy the keys of a company that is gone; gives how many of its persons had one. Raises VaultError, OSError."""
    count = vault.current().keeping.end(tenant_id)
    keycopy.refresh(settings.DATA)
    return count


def _end(tenant_id: str) -> None:
    try:
        end_keys(tenant_id)
    except (VaultError, OSError):  # `svara doctor` tells of it, and `svara privacy key tidy` does it again
        _log.error("the keys of a company that was removed could not be destroyed", tenant=tenant_id, exc_info=True)
