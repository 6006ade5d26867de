"""Anna administers Acme from her pages; Bob may not, and Beta's administrator sees nothing of it."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.people.offices import wav
from tests.web.office import Company

from svara.media.sounds import speech
from svara.people import access, administration, snapshot
from svara.people.codes import TABLE
from svara.people.models import Conference, Hours, OfficeChange, Phone, Queue, Sound, Trunk
from svara.people.pin import check_pin
from svara.web.forms.faults import told

SignedIn = Callable[..., Client]
SECTIONS = ("people", "queues", "hours", "menus", "conferences", "numbers", "trunks", "outbound", "sounds")


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "voice_for", lambda language: None)


def text(answer) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.content.decode()[-2000:])
    return answer.content.decode()


def add(browser: Client, section: str, **fields: object) -> None:
    answer = browser.post(f"/administration/{section}/new/", fields)
    assert answer.status_code == 302, answer.content.decode()


@pytest.fixture
def anna(acme: Company, browser_of: SignedIn) -> Client:
    return browser_of(acme, "anna")


@pytest.fixture
def office(anna: Client) -> Client:
    """Anna's browser, once she has set up lines, a queue, hours and a menu."""
    add(anna, "trunks", name="itsp", address="sip:sip.carrier.example", login="acme", secret="t0psecret", format="e164",
        identity="from", probe="0")  # fmt: skip
    add(anna, "outbound", prefix="+", trunk="itsp")
    add(anna, "queues", name="support", extension="600", strategy="ring-all", announce_position="on",
        **{"members.0.person": "bob", "members.1.person": "eva", "members.1.skills": "norwegian 3"})  # fmt: skip
    add(anna, "hours", name="office", holidays="NO",
        **{"open.0.days": "mon-fri", "open.0.times": "08:00-12:00, 13:00-16:00",
           "exceptions.0.day": "12-24", "exceptions.0.times": "closed"})  # fmt: skip
    add(anna, "sounds", name="welcome", text="Welcome", language="en")
    add(anna, "conferences", name="coffee", extension="801", wait_for_moderator="on", moderator_pin="258013")
    add(anna, "menus", name="front", prompt="welcome", otherwise="queue:support", direct_dial="on",
        **{"keys.0.key": "1", "keys.0.to": "queue:support", "keys.1.key": "2", "keys.1.to": "number",
           "keys.1.to.number": "+4790000001"})  # fmt: skip
    add(anna, "numbers", number="+4721000000", trunk="itsp", to="menu:front", hours="office", closed="voicemail:support")
    return anna


def test_a_company_is_set_up_by_its_pages_alone(office: Client, acme: Company) -> None:
    written = administration.access_document(acme["anna"])
    assert written["queues"][0]["members"][1] == {"person": "eva", "order": 2, "skills": {"norwegian": 3}}
    assert written["hours"] == [
        {
            "name": "office",
            "open": {"mon-fri": ["08:00-12:00", "13:00-16:00"]},
            "holidays": "NO",
            "exceptions": {"12-24": "closed"},
        }
    ]
    assert written["menus"][0]["keys"] == {"1": "queue:support", "2": "number:+4790000001"}
    assert written["numbers"][0]["closed"] == "voicemail:support"
    assert Trunk.of(acme.tenant).get().secret == "t0psecret"
    for section, shown in {
        "queues": "600 · bob, eva",
        "numbers": "→ the menu front",
        "menus": "Queue support",
    }.items():
        assert shown in text(office.get(f"/administration/{section}/"))


def test_a_form_that_is_sent_back_unchanged_changes_nothing(office: Client, acme: Company) -> None:
    def send_back() -> None:
        for section in SECTIONS:
            page = text(office.get(f"/administration/{section}/"))
            for name in re.findall(rf'/administration/{section}/item/([^/"]+)/', page):
                address = f"/administration/{section}/item/{name}/"
                answer = office.post(address, fields_of(text(office.get(address))))
                assert answer.status_code == 302, (address, answer.content.decode())

    before = administration.access_document(acme["anna"])
    send_back()
    count = OfficeChange.of(acme.tenant).count()
    send_back()
    assert administration.access_document(acme["anna"]) == before
    assert OfficeChange.of(acme.tenant).count() == count


