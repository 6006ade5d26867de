"""Contacts in a real browser: a large file is read in portions and only who is chosen is kept; the phone's own book; the
list and a contact on a small screen, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, expect
from tests.contacts import exports
from tests.web.browsing import WIDTHS, Visit, visit
from tests.web.office import Company
from tests.web.stage import Stage

from svara.calls.commands import Originate
from svara.contacts import access, actions
from svara.contacts.card import Card, Number
from svara.contacts.models import Contact

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

KARI = Card(
    "Kari Nordmann-Wilhelmsen", "Nordmann & Sønn AS", (Number("+4722000001", "work"), Number("+4791234567", "mobile"))
)
PICKER = """
  Object.defineProperty(navigator, "contacts", {value: {select: async (fields, options) => {
    window.asked = [fields, options];
    return [{name: ["Kari Nordmann"], tel: ["912 34 567"], email: []}, {name: ["Ole Dahl"], tel: ["33 00 00 02"]}];
  }}});
"""


@pytest.fixture(autouse=True)
def one_vault(stage: Stage, settings: Any) -> None:
    """What is sealed here is opened there, and the other way round."""
    settings.DATA = stage.data


@pytest.fixture
def bob(browser: Browser, stage: Stage, acme: Company) -> Iterator[Visit]:
    """Bob's window."""
    with visit(browser, stage) as window:
        yield window
        assert window.complaints == []


def book(cards: int) -> bytes:
    """A phone's whole book with a picture in each card."""
    picture = b"PHOTO;ENCODING=b;TYPE=JPEG:" + b"SECRETFACE" * 7 + b"\r\n " + b"SECRETFACE" * 300 + b"\r\n"
    return b"".join(
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Number %d\r\nTEL;TYPE=CELL:+4741%06d\r\n%sEND:VCARD\r\n" % (n, n, picture)
        for n in range(cards)
    )


@pytest.mark.claim("ADV-14")
def test_of_a_large_file_bob_keeps_three_and_no_picture_leaves_his_device(bob: Visit, acme: Company, tmp_path: Path) -> None:
    file = tmp_path / "book.vcf"
    file.write_bytes(book(3000))
    sent: list[Request] = []
    bob.page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    bob.sign_in("bob@acme.test", "/contacts/take-in/")
    expect(bob.page.get_by_text("This browser cannot open the phone’s own book.")).to_be_visible()
    sent.clear()
    bob.page.set_input_files("#file", file)
    bob.page.get_by_role("button", name="Show who is in it").click()
    expect(bob.page.get_by_role("heading", name="Whom do you want to keep?")).to_be_focused(timeout=60_000)
    boxes = bob.page.locator("[data-part=list] input")
    expect(boxes).to_have_count(3000)
    expect(bob.page.locator("[data-part=list] input:checked")).to_have_count(0)
    assert 1 < len(sent) < 30, "in portions"
    assert sum(len(request.post_data_buffer or b"") for request in sent) < file.stat().st_size / 5
    assert not any(b"SECRETFACE" in (request.post_data_buffer or b"") for request in sent)
    assert not Contact.all_tenants.exists()

    bob.page.get_by_role("searchbox", name="Search in the file").fill("number 123")
    expect(bob.page.locator("[data-part=list] > li:visible")).to_have_count(11)
    bob.page.get_by_label("Number 1230").check()
    bob.page.get_by_label("Number 1231").check()
    bob.page.get_by_role("searchbox", name="Search in the file").fill("")
    bob.page.locator("[data-part=list] li", has_text="+4741000007").locator("input").check()
    expect(bob.page.get_by_text("3 chosen")).to_be_visible()
    bob.page.get_by_role("button", name="Keep these contacts").click()
    bob.page.wait_for_selector("#toasts .toast")  # `expect` would look at all 3,000 lines again and again
    expect(bob.page.locator("#toasts")).to_contain_text("3 contacts added")
    expect(bob.page.get_by_role("heading", level=1)).to_have_text("Contacts")
    assert [each.title for each in access.access_contacts(acme["bob"]).items] == ["Number 1230", "Number 1231", "Number 7"]


def test_all_of_a_file_is_kept_in_portions(bob: Visit, acme: Company, tmp_path: Path) -> None:
    file = tmp_path / "book.vcf"
    file.write_bytes(book(250) + exports.NEXTCLOUD + exports.IPHONE)
    bob.sign_in("bob@acme.test", "/contacts/take-in/")
    bob.page.set_input_files("#file", file)
    bob.page.get_by_role("button", name="Show who is in it").click()
    expect(bob.page.locator("[data-part=list] input")).to_have_count(252, timeout=30_000)
    expect(bob.page.get_by_text("This is a list of people, not a person.")).to_be_visible()
    bob.page.get_by_label("All", exact=True).check()
    expect(bob.page.get_by_text("252 chosen")).to_be_visible()
    bob.page.get_by_role("button", name="Keep these contacts").click()
    expect(bob.page.locator("#toasts")).to_contain_text("252 contacts added", timeout=60_000)
    assert access.access_contacts(acme["bob"]).total == 252


