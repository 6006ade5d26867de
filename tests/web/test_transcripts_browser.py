"""Voice messages in writing, in Chromium: read, folded out, corrected by keyboard, undone, taken away and brought back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.history.stories import Company as Company_
from tests.history.stories import agreed
from tests.web import office
from tests.web.browsing import Visit, visit
from tests.web.office import Company
from tests.web.stage import Stage

from svara.calls.boxes import BoxChanged
from svara.privacy.functions.registry import MESSAGE_TRANSCRIPTS
from svara.voicemail import actions
from svara.voicemail.models import Message

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LONG = "Please ring me back, it is about the green bicycle. " * 10 + "It has a flat tyre."


@pytest.fixture
def message(acme: Company, stage: Stage, settings: Any) -> Message:
    """Anna has a long text. What is sealed here is opened by the pages."""
    settings.DATA = stage.data
    agreed(Company_(acme.tenant, acme.people), MESSAGE_TRANSCRIPTS, "anna")
    message = office.a_message(acme, "anna", "voicemail/new.wav")
    actions.do_write_transcript(acme["anna"], message.id, LONG, "program")
    return message


@pytest.fixture
def anna(browser: Browser, stage: Stage, acme: Company, message: Message) -> Iterator[Visit]:
    """Anna's window on a telephone, at her messages."""
    del message
    with visit(browser, stage, width=360) as window:
        window.sign_in("anna@acme.test", "/voicemail/")
        window.live()
        yield window
        assert window.complaints == []


def test_a_long_text_stays_open_while_news_come(anna: Visit, stage: Stage, acme: Company, message: Message) -> None:
    page = anna.page
    expect(page.get_by_text("It has a flat tyre.")).to_be_hidden()
    page.get_by_text("Show all of it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It has a flat tyre.")).to_be_visible()
    assert anna.overflow() == 0
    assert anna.barriers() == []
    anna.picture("voicemail-in-writing-360")
    office.a_message(acme, "anna", "voicemail/newer.wav")
    stage.message(BoxChanged(acme.tenant.id, message.box, 2, 0, (acme["anna"].id,)))
    expect(page.locator("#messages audio")).to_have_count(2)
    expect(page.get_by_text("It has a flat tyre.")).to_be_visible()
    actions.do_write_transcript(acme["anna"], message.id, LONG + " And no bell.", "program")
    stage.message(BoxChanged(acme.tenant.id, message.box, 2, 0, (acme["anna"].id,)))
    expect(page.get_by_text("And no bell.")).to_have_count(1)


def test_anna_corrects_it_by_keyboard_and_undoes_it(anna: Visit) -> None:
    page = anna.page
    page.get_by_role("link", name="Correct").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("What was said")
    expect(field).to_be_focused()
    expect(field).to_have_value(LONG)
    assert anna.overflow() == 0
    assert anna.barriers() == []
    anna.picture("voicemail-correcting-360")
    field.fill("Ring me back:\nthe tyre is flat.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("The text is saved.")
    expect(page.locator(".words")).to_have_text("Ring me back:\nthe tyre is flat.")
    expect(page.get_by_text("Corrected by you.")).to_be_visible()
    page.get_by_role("button", name="Undo the change").click()
    expect(page.get_by_text("Written by a machine: listen before you rely on it.")).to_be_visible()
    expect(page.locator(".words").first).to_contain_text("Please ring me back")


def test_anna_takes_it_away_and_brings_it_back(anna: Visit) -> None:
    page = anna.page
    page.get_by_role("button", name="Take the text away").click()
    expect(page.locator("#messages .said")).to_have_count(0)
    expect(page.locator("#messages audio")).to_have_count(1)
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("The text is as it was before")
    expect(page.locator(".words").first).to_contain_text("Please ring me back")


def test_in_the_dark_on_a_large_screen_it_can_be_read_as_well(
    browser: Browser, stage: Stage, acme: Company, message: Message
) -> None:
    with visit(browser, stage, scheme="dark") as window:
        window.sign_in("anna@acme.test", "/voicemail/")
        for path in ("/voicemail/", f"/voicemail/{message.id}/text/"):
            window.go(path)
            assert window.barriers() == []
            assert window.overflow() == 0
        window.go("/voicemail/")
        window.picture("voicemail-in-writing-dark")
        assert window.complaints == []


def test_anna_switches_it_off_and_what_is_written_stays(anna: Visit) -> None:
    page = anna.page
    card = page.locator("section", has=page.get_by_role("heading", name="My voice messages in writing"))
    card.get_by_role("button", name="Switch off").click()
    expect(page.locator("#toasts")).to_contain_text("Your choice is kept.")
    expect(card.get_by_role("button", name="I agree: switch on")).to_be_visible()
    expect(page.locator(".words").first).to_contain_text("Please ring me back")
