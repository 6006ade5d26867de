"""An office with Anna, Bob and Cecilie's phones for each test; nothing may be left over when the test ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls.phones import Office, Phone


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


@pytest.fixture
def anna(at_work: Office) -> Phone:
    return Phone(at_work, "acme-anna").register()


@pytest.fixture
def bob(at_work: Office) -> Phone:
    return Phone(at_work, "acme-bob").register()


@pytest.fixture
def cecilie(at_work: Office) -> Phone:
    return Phone(at_work, "acme-cecilie").register()
