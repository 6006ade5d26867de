"""One's own contacts in the pages: Bob adds, changes, takes in and calls them; names of his contacts stand where he looks,
and nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.contacts import exports
from tests.history import stories as history
from tests.history.stories import queue_of
from tests.web import office
from tests.web.office import Company

from svara.calls.commands import LiveCall
from svara.calls.events import Party
from svara.contacts import access, actions, vcard
from svara.contacts.card import Card, Number
from svara.contacts.models import Contact
from svara.people.models import Account
from svara.web import live

SignedIn = Callable[[Company, str], Client]
KARI = Card("Kari Nordmann", "Nordmann AS", (Number("+4722000001", "work"), Number("+4791234567", "mobile")))
OSLO = Party(number="+4722000001", name="NORDMANN AS")


def text(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", answer.content.decode())


def told(answer) -> list[str]:
    """What the small windows say."""
    return re.findall(r'<p class="grow">([^<]+)</p>', text(answer).partition('id="toasts"')[2].partition("<template")[0])


def keeps(person: Account, *cards: Card) -> list[str]:
    return [actions.do_add(person, card).id for card in cards]


def called_from_oslo(company: Company) -> str:
    """Somebody outside calls Bob."""
    old = history.Company(company.tenant, company.people)
    events = history.call(old, OSLO, "bob", call="oslo", direction="inbound")
    history.happened(events)
    return "oslo"


@pytest.fixture
def bob(acme: Company, browser_of: SignedIn) -> Client:
    return browser_of(acme, "bob")


def test_an_empty_list_says_what_to_do(bob: Client) -> None:
    page = text(bob.get("/contacts/"))
    assert "No contacts yet" in page
    assert 'href="/contacts/new/"' in page
    assert "Save as a file" not in page


@pytest.mark.claim("ADV-14")
def test_bob_adds_changes_deletes_and_takes_back(bob: Client, acme: Company) -> None:
    given = {"name": "Kari Nordmann", "number": ["22 00 00 01", ""], "kind": ["work", "home"], "mail": "kari@n.example"}
    made = bob.post("/contacts/new/", given, follow=True)
    assert told(made) == ["Kari Nordmann is in your contacts."]
    page = text(made)
    assert 'value="+4722000001"' in page
    assert 'href="tel:+4722000001"' in page
    [kari] = Contact.all_tenants.values_list("pk", flat=True)
    saved = bob.post(f"/contacts/{kari}/", {"name": "Kari N.", "number": ["+4722000001"], "kind": ["mobile"]}, follow=True)
    assert "<h1>Kari N.</h1>" in text(saved)
    gone = text(bob.post(f"/contacts/{kari}/delete/"))
    assert "Kari N. can be taken back for a day" in gone
    assert "Kari" not in text(bob.get("/contacts/"))
    assert bob.get(f"/contacts/{kari}/").status_code == 404
    assert told(bob.post(f"/contacts/{kari}/restore/", follow=True)) == ["The contact is back"]
    assert "Kari N." in text(bob.get("/contacts/"))


def test_nothing_that_was_typed_is_lost_and_what_is_wrong_is_marked(bob: Client) -> None:
    given = {"name": "Kari", "number": ["call me"], "kind": ["home"], "mail": "kari at home", "note": "Tea <b>"}
    answer = bob.post("/contacts/new/", given)
    assert answer.status_code == 422
    page = answer.content.decode()
    for typed in ('value="Kari"', 'value="call me"', 'value="kari at home"', "Tea &lt;b&gt;"):
        assert typed in page
    assert "This is no telephone number." in page
    assert "This is no e-mail address." in page
    assert page.count('aria-invalid="true"') == 2
    assert not Contact.all_tenants.exists()


def test_a_list_is_searched_and_goes_on(bob: Client, acme: Company) -> None:
    keeps(acme["bob"], KARI, *(Card(f"Number {n:03}", "", (Number(f"+4733000{n:03}"),)) for n in range(120)))
    whole = text(bob.get("/contacts/"))
    assert "121 contacts" in whole
    assert whole.count('id="contact-') == 100
    htmx = {"hx-request": "true"}
    rest = text(bob.get("/contacts/", {"part": "1", "start": "100"}, headers=htmx))
    assert rest.count('id="contact-') == 21
    assert "<html" not in rest
    found = text(bob.get("/contacts/", {"part": "1", "q": "nordmann as"}, headers=htmx))
    assert found.count('id="contact-') == 1
    assert "None of your contacts has “zzz”" in text(bob.get("/contacts/", {"q": "zzz"}))
    for odd in ("x", "-1", "9" * 40, "²"):
        assert bob.get("/contacts/", {"start": odd}).status_code == 200


# --- taking in


def offered(page: str) -> list[str]:
    return [value.replace("&quot;", '"').replace("&amp;", "&") for value in re.findall(r'name="card" value="([^"]*)"', page)]


@pytest.mark.claim("ADV-14")
def test_of_a_file_only_those_are_kept_whom_bob_chooses(bob: Client, acme: Company) -> None:
    whole = exports.IPHONE + exports.ANDROID + exports.NEXTCLOUD
    page = text(bob.post("/contacts/take-in/", {"file": SimpleUploadedFile("book.vcf", whole)}))
    assert "This is a list of people, not a person." in page
    assert " checked" not in page.partition('data-part="list"')[2].partition("</ul>")[0], "nobody is chosen beforehand"
    assert not Contact.all_tenants.exists(), "to look is not to keep"
    cards = offered(page)
    assert [json.loads(card)[0] for card in cards] == ["Kari Marie Nordmann", "Håkon Østby", "Filip Ozoliņš"]
    taken = bob.post("/contacts/take/", {"card": cards[1:2], "source": "file", "twins": "skip"}, follow=True)
    assert told(taken) == ["1 contact added"]
    [kept] = access.access_contacts(acme["bob"]).items
    assert (kept.title, kept.source) == ("Håkon Østby", "file")


def test_who_is_there_already_is_shown_and_merged_when_bob_wants_that(bob: Client, acme: Company) -> None:
    keeps(acme["bob"], Card("Kari", "", (Number("+4791234567"),)))
    page = text(bob.post("/contacts/take-in/", {"file": SimpleUploadedFile("book.vcf", exports.IPHONE)}))
    assert "there already: Kari" in page
    again = {"card": offered(page), "twins": "skip"}
    assert told(bob.post("/contacts/take/", again, follow=True)) == ["0 contacts added", "1 was there already"]
    again["twins"] = "merge"
    merged = told(bob.post("/contacts/take/", again, follow=True))
    assert merged == ["0 contacts added", "1 merged with a contact"]
    [kari] = access.access_contacts(acme["bob"]).items
    assert (kari.title, kari.card.mail, len(kari.card.numbers)) == ("Kari", "kari@nordmann.example", 3)


@pytest.mark.claim("ADV-14")
def test_what_the_phones_own_book_gave_is_chosen_already(bob: Client, acme: Company) -> None:
    picked = json.dumps([{"name": ["Kari"], "tel": ["912 34 567", "x"], "email": []}, {"name": [], "tel": [], "email": []}])
    answer = bob.post("/contacts/take-in/", {"picked": picked, "portion": "1"})
    assert answer["X-Fragment"] == "1"
    page = text(answer)
    assert "left out, not understood: x" in page
    assert "There is neither a name nor a number in it." in page
    [card] = offered(page)
    assert "checked" in page
    bob.post("/contacts/take/", {"card": [card], "source": "phone"})
    assert Contact.all_tenants.get().source == "phone"


def test_portions_are_counted_together(bob: Client, acme: Company) -> None:
    def card(name: str) -> str:
        return json.dumps([name, "", [["+472200" + str(len(name)).zfill(4), "work"]], "", ""])

    first = bob.post("/contacts/take/", {"card": [card("A"), card("AA"), "nonsense"], "portion": "1"})
    assert json.loads(first.content) == {"added": 2, "merged": 0, "skipped": 0, "unfit": 1}
    last = {"card": [card("AAA"), card("A")], "portion": "1", "last": "1", "added": "2", "unfit": "1", "merged": "x"}
    assert told(bob.post("/contacts/take/", last, follow=True)) == [
        "3 contacts added",
        "1 was there already",
        "1 could not be kept",
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose a file."),
        ({"file": SimpleUploadedFile("cat.jpg", b"\xff\xd8\xff\xe0 JFIF")}, "This is no file of vCards"),
        ({"file": SimpleUploadedFile("empty.vcf", b"")}, "This is no file of vCards"),
        ({"picked": "{}"}, "is no contact"),
        ({"picked": "[" * 100_000}, "is no contact"),
    ],
)
def test_what_is_nothing_to_take_in_is_told_in_plain_words(bob: Client, fields: dict, words: str) -> None:
    answer = bob.post("/contacts/take-in/", fields)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_more_cards_than_are_read_are_told(bob: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vcard, "MAX_CARDS", 2)
    page = text_of_fault(bob.post("/contacts/take-in/", {"file": SimpleUploadedFile("b.vcf", exports.IPHONE * 3)}))
    assert "There are more than 2 cards: the rest was not read." in page
    assert len(offered(page)) == 2


def text_of_fault(answer) -> str:
    assert answer.status_code == 422
    return str(answer.content.decode())


def test_all_can_be_taken_along_as_a_file(bob: Client, acme: Company) -> None:
    keeps(acme["bob"], KARI, Card("Ole Dahl", "", (Number("+4733000002"),), "", "Tea"))
    answer = bob.get("/contacts/contacts.vcf")
    assert (answer["Content-Type"], answer["Content-Disposition"]) == ("text/vcard", 'attachment; filename="contacts.vcf"')
    assert [found.title for found in vcard.read(answer.content, "NO")] == ["Kari Nordmann", "Ole Dahl"]


def test_two_contacts_become_one_on_request(bob: Client, acme: Company) -> None:
    kari, twin = keeps(acme["bob"], KARI, Card("K.", "", (Number("+4722000001"),), "k@n.example"))
    page = text(bob.get(f"/contacts/{kari}/"))
    assert "Perhaps the same person" in page
    merged = bob.post(f"/contacts/{kari}/merge/", {"other": twin}, follow=True)
    assert told(merged) == ["Kari Nordmann: two contacts are one now."]
    assert "Perhaps the same person" not in text(merged)
    assert bob.post(f"/contacts/{kari}/merge/", {"other": twin}).status_code == 404
    assert told(bob.post(f"/contacts/{kari}/merge/", {"other": kari}, follow=True)) == ["Choose another contact."]


# --- whose they are


def test_nobody_opens_somebody_elses(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    [kari] = keeps(acme["bob"], KARI)
    for company, name in ((acme, "anna"), (acme, "cecilie"), (beta, "anna")):
        stranger = browser_of(company, name)
        assert "Kari" not in text(stranger.get("/contacts/"))
        assert stranger.get(f"/contacts/{kari}/").status_code == 404
        for how in ("", "delete/", "restore/", "merge/"):
            assert stranger.post(f"/contacts/{kari}/{how}", {"name": "Mine", "other": kari}).status_code == 404
        assert json.loads(stranger.post("/contacts/named/", {"number": "+4722000001"}).content) == {"name": ""}
        assert "BEGIN:VCARD" not in stranger.get("/contacts/contacts.vcf").content.decode()
    assert access.access_contacts(acme["bob"]).items[0].card == KARI


# --- where names are seen


@pytest.mark.claim("ADV-14")
def test_the_palette_and_the_phone_find_contacts_by_name(bob: Client, acme: Company) -> None:
    keeps(acme["bob"], KARI)
    page = text(bob.get("/palette/", {"q": "kari"}))
    assert re.findall(r'name="to" value="([^"]*)"', page) == ["+4722000001", "+4791234567"]
    assert "Work · +4722000001" in page
    for more in ({}, {"for": "transfer"}):
        found = text(bob.get("/phone/found/", {"to": "nordm"} | more))
        assert "Kari Nordmann" in found
        assert f'data-{"send" if more else "pick"}="+4791234567"' in found
    assert text(bob.get("/phone/found/", {"to": "+4791234567"})).count('data-pick="+4791234567"') == 1
    assert json.loads(bob.post("/contacts/named/", {"number": "22 00 00 01"}).content) == {"name": "Kari Nordmann"}
    assert json.loads(bob.post("/contacts/named/", {"number": "*96"}).content) == {"name": "Try my phone: I hear myself"}
    assert json.loads(bob.post("/contacts/named/", {"number": "*9876"}).content) == {"name": ""}


def test_the_history_shows_bob_his_own_names_and_others_what_signalling_showed(
    bob: Client, acme: Company, browser_of: SignedIn
) -> None:
    call = called_from_oslo(acme)
    before = text(bob.get("/history/"))
    assert "NORDMANN AS" in before
    assert f'href="/contacts/new/?call={call}"' in before
    assert 'name="to" value="+4722000001"' in before
    form = text(bob.get("/contacts/new/", {"call": call}))
    assert 'value="NORDMANN AS"' in form
    assert 'value="+4722000001"' in form
    bob.post("/contacts/new/", {"name": "Kari", "number": ["+4722000001"], "kind": ["work"], "call": call})
    assert Contact.all_tenants.get().source == "call"
    for path in ("/history/", f"/history/{call}/", "/history/records/"):
        page = text(bob.get(path))
        assert "Kari" in page
        assert "NORDMANN AS" not in page
        assert "/contacts/new/?call=" not in page
    assert "Kari" not in text(browser_of(acme, "cecilie").get("/history/"))
    assert "NORDMANN AS" in text(browser_of(acme, "cecilie").get("/history/"))
    assert bob.get("/contacts/new/", {"call": "nothing"}).status_code == 404
    dag = browser_of(acme, "dag")
    assert dag.get("/contacts/new/", {"call": call}).status_code == 404, "no call of his"


def test_bob_finds_calls_by_the_names_of_his_own_contacts_and_nobody_else_does(
    bob: Client, acme: Company, browser_of: SignedIn
) -> None:
    call = called_from_oslo(acme)
    link = f"/history/{call}/"
    assert link not in text(bob.get("/history/", {"search": "kari"}))
    [kari] = keeps(acme["bob"], KARI)
    for words in ("kari", "KARI NORD", "nordmann"):
        for path in ("/history/", "/history/records/"):
            assert link in text(bob.get(path, {"search": words})), words
    assert link not in text(bob.get("/history/", {"search": "ole"}))
    assert link not in text(bob.get("/history/", {"search": "kari", "outcome": "missed"})), "other filters hold"
    assert link not in text(browser_of(acme, "cecilie").get("/history/", {"search": "kari"}))
    bob.post(f"/contacts/{kari}/delete/")
    assert link not in text(bob.get("/history/", {"search": "kari"}))


def test_missed_calls_messages_and_missed_callers_show_names(bob: Client, acme: Company) -> None:
    keeps(acme["bob"], KARI)
    old = history.Company(acme.tenant, acme.people)
    queue_of(old, "bob")
    history.happened(
        history.call(old, OSLO, "bob", call="m1", direction="inbound", talks=None, outcome="missed"),
        history.queue_call(old, OSLO, [("bob", "no answer")], call="q1", talks=None),
    )
    office.a_message(acme, "bob")
    assert "Kari Nordmann" in text(bob.get("/missed/"))
    assert "Kari Nordmann" in text(bob.get("/missed-callers/", {"part": "1"}, headers={"hx-request": "true"}))
    assert "Kari Nordmann" in text(bob.get("/voicemail/messages/"))


def test_a_call_that_rings_has_the_contacts_name(bob: Client, acme: Company, mirror: live.Live) -> None:
    keeps(acme["bob"], KARI)
    to = Party(number="102", name="Bob Lund", person=acme["bob"].id)
    ringing = LiveCall("now", acme.tenant.id, "inbound", "ringing", OSLO, to, 1.0, people=(acme["bob"].id,))
    mirror.expect(ringing)
    page = text(bob.get("/calls/running/"))
    assert "Kari Nordmann" in page
    assert "NORDMANN AS" not in page
    assert ringing.caller.name == "NORDMANN AS", "what everybody else sees is untouched"