def fields_of(page: str) -> dict[str, list[str]]:
    """What a browser would send of the first form of a page."""
    from html import unescape

    form = re.search(r'<form class="card" .*?</form>', page, re.DOTALL)
    assert form
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input\b[^>]*>", form[0]):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if "name" not in attributes or attributes.get("type") == "file":
            continue
        if attributes.get("type") == "checkbox" and not re.search(r"\bchecked\b", tag):
            continue
        sent.setdefault(attributes["name"], []).append(
            unescape(attributes.get("value", "on" if attributes["type"] == "checkbox" else ""))
        )
    for name, options in re.findall(r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form[0], re.DOTALL):
        values = re.findall(r'<option value="([^"]*)"([^>]*)>', options)
        chosen = [value for value, more in values if "selected" in more] or [values[0][0]]
        sent[name] = [unescape(chosen[-1])]
    for name, value in re.findall(r'<textarea\b[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form[0], re.DOTALL):
        sent[name] = [unescape(value)]
    return sent


def test_a_mistake_is_shown_at_its_field_and_what_was_typed_stays(office: Client, acme: Company) -> None:
    answer = office.post(
        "/administration/queues/item/support/",
        {
            "strategy": "ring-all",
            "extension": "101",
            "ring": "soon",
            "members.0.person": "bob",
            "when_full": "queue:support",
        },
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="soon" ' in page
    assert re.search(r'id="f-extension" [^>]*aria-invalid="true"', page)
    assert "101 is taken by anna." in page
    assert re.search(r'id="f-ring-fault" role="alert"', page)
    assert "Callers cannot go back to the same queue." in page
    assert Queue.of(acme.tenant).get().extension == "600"


def test_what_is_needed_elsewhere_stays_and_it_is_said_where(office: Client, acme: Company) -> None:
    answer = office.post("/administration/hours/item/office/remove/", follow=True)
    assert "“office” is still needed. Numbers: +4721000000" in text(answer)
    assert Hours.of(acme.tenant).exists()
    office.post("/administration/numbers/item/+4721000000/remove/")
    assert "Saved" in text(office.post("/administration/hours/item/office/remove/", follow=True))
    assert not Hours.of(acme.tenant).exists()


def test_secrets_and_invitations_are_shown_once(anna: Client, acme: Company) -> None:
    page = text(
        anna.post(
            "/administration/people/new/",
            {
                "username": "ivar",
                "name": "Ivar Aas",
                "phones.0.login": "acme-ivar",
                "allow.internal": "on",
                "allow.national": "on",
            },
        )
    )
    secret = re.search(r'<code id="secret-1">([^<]{20,})</code>', page)
    assert secret
    assert re.search(r"http://testserver/invitation/svarainv_", page)
    assert secret[1] not in text(anna.get("/administration/people/item/ivar/"))
    assert Phone.of(acme.tenant).get(login="acme-ivar").ha1
    assert "secret" not in str(OfficeChange.of(acme.tenant).values_list("before", "after", "lines"))


def test_a_trunk_s_secret_is_never_shown_and_stays_when_left_empty(office: Client, acme: Company) -> None:
    page = text(office.get("/administration/trunks/item/itsp/"))
    assert "t0psecret" not in page
    office.post("/administration/trunks/item/itsp/", fields_of(page) | {"priority": ["3"]})
    trunk = Trunk.of(acme.tenant).get()
    assert (trunk.secret, trunk.priority) == ("t0psecret", 3)


def test_pins_of_a_conference_are_never_shown_and_stay_when_left_empty(office: Client, acme: Company) -> None:
    add(office, "conferences", name="monday", extension="800", pin="471106", moderator_pin="258013", announce="on")
    page = text(office.get("/administration/conferences/item/monday/"))
    assert "471106" not in page
    assert "pbkdf2" not in page
    office.post("/administration/conferences/item/monday/", fields_of(page) | {"max_members": ["12"], "record": ["on"]})
    room = Conference.of(acme.tenant).get(name="monday")
    assert (room.max_members, room.record, room.announce) == (12, True, True)
    assert check_pin("471106", room.pin)
    office.post("/administration/conferences/item/monday/", fields_of(page) | {"pin": ["none"]})
    assert Conference.of(acme.tenant).get(name="monday").pin == ""
    answer = office.post("/administration/conferences/item/monday/", fields_of(page) | {"pin": ["12"]})
    assert "A PIN has four to ten digits." in answer.content.decode()
    answer = office.post(
        "/administration/conferences/item/monday/", fields_of(page) | {"pin": ["2580"], "moderator_pin": ["2580"]}
    )
    assert "The moderator needs another PIN than everybody else." in answer.content.decode()
    kept = str(OfficeChange.of(acme.tenant).values_list("before", "after", "lines"))
    assert "471106" not in kept
    assert "pbkdf2" not in kept


def test_a_sound_gets_another_name(anna: Client, acme: Company) -> None:
    add(anna, "sounds", name="recorded-1", text="Welcome", language="en")
    page = text(anna.post("/administration/sounds/item/recorded-1/rename/", {"to": "hello"}, follow=True))
    assert "hello" in page
    assert "recorded-1" not in page
    assert anna.post("/administration/sounds/item/recorded-1/rename/", {"to": "other"}).status_code == 404
    refused = anna.post("/administration/sounds/item/hello/rename/", {"to": "No name!"}, follow=True)
    assert refused.redirect_chain[-1][0] == "/administration/sounds/item/hello/"


def test_a_sound_is_uploaded(anna: Client, acme: Company, tmp_path: Path) -> None:
    upload = SimpleUploadedFile("waltz.wav", wav(), "audio/wav")
    add(anna, "sounds", name="waltz", language="en", file=upload)
    assert Sound.of(acme.tenant).get().file.endswith(".wav")
    wrong = SimpleUploadedFile("letter.wav", b"no sound", "audio/wav")
    answer = anna.post("/administration/sounds/new/", {"name": "letter", "language": "en", "file": wrong})
    assert answer.status_code == 422
    assert "letter.wav" in answer.content.decode()
    assert "svara-sound-" not in answer.content.decode()


def test_changes_are_listed_and_undone(office: Client, acme: Company) -> None:
    page = text(office.get("/administration/changes/"))
    assert "+ number +4721000000: to menu:front" in page
    assert page.count("Anna Berg") >= 7
    newest = administration.access_changes(acme["anna"])[0]
    assert "Saved" in text(office.post(f"/administration/changes/{newest.id}/undo/", follow=True))
    assert administration.access_document(acme["anna"])["numbers"] == []
    assert "cannot be undone" in text(office.post(f"/administration/changes/{newest.id}/undo/", follow=True))
    queue = next(c for c in administration.access_changes(acme["anna"]) if any("+ queue" in line for line in c.lines))
    assert "does not fit any more" in text(office.post(f"/administration/changes/{queue.id}/undo/", follow=True))


@pytest.mark.claim("TB-3")
def test_only_the_administrator_and_only_of_the_own_company(
    office: Client, acme: Company, beta: Company, browser_of: SignedIn
) -> None:
    change = administration.access_changes(acme["anna"])[0]
    pages = ["/administration/", "/administration/changes/", "/administration/queues/new/"]
    pages += [f"/administration/{section}/" for section in SECTIONS]
    names = {"queues": "support", "hours": "office", "menus": "front", "trunks": "itsp", "numbers": "+4721000000"}
    items = [f"/administration/{section}/item/{name}/" for section, name in names.items()]
    bob, stranger = browser_of(acme, "bob"), browser_of(beta, "anna")
    for page in [*pages, *items]:
        assert bob.get(page).status_code == 403, page
    for post in [*(f"{item}remove/" for item in items), *items, f"/administration/changes/{change.id}/undo/"]:
        assert bob.post(post, {"name": "x"}).status_code == 403, post
        assert stranger.post(post, {"name": "x"}).status_code == 404, post
    for item in items:
        assert stranger.get(item).status_code == 404, item
    for page in pages:
        seen = text(stranger.get(page))
        assert not any(word in seen for word in ("item/support", "itsp", "Anna Berg", "Bob Lund")), page
    assert stranger.get("/administration/nonsense/").status_code == 404
    assert Client().get("/administration/").status_code == 302


def test_bob_says_himself_where_his_calls_go(office: Client, acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    count = OfficeChange.of(acme.tenant).count()
    sent = {
        "forward.busy": "queue:support",
        "forward.offline": "number",
        "forward.offline.number": "+4790000002",
        "mobile": "+4790000002",
        "find_me.0.to": "number",
        "find_me.0.to.number": "+4790000002",
        "find_me.0.after": "10",
        "quiet.0.days": "daily",
        "quiet.0.times": "22:00-07:00",
        "unanswered.after": "20",
        "unanswered.to": "voicemail:bob",
        "call_waiting": "busy",
        "intercom": "on",
        "voicemail_pin": "2580",
    }
    assert "Saved" in text(bob.post("/profile/calls/", sent, follow=True))
    item, _names = administration.access_own(acme["bob"])
    assert item == {
        "forward": {"busy": "queue:support", "offline": "number:+4790000002"},
        "find_me": [{"after": 10, "to": "number:+4790000002"}],
        "quiet": {"daily": ["22:00-07:00"]},
        "mobile": "+4790000002",
        "unanswered": {"after": 20, "to": "voicemail:bob"},
        "call_waiting": "busy",
        "intercom": True,
        "keys": [],
    }
    account = access.me(acme["bob"])
    assert check_pin("2580", account.voicemail_pin)
    page = text(bob.get("/profile/calls/"))
    assert "2580" not in page
    assert bob.post("/profile/calls/", fields_of(page)).status_code == 302
    assert administration.access_own(acme["bob"])[0] == item
    assert access.me(acme["bob"]).voicemail_pin == account.voicemail_pin
    assert bob.post("/profile/calls/", {"forward.busy": "person:bob"}).status_code == 422
    assert bob.post("/profile/calls/", {"quiet.0.days": "always", "quiet.0.times": "22:00-07:00"}).status_code == 422
    assert OfficeChange.of(acme.tenant).count() == count, "what people choose for themselves is in no log"
    bob.post("/profile/calls/", {})
    nothing = {
        "forward": {},
        "find_me": [],
        "quiet": {},
        "mobile": "",
        "keys": [],
        "call_waiting": "ring",
        "intercom": False,
    }
    assert administration.access_own(acme["bob"])[0] == nothing
    assert bob.post("/profile/calls/", {"call_waiting": "never"}).status_code == 422


def test_what_bob_chose_is_nobody_else_s(office: Client, acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    bob.post("/profile/calls/", {"forward.always": "person:eva"})
    office.post("/administration/people/item/bob/", {"name": "Bob Lund-Vik", "roles.agent": "on"})
    assert administration.access_own(acme["bob"])[0]["forward"] == {"always": "person:eva"}
    newest = administration.access_changes(acme["anna"])[0]
    assert "eva" not in str((newest.before, newest.after))
    office.post(f"/administration/changes/{newest.id}/undo/")
    assert administration.access_own(acme["bob"])[0]["forward"] == {"always": "person:eva"}
    assert access.me(acme["bob"]).name == "Bob Lund"


LATE = {"name": "late", "holidays": "NQ", "open.0.days": "mon", "open.0.times": "8-16"}


def test_objections_are_told_in_the_reader_s_language(office: Client) -> None:
    office.post("/profile/language/", {"language": "nb"})
    answer = office.post("/administration/hours/new/", LATE)
    page = answer.content.decode()
    assert "Skriv tider som 08:00-16:00." in page
    assert "expected" not in page
    answer = office.post("/administration/menus/new/", {"name": "late", "prompt": "x", "otherwise": "queue:suport"})
    assert "suport finnes ikke. Mente du support?" in answer.content.decode()


def test_every_objection_that_is_known_reads_as_a_sentence() -> None:
    known = {
        "extension '101' of queue x is taken by anna; it must be unique in the tenant": "101 is taken by anna.",
        "there is another queue 'x'; each needs a name of its own": "There is another x: each needs a name of its own.",
        "'mobile' is '90': expected a number of E.164, like \"+4721000000\"; did you mean \"+4790\"?": (
            "Give a telephone number with the country, such as +4721000000. Did you mean +4790?"
        ),
        "'man-fre' are no days: expected something like mon-fri, sat or daily": (
            "“man-fre”: write days as mon-fri, sat or daily."
        ),
        "something that nobody thought of": "something that nobody thought of",
    }
    assert {message: told(message) for message in known} == known


def test_the_company_s_own_settings(office: Client, acme: Company) -> None:
    page = text(office.get("/administration/company/"))
    assert re.search(r'id="f-country" type="text" value="NO" readonly', page)
    sent = {
        "name": "Acme Norge AS",
        "timezone": "Europe/Riga",
        "languages": "lv, en",
        "recording": "consent",
        "media": "relay",
    }
    assert "Saved" in text(office.post("/administration/company/", sent | {"country": "SE", "slug": "beta"}, follow=True))
    acme.tenant.refresh_from_db()
    tenant = acme.tenant
    assert (tenant.name, tenant.timezone, tenant.languages) == ("Acme Norge AS", "Europe/Riga", ["lv", "en"])
    assert (tenant.recording_rule, tenant.country, tenant.slug) == ("consent", "NO", "acme")
    count = OfficeChange.of(tenant).count()
    sent_back = fields_of(text(office.get("/administration/company/")))
    assert "Nothing was changed" in text(office.post("/administration/company/", sent_back, follow=True))
    [newest, *_] = administration.access_changes(acme["anna"])
    assert OfficeChange.of(tenant).count() == count
    assert "Europe/Riga" in newest.lines[0]
    assert "Saved" in text(office.post(f"/administration/changes/{newest.id}/undo/", follow=True))
    tenant.refresh_from_db()
    assert (tenant.name, tenant.timezone, tenant.recording_rule) == ("Acme AS", "Europe/Oslo", "announce")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"timezone": "Oslo"}, "Choose a time zone of the list"),
        ({"languages": ""}, "Name at least one language."),
        ({"languages": "nb, norsk!"}, "Give languages by their tags"),
        ({"languages": "nb, nb"}, "nb stands there twice."),
        ({"name": ""}, "Something is missing here."),
    ],
)
def test_a_company_is_checked_like_all_else(office: Client, acme: Company, wrong: dict[str, str], said: str) -> None:
    right = {"name": "Acme AS", "timezone": "Europe/Oslo", "languages": "nb, en", "recording": "announce", "media": "relay"}
    answer = office.post("/administration/company/", right | wrong)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_company_says_who_sees_whether_people_can_be_reached(office: Client, acme: Company) -> None:
    right = {"name": "Acme AS", "timezone": "Europe/Oslo", "languages": "nb, en", "recording": "announce", "media": "relay"}
    assert '<option value="everybody" selected>' in office.get("/administration/company/").content.decode()
    office.post("/administration/company/", right | {"presence_to": "colleagues"})
    assert '<option value="colleagues" selected>' in office.get("/administration/company/").content.decode()
    acme.tenant.refresh_from_db()
    assert {person.presence_to for person in snapshot.of(acme.tenant).people} == {"colleagues"}


