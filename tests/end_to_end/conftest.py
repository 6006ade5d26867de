"""One running Svara for all tests of a file, and a fresh look at its call history for each."""

from collections.abc import Iterator

import pytest
from tests.peers.server import Svara


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    with Svara() as svara:
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running
