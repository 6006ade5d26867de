"""A browser moves from one network to another in the middle of a talk, as a telephone does that leaves the Wi-Fi."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tests.peers.browser import BrowserPhone
from tests.peers.linphone import Linphone
from tests.peers.networks import Networks
from tests.peers.server import ANNA, BOB, Svara

from svara.web.build import build

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ = 440, 660


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build()


@pytest.fixture(scope="module")
def networks() -> Iterator[Networks]:
    with ExitStack() as stack:
        try:
            machine = stack.enter_context(Networks())
        except OSError as error:
            pytest.skip(f"this machine lets us make no network of our own (it needs root and Linux): {error}")
        machine.join(0)
        yield machine


@pytest.fixture(scope="module", params=["{0}", "127.0.0.1,{0}"], ids=["one-address", "two-addresses"])
def running(networks: Networks, request: pytest.FixtureRequest) -> Iterator[Svara]:
    """An office that both networks reach; its relay has an address that phones on this machine alone can reach, too."""
    options = ("--http", f"{networks.address}:0")
    addresses = request.param.format(networks.address)
    with Svara((ANNA, BOB), options=options, environment={"SVARA_MEDIA_ADDRESS": addresses}) as svara:
        yield svara


@pytest.fixture
def anna(running: Svara, networks: Networks, tmp_path: Path) -> Iterator[BrowserPhone]:
    """She begins in the Wi-Fi, wherever who came before her ended."""
    networks.join(0)
    networks.leave(1)
    chromium = str(networks.program(tmp_path, "/usr/bin/chromium"))
    secure = f"--unsafely-treat-insecure-origin-as-secure=http://{running.http}"
    with sync_playwright() as playwright:
        phone = BrowserPhone(playwright, tmp_path, running, "anna", ANNA_HZ, chromium=chromium, arguments=(secure,))
        phone.sign_in()
        phone.turn_on()
        yield phone
        phone.close()


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


def talking(anna: BrowserPhone, bob: Linphone) -> str:
    call = anna.dial("102")
    bob.wait_state("incoming")
    bob.answer()
    anna.wait_state("talking")
    anna.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(ANNA_HZ)
    return call


WITHIN_SECONDS = 5.0


def heard_again(anna: BrowserPhone, bob: Linphone) -> float:
    """Until both hear each other over the new way; gives after how many seconds Anna does."""
    began = time.monotonic()
    anna.falls_silent()
    anna.wait_ready()
    anna.wait_to_hear(BOB_HZ)
    seconds = time.monotonic() - began
    bob.wait_to_hear(ANNA_HZ)
    return seconds


def tell(how: str, seconds: float) -> None:
    print(f"{how}: heard again after {seconds:.1f} s")  # noqa: T201  with `pytest -s`; on a busy machine it is no promise


def test_anna_leaves_the_wifi_and_goes_on_talking_by_the_mobile_network(
    svara: Svara, networks: Networks, anna: BrowserPhone, bob: Linphone
) -> None:
    """Nothing for a moment, then another address; and back while both networks are there, of which no browser tells."""
    call = talking(anna, bob)
    networks.leave(0)
    anna.falls_silent()
    networks.join(1)
    tell("by another network", heard_again(anna, bob))
    quickest = 60.0
    for here, there in ((1, 0), (0, 1)):
        networks.join(there)
        networks.leave(here)
        quickest = min(quickest, heard_again(anna, bob))
        tell("from one network to the other at once", quickest)
    assert quickest < WITHIN_SECONDS
    assert [each["id"] for each in anna.calls] == [call]
    anna.do("hangup", call)
    bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["from_person"], record["answered_by"], record["outcome"]) == ("anna", "bob", "answered")
