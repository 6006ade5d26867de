"""One running Svara for all these tests, one more with a reception, and a fresh look at the call history for each.

Who asks for `anna`, `bob` or `cecilie` gets their desk phone, at the server of the test.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import desk
from tests.peers.linphone import Linphone
from tests.peers.server import ANNA, BOB, CECILIE, DAG, Svara, office_file

from svara.privacy.files import undeclared


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Svara]:
    with Svara((ANNA, BOB, CECILIE, DAG), tls_folder=tmp_path_factory.mktemp("tls"), many_talks=True) as svara:
        yield svara
        assert list(undeclared(svara.data)) == []  # whatever these calls left in the data folder, the catalogue knows it


@pytest.fixture(scope="session")
def reception() -> Iterator[Svara]:
    """A server with what a reception has (see `desk.HOUSE`), and another company. Tests that need it name it `running`."""
    with Svara(desk.TEAM) as svara:
        svara.apply(office_file(desk.TEAM, **desk.HOUSE))
        svara.apply(office_file(desk.BETA, "beta"))
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


@pytest.fixture
def anna(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("anna-desk"), tone_hz=desk.ANNA_HZ) as phone:
        yield phone


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("bob-desk"), tone_hz=desk.BOB_HZ) as phone:
        yield phone


@pytest.fixture
def cecilie(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("cecilie-desk"), tone_hz=desk.CECILIE_HZ) as phone:
        yield phone
