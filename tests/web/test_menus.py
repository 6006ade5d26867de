"""Where Acme's calls go, on one page: Anna sees it, tries it out for a day and an hour, and changes it in place."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.people.offices import wav
from tests.web.office import Company

from svara.media.sounds import speech
from svara.people import administration
from svara.people.models import Account, Menu, OfficeChange, Sound

SignedIn = Callable[..., Client]
PAGE = "/administration/menus/"
WAY = "/administration/menus/way/?place={}&way={}"


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "voice_for", lambda language: None)


@pytest.fixture
def anna(acme: Company, browser_of: SignedIn) -> Client:
    """Anna's browser, once there are a number, hours, a menu and a queue."""
    lay_out(acme)
    return browser_of(acme, "anna")


def lay_out(acme: Company) -> None:
    """What calls of Acme are routed through."""
    for section, item in (
        ("trunks", {"name": "itsp", "address": "sip:sip.carrier.example"}),
        ("outbound", {"prefix": "+", "trunk": "itsp"}),
        ("queues", {"name": "support", "extension": "600", "members": [{"person": "bob"}]}),
        ("hours", {"name": "office", "open": {"mon-fri": ["08:00-16:00"]}, "holidays": "NO"}),
        ("menus", {"name": "front", "prompt": "welcome", "keys": {"1": "queue:support", "2": "person:eva"},
                   "otherwise": "queue:support"}),
        ("numbers", {"number": "+4721000000", "trunk": "itsp", "to": "menu:front", "hours": "office",
                     "closed": "voicemail:support"}),
    ):  # fmt: skip
        administration.do_save(acme["anna"], section, None, item)


def text(answer) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.content.decode()[-2000:])
    return answer.content.decode()


def keys(acme: Company) -> dict[str, str]:
    return dict(Menu.of(acme.tenant).get(name="front").keys)


def lit(page: str) -> list[str]:
    """The ways that are lit in the list."""
    listed = page[page.index('class="flow-list"') :]
    rows = re.findall(r'class="flow-row lit".*?flow-key">([^<]*)<.*?flow-to">([^<]*)<', listed, re.DOTALL)
    return [": ".join(row) for row in rows]


def test_the_page_shows_all_places_with_their_ways_and_a_line_for_each(anna: Client) -> None:
    answer = anna.get(PAGE)
    page = text(answer)
    for words in ("Menu front", "Queue support", "Hours office", "Voicemail of support", "Eva Nováková", "Key 2"):
        assert words in page, re.findall(r"field-error.*?</p>", page, re.DOTALL)
    drawn = answer.context["picture"]
    assert len(drawn.places) == 6
    assert len(drawn.lines) == 6, "hours, open, closed, two keys and otherwise"
    assert "style=" not in page


def test_what_is_probably_not_meant_so_stands_there(anna: Client, acme: Company) -> None:
    administration.do_save(acme["anna"], "menus", None, {"name": "lost", "prompt": "x", "direct_dial": False})
    page = text(anna.get(PAGE))
    assert "Nothing leads here" in page
    assert "A dead end" in page
    assert "Its prompt is missing" in page, "nothing speaks here"


def test_the_way_of_a_call_lights_up_for_a_day_and_an_hour(anna: Client) -> None:
    asked = {"number": "+4721000000", "date": "2026-11-24", "time": "10:00", "press": "2"}
    page = text(anna.get(PAGE, asked))
    assert lit(page) == ["By the hours: Hours office", "Open: Menu front", "Key 2: Eva Nováková"]
    assert "It rings." in page
    night = text(anna.get(PAGE, asked | {"time": "20:00"}))
    assert lit(night) == ["By the hours: Hours office", "Closed: Voicemail of support"]
    assert "The caller leaves a message." in night
    holiday = text(anna.get(PAGE, asked | {"date": "2026-12-25"}))
    assert lit(holiday) == lit(night)
    now = text(anna.get(PAGE, {"number": "+4721000000"}))
    assert f'value="{timezone.localdate().isoformat()}"' in now
    assert lit(now)[0] == "By the hours: Hours office"