def test_only_administrators_change_the_company(office: Client, acme: Company, browser_of: SignedIn) -> None:
    assert browser_of(acme, "bob").get("/administration/company/").status_code == 403


def test_a_queue_has_another_name_and_all_that_leads_there_goes_on(
    office: Client, acme: Company, browser_of: SignedIn
) -> None:
    queue = Queue.of(acme.tenant).get()
    browser_of(acme, "eva").post("/profile/calls/", {"forward.always": "queue:support", "unanswered.after": "20",
                                                     "unanswered.to": "voicemail:support"})  # fmt: skip
    page = text(office.post("/administration/queues/item/support/rename/", {"to": "help.desk"}, follow=True))
    assert "Saved" in page
    written = administration.access_document(acme["anna"])
    assert [each["name"] for each in written["queues"]] == ["help.desk"]
    assert written["menus"][0]["keys"]["1"] == written["menus"][0]["otherwise"] == "queue:help.desk"
    assert written["numbers"][0]["closed"] == "voicemail:help.desk"
    own, _names = administration.access_own(acme["eva"])
    assert (own["forward"], own["unanswered"]["to"]) == ({"always": "queue:help.desk"}, "voicemail:help.desk")
    renamed = Queue.of(acme.tenant).get()
    assert (renamed.pk, renamed.former_names, renamed.members.count()) == (queue.pk, ["support"], 2)
    [newest, *_] = administration.access_changes(acme["anna"])
    assert newest.lines[0] == "~ queue help.desk: was called support"
    assert "eva" not in str(newest.lines), "where Eva's calls go is hers"
    assert not newest.before
    refused = office.post("/administration/queues/item/help.desk/rename/", {"to": "No name!"}, follow=True)
    assert "Use small letters" in text(refused)
    assert office.post("/administration/queues/item/support/rename/", {"to": "sales"}).status_code == 404
    assert office.post("/administration/people/item/bob/rename/", {"to": "rob"}).status_code == 404


