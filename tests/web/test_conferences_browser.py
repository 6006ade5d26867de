"""The page of conferences in a real browser: who comes appears by itself, and everything is done from the keyboard."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect
from tests.web.browsing import WIDTHS, visit
from tests.web.office import Company
from tests.web.stage import Stage

from svara.calls.commands import ConferenceMember, ConferenceState, ControlConference, Refused
from svara.calls.events import Party
from svara.people.models import Conference

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
KARI = Party(number="+4722000001", name="Kari Nordmann")
Staged = Callable[..., None]


@pytest.fixture
def staged(stage: Stage, acme: Company) -> Staged:
    """The Monday meeting, as the real web process sees it; called with who is in it, the first of whom moderates."""
    for name, extension in (("monday", "800"), ("coffee", "801")):
        Conference.all_tenants.create(
            tenant=acme.tenant,
            name=name,
            extension=extension,
            wait_for_moderator=False,
            record=False,
            max_members=50,
            announce=True,
        )

    def now(*who: Party, muted: tuple[str, ...] = (), locked: bool = False) -> None:
        came = time.time() - 100
        members = tuple(
            ConferenceMember(f"c{n}", party, came + n, moderator=n == 0, muted=party.name in muted)
            for n, party in enumerate(who)
        )
        stage.conference(
            acme.tenant.id,
            ConferenceState("r1", "monday", "800", members, 50, locked=locked, recorded=True),
            ConferenceState("r2", "coffee", "801", (), 5),
        )

    return now


def test_who_comes_appears_and_the_moderator_conducts_by_the_keyboard(
    browser: Browser, stage: Stage, staged: Staged, acme: Company
) -> None:
    staged(acme.party("bob"))
    with visit(browser, stage) as bob:
        page = bob.page
        bob.sign_in("bob@acme.test", "/conferences/")
        bob.live()
        monday = page.get_by_role("region", name="monday")
        expect(monday).to_contain_text("Bob Lund (you)")
        expect(monday).to_contain_text("Moderator")
        expect(page.get_by_role("region", name="coffee")).to_contain_text("Nobody is in it.")
        staged(acme.party("bob"), acme.party("dag"), KARI)
        taken = bob.seconds_until("#conferences", "Kari Nordmann")
        assert taken < 2, f"{taken:.2f} s"
        for count, name in enumerate(("Mute Kari Nordmann", "Remove Dag Vik", "Let nobody else in"), 1):
            monday.get_by_role("button", name=name).press("Enter")
            bob.asked(stage, ControlConference, count)
        monday.get_by_role("button", name="End for all").press("Enter")
        sure = page.get_by_role("dialog")
        expect(sure).to_contain_text("is hung up: 3 people")
        expect(sure.get_by_role("button", name="Go on talking")).to_be_focused()
        assert bob.barriers() == []
        sure.get_by_role("button", name="Go on talking").press("Enter")
        expect(sure).to_have_count(0)
        assert len(bob.asked(stage, ControlConference, 3)) == 3, "nobody is hung up by one press"
        monday.get_by_role("button", name="End for all").press("Enter")
        sure.get_by_role("button", name="End for all").press("Enter")
        expect(sure).to_have_count(0)
        asked = bob.asked(stage, ControlConference, 4)
        assert [(one.name, one.do, one.call) for one in asked] == [
            ("monday", "mute", "c2"),
            ("monday", "remove", "c1"),
            ("monday", "lock", ""),
            ("monday", "end", ""),
        ]
        staged(acme.party("bob"), KARI, muted=("Kari Nordmann",), locked=True)
        expect(monday.get_by_role("button", name="Let speak Kari Nordmann")).to_be_visible()
        expect(monday.get_by_role("button", name="Let others in again")).to_be_visible()
        assert bob.complaints == []


def test_who_is_not_in_it_sees_how_many_are(browser: Browser, stage: Stage, staged: Staged, acme: Company) -> None:
    staged(acme.party("bob"), KARI)
    with visit(browser, stage) as dag:
        dag.sign_in("dag@acme.test", "/conferences/")
        monday = dag.page.get_by_role("region", name="monday")
        expect(monday).to_contain_text("2 in it")
        expect(monday).not_to_contain_text("Kari")
        expect(monday).not_to_contain_text("Bob")
        expect(monday.get_by_role("button", name="Join monday")).to_be_visible()
        expect(monday.get_by_role("button", name="End for all")).to_have_count(0)


def test_a_refusal_and_a_silent_phone_system_are_told_in_words(
    browser: Browser, stage: Stage, staged: Staged, acme: Company
) -> None:
    staged(acme.party("cecilie"), KARI)
    with visit(browser, stage) as cecilie:
        cecilie.sign_in("cecilie@acme.test", "/conferences/")
        stage.refusal = Refused("not-found", "no")
        cecilie.page.get_by_role("button", name="Mute Kari Nordmann").click()
        expect(cecilie.page.get_by_role("alert")).to_contain_text("not in the conference any more")
        stage.refusal = None
        stage.silence(True)
        cecilie.go("/conferences/")
        expect(cecilie.page.locator("#conferences")).to_contain_text("The phone system does not answer at the moment")
        stage.silence(False)


@pytest.mark.parametrize("language", ["en", "lv"])
def test_it_fits_every_width_and_has_no_barriers(
    browser: Browser, stage: Stage, staged: Staged, acme: Company, language: str
) -> None:
    long = Party(number="+4722000002", name="Åse Margrethe Kristoffersen-Østby fra Hønefoss")
    staged(acme.party("anna"), acme.party("hakon"), KARI, long, muted=("Kari Nordmann",))
    with visit(browser, stage, language=language) as anna:
        anna.sign_in("anna@acme.test", "/conferences/")
        assert anna.barriers() == []
        for width, height in WIDTHS.items():
            anna.page.set_viewport_size({"width": width, "height": height})
            assert anna.overflow() == 0, width
            names = anna.page.locator("#conferences .row-main").evaluate_all("all => all.map(one => one.clientWidth)")
            assert min(names) > 150, "there is room for names"
            anna.picture(f"conferences-{language}-{width}")
