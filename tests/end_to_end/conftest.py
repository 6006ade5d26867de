"""One running Svara for all these tests, and a fresh look at its call history for each."""

from collections.abc import Iterator

import pytest
from tests.peers.server import ANNA, BOB, CECILIE, DAG, Svara

from svara.privacy.files import undeclared


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Svara]:
    with Svara((ANNA, BOB, CECILIE, DAG), tls_folder=tmp_path_factory.mktemp("tls")) as svara:
        yield svara
        assert list(undeclared(svara.data)) == []  # whatever these calls left in the data folder, the catalogue knows it


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running
