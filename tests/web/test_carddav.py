"""Address books keep a copy of the phonebook over CardDAV: by hand as RFC 6352 says, and with a program of others."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import vobject
from django.test import Client
from tests.web.office import Company
from tests.web.stage import Stage

from svara.phonebooks import actions, door

BOOK = "/carddav/books/company/"
ETAGS = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'


@pytest.fixture(autouse=True)
def a_quiet_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has failed before."""
    monkeypatch.setattr(door, "entrance", door.Door())


@pytest.fixture
def opened(acme: Company) -> Company:
    actions.do_open(acme["anna"], xml=False, carddav=True, ldap=False, ldap_in_clear=False)
    return acme


def book_of(company: Company, username: str) -> Client:
    secret = actions.do_make_password(company[username], "address book")
    login = base64.b64encode(f"{username}@{company.tenant.slug}:{secret}".encode()).decode()
    return Client(headers={"authorization": f"Basic {login}"})


def ask(client: Client, method: str, path: str, body: str = "", **headers: str) -> Any:
    return client.generic(method, path, body, content_type="application/xml", headers=headers)


def places(answer: Any) -> list[str]:
    assert answer.status_code == 207, answer.content
    return [each.text or "" for each in Xml.fromstring(answer.content).iter("{DAV:}href")]


def test_a_program_is_led_to_the_address_books_without_being_asked_who_it_is(db: None) -> None:
    for method in ("GET", "PROPFIND", "OPTIONS"):
        answer = ask(Client(), method, "/.well-known/carddav")
        assert (answer.status_code, answer["Location"]) == (301, "/carddav/")


def test_bobs_address_book_lists_and_fetches_colleagues(opened: Company) -> None:
    book = book_of(opened, "bob")
    assert "addressbook" in ask(book, "OPTIONS", "/carddav/")["DAV"]
    cards = places(ask(book, "PROPFIND", BOOK, ETAGS, depth="1"))[1:]
    assert len(cards) == 8
    first = book.get(cards[0])
    assert first["Content-Type"].startswith("text/vcard")
    assert vobject.readOne(first.content.decode()).fn.value == "Anna Berg"
    assert "VERSION:4.0" in book.get(cards[0], headers={"accept": "text/vcard; version=4.0"}).content.decode()
    assert book.get(cards[0], headers={"if-none-match": first["ETag"]}).status_code == 304
    fetch = "".join(f"<D:href>{card}</D:href>" for card in cards)
    found = ask(
        book,
        "REPORT",
        BOOK,
        '<C:addressbook-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">'
        f"<D:prop><D:getetag/><C:address-data/></D:prop>{fetch}</C:addressbook-multiget>",
    )
    assert found.content.decode().count("BEGIN:VCARD") == 8
    assert b"Eva Nov\xc3\xa1kov\xc3\xa1" in found.content


def test_nobody_gets_in_without_a_password_or_into_another_company(opened: Company, beta: Company) -> None:
    for path in ("/carddav/", BOOK, f"{BOOK}x.vcf", "/carddav/nowhere"):
        assert ask(Client(), "PROPFIND", path).status_code == 401
    anna = opened["anna"]
    actions.do_open(beta["anna"], xml=False, carddav=True, ldap=False, ldap_in_clear=False)
    assert book_of(beta, "anna").get(f"{BOOK}{anna.id}.vcf").status_code == 404
    assert book_of(opened, "bob").get(f"{BOOK}{anna.id}.vcf").status_code == 200


def test_nothing_is_written(opened: Company) -> None:
    book = book_of(opened, "bob")
    for method in ("PUT", "DELETE", "PROPPATCH", "MKCOL", "MOVE", "COPY", "LOCK", "POST", "ACL", "NONSENSE"):
        answer = ask(book, method, f"{BOOK}{opened['anna'].id}.vcf", "BEGIN:VCARD")
        assert answer.status_code == 403, method
    assert opened["anna"].name in book.get(f"{BOOK}{opened['anna'].id}.vcf").content.decode()


def test_what_is_no_question_is_answered_with_what_is_wrong(opened: Company) -> None:
    book = book_of(opened, "bob")
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><propfind xmlns="DAV:"><prop><displayname>&a;</displayname></prop></propfind>'
    assert ask(book, "PROPFIND", BOOK, bomb, depth="0").status_code == 400
    assert ask(book, "REPORT", BOOK, "<").status_code == 400
    assert ask(book, "PROPFIND", BOOK, ETAGS, depth="infinity").status_code == 403
    assert b"propfind-finite-depth" in ask(book, "PROPFIND", BOOK, ETAGS).content
    assert ask(book, "REPORT", "/carddav/", ETAGS).status_code == 403
    assert ask(book, "PROPFIND", "/carddav/nowhere/", ETAGS, depth="0").status_code == 404
    assert book.get(BOOK).status_code == 405


@pytest.mark.peer
def test_vdirsyncer_copies_the_phonebook_and_follows_its_changes(stage: Stage, acme: Company, tmp_path: Path) -> None:
    actions.do_open(acme["anna"], xml=False, carddav=True, ldap=False, ldap_in_clear=False)
    secret = actions.do_make_password(acme["bob"], "laptop")
    (tmp_path / "config").write_text(
        f"""\
[general]
status_path = "{tmp_path}/status/"
[pair phonebook]
a = "copy"
b = "svara"
collections = ["from b"]
conflict_resolution = "b wins"
[storage copy]
type = "filesystem"
path = "{tmp_path}/copy/"
fileext = ".vcf"
[storage svara]
type = "carddav"
url = "{stage.url}/"
username = "bob@acme"
password = "{secret}"
read_only = true
"""
    )

    def run(command: str) -> None:
        done = subprocess.run(
            [str(Path(sys.executable).parent / "vdirsyncer"), "-c", str(tmp_path / "config"), command],
            input="y\n" * 5,
            env=os.environ | {"NO_PROXY": "*", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def copied() -> set[str]:
        return {vobject.readOne(file.read_text()).fn.value for file in tmp_path.glob("copy/*/*.vcf")}

    run("discover")
    run("sync")
    assert copied() == {person.name for person in acme.people.values()}
    acme["eva"].name = "Eva Svobodová"
    acme["eva"].save()
    acme["filip"].delete()
    run("sync")
    assert "Eva Svobodová" in copied()
    assert not copied() & {"Eva Nováková", "Filip Ozoliņš"}
