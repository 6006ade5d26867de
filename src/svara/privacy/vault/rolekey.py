"""The key of the role calls, which seals the journal and what else that process keeps (`svara.sealing.role`).

It lies in the key store, wrapped by the master key, and is given to the process when it starts.
"""

from __future__ import annotations

from svara.privacy.vault.master import MasterKey, new_key
from svara.privacy.vault.store import KeyStore
from svara.privacy.vault.tenantkeys import Masters

_FACT = "calls"
_BOUND = b"key of the role calls"


def open_or_make(store: KeyStore, masters: Masters) -> bytes:
    """The key; made if there is none. While nobody changes the master key. Raises VaultError, Unreadable."""
    master = masters.current
    wrapped = store.fact(_FACT)
    if not wrapped:
        wrapped = master.wrap(new_key(), _BOUND).hex()
        with store.change():
            store.set_fact(_FACT, wrapped)
    return master.unwrap(bytes.fromhex(wrapped), _BOUND)


def rewrap(store: KeyStore, old: MasterKey, new: MasterKey) -> None:
    """The master key changes. In a transaction of the store."""
    if wrapped := store.fact(_FACT):
        store.set_fact(_FACT, new.wrap(old.unwrap(bytes.fromhex(wrapped), _BOUND), _BOUND).hex())
