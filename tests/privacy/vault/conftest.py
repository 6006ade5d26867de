"""A vault of its own on virtual time, in the test's folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from svara.clock import VirtualClock
from svara.data import DataFolder
from svara.privacy.vault.port import Vault, open_vault


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def vault(data_folder: DataFolder, clock: VirtualClock) -> Iterator[Vault]:
    vault = open_vault(data_folder, clock)
    yield vault
    vault.close()