def test_what_is_no_file_of_vcards_is_told(bob: Visit, tmp_path: Path) -> None:
    file = tmp_path / "cat.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0 JFIF " * 1000)
    bob.sign_in("bob@acme.test", "/contacts/take-in/")
    bob.page.set_input_files("#file", file)
    bob.page.get_by_role("button", name="Show who is in it").click()
    expect(bob.page.get_by_role("alert").first).to_contain_text("This is no file of vCards")
    expect(bob.page.get_by_role("button", name="Keep these contacts")).to_be_hidden()


@pytest.mark.claim("ADV-14")
def test_the_phones_own_book_gives_only_whom_bob_chose_there(browser: Browser, stage: Stage, acme: Company) -> None:
    """The browser's own dialog alone is played; everything else is real."""
    actions.do_add(acme["bob"], Card("Ole", "", (Number("+4733000002"),)))
    with visit(browser, stage, width=360) as window:
        window.page.add_init_script(PICKER)
        window.sign_in("bob@acme.test", "/contacts/take-in/")
        window.page.get_by_role("button", name="Choose from the phone’s book").click()
        boxes = window.page.locator("[data-part=list] input")
        expect(boxes).to_have_count(2)
        assert window.page.evaluate("window.asked") == [["name", "tel", "email"], {"multiple": True}]
        expect(window.page.get_by_text("2 chosen")).to_be_visible()
        expect(window.page.get_by_text("there already: Ole")).to_be_visible()
        assert window.overflow() == 0
        window.picture("contacts-picked-360")
        window.page.get_by_label("add what is new to it").check()
        window.page.get_by_role("button", name="Keep these contacts").click()
        expect(window.page.locator("#toasts")).to_contain_text("1 merged with a contact")
        titles = [each.title for each in access.access_contacts(acme["bob"]).items]
        assert titles == ["Kari Nordmann", "Ole"]
        assert window.complaints == []


def test_a_name_and_enter_calls_a_contact_and_a_contact_page_rings_what_one_wants(
    bob: Visit, stage: Stage, acme: Company
) -> None:
    kari = actions.do_add(acme["bob"], KARI)
    bob.sign_in("bob@acme.test", "/contacts/")
    bob.page.keyboard.press("Control+k")
    bob.page.keyboard.type("wilhelm")
    expect(bob.page.get_by_role("option")).to_have_count(2)
    bob.page.keyboard.press("Enter")
    assert [one.to for one in bob.asked(stage, Originate, 1)] == ["+4722000001"]
    bob.go(f"/contacts/{kari.id}/")
    bob.page.get_by_role("button", name="My phones ring first · +4791234567").click()
    asked = bob.asked(stage, Originate, 2)[1]
    assert (asked.to, asked.via) == ("+4791234567", "phones")


def test_a_deleted_contact_comes_back_by_one_press(bob: Visit, acme: Company) -> None:
    kari = actions.do_add(acme["bob"], KARI)
    bob.sign_in("bob@acme.test", f"/contacts/{kari.id}/")
    bob.page.get_by_role("button", name="Delete this contact").click()
    expect(bob.page.get_by_role("heading", level=1)).to_have_text("The contact is deleted")
    bob.page.get_by_role("button", name="Undo").click()
    expect(bob.page.locator("#toasts")).to_contain_text("The contact is back")
    expect(bob.page.get_by_role("heading", level=1)).to_have_text(KARI.name)


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "ru")])
def test_the_pages_at_every_width_and_without_a_barrier(
    browser: Browser, stage: Stage, acme: Company, scheme: str, language: str
) -> None:
    kari = actions.do_add(acme["bob"], KARI)
    actions.do_add(acme["bob"], Card("K. N.", "", (Number("+4722000001"),), "kari@nordmann-wilhelmsen.example", "Tea"))
    for n in range(12):
        actions.do_add(acme["bob"], Card(f"Håkon Østby-Fredriksen {n}", "", (Number(f"+47330001{n:02}"),)))
    pages = {
        "contacts": "/contacts/",
        "contact": f"/contacts/{kari.id}/",
        "contact-new": "/contacts/new/",
        "contacts-taken": "/contacts/take-in/",
        "contacts-empty": "/contacts/?q=zzz",
    }
    with visit(browser, stage, scheme=scheme, language=language) as window:
        window.sign_in("bob@acme.test", "/contacts/")
        for name, path in pages.items():
            window.go(path)
            assert window.barriers() == [], path
            for width, height in WIDTHS.items():
                window.page.set_viewport_size({"width": width, "height": height})
                assert window.overflow() == 0, (path, width)
                if width != 768:
                    window.picture(f"{name}-{width}-{scheme}")
            window.page.set_viewport_size({"width": 1440, "height": 900})
        assert window.complaints == []
