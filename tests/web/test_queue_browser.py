"""The live pages of queues in a real browser: news arrive by themselves, and everything is done from the keyboard."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Request as PageRequest
from tests.history import stories
from tests.web.browsing import WIDTHS, visit
from tests.web.office import Company
from tests.web.stage import Stage
from tests.web.test_queue_board import KARI, line

from svara.calls.commands import LiveCall, LiveSupervisor, PauseRecording, Refused, SetAgent, Supervise
from svara.calls.events import Party
from svara.people.models import Queue

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
Staged = Callable[..., None]


@pytest.fixture
def staged(stage: Stage, acme: Company) -> Staged:
    """Support, where Eva and Bob work, as the real web process sees it; called with who waits."""
    support = stories.queue_of(stories.Company(acme.tenant, acme.people), "eva", "bob", service_seconds=95)

    def now(*callers: Party, **members: str) -> None:
        stage.queue(acme.tenant.id, line(acme, support, *callers, **({"eva": "available", "bob": "talking"} | members)))

    return now


@pytest.mark.claim("PHO-4")
def test_a_caller_appears_waits_and_goes_without_a_reload(browser: Browser, stage: Stage, staged: Staged) -> None:
    staged()
    with visit(browser, stage) as eva:
        page = eva.page
        eva.sign_in("eva@acme.test", "/queues/")
        eva.live()
        page.evaluate("window.notReloaded = true")
        expect(page.get_by_label("Waiting callers")).to_contain_text("Nobody waits.")
        staged(KARI)
        taken = eva.seconds_until("#queues", "Kari Nordmann")
        assert taken < 1, f"{taken:.2f} s"
        wait = page.locator("[id^=waiting-] .wait")
        expect(wait).to_have_text(re.compile(r"1:4[0-5]"))
        before = wait.inner_text()
        expect(wait).to_have_class(re.compile("late"))
        page.wait_for_function("was => document.querySelector('[id^=waiting-] .wait').textContent !== was", arg=before)
        assert not [asked for asked in eva.requests if "/queues/?part=1" in asked][3:], "time is counted in the browser"
        staged(bob="wrap-up")
        expect(page.get_by_label("Waiting callers")).to_contain_text("Nobody waits.")
        expect(page.get_by_label("Agents")).to_contain_text("Wrapping up")
        assert page.evaluate("window.notReloaded") is True
        assert eva.complaints == []


def test_eva_pauses_by_the_keyboard_alone(browser: Browser, stage: Stage, staged: Staged, acme: Company) -> None:
    staged(KARI)
    with visit(browser, stage) as eva:
        page = eva.page
        eva.sign_in("eva@acme.test", "/queues/")
        eva.live()
        page.get_by_role("button", name="Pause …").press("Enter")
        dialog = page.get_by_role("dialog", name="Why do you pause?")
        expect(dialog.get_by_role("button", name="Break")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("region", name="My state")).to_contain_text("Paused")
        expect(page.get_by_role("region", name="My state")).to_contain_text("Lunch")
        page.get_by_role("button", name="Take calls again").press("Enter")
        expect(page.get_by_role("region", name="My state")).to_contain_text("Available")
        page.get_by_role("button", name="Pause …").press("Enter")
        dialog.get_by_label("Another reason").fill("The printer is on fire")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Agents")).to_contain_text("Paused: The printer is on fire")
        expect(page.get_by_role("button", name="Take calls again")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Log in and take calls")).to_be_focused()
        wishes = [asked for asked in stage.asked if isinstance(asked, SetAgent)]
        assert [(wish.state, wish.reason) for wish in wishes] == [
            ("paused", "lunch"),
            ("available", ""),
            ("paused", "The printer is on fire"),
            ("logged-out", ""),
        ]
        assert eva.complaints == []


def test_the_supervisor_logs_out_who_forgot(browser: Browser, stage: Stage, staged: Staged) -> None:
    staged(KARI, bob="available")
    with visit(browser, stage) as cecilie:
        page = cecilie.page
        cecilie.sign_in("cecilie@acme.test", "/queues/support/")
        cecilie.live()
        page.get_by_role("button", name="Change the state of Bob Lund").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("A talk that goes on is not cut off")
        expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        assert stage.asked == []
        page.get_by_role("button", name="Change the state of Bob Lund").click()
        dialog.get_by_role("button", name="Log out of support").click()
        expect(dialog).to_be_hidden()
        bob = page.locator("[id^=agent-]", has_text="Bob Lund")
        expect(bob).to_contain_text("Logged out")
        assert cecilie.complaints == []


def steps_of(page: Page, address: str) -> list[str]:
    """When requests to `address` left and when they were answered, from now on, as it happens."""
    steps: list[str] = []

    def note(step: str, request: PageRequest) -> None:
        if address in request.url:
            steps.append(f"{step} {parse_qs(request.post_data or '')['how'][0]}")

    page.on("request", lambda request: note("asked", request))
    page.on("requestfinished", lambda request: note("answered", request))
    return steps


def test_a_supervisor_takes_part_in_a_talk_by_the_keyboard(
    browser: Browser, stage: Stage, staged: Staged, acme: Company
) -> None:
    staged()
    support = Queue.of(acme["anna"]).get(name="support")
    Queue.of(acme["anna"]).filter(id=support.id).update(supervision="announced")
    bob, cecilie = acme.party("bob"), acme.party("cecilie")
    people = (acme["bob"].id,)
    talk = LiveCall("t1", acme.tenant.id, "inbound", "answered", KARI, bob, 1.0, time.time(), people, support.id)
    stage.call(talk, "answered")
    with visit(browser, stage) as window, visit(browser, stage) as agents:
        page = window.page
        window.sign_in("cecilie@acme.test", "/queues/support/")
        window.live()
        agents.sign_in("bob@acme.test")
        agents.live()
        ways = page.get_by_role("group", name="Take part in the talk of Bob Lund")
        ways.get_by_role("button", name="Listen").press("Enter")
        own = LiveCall("own", acme.tenant.id, "internal", "started", cecilie, Party("600"), 1.0, None, (acme["cecilie"].id,))
        stage.call(msgspec.structs.replace(own, supervises="t1"), "started")
        expect(ways).to_contain_text("Pick up your phone")
        stage.call(msgspec.structs.replace(talk, supervisors=(LiveSupervisor(cecilie, "listen"),)), "supervised")
        expect(ways.get_by_role("button", name="Listen")).to_have_attribute("aria-pressed", "true")
        assert agents.seconds_until("#running", "Cecilie Moe listens") < 1
        sent = steps_of(page, "supervise")
        ways.get_by_role("button", name="Whisper").press("Enter")
        ways.get_by_role("button", name="Leave").press("Enter")
        wishes = window.asked(stage, Supervise, 3)
        expect(ways.get_by_role("button", name="Whisper")).to_be_enabled()
        assert sent[:3] == ["asked whisper", "answered whisper", "asked leave"]  # what is pressed fast keeps its order
        assert [(one.call, one.by, one.how) for one in wishes] == [
            ("t1", acme["cecilie"].id, how) for how in ("listen", "whisper", "leave")
        ]
        stage.refusal = Refused("on-hold", "")
        ways.get_by_role("button", name="Join").click()
        expect(page.get_by_role("alert")).to_contain_text("The call is on hold")
        assert window.complaints == agents.complaints == []


def test_the_recording_of_a_talk_is_paused_on_the_page(
    browser: Browser, stage: Stage, staged: Staged, acme: Company
) -> None:
    staged()
    people = (acme["bob"].id,)
    talk = LiveCall("t1", acme.tenant.id, "inbound", "answered", KARI, acme.party("bob"), 1.0, time.time(), people)
    stage.call(msgspec.structs.replace(talk, recording="on"), "answered")
    with visit(browser, stage) as bob:
        bob.sign_in("bob@acme.test")
        bob.live()
        expect(bob.page.locator("#running")).to_contain_text("is recorded")
        bob.page.get_by_role("button", name="Pause the recording").press("Enter")
        stage.call(msgspec.structs.replace(talk, recording="paused"), "taped")
        expect(bob.page.locator("#running")).to_contain_text("recording pauses")
        bob.page.get_by_role("button", name="Go on recording").click()
        wishes = bob.asked(stage, PauseRecording, 2)
        assert [(one.call, one.paused) for one in wishes] == [("t1", True), ("t1", False)]
        assert bob.complaints == []


def test_the_board_counts_today_when_a_call_was_recorded(
    browser: Browser, stage: Stage, staged: Staged, acme: Company
) -> None:
    staged()
    with visit(browser, stage) as cecilie:
        cecilie.sign_in("cecilie@acme.test")
        cecilie.go("/queues/support/?wall=1")
        cecilie.live()
        answered = cecilie.page.locator("#queue-today .tile", has_text="Answered today")
        expect(answered).to_contain_text("0")
        told = stories.Company(acme.tenant, acme.people)
        [call] = stories.happened(stories.queue_call(told, KARI, [("eva", "answered")], at=time.time() - 30, talks=5.0))
        stage.recorded(call, acme.tenant.id, (acme["eva"].id,))
        expect(answered).to_contain_text("1")
        staged(KARI, KARI)
        expect(cecilie.page.locator("#waiting-count")).to_have_text("2")
        assert cecilie.complaints == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_pages_of_queues_fit_every_screen_and_have_no_barrier(
    browser: Browser, stage: Stage, staged: Staged, acme: Company, language: str
) -> None:
    staged(KARI, Party(number="+4722000002"), Party(number=""), eva="paused:lunch")
    support = Queue.of(acme["anna"]).get(name="support")
    sales = stories.queue_of(stories.Company(acme.tenant, acme.people), "eva", name="sales")
    stage.queue(acme.tenant.id, line(acme, sales, eva="paused:lunch"))
    Queue.of(acme["anna"]).filter(id=support.id).update(supervision="announced")
    talk = LiveCall(
        "t1",
        acme.tenant.id,
        "inbound",
        "answered",
        KARI,
        acme.party("bob"),
        1.0,
        time.time(),
        (),
        support.id,
        (LiveSupervisor(acme.party("cecilie"), "whisper"), LiveSupervisor(acme.party("anna"), "listen")),
        recording="on",
    )
    stage.call(talk)
    visited = {"eva": ["/", "/queues/"], "cecilie": ["/queues/support/", "/queues/support/?wall=1", "/"]}
    too_wide, barriers = [], []
    for width in WIDTHS:
        for scheme in ("light", "dark") if width != 768 else ("light",):
            with visit(browser, stage, width=width, scheme=scheme, language=language) as window:
                for name, paths in visited.items():
                    window.sign_in(f"{name}@acme.test")
                    for path in paths:
                        window.go(path)
                        window.picture(f"queue-{name}-{paths.index(path)}-{language}-{width}-{scheme}")
                        too_wide += [f"{path} {width}"] * (window.overflow() > 0)
                        barriers += [f"{path} {width} {scheme}: {barrier}" for barrier in window.barriers()]
                        if path == "/queues/":
                            window.page.locator("#pause").evaluate("dialog => dialog.showModal()")
                        elif path == "/queues/support/":
                            window.page.locator("[data-agent] button").first.click()
                        else:
                            continue
                        expect(window.page.get_by_role("dialog")).to_be_visible()
                        window.picture(f"queue-dialog-{name}-{language}-{width}-{scheme}")
                        barriers += [f"dialog {path} {width} {scheme}: {barrier}" for barrier in window.barriers()]
                    window.page.context.clear_cookies()
                assert window.complaints == []
    assert too_wide == []
    assert barriers == [], "\n".join(barriers)


def test_a_wall_takes_the_queues_in_turn_and_stays_where_it_is_while_the_server_is_away(
    browser: Browser, stage: Stage, staged: Staged, acme: Company
) -> None:
    staged(KARI)
    sales = stories.queue_of(stories.Company(acme.tenant, acme.people), "eva", name="sales")
    stage.queue(acme.tenant.id, line(acme, sales))
    with visit(browser, stage, width=1440) as cecilie:
        cecilie.sign_in("cecilie@acme.test")
        cecilie.page.clock.install()
        cecilie.go("/queues/support/?wall=1")
        cecilie.page.get_by_role("link", name="All in turn, 15 s each").click()
        expect(cecilie.page.locator("body[data-turn]")).to_have_count(1)
        cecilie.page.route("**/queues/sales/**", lambda route: route.abort())
        cecilie.page.clock.run_for(16_000)
        expect(cecilie.page.get_by_role("heading", level=1)).to_have_text("support")
        cecilie.page.unroute("**/queues/sales/**")
        cecilie.page.clock.run_for(16_000)
        expect(cecilie.page.get_by_role("heading", level=1)).to_have_text("sales")
        assert cecilie.barriers() == []
        cecilie.page.get_by_role("link", name="Stay on this queue").click()
        expect(cecilie.page.locator("body[data-turn]")).to_have_count(0)


def test_on_a_wall_of_4k_all_of_it_is_large(browser: Browser, stage: Stage, staged: Staged, acme: Company) -> None:
    staged(KARI, KARI)
    with visit(browser, stage, width=3840) as cecilie:
        cecilie.page.set_viewport_size({"width": 3840, "height": 2160})
        cecilie.sign_in("cecilie@acme.test")
        cecilie.go("/queues/support/?wall=1")
        cecilie.picture("queue-wall-3840")
        assert cecilie.overflow() == 0
        sizes = cecilie.page.evaluate(
            "[...document.querySelectorAll('.tile dd.figures, .tile dt, .agents li')]"
            ".map(each => parseFloat(getComputedStyle(each).fontSize))"
        )
        assert min(sizes) >= 36, sizes
        assert max(sizes) >= 72, sizes
