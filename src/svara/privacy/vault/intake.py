"""The intake's pair of keys: who records has the public one, the private one lies in the key store, under the master key.

See `svara.sealing.intake`. What lies there was not sealed for anybody yet: it is sealed anew, for those whom it is about, as
soon as they are known.
"""

from __future__ import annotations

from svara.data import DataFolder, put
from svara.privacy.vault.errors import VaultError
from svara.privacy.vault.master import MasterKey
from svara.privacy.vault.store import KeyStore
from svara.privacy.vault.tenantkeys import Masters
from svara.sealing.intake import new_private_key, public_of

_FACT = "intake"
_BOUND = b"intake key"


def prepare(data: DataFolder, store: KeyStore, masters: Masters) -> None:
    """Make the pair where there is none. Raises VaultError where the master key is of no use and there is none."""
    if not store.fact(_FACT):
        private = new_private_key()
        with store.change():
            store.set_fact(_FACT, masters.current.wrap(private, _BOUND).hex())
            _publish(data, public_of(private))
    elif not data.intake.exists():
        _publish(data, public_of(private_key(store, masters)))


def private_key(store: KeyStore, masters: Masters) -> bytes:
    """The private key. Raises VaultError, Unreadable."""
    return masters.current.unwrap(bytes.fromhex(store.fact(_FACT)), _BOUND)


def rewrap(store: KeyStore, old: MasterKey, new: MasterKey) -> None:
    """The master key changes. In a transaction of the store."""
    if wrapped := store.fact(_FACT):
        store.set_fact(_FACT, new.wrap(old.unwrap(bytes.fromhex(wrapped), _BOUND), _BOUND).hex())


def _publish(data: DataFolder, public: bytes) -> None:
    try:
        put(data.intake, public.hex().encode() + b"\n")
    except OSError as error:
        raise VaultError(f"the file {data.intake} cannot be written: {error.strerror}") from None
