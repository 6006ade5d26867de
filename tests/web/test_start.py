"""Kari opens a fresh installation: the code, her company, her colleagues from a list, and what is still to be done."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.web.office import Company

from svara.calls.commands import (
    AskTrial,
    AskTrunks,
    Done,
    Hangup,
    Originate,
    Originated,
    PersonPresence,
    Refused,
    TrialState,
    TrunkState,
    TrunkStates,
)
from svara.data import DataFolder
from svara.people import administration, firststeps, founding, setupcode
from svara.people.models import Account, Tenant
from svara.web import live
from svara.web.pages import start_outside, start_test

SignedIn = Callable[..., Client]
WISH = {
    "name": "Nordlys AS",
    "country": "NO",
    "timezone": "Europe/Oslo",
    "language": "nb",
    "also.en": "on",
    "owner": "Kari Holm",
    "email": "kari@nordlys.example",
    "extension": "101",
    "password": "a-walk-in-the-rain",
}
LIST = "First name;Last name;E-mail;Extension\nBo;Lund;bo@nordlys.example;\nEva;Nováková;;150\nIda;Vik;ida@;\n"


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.status_code
    return str(answer.content.decode())


@pytest.fixture
def code(db: None, data_folder: DataFolder) -> str:
    founding.prepare(data_folder)
    return setupcode.read(data_folder)


@pytest.fixture
def stranger() -> Client:
    return Client(headers={"accept-language": "en-GB,en;q=0.9"})


@pytest.fixture
def kari(code: str, stranger: Client) -> Client:
    """Her browser, with her company made."""
    stranger.get(f"/start/with/{code}")
    assert stranger.post("/start/company/", WISH)["Location"] == "/start/people/"
    return stranger


def test_the_first_page_of_an_empty_installation_asks_for_the_code(code: str, stranger: Client) -> None:
    door = stranger.get("/", follow=True)
    assert door.redirect_chain[-1] == ("/start/", 302)
    assert "There is no company here yet" in text(door)
    assert "is not the code" in text(stranger.post("/start/", {"code": "guess"}), 422)
    assert stranger.post("/start/", {"code": code.upper()})["Location"] == "/start/company/"
    page = text(stranger.get("/start/company/"))
    assert '<option value="GB" selected>United Kingdom' in page, "a first guess, from the browser"


def test_nobody_takes_over_an_installation_without_the_code(code: str, stranger: Client) -> None:
    assert "is not the code" in text(stranger.get("/start/with/aaaaa-aaaaa-aaaaa-aaaaa"), 422)
    for path in ("/start/company/", "/start/demo/"):
        assert stranger.post(path, WISH)["Location"] == "/start/"
    session = stranger.session
    session["setup-code"] = "aaaaa-aaaaa-aaaaa-aaaaa"
    session.save()
    assert stranger.post("/start/company/", WISH)["Location"] == "/start/"
    assert stranger.post("/start/demo/")["Location"] == "/start/"
    assert not Tenant.objects.exists()


def test_kari_makes_her_company_and_is_in(kari: Client, code: str) -> None:
    page = text(kari.get("/start/people/"))
    assert "Your company is there" in page
    assert "Kari Holm" in page
    tenant = Tenant.objects.get()
    assert (tenant.name, tenant.country, tenant.languages) == ("Nordlys AS", "NO", ["nb", "en"])
    assert kari.get("/start/")["Location"] == "/start/steps/"
    other = Client()
    assert other.get(f"/start/with/{code}")["Location"] == "/start/", "the link is used up"
    assert other.get("/start/")["Location"] == "/sign-in/"
    assert other.get("/sign-in/").status_code == 200
    assert other.post("/start/company/", WISH)["Location"] == "/start/"


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(code: str, stranger: Client) -> None:
    stranger.get(f"/start/with/{code}")
    page = text(stranger.post("/start/company/", WISH | {"email": "kari", "password": "short"}), 422)
    assert "This is no e-mail address." in page
    assert "too short" in page
    assert 'value="Nordlys AS"' in page
    assert "short" not in re.findall(r'<input[^>]*name="password"[^>]*>', page)[0], "a password is never written back"
    assert "Something is missing here." in text(stranger.post("/start/company/", WISH | {"name": " "}), 422)
    assert stranger.post("/start/company/", WISH | {"timezone": ""}).status_code == 302, "Norway has one time zone"


@pytest.mark.claim("K2-1")
def test_the_demo_office_is_one_click_beside_it_and_marked_as_one(code: str, stranger: Client) -> None:
    stranger.get(f"/start/with/{code}")
    assert "Everybody knows its passwords" in text(stranger.get("/start/company/"))
    assert stranger.post("/start/demo/")["Location"] == "/"
    home = text(stranger.get("/"))
    assert "Demo office" in home
    assert "Still to be done" not in home
    assert Tenant.objects.get().demo


def test_a_list_is_shown_before_anybody_is_added(kari: Client) -> None:
    page = text(kari.post("/start/people/", {"list": LIST}))
    assert "2 people will be added." in page
    assert "1 line needs a look." in page
    assert "“ida@” is no e-mail address." in page
    assert 'name="extension.2" type="tel" value="102"' in page, "an extension is proposed"
    assert Account.all_tenants.count() == 1
    added = text(kari.post("/start/people/", {"list": LIST, "add.2": "on", "add.3": "on", "extension.2": "120", "add": ""}))
    assert "2 people can be called now." in added
    links = re.findall(r"http://testserver(/invitation/[\w-]+)", added)
    assert len(links) == 2
    assert Account.all_tenants.get(username="bo").extension == "120"
    assert "Welcome, Bo Lund" in text(Client(headers={"accept-language": "en"}).get(links[0]))


def test_a_faulty_line_that_is_wanted_holds_up_the_whole_and_keeps_what_was_typed(kari: Client) -> None:
    wish = {"list": LIST, "add.2": "on", "add.4": "on", "extension.2": "120", "add": ""}
    page = text(kari.post("/start/people/", wish), 422)
    assert 'name="extension.2" type="tel" value="120"' in page
    assert Account.all_tenants.count() == 1
    nobody = text(kari.post("/start/people/", {"list": LIST, "add": ""}), 422)
    assert "0 people will be added." in nobody


def test_a_file_of_excel_is_read_and_hostile_ones_are_refused_in_words(kari: Client) -> None:
    excel = "Fornavn;Etternavn;E-post\r\nHåkon;Østby;h@nordlys.example\r\n".encode("cp1252")
    page = text(kari.post("/start/people/", {"list": "", "file": SimpleUploadedFile("folk.csv", excel)}))
    assert "Håkon Østby" in page
    for data, words in (
        (b"PK\x03\x04....", "This is a whole workbook."),
        (bytes(range(256)) * 8, "This is no list that can be read."),
        (b"Name\n" + b"A" * 1_100_000, "This is too much at once"),
        (b"1;2\n3;4\n", "It cannot be told what is a name here."),
    ):
        refused = kari.post("/start/people/", {"list": "", "file": SimpleUploadedFile("x.csv", data)})
        assert words in text(refused, 422)
    script = text(kari.post("/start/people/", {"list": "Name\n<script>alert(1)</script>\n"}))
    assert "<script>alert" not in script
    assert "&lt;script&gt;" in script


def test_invitations_go_by_mail_where_mail_is_set_up(kari: Client, settings: Any) -> None:
    assert "Send each an invitation" not in text(kari.post("/start/people/", {"list": LIST}))
    settings.EMAIL_HOST = "mail.test"
    assert "Send each an invitation" in text(kari.post("/start/people/", {"list": LIST}))
    page = text(kari.post("/start/people/", {"list": LIST, "add.2": "on", "add.3": "on", "send": "on", "add": ""}))
    assert "1 invitation was sent by e-mail." in page
    (sent,) = mail.outbox
    assert sent.to == ["bo@nordlys.example"]
    assert re.search(r"http://testserver/invitation/[\w-]+", sent.body)
    assert "Nordlys AS" in sent.body
    assert "to be handed over" in page, "Eva has no address"


def test_the_list_is_also_in_the_administration_and_for_administrators_alone(acme: Company, browser_of: SignedIn) -> None:
    anna, bob = browser_of(acme, "anna"), browser_of(acme, "bob")
    assert 'href="/administration/people/import/"' in text(anna.get("/administration/people/"))
    assert "Add people from a list" in text(anna.get("/administration/people/import/"))
    done = text(anna.post("/administration/people/import/", {"list": "Name\nInga Lie\n", "add.2": "on", "add": ""}))
    assert "Inga Lie" in done
    undone = anna.post(
        re.findall(r'action="(/administration/changes/\w+/undo/)"', text(anna.get("/administration/changes/")))[0]
    )
    assert undone.status_code == 302
    assert not Account.all_tenants.filter(username="inga.lie").exists()
    for path in ("/administration/people/import/", "/start/people/", "/start/phone/", "/start/done/", "/start/steps/"):
        assert bob.get(path).status_code == 403, path
    assert bob.post("/start/people/", {"list": LIST, "add.2": "on", "add": ""}).status_code == 403
    assert bob.post("/start/people/skip/").status_code == 403
    assert bob.post("/start/close/").status_code == 403


def test_a_phone_that_comes_is_seen_and_the_step_is_done(kari: Client, mirror: live.Live) -> None:
    me = Account.all_tenants.get()
    assert "does not answer" in text(kari.get("/start/phone/"))
    mirror.up = True
    assert "No phone of yours is there yet." in text(kari.get("/start/phone/state/"))
    mirror._people[me.id] = PersonPresence(me.tenant_id, me.id, "available", 1, 0.0, (f"~{me.id}",))
    assert "1 phone of yours is ready" in text(kari.get("/start/phone/state/"))
    mirror._people.clear()
    assert {step.key: step.mark for step in firststeps.access_steps(me).all}["phone"] == "done", "it was there once"


def test_a_softphone_is_set_up_by_a_code_and_leads_back_to_the_way(kari: Client) -> None:
    page = text(kari.post("/administration/phones/", {"username": "kari", "maker": "linphone", "back": "start-phone"}))
    assert 'class="qr"' in page
    assert 'href="/start/phone/"' in page


def test_steps_are_put_off_come_back_to_and_closed(kari: Client) -> None:
    assert kari.get("/start/steps/")["Location"] == "/start/people/"
    assert kari.post("/start/people/skip/")["Location"] == "/start/phone/"
    assert kari.get("/start/steps/")["Location"] == "/start/phone/", "a second visit goes on where the first one ended"
    home = text(kari.get("/"))
    assert "Still to be done" in home
    assert 'href="/start/people/"' in home, "put off is not done"
    assert kari.post("/start/close/")["Location"] == "/"
    assert "Still to be done" not in text(kari.get("/"))
    done = text(kari.get("/start/done/"))
    assert "Remind me on the first page" in done
    kari.post("/start/close/", {"back": ""})
    assert "Still to be done" in text(kari.get("/"))
    assert kari.post("/start/nonsense/skip/").status_code == 404


def test_a_company_that_was_made_in_another_way_is_not_told_of_steps(acme: Company, browser_of: SignedIn) -> None:
    assert "Still to be done" not in text(browser_of(acme, "anna").get("/"))
    assert "Still to be done" in text(browser_of(acme, "anna").get("/start/done/")), "the page is there for whoever looks"


class Trial:
    """The calls process, as far as a test call goes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[Any] = []
        self.state: TrialState | Refused = TrialState("ringing")
        self.originate: Originated | Refused = Originated("c1")
        self.trunks: tuple[TrunkState, ...] = ()
        for room in (start_test, start_outside):
            monkeypatch.setattr(room, "ask", self.answer)

    async def answer(self, request: Any) -> Any:
        self.asked.append(request)
        match request:
            case Originate():
                return self.originate
            case AskTrial():
                return self.state
            case AskTrunks():
                return TrunkStates(self.trunks)
        return Done()