def test_a_menu_has_another_name_and_numbers_lead_to_it_still(office: Client, acme: Company) -> None:
    office.post("/administration/menus/item/front/rename/", {"to": "main"})
    written = administration.access_document(acme["anna"])
    assert ([each["name"] for each in written["menus"]], written["numbers"][0]["to"]) == (["main"], "menu:main")


def test_two_queues_have_not_one_name(office: Client) -> None:
    add(office, "queues", name="sales", strategy="ring-all")
    refused = office.post("/administration/queues/item/sales/rename/", {"to": "support"}, follow=True)
    assert "There is another support" in text(refused)


CODES = {row.code for row in TABLE if not row.in_talk}
SHOWN = re.compile(r"<code>([*#]+\d*)</code>")


def test_everybody_finds_the_feature_codes_that_work_for_them(office: Client, browser_of: SignedIn, acme: Company) -> None:
    agent, member, administrator = (text(browser_of(acme, name).get("/profile/calls/")) for name in ("bob", "dag", "anna"))
    assert set(SHOWN.findall(agent)) == CODES - {"*95"}
    assert set(SHOWN.findall(member)) == CODES - {"*95", "*40", "*41", "*42", "*43"}
    assert "*95" in SHOWN.findall(administrator)
    assert agent.index("*97") < agent.index("*72") < agent.index("*40")
    office.post("/administration/people/item/dag/", {"name": "Dag", "allow.national": "on"})
    assert SHOWN.findall(text(browser_of(acme, "dag").get("/profile/calls/"))) == [], "who may call nobody inside"


