"""What a carrier sends before anybody answers is heard in the browser, and where it sends nothing the page rings itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tests.peers.browser import BrowserPhone
from tests.peers.ports import free_port
from tests.peers.server import ANNA, BOB, Svara, office_file
from tests.peers.sipp import Sipp

from svara.web.build import build

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, FIRST_HZ = 440, 880
OSLO = "+4790000001"

RINGS = """
(() => {
  const start = OscillatorNode.prototype.start;
  window.rings = 0;
  OscillatorNode.prototype.start = function (...given) { window.rings += 1; return start.apply(this, given); };
})();
"""
"""Counts the tones that the page makes itself."""


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    build()
    with Svara((ANNA, BOB)) as svara:
        yield svara


@pytest.fixture
def carriers(running: Svara) -> tuple[int, int]:
    """Their ports; the second is asked when the first does not take a call."""
    ports = free_port(), free_port()
    office = json.loads(office_file((ANNA, BOB)))
    office["trunks"] = [
        {"name": f"carrier-{at}", "address": f"sip:127.0.0.1:{port}", "priority": at, "match": ["127.0.0.1"], "probe": 0}
        for at, port in enumerate(ports, 1)
    ]
    office["numbers"] = [{"number": "+4721000000", "trunk": "carrier-1", "to": "person:anna"}]
    office["outbound"] = [{"prefix": "+", "trunk": f"carrier-{at}"} for at in (1, 2)]
    running.apply(json.dumps(office))
    running.mark()
    return ports


@pytest.fixture
def anna(running: Svara, tmp_path: Path) -> Iterator[BrowserPhone]:
    with sync_playwright() as playwright:
        phone = BrowserPhone(playwright, tmp_path, running, "anna", ANNA_HZ)
        phone.context.add_init_script(RINGS)
        phone.sign_in()
        phone.turn_on()
        yield phone
        phone.close()


def rings(anna: BrowserPhone) -> int:
    return int(anna.page.evaluate("() => window.rings"))


def carrier(running: Svara, folder: Path, port: int, what: str, tone_hz: float, seconds: float = 3) -> Sipp:
    """It is heard, or rings, for so long before it answers."""
    return Sipp(folder, what, running.sip, login="carrier", port=port, tone_hz=tone_hz, ring_seconds=seconds)


def test_anna_hears_the_carriers_own_tone_and_not_ours_and_then_whom_she_called(
    running: Svara, carriers: tuple[int, int], anna: BrowserPhone, tmp_path: Path
) -> None:
    with carrier(running, tmp_path, carriers[0], "announcing", FIRST_HZ, seconds=5) as far:
        call = anna.dial(OSLO)
        anna.wait_to_hear(FIRST_HZ)
        assert [each["state"] for each in anna.calls] == ["calling"], "nobody has answered yet"
        assert rings(anna) == 0
        anna.wait_state("talking")
        anna.wait_to_hear(FIRST_HZ)
        anna.do("hangup", call)
        assert far.wait().successful == 1
    (record,) = running.wait_records(1)
    assert (record["outcome"], record["to"]) == ("answered", OSLO)


def test_where_a_carrier_only_says_that_it_rings_the_page_rings(
    running: Svara, carriers: tuple[int, int], anna: BrowserPhone, tmp_path: Path
) -> None:
    with carrier(running, tmp_path, carriers[0], "answer", FIRST_HZ) as far:
        call = anna.dial(OSLO)
        anna.wait_state("calling")
        anna.wait(lambda: rings(anna) > 0, lambda: "does not ring")
        anna.wait_state("talking")
        anna.wait_to_hear(ANNA_HZ)  # what she says comes back
        anna.do("hangup", call)
        assert far.wait().successful == 1


def test_the_first_carrier_is_heard_and_refuses_and_the_second_is_talked_to(
    running: Svara, carriers: tuple[int, int], anna: BrowserPhone, tmp_path: Path
) -> None:
    """The answer comes from somebody else than the early sound did."""
    with (
        carrier(running, tmp_path, carriers[0], "announcing_refused", FIRST_HZ),
        carrier(running, tmp_path, carriers[1], "answer", FIRST_HZ, seconds=2) as far,
    ):
        call = anna.dial(OSLO)
        anna.wait_to_hear(FIRST_HZ)
        anna.wait_state("talking")
        anna.wait_to_hear(ANNA_HZ)  # what she says comes back
        anna.do("hangup", call)
        assert far.wait().successful == 1
