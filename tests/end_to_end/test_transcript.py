"""Anna leaves Bob a tone, a program of the machine hears it out of the vault, and Bob reads on his page how high it was."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from tests.end_to_end.test_menu import with_menu
from tests.peers.baresip import Baresip
from tests.peers.mailbox import leave_a_message
from tests.peers.server import Svara
from tests.voicemail.test_transcriber import HEARS_TONES, is_running
from tests.web.browsing import launch

pytestmark = [pytest.mark.peer, pytest.mark.browser, pytest.mark.timeout(300)]

ANNA_HZ = 440
READABLE_MS = 30_000


@pytest.fixture
def started(tmp_path: Path) -> Path:
    """The process ids of the program's starts, one a line."""
    place = tmp_path / "started"
    place.touch()
    return place


@pytest.fixture
def svara(started: Path) -> Iterator[Svara]:
    line = shlex.join([sys.executable, str(HEARS_TONES), "slowly", str(started)])
    with Svara(environment={"SVARA_TRANSCRIBER": line}) as svara:
        svara.apply(with_menu(svara.data.parent))
        svara.mark()
        yield svara


@pytest.fixture
def bob(svara: Svara) -> Iterator[Page]:
    """Bob's page of voice messages, where he has just switched it on."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        page = chromium.new_context(locale="en").new_page()
        page.goto(f"http://{svara.http}/sign-in/?next=/voicemail/")
        page.fill("#name", "bob@acme.test")
        page.fill("#password", "password-of-bob")
        page.press("#password", "Enter")
        card = page.locator("section", has=page.get_by_role("heading", name="My voice messages in writing"))
        card.get_by_role("button", name="I agree: switch on").click()
        expect(card.get_by_role("button", name="Switch off")).to_be_visible()
        yield page
        chromium.close()


def leaves_a_tone(svara: Svara, anna: Baresip) -> None:
    before = len(svara.get("/voicemail/messages", "bob")["items"])
    leave_a_message(anna)
    svara.until(lambda: len(svara.get("/voicemail/messages", "bob")["items"]) == before + 1)
    anna.wait_state("idle")


def test_what_anna_says_bob_reads_also_when_a_process_dies_over_it(
    svara: Svara, bob: Page, started: Path, tmp_path: Path
) -> None:
    with Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna:
        leaves_a_tone(svara, anna)
        expect(bob.get_by_text("It is being written down…")).to_be_visible(timeout=READABLE_MS)
        expect(bob.get_by_text(f"A tone of {ANNA_HZ} hertz", exact=True)).to_be_visible(timeout=READABLE_MS)
        expect(bob.get_by_text("Written by a machine: listen before you rely on it.")).to_be_visible()

        once = len(started.read_text(encoding="utf-8").split())
        leaves_a_tone(svara, anna)
        svara.until(lambda: len(started.read_text(encoding="utf-8").split()) == once + 1)
        svara.kill("jobs")
        killed = int(started.read_text(encoding="utf-8").split()[-1])
        svara.until(lambda: not is_running(killed))
        expect(bob.get_by_text(f"A tone of {ANNA_HZ} hertz", exact=True)).to_have_count(2, timeout=READABLE_MS)
    assert len(started.read_text(encoding="utf-8").split()) == once + 2, "it was tried again, once"
    for message in svara.get("/voicemail/messages", "bob")["items"]:
        assert message["transcript"]["text"] == f"A tone of {ANNA_HZ} hertz"
    for place in svara.data.rglob("*"):
        if place.is_file() and "lock" not in place.name and place.stat().st_size < 50_000_000:
            assert b"hertz" not in place.read_bytes(), place