def test_anna_gives_a_code_other_signs_and_switches_one_off(office: Client, browser_of: SignedIn, acme: Company) -> None:
    sent = fields_of(text(office.get("/administration/codes/")))
    assert sent["code.mailbox"] == ["*97"]
    sent |= {"code.mailbox": "*98"}
    del sent["on.dnd"]
    assert "Saved" in text(office.post("/administration/codes/", sent, follow=True))
    assert administration.access_document(acme["anna"])["tenant"]["codes"] == {"mailbox": "*98", "dnd": "off"}
    shown = SHOWN.findall(text(browser_of(acme, "dag").get("/profile/calls/")))
    assert ("*98" in shown, "*97" in shown, "*78" in shown, "*79" in shown) == (True, False, False, True)
    [newest, *_] = administration.access_changes(acme["anna"])
    assert newest.lines == ["~ tenant acme: codes none -> mailbox: *98, dnd: off"]
    office.post(f"/administration/changes/{newest.id}/undo/")
    assert "codes" not in administration.access_document(acme["anna"])["tenant"]


def test_a_code_that_is_none_or_another_s_is_refused_at_its_field(office: Client, acme: Company) -> None:
    sent = fields_of(text(office.get("/administration/codes/")))
    refused = office.post("/administration/codes/", sent | {"code.dnd": "78", "code.dnd-off": "*97"})
    assert refused.status_code == 422
    assert "A code is a star or hash" in refused.content.decode()
    refused = office.post("/administration/codes/", sent | {"code.dnd-off": "*97"})
    assert (refused.status_code, "could not be told from *97" in refused.content.decode()) == (422, True)
    assert "codes" not in administration.access_document(acme["anna"])["tenant"]


def test_only_administrators_change_codes(browser_of: SignedIn, acme: Company) -> None:
    assert browser_of(acme, "bob").get("/administration/codes/").status_code == 403
    assert browser_of(acme, "bob").post("/administration/codes/", {}).status_code == 403


def test_the_page_of_the_documentation_is_made_of_the_table() -> None:
    docs = Path(__file__).parents[2] / "docs"
    made = runpy.run_path(str(docs / "feature_codes.py"))["page"]()
    assert (docs / "feature-codes.md").read_text(encoding="utf-8") == made
    assert all(f"| `{code}` |" in made for code in CODES)