def test_what_is_no_day_is_said_so_and_stays_in_its_field(anna: Client) -> None:
    page = text(anna.get(PAGE, {"number": "+4721000000", "date": "2026-13-99", "time": "10:00", "press": "1"}))
    assert "That is no day, or no time." in page
    assert 'value="2026-13-99"' in page
    assert lit(page) == []
    for press in ("9 " * 100, "*" * 200, "<b>", "٣"):
        assert "Menu front" in text(anna.get(PAGE, {"number": "+4721000000", "press": press, "only": "x" * 5000}))


def test_what_eva_chose_for_her_own_calls_shows_nowhere(anna: Client, acme: Company) -> None:
    administration.do_change_own(
        acme["eva"], {"forward": {"always": "number:+4790000077"}, "quiet": {"daily": "00:00-24:00"}}
    )
    asked = {"number": "+4721000000", "date": "2026-11-24", "time": "10:00", "press": "2"}
    page = text(anna.get(PAGE, asked))
    assert "4790000077" not in page
    assert "It rings." in page


def test_a_key_is_led_elsewhere_in_place_and_the_change_is_undone(anna: Client, acme: Company) -> None:
    address = WAY.format("menu:front", "key.1")
    assert 'value="queue:support" selected' in text(anna.get(address))
    answer = anna.post(address, {"to": "person:bob"}, follow=True)
    assert keys(acme) == {"1": "person:bob", "2": "person:eva"}
    (change,) = OfficeChange.of(acme.tenant).order_by("-created_at")[:1]
    assert change.account_id == acme["anna"].id
    assert f"/administration/changes/{change.id}/undo/" in text(answer)
    back = anna.post(f"/administration/changes/{change.id}/undo/", {"back": "menus"}, follow=True)
    assert back.redirect_chain[-1][0] == PAGE
    assert keys(acme) == {"1": "queue:support", "2": "person:eva"}
    assert "/undo/" not in text(anna.get(PAGE, {"saved": change.id})), "it is undone already"


def test_keys_are_added_and_taken_away_and_all_other_ways_are_changed_alike(anna: Client, acme: Company) -> None:
    new = WAY.format("menu:front", "key.")
    assert '<option value="1"' not in text(anna.get(new)), "that key leads somewhere already"
    anna.post(new, {"key": "9", "to": "number", "to.number": "+4790000001"})
    assert keys(acme)["9"] == "number:+4790000001"
    anna.post(WAY.format("menu:front", "key.2"), {"remove": "yes", "to": "person:eva"})
    assert set(keys(acme)) == {"1", "9"}
    for place, way, to in (
        ("menu:front", "otherwise", "voicemail:support"),
        ("hours:%2B4721000000", "open", "queue:support"),
        ("hours:%2B4721000000", "closed", "hangup"),
        ("queue:support", "when_empty", "menu:front"),
        ("person:bob", "unanswered", "voicemail:bob"),
    ):
        if way == "unanswered":
            bob = administration.access_item(acme["anna"], "people", "bob")[1]
            administration.do_save(acme["anna"], "people", "bob", bob | {"unanswered": {"after": 15, "to": "queue:support"}})
        assert anna.post(WAY.format(place, way), {"to": to}).status_code == 302
    written = administration.access_document(acme["anna"])
    assert written["menus"][0]["otherwise"] == "voicemail:support"
    number = written["numbers"][0]
    assert (number["to"], number.get("closed", "hangup")) == ("queue:support", "hangup")
    assert written["queues"][0]["when_empty"] == "menu:front"
    bob = Account.of(acme.tenant).get(username="bob")
    assert (bob.unanswered_to, bob.unanswered_after_seconds) == ("voicemail:bob", 15)


def test_a_mistake_is_shown_in_its_window_and_nothing_changes(anna: Client, acme: Company) -> None:
    before = keys(acme)
    for address, sent, words in (
        (WAY.format("menu:front", "key.1"), {"to": ""}, "Choose where the call goes."),
        (WAY.format("menu:front", "key."), {"to": "person:bob"}, "Choose a key."),
        (WAY.format("menu:front", "key.1"), {"to": "person:nobody"}, "There is no nobody."),
        (WAY.format("menu:front", "key.1"), {"to": "number", "to.number": "12"}, "Give a telephone number"),
        (WAY.format("queue:support", "when_empty"), {"to": "queue:support"}, "Callers cannot go back to the same queue."),
    ):
        answer = anna.post(address, sent)
        assert answer.status_code == 422, answer.content.decode()[-500:]
        page = answer.content.decode()
        assert words in page, re.findall(r"field-error.*?</p>", page, re.DOTALL)
        assert "data-now" in page
    assert keys(acme) == before