def said(page: str) -> list[str]:
    """What the page says of the three parts of the trial."""
    return re.findall(r'<span class="badge[^>]*>(\w+)</span></span></div></li>', page)


def test_a_test_call_is_followed_until_the_sound_goes_both_ways(kari: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(monkeypatch)
    assert "Ring my phone" in text(kari.get("/start/test/"))
    assert kari.post("/start/test/call/")["Location"] == "/start/test/"
    assert trial.asked[-1].to == "*96"
    page = text(kari.get("/start/test/"))
    assert "Your phone rings: pick it up" in page
    assert said(page) == ["waiting", "waiting", "waiting"]
    trial.state = TrialState("answered")
    assert said(text(kari.get("/start/test/state/"))) == ["yes", "waiting", "waiting"]
    kari.post("/start/test/heard/")
    assert not firststeps.access_steps(Account.all_tenants.get()).all[3].done, "nothing was heard of her yet"
    trial.state = TrialState("answered", heard=True)
    page = text(kari.get("/start/test/state/"))
    assert said(page) == ["yes", "yes"]
    assert "I hear myself" in page
    assert kari.post("/start/test/heard/")["Location"] == "/start/test/"
    assert isinstance(trial.asked[-1], Hangup)
    trial.state = TrialState("ended", heard=True)
    page = text(kari.get("/start/test/"))
    assert "Your phone works" in page
    assert said(page) == ["yes", "yes", "yes"]
    assert firststeps.access_steps(Account.all_tenants.get()).all[3].done


def test_the_key_of_the_phone_says_the_same(kari: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(monkeypatch)
    kari.post("/start/test/call/")
    trial.state = TrialState("answered", heard=True, confirmed=True)
    assert said(text(kari.get("/start/test/state/"))) == ["yes", "yes", "yes"]
    assert firststeps.access_steps(Account.all_tenants.get()).all[3].done


def test_what_stands_in_the_way_of_a_test_call_is_said(kari: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(monkeypatch)
    trial.originate = Refused("offline", "none of the caller's own phones is online")
    assert "None of your phones is online" in text(kari.post("/start/test/call/"), 409)
    assert "Turn one on first" in text(kari.get("/start/test/"))
    Tenant.objects.update(codes={"try-phone": "off"})
    page = text(kari.get("/start/test/"))
    assert "switched off the code" in page
    assert "Ring my phone" not in page


def test_a_call_that_went_wrong_is_over_and_tells_why_not(kari: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(monkeypatch)
    kari.post("/start/test/call/")
    trial.state = Refused("not-found", "there is no such call")
    page = text(kari.get("/start/test/state/"))
    assert "The call is over" in page
    assert "I hear myself" not in page


def test_provider_hours_and_number_are_made_step_by_step(kari: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(monkeypatch)
    provider = {"what": "provider", "name": "provider", "address": "sip:sip.carrier.example", "login": "nordlys"}
    assert "Something is missing here." in text(kari.post("/start/outside/", provider | {"register": "on"}), 422)
    bad = kari.post("/start/outside/", provider | {"secret": "hemmelig-1", "address": "carrier"})
    assert "Give a SIP address" in text(bad, 422)
    assert "hemmelig" not in bad.content.decode()
    assert "First the provider, then its number." in text(kari.get("/start/outside/"))
    assert kari.post("/start/outside/", provider | {"secret": "hemmelig-1", "register": "on"}).status_code == 302

    trial.trunks = (TrunkState("t", "k", "provider", "unregistered", "the provider refused the login"),)
    assert "not registered" in text(kari.get("/start/outside/state/"))
    trial.trunks = (TrunkState("t", "k", "provider", "up"),)
    assert "works" in text(kari.get("/start/outside/state/"))

    assert "Write times as" in text(kari.post("/start/outside/", {"what": "hours", "from": "8", "to": "late"}), 422)
    assert kari.post("/start/outside/", {"what": "hours", "from": "08:00", "to": "16:00"}).status_code == 302
    number = {"what": "number", "number": "+4721000000", "trunk": "provider", "to": "person:kari", "hours": "office"}
    assert "Give a telephone number" in text(kari.post("/start/outside/", number | {"number": "21"}), 422)
    assert kari.post("/start/outside/", number | {"closed": "voicemail:kari"}).status_code == 302
    page = text(kari.get("/start/outside/"))
    assert "+4721000000" in page
    assert "mon-fri 08:00-16:00" in page

    document = administration.access_document(Account.all_tenants.get())
    assert document["outbound"] == [{"prefix": "+", "trunk": "provider"}]
    assert document["hours"][0]["holidays"] == "NO"
    assert document["numbers"][0]["closed"] == "voicemail:kari"
    assert "hemmelig" not in str(document)
    assert len(re.findall("/undo/", text(kari.get("/administration/changes/")))) == 4, "each can be taken back"
    steps = {step.key: step.mark for step in firststeps.access_steps(Account.all_tenants.get()).all}
    assert steps["outside"] == "done"


def test_the_new_steps_are_for_administrators_alone(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    for path in ("/start/test/", "/start/test/state/", "/start/outside/", "/start/outside/state/"):
        assert bob.get(path).status_code == 403, path
    for path in ("/start/test/call/", "/start/test/heard/", "/start/outside/"):
        assert bob.post(path, {"what": "hours", "from": "08:00", "to": "16:00"}).status_code == 403, path
