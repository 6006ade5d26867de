"""Anna adds a softphone for Dag and one for Cecilie on her page: a real linphone sets itself up from the address behind the
code, a real baresip from its file, and they call each other."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.phone import Account
from tests.peers.server import ANNA, CECILIE, DAG, Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]
CECILIE_HZ, DAG_HZ = 440, 660


class Window:
    """Anna's browser, as far as forms go."""

    def __init__(self, svara: Svara) -> None:
        self.url = f"http://{svara.http}"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.send("/sign-in/", name="anna@acme", password="password-of-anna")

    def see(self, path: str) -> str:
        with self._opener.open(self.url + path, timeout=30) as answer:
            return str(answer.read().decode())

    def send(self, path: str, **fields: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.see(path))
        assert found is not None
        data = urlencode(fields | {"csrfmiddlewaretoken": found[1]}).encode()
        request = urllib.request.Request(self.url + path, data, {"Referer": self.url + path})
        with self._opener.open(request, timeout=30) as answer:
            return str(answer.read().decode())

    def add_phone(self, username: str, maker: str) -> str:
        found = re.search(
            r'<code id="address">([^<]+)</code>', self.send("/administration/phones/", username=username, maker=maker)
        )
        assert found is not None
        return found[1]


def fetched(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture(scope="module")
def office() -> Iterator[Svara]:
    with Svara((ANNA, CECILIE, DAG)) as svara:
        yield svara


def test_softphones_set_themselves_up_and_call_each_other(office: Svara, tmp_path: Path) -> None:
    anna = Window(office)
    address = anna.add_phone("dag", "linphone")
    file_address = anna.add_phone("cecilie", "baresip")
    status, accounts = fetched(file_address)
    assert status == 200
    assert fetched(file_address)[0] == 404, "good for one time"
    alone = Account("nobody")
    with (
        Linphone(tmp_path, alone, settings=address, tone_hz=DAG_HZ) as dag,
        Baresip(tmp_path, alone, accounts=accounts, tone_hz=CECILIE_HZ) as cecilie,
    ):
        office.wait_presence("dag", "available")
        office.wait_presence("cecilie", "available")
        assert fetched(address)[0] == 404, "linphone has used it up"
        where = office.sip
        dag.use_files()
        cecilie.dial_uri(f"sip:104@{where}")
        dag.wait_state("incoming")
        dag.answer()
        cecilie.wait_state("talking")
        dag.wait_to_hear(CECILIE_HZ)
        cecilie.wait_to_hear(DAG_HZ)
        dag.hangup()
        cecilie.wait_state("idle")
        dag.dial_uri(f"sip:103@{where}")
        cecilie.wait_state("incoming")
        cecilie.answer()
        dag.wait_state("talking")
        cecilie.hangup()
        dag.wait_state("idle")
    rc = (dag.folder / "rc").read_text()
    assert re.search(r"config-uri=http://[^ ]+/provision/svaraph_[\w-]{43}/linphone.xml", rc), (
        "from now on by its own secret"
    )
    page = anna.see("/administration/phones/")
    assert page.count("last fetched") == 2
    assert "Linphone" in page