@pytest.mark.parametrize(
    ("place", "way"),
    [("menu:gone", "key.1"), ("menu:front", "key.x"), ("menu:front", "prompt"), ("number:+4721000000", "hours"),
     ("person:anna", "forward"), ("", ""), ("queue:support", "members"), ("x" * 3000, "key.1")],
)  # fmt: skip
def test_there_are_no_other_ways(anna: Client, place: str, way: str) -> None:
    assert anna.get("/administration/menus/way/", {"place": place, "way": way}).status_code == 404
    assert anna.post(WAY.format(place.replace("+", "%2B"), way), {"to": "hangup"}).status_code == 404


def test_the_prompt_is_heard_and_said_anew(anna: Client, acme: Company) -> None:
    address = "/administration/menus/item/front/prompt/"
    assert anna.get("/administration/menus/item/front/prompt.wav").status_code == 404, "nothing speaks here"
    assert "callers hear a beep" in text(anna.get(address))
    said = SimpleUploadedFile("welcome.wav", wav())
    assert anna.post(address, {"language": "nb", "file": said}).status_code == 302
    sound = Sound.of(acme.tenant).get(name="welcome")
    assert (sound.text, sound.language) == ("", "nb")
    heard = anna.get("/administration/menus/item/front/prompt.wav")
    assert (heard.status_code, heard["Content-Type"], heard.content[:4]) == (200, "audio/wav", b"RIFF")
    assert "prompt.wav" in text(anna.get(address))
    assert "Its prompt is missing" not in text(anna.get(PAGE))
    broken = anna.post(address, {"language": "nb", "file": SimpleUploadedFile("noise.wav", b"no sound")})
    assert broken.status_code == 422
    assert "noise.wav" in broken.content.decode()
    nothing = anna.post(address, {"language": "nb", "text": ""})
    assert "Record something, choose a sound file" in nothing.content.decode()


def test_bob_sees_nothing_of_it_and_betas_anna_nothing_of_acmes(
    anna: Client, acme: Company, beta: Company, browser_of: SignedIn
) -> None:
    anna.post("/administration/menus/item/front/prompt/", {"language": "nb", "file": SimpleUploadedFile("w.wav", wav())})
    addresses = (PAGE, WAY.format("menu:front", "key.1"), "/administration/menus/item/front/prompt/",
                 "/administration/menus/item/front/prompt.wav")  # fmt: skip
    for address in addresses:
        assert browser_of(acme, "bob").get(address).status_code == 403
    elsewhere = browser_of(beta, "anna")
    assert "front" not in text(elsewhere.get(PAGE))
    for address in addresses[1:]:
        assert elsewhere.get(address).status_code == 404
    change = OfficeChange.of(acme.tenant).order_by("-created_at").first()
    assert "/undo/" not in text(elsewhere.get(PAGE, {"saved": change.id}))


def test_a_company_without_numbers_and_menus_is_told_what_they_are(acme: Company, browser_of: SignedIn) -> None:
    page = text(browser_of(acme, "anna").get(PAGE))
    assert "No number and no menu yet" in page
    assert "What happens if I call?" not in page


def test_of_very_many_menus_those_of_one_number_are_shown(anna: Client, acme: Company) -> None:
    Menu.all_tenants.bulk_create(
        Menu(
            tenant=acme.tenant,
            name=f"m{n}",
            prompt="welcome",
            keys={"1": f"menu:m{n + 1}"},
            otherwise="hangup",
            direct_dial=False,
            timeout_seconds=5,
            tries=3,
        )
        for n in range(300)
    )
    answer = anna.get(PAGE)
    assert "Menu front" in text(answer)
    assert len(answer.context["picture"].places) < 10
    deep = anna.get(PAGE, {"only": "menu:m0"})
    assert "Menu m299" in text(deep)
