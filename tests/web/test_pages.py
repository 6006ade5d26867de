"""What people see on their pages, and that another company sees nothing of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from tests.history import stories
from tests.web import office
from tests.web.office import Company

from svara.calls.commands import LiveCall, LiveStop, PersonPresence
from svara.calls.events import CallFigures, CallQuality, CallRouted, Party
from svara.people import access
from svara.people.models import PersonCalendar
from svara.web import live

SignedIn = Callable[..., Client]


def text(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


@pytest.mark.claim("ADV-2")
def test_the_directory_shows_everybody_and_finds_as_one_types(acme: Company, browser_of: SignedIn) -> None:
    browser = browser_of(acme, "bob")
    page = text(browser.get("/"))
    assert all(person.name in page for person in acme.people.values())
    found = text(browser.get("/people/", {"q": "cecil"}))
    assert "Cecilie Moe" in found
    assert "Anna Berg" not in found
    assert "Eva Nováková" in text(browser.get("/people/", {"q": "105"}))
    assert "Nobody found" in text(browser.get("/people/", {"q": "zzz"}))
    assert "&lt;script&gt;" in text(browser.get("/people/", {"q": "<script>"}))


@pytest.mark.claim("K2-1")
def test_a_demo_office_is_marked_as_one(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    assert "Demo office" in text(browser_of(acme, "anna").get("/"))
    assert "Demo office" not in text(browser_of(beta, "anna").get("/"))


@pytest.mark.claim("PHO-6")
def test_presence_is_shown_as_it_is_known(acme: Company, browser_of: SignedIn, mirror: live.Live) -> None:
    browser = browser_of(acme, "anna")
    assert "The phone system does not answer" in text(browser.get("/"))
    mirror.up = True
    mirror._people[acme["bob"].id] = PersonPresence(acme.tenant.id, acme["bob"].id, "in-call", 1)
    page = text(browser.get("/"))
    assert f'data-person="{acme["bob"].id}" data-availability="in-call"' in page
    assert f'data-person="{acme["dag"].id}" data-availability="offline"' in page
    assert "The phone system does not answer" not in page


def test_each_phone_says_whether_it_is_registered(acme: Company, browser_of: SignedIn, mirror: live.Live) -> None:
    browser = browser_of(acme, "anna")
    assert text(browser.get("/profile/phones/")).count("Unknown") == 2
    mirror.up = True
    assert text(browser.get("/profile/phones/")).count("not registered") == 2
    person = acme["anna"].id
    mirror._people[person] = PersonPresence(acme.tenant.id, person, "available", 1, 0.0, ("acme-anna-mobile",))
    desk, mobile = re.findall(r'<div class="row">.*?</li>', text(browser.get("/profile/phones/")), re.DOTALL)
    assert "not registered" in desk
    assert "not registered" not in mobile


def test_bob_chooses_not_to_be_disturbed(acme: Company, browser_of: SignedIn) -> None:
    browser = browser_of(acme, "bob")
    answer = browser.post("/presence/", {"choice": "dnd"}, headers={"hx-request": "true"})
    assert "Your phones stay silent" in text(answer)
    assert access.me(acme["bob"]).choice == "dnd"
    wrong = browser.post("/presence/", {"choice": "asleep"}, headers={"hx-request": "true"})
    assert wrong.status_code == 422
    assert access.me(acme["bob"]).choice == "dnd"
    assert browser.post("/presence/", {"choice": "away"})["Location"] == "/", "also without a script"


@pytest.mark.claim("PHO-6")
def test_bob_chooses_who_sees_whether_he_can_be_reached(acme: Company, browser_of: SignedIn, mirror: live.Live) -> None:
    browser, bob = browser_of(acme, "bob"), acme["bob"]
    assert '<option value="company" selected>As the company says: everybody' in text(browser.get("/profile/"))
    acme.tenant.presence_to = "colleagues"
    acme.tenant.save()
    assert "As the company says: colleagues" in text(browser.get("/profile/"))
    assert browser.post("/profile/presence/", {"presence_to": "friends"}).status_code == 422
    assert browser.post("/profile/presence/", {"presence_to": "nobody"})["Location"] == "/profile/"
    assert access.me(bob).presence_to == "nobody"
    assert '<option value="nobody" selected>' in text(browser.get("/profile/"))
    assert browser.post("/profile/presence/", {"presence_to": "company"})["Location"] == "/profile/"
    assert access.me(bob).presence_to == ""
    mirror.up = True
    mirror._people[bob.id] = PersonPresence(acme.tenant.id, bob.id, "in-call", 1, seen_by=())
    hidden, own = (text(browser_of(acme, who).get("/")) for who in ("anna", "bob"))
    assert f'data-person="{bob.id}" data-availability="offline"' in hidden
    assert f'data-person="{bob.id}" data-availability="in-call"' not in hidden, "nor to an administrator"
    assert f'data-person="{bob.id}" data-availability="in-call"' in own


@pytest.mark.claim("PHO-6")
def test_bob_gives_his_calendar_and_takes_it_back(acme: Company, browser_of: SignedIn, mirror: live.Live) -> None:
    browser, bob = browser_of(acme, "bob"), acme["bob"]
    assert "never what a meeting is about" in text(browser.get("/profile/calendar/"))
    wrong = browser.post("/profile/calendar/", {"url": "https://127.0.0.1/bob.ics"})
    assert (wrong.status_code, PersonCalendar.of(bob).count()) == (422, 0)
    assert "is no address of a calendar that may be asked" in wrong.content.decode()
    given = browser.post("/profile/calendar/", {"url": "https://calendar.example.com/secret/bob.ics"})
    assert given["Location"] == "/profile/calendar/"
    page = text(browser.get("/profile/calendar/"))
    assert "calendar.example.com" in page
    assert "secret" not in page.replace("a secret address", "")
    assert "My meetings show in my presence" not in text(browser_of(acme, "anna").get("/profile/calendar/"))
    mirror.up = True
    mirror._people[bob.id] = PersonPresence(acme.tenant.id, bob.id, "meeting", 1)
    assert "In a meeting" in text(browser_of(acme, "anna").get("/"))
    assert browser.post("/profile/calendar/off/")["Location"] == "/profile/calendar/"
    assert PersonCalendar.of(bob).count() == 0


@pytest.mark.claim("ADV-6")
def test_history_tells_each_call_once_from_the_reader_s_side(acme: Company, browser_of: SignedIn) -> None:
    office.answered(acme, "bob", "anna", ago_seconds=600, also_rang=("mobile",))
    office.missed(acme, "dag", "bob", ago_seconds=1200)
    bob = text(browser_of(acme, "bob").get("/history/"))
    assert bob.count('id="record-') == 2
    assert "Outgoing" in bob
    assert "2 min 5 s" in bob
    assert "Missed" in bob
    assert text(browser_of(acme, "dag").get("/history/")).count('id="record-') == 1
    supervisor = text(browser_of(acme, "cecilie").get("/history/"))
    assert supervisor.count('id="record-') == 2, "a supervisor sees the calls of all"
    assert text(browser_of(acme, "eva").get("/history/")).count('id="record-') == 0
    assert "No calls yet" in text(browser_of(acme, "eva").get("/history/"))


def test_a_call_that_waited_in_a_queue_tells_its_story(acme: Company, browser_of: SignedIn) -> None:
    caller = Party(number="+4722000001", name="Kari Nordmann")
    [call_id] = stories.happened(
        stories.queue_call(
            stories.Company(acme.tenant, acme.people), caller, [("bob", "no answer"), ("eva", "answered")], place=2
        )
    )
    told = text(browser_of(acme, "eva").get(f"/history/{call_id}/"))
    for step in ("Waited in the line for support, at place 2", "Bob Lund did not take the call: no answer", "picked up"):
        assert step in told
    assert "phone stopped" not in told, "said once is enough"
    assert browser_of(acme, "bob").get(f"/history/{call_id}/").status_code == 404


def test_a_call_tells_by_which_menu_it_came_and_where_it_ended(acme: Company, browser_of: SignedIn) -> None:
    caller, at = Party(number="+4722000001", name="Kari Nordmann"), stories.NOON
    events = stories.queue_call(stories.Company(acme.tenant, acme.people), caller, [("eva", "answered")], call="menu", at=at)
    before = [
        CallRouted("menu", at, to="menu:front", why="closed"),
        CallRouted("menu", at, to="queue:support", why="key 2"),
    ]
    after = CallRouted("menu", at + 20, to="voicemail:eva", why="no answer")
    stories.happened([events[0], *before, *events[2:-1], after, events[-1]])
    told = text(browser_of(acme, "eva").get("/history/menu/"))
    steps = [
        "outside the opening hours",
        "The menu front was played",
        "pressed the key 2",
        "Waited in the line for support",
        "picked up",
        "The voicemail of Eva Nováková answered",
    ]
    places = [told.find(step) for step in steps]
    assert -1 not in places, steps[places.index(-1)]
    assert places == sorted(places)


def test_a_call_that_sounded_bad_says_whose_network_it_was(acme: Company, browser_of: SignedIn) -> None:
    company = stories.Company(acme.tenant, acme.people)
    events = stories.call(company, "anna", "bob", call="bad", at=time.time() - 600)
    lost = CallQuality("bad", time.time(), side="callee", packets=900, lost=100, lost_before=100, mos=2.9, round_trip_ms=400)
    heard = CallFigures(
        "bad", time.time(), side="caller", packets=870, lost=130, jitter_ms=35, round_trip_ms=90, concealed=0.112
    )
    stories.happened([*events[:-1], lost, heard, events[-1]])
    told = text(browser_of(acme, "anna").get("/history/bad/"))
    assert "10 % of what Bob Lund said got lost on the way to us: look at the network of Bob Lund" in told
    assert "What the phone of Anna Berg counted itself: 13.0 % lost, jitter 35 ms, 90 ms there and back, 11.2 % of" in told
    assert "What is said takes 400 ms to Bob Lund and back" in told
    assert browser_of(acme, "bob").get("/statistics/sound/").status_code == 404
    page = text(browser_of(acme, "cecilie").get("/statistics/sound/?days=30"))
    assert "Bob Lund" in page
    assert "1 of" not in page


def test_history_can_be_filtered(acme: Company, browser_of: SignedIn) -> None:
    office.a_busy_week(acme)
    browser = browser_of(acme, "anna")

    def ids(**filters: str) -> int:
        return text(browser.get("/history/records/", filters)).count('id="record-')

    assert ids() == 9
    assert ids(outcome="answered") == 4
    assert ids(person="dag") == 2
    assert ids(search="Nováková") == 1
    assert ids(search="NOVAKOVA") == 1
    assert ids(search="106") == 1
    assert ids(direction="inbound") == 0
    assert ids(since=str(timezone.localdate().replace(year=2035))) == 0
    assert ids(until="2020-01-01") == 0
    assert "No call fits these filters" in text(browser.get("/history/", {"outcome": "voicemail"}))
    assert "That is not a day" in text(browser.get("/history/", {"since": "yesterday"}))
    assert browser.get("/history/records/", {"cursor": "made-up"}).status_code == 400
    assert browser.get("/history/records/", {"outcome": "splendid"}).status_code == 400


def test_older_calls_are_loaded_on_wish_and_stay_when_news_come(acme: Company, browser_of: SignedIn) -> None:
    for number in range(120):
        office.answered(acme, "bob", "anna", ago_seconds=60.0 * number + 300)
    browser = browser_of(acme, "bob")
    first = browser.get("/history/")
    assert text(first).count('id="record-') == 50
    second = browser.get("/history/records/", {"cursor": first.context["next"], "shown": "50"})
    assert text(second).count('id="record-') == 50
    assert 'name="shown" value="100"' in text(second)
    assert not set(_records(first)) & set(_records(second))
    refreshed = browser.get("/history/records/", {"shown": "100"})
    assert _records(refreshed) == [*_records(first), *_records(second)]
    last = browser.get("/history/records/", {"cursor": second.context["next"], "shown": "100"})
    assert text(last).count('id="record-') == 20
    assert "Load more" not in text(last)


def _records(answer) -> list[str]:
    return [line.item.id for line in answer.context["lines"]]


def test_a_call_s_story_is_told_in_order(acme: Company, browser_of: SignedIn) -> None:
    call = office.answered(acme, "bob", "anna", ago_seconds=900, held=True, also_rang=("mobile",), mos=4.3)
    page = text(browser_of(acme, "bob").get(f"/history/{call}/"))
    told = [
        "Bob Lund called Anna Berg",
        "Anna Berg&#x27;s phone rang (acme-anna)",
        "Anna Berg picked up (acme-anna)",
        "Anna Berg&#x27;s phone stopped (acme-anna-mobile): answered on another phone",
        "Anna Berg put the call on hold",
        "Anna Berg took the call back",
        "Bob Lund hung up",
    ]
    places = [page.find(sentence) for sentence in told]
    assert -1 not in places, told[places.index(-1)]
    assert places == sorted(places)
    assert "good" in page
    assert "4.3" in page
    assert "2.3" in page, "the percentage of lost packets"


@pytest.mark.claim("TB-3")
def test_another_company_sees_nothing(acme: Company, beta: Company, browser_of: SignedIn, mirror: live.Live) -> None:
    call = office.answered(acme, "bob", "anna", ago_seconds=900)
    mirror.up = True
    mirror._calls["live-1"] = LiveCall(
        "live-1", acme.tenant.id, "internal", "answered", acme.party("bob"), acme.party("anna"), 1.0, 2.0, (acme["bob"].id,)
    )
    stranger = browser_of(beta, "anna")
    assert browser_of(acme, "bob").get(f"/history/{call}/").status_code == 200
    assert stranger.get(f"/history/{call}/").status_code == 404
    for page in ("/", "/people/", "/people/?q=bob", "/history/", "/history/records/", "/calls/running/", "/missed/"):
        shown = text(stranger.get(page))
        assert "Bob Lund" not in shown, page
        assert "Acme" not in shown, page
    assert "Bob Lund" not in text(stranger.get("/calls/live-1/"))
    assert "Bob Lund" not in text(stranger.post("/calls/live-1/hangup/"))
    token = access.my_tokens(acme["anna"])
    assert token == []


def test_a_colleague_sees_neither_others_calls_nor_their_stories(
    acme: Company, browser_of: SignedIn, mirror: live.Live
) -> None:
    call = office.answered(acme, "bob", "anna", ago_seconds=900)
    mirror._calls["live-1"] = LiveCall(
        "live-1", acme.tenant.id, "internal", "answered", acme.party("bob"), acme.party("anna"), 1.0, 2.0, (acme["bob"].id,)
    )
    dag = browser_of(acme, "dag")
    assert dag.get(f"/history/{call}/").status_code == 404
    assert "Bob Lund" not in text(dag.get("/calls/running/"))
    assert "Bob Lund" in text(browser_of(acme, "bob").get("/calls/running/"))
    supervisor = text(browser_of(acme, "cecilie").get("/calls/running/"))
    assert "Bob Lund" in supervisor
    assert "Hang up" not in supervisor, "who is not in a call cannot end it"


def test_calling_while_the_phone_system_is_away_says_so(acme: Company, browser_of: SignedIn) -> None:
    browser = browser_of(acme, "anna")
    answer = browser.post("/calls/", {"to": "102"})
    assert answer.status_code == 409
    assert "does not answer at the moment" in answer.content.decode()
    assert browser.post("/calls/", {"to": ""}).status_code == 422
    assert browser.post("/calls/", {"to": "x" * 500}).status_code == 422
    assert browser.get("/calls/").status_code == 405


def test_tokens_are_shown_once_and_revoked_for_good(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    browser = browser_of(acme, "bob")
    made = browser.post("/profile/tokens/", {"label": "Wallboard"})
    token = made.context["new_token"]
    assert token in text(made)
    assert access.account_by_token(token) == acme["bob"]
    page = text(browser.get("/profile/"))
    assert "Wallboard" in page
    assert token not in page
    (row,) = access.my_tokens(acme["bob"])
    assert browser_of(acme, "anna").post(f"/profile/tokens/{row.id}/revoke/").status_code == 404
    assert browser_of(beta, "anna").post(f"/profile/tokens/{row.id}/revoke/").status_code == 404
    assert access.account_by_token(token) == acme["bob"]
    assert browser.post(f"/profile/tokens/{row.id}/revoke/")["Location"] == "/profile/"
    assert access.account_by_token(token) is None
    assert browser.post("/profile/tokens/", {"label": "  "}).status_code == 422


def test_a_new_password_keeps_this_session_and_ends_the_others(acme: Company, browser_of: SignedIn) -> None:
    here, elsewhere = browser_of(acme, "bob"), browser_of(acme, "bob")
    wrong = here.post("/profile/password/", {"old": "nope", "new": "a-walk-in-the-rain"})
    assert wrong.status_code == 422
    assert "The old password is not right." in wrong.content.decode()
    answer = here.post("/profile/password/", {"old": office.PASSWORD, "new": "a-walk-in-the-rain"}, follow=True)
    assert "Your password is changed" in text(answer)
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_the_chosen_language_wins_over_the_browser_s(acme: Company, browser_of: SignedIn) -> None:
    browser = browser_of(acme, "bob")
    assert '<html lang="en"' in text(browser.get("/"))
    browser.post("/profile/language/", {"language": "lv"})
    assert '<html lang="lv"' in text(browser.get("/"))
    assert browser.post("/profile/language/", {"language": "xx"}).status_code == 422
    browser.post("/profile/language/", {"language": ""})
    assert '<html lang="en"' in text(browser.get("/"))


def test_times_are_those_of_the_company(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    beta.tenant.timezone = "Asia/Tokyo"
    beta.tenant.save()
    call = office.answered(beta, "bosse", "anna", ago_seconds=900)
    answer = browser_of(beta, "anna").get(f"/history/{call}/")
    assert answer.context["item"].started_at.strftime("%H:%M") in text(answer)
    assert "+09:00" in text(answer)


def test_only_an_administrator_sees_the_system_page(acme: Company, browser_of: SignedIn) -> None:
    page = browser_of(acme, "anna").get("/system/")
    assert "does not answer" in text(page)
    refused = browser_of(acme, "bob").get("/system/")
    assert refused.status_code == 403
    assert "This is not for you" in refused.content.decode()
    assert "/system/" not in text(browser_of(acme, "bob").get("/"))


def test_errors_are_pages_of_ours(acme: Company, browser_of: SignedIn) -> None:
    missing = browser_of(acme, "anna").get("/no-such-page/")
    assert missing.status_code == 404
    assert "There is nothing here" in missing.content.decode()
    assert "There is nothing here" in Client(headers={"accept-language": "en"}).get("/no-such-page/").content.decode()


def test_a_failure_shows_no_traceback(acme: Company, browser_of: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(access, "directory", fail)
    browser = browser_of(acme, "anna")
    browser.raise_request_exception = False
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
    assert "secret detail" not in answer.content.decode()


def test_every_answer_carries_the_policy(acme: Company, browser_of: SignedIn) -> None:
    browser = browser_of(acme, "anna")
    for path in ("/", "/history/", "/profile/", "/system/", "/no-such-page/", "/people/"):
        answer = browser.get(path)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Cache-Control"].startswith("no-store") or "no-store" in answer["Cache-Control"]
        assert " style=" not in answer.content.decode()
        assert " onclick=" not in answer.content.decode()
        assert "<script>" not in answer.content.decode()


def test_who_talks_finds_hold_and_send_on_beside_the_call(acme: Company, browser_of: SignedIn, mirror: live.Live) -> None:
    mirror.up = True
    mirror._calls["live-1"] = LiveCall(
        "live-1", acme.tenant.id, "internal", "answered", acme.party("bob"), acme.party("anna"), 1.0, 2.0, (acme["bob"].id,)
    )
    shown = browser_of(acme, "bob").get("/calls/running/")
    for path in ("/calls/live-1/hold/", "/calls/live-1/transfer/"):
        assert path in text(shown)
    assert browser_of(acme, "bob").post("/calls/live-1/transfer/", {"to": ""}).status_code == 422
    assert browser_of(acme, "bob").post("/calls/other/hold/", {"on": "yes"}).status_code == 404


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (LiveStop("menu", "Day", 5.0), "In the menu Day"),
        (LiveStop("queue", "Support", 5.0), "Waiting in Support"),
        (LiveStop("message", "Bob Lund", 5.0), "Leaving a message for Bob Lund"),
        (LiveStop("mailbox", "*97", 5.0), "Hearing messages"),
        (LiveStop("conference", "Team", 5.0), "In the conference Team"),
        (LiveStop("conference", "", 5.0), "In a conference"),
        (LiveStop("test", "*96", 5.0), "Test call"),
        (LiveStop("code", "*78", 5.0), "Using the code *78"),
        (LiveStop("parked", "701", 5.0), "Parked at 701"),
        (LiveStop("told", "", 5.0), "Hearing an announcement"),
    ],
)
def test_a_caller_whom_the_system_answered_is_shown_where_they_are(
    acme: Company, browser_of: SignedIn, mirror: live.Live, at: LiveStop, words: str
) -> None:
    mirror.up = True
    state = "answered" if at.kind in ("conference", "test") else "started"
    bob, office_itself = acme.party("bob"), Party(number="700")
    mirror._calls["live-1"] = LiveCall(
        "live-1", acme.tenant.id, "internal", state, bob, office_itself, 1.0, people=(acme["bob"].id,), at=at
    )
    for page in ("/calls/running/", "/"):
        shown = text(browser_of(acme, "bob").get(page))
        assert words in shown
        assert 'data-since="5.0"' in shown
        assert "Dialling" not in shown
        assert "/calls/live-1/transfer/" not in shown, "nobody is there who could be sent on"
        assert "/calls/live-1/hangup/" in shown


def test_new_messages_stand_on_the_start_page_for_who_may_open_the_box(acme: Company, browser_of: SignedIn) -> None:
    assert text(browser_of(acme, "anna").get("/new-messages/")).strip() == ""
    for heard in (False, False, True):
        office.a_message(acme, "anna", heard=heard)
    page = text(browser_of(acme, "anna").get("/"))
    assert "2 new messages" in page
    box = f"person:{acme['anna'].id}".replace(":", "%3A")
    assert f'href="/voicemail/?box={box}"' in page
    assert text(browser_of(acme, "anna").get(f"/voicemail/?box={box}")).count("Kari Nordmann") >= 3
    assert text(browser_of(acme, "bob").get("/new-messages/")).strip() == ""


def test_who_begins_alone_is_shown_how_to_add_people(beta: Company, browser_of: SignedIn) -> None:
    anna = browser_of(beta, "anna")
    assert "You are alone here yet" not in text(anna.get("/"))
    beta["bosse"].delete()
    page = text(anna.get("/"))
    assert "You are alone here yet" in page
    assert 'href="/administration/people/new/"' in page
