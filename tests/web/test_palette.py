"""What the command palette finds, for whom."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.history.stories import Company as History
from tests.history.stories import queue_of
from tests.web import office
from tests.web.office import Company

from svara.calls.commands import PersonPresence
from svara.people.models import Conference, Queue
from svara.web import live, palette
from svara.web.palette import number_in

SignedIn = Callable[[Company, str], Client]


def found(browser: Client, query: str) -> str:
    answer = browser.get("/palette/", {"q": query})
    assert answer.status_code == 200
    return answer.content.decode()


def dialled(page: str) -> list[str]:
    """What its lines would dial, from the top."""
    return re.findall(r'name="to" value="([^"]*)"', page)


def test_bob_finds_colleagues_by_name_and_extension_and_never_himself(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    assert dialled(found(bob, "cecil")) == ["103"]
    assert dialled(found(bob, "novakova")) == ["105"]
    assert dialled(found(bob, "104")) == ["104"], "a colleague's extension is not offered as a number, too"
    assert dialled(found(bob, "bob")) == []


def test_a_number_can_be_called_as_people_write_it(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    assert dialled(found(bob, "+47 22 00 00-01")) == ["+4722000001"]
    assert dialled(found(bob, "*85")) == ["*85"]
    assert dialled(found(bob, "anna 22")) == []


def test_queues_and_conferences_of_the_company_can_be_called(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    for company, name, extension in ((acme, "support", "600"), (beta, "secret", "601"), (acme, "nowhere", None)):
        row = queue_of(History(company.tenant, company.people), name=name)
        Queue.all_tenants.filter(pk=row.pk).update(extension=extension)
    Conference.all_tenants.create(
        tenant=acme.tenant,
        name="monday",
        extension="800",
        wait_for_moderator=False,
        record=False,
        max_members=5,
        announce=True,
    )
    bob = browser_of(acme, "bob")
    assert dialled(found(bob, "queue")) == ["600"]
    assert dialled(found(bob, "60")) == ["600", "60"]
    assert dialled(found(bob, "monday")) == ["800"]
    assert dialled(found(bob, "secret")) == dialled(found(bob, "nowhere")) == []


def test_nobody_of_another_company_is_found(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    page = found(browser_of(acme, "anna"), "bosse")
    assert "Åberg" not in page
    assert "Åberg" in found(browser_of(beta, "anna"), "bosse")


def test_presence_is_shown_to_whom_its_person_shows_it(acme: Company, browser_of: SignedIn, mirror: live.Live) -> None:
    mirror.up = True
    for seen_by, shown in ((None, True), ((acme["eva"].id,), False)):
        news = PersonPresence(acme.tenant.id, acme["dag"].id, "in-call", 1, seen_by=seen_by)
        mirror._people[acme["dag"].id] = news
        assert ('data-availability="in-call"' in found(browser_of(acme, "bob"), "dag")) is shown
        assert 'data-availability="in-call"' in found(browser_of(acme, "eva"), "dag")


def test_pages_are_those_that_one_may_open(acme: Company, browser_of: SignedIn) -> None:
    assert 'href="/administration/trunks/"' in found(browser_of(acme, "anna"), "trunks")
    assert 'href="/administration/trunks/"' not in found(browser_of(acme, "bob"), "trunks")
    assert 'href="/profile/calendar/"' in found(browser_of(acme, "bob"), "calendar")


def test_without_a_word_whom_one_talked_to_last_stands_first(acme: Company, browser_of: SignedIn) -> None:
    office.answered(acme, "bob", "cecilie", ago_seconds=900)
    office.missed(acme, "dag", "bob", ago_seconds=300)
    office.answered(acme, "bob", "cecilie", ago_seconds=60)
    office.answered(acme, "eva", "anna", ago_seconds=30)  # nothing to do with Bob
    page = found(browser_of(acme, "bob"), "")
    assert dialled(page) == ["103", "104"]
    assert 'href="/voicemail/"' in page
    assert dialled(found(browser_of(acme, "hakon"), "")) == []


def test_a_presence_is_chosen_from_it(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    assert 'value="dnd"' in found(bob, "disturb")
    answer = bob.post("/palette/presence/", {"choice": "dnd"}, headers={"hx-request": "true"})
    assert "You chose: Do not disturb" in answer.content.decode()
    assert answer["HX-Trigger"] == "svara:mine"
    acme["bob"].refresh_from_db()
    assert acme["bob"].choice == "dnd"
    assert bob.post("/palette/presence/", {"choice": "asleep"}, headers={"hx-request": "true"}).status_code == 422
    assert bob.get("/palette/presence/").status_code == 405
    assert Client().get("/palette/").status_code == 302


def test_what_is_found_is_bounded_and_told_as_text(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    assert "<script>" not in found(bob, "<script>alert(1)</script>")
    assert "Nothing is called that" in found(bob, "z" * 5000)
    sections = palette.find(acme["anna"], "a")
    assert all(len(section.options) <= palette.MAX_PEOPLE + 2 * palette.MAX_OTHERS + 1 for section in sections)
    assert found(bob, "\0")


@given(st.text(max_size=40))
def test_what_is_dialled_holds_nothing_but_signs_of_a_keypad(text: str) -> None:
    number = number_in(text)
    assert re.fullmatch(r"(\+?[0-9*#+]*[0-9][0-9*#+]*)?", number)


def test_names_and_mere_signs_are_no_numbers() -> None:
    assert [number_in(each) for each in ("anna", "+", "*", "", "1e5", "22 a", "#")] == [""] * 7
