"""The public zone: what anybody sees, the form of a company that opened it, and Anna's decisions on her page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.admission.stories import form
from tests.web.office import Company

from svara.admission import actions
from svara.admission.models import Request
from svara.calls.commands import Health
from svara.people.models import Account
from svara.web.pages import front

Browsers = Callable[..., Client]
KARI = {"name": "Kari Nordmann", "contact": "kari@example.test", "company": "Nordmann AS", "agreed": "on"}
PAGE = "/administration/access/"


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


@pytest.fixture
def stranger() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "_last", (float("-inf"), None))
    monkeypatch.setattr(actions, "_sources", actions.Buckets(actions.SOURCE))


@pytest.mark.claim("TB-3")
def test_a_stranger_reads_what_this_is_and_nothing_of_any_company(acme: Company, beta: Company, stranger: Client) -> None:
    for path in ("/welcome/", "/status/", "/sign-in/"):
        answer = stranger.get(path)
        assert answer.status_code == 200
        page = text(answer)
        for words in ("Acme", "Beta", "acme", "beta", "Anna", "demo"):
            assert words not in page, (path, words)
        assert 'href="/welcome/"' in page
        assert 'href="/status/"' in page
    assert 'href="/sign-in/"' in text(stranger.get("/welcome/"))


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (Health(1, 7, 42, "up"), "Yes. Everything works."),
        (Health(1, 7, 42, "down"), "In part"),
        (Health(1, 7, 42, "up", voice="down"), "In part"),
        (None, "No: calls are not connected"),
    ],
)
def test_the_status_page_says_whether_calls_work_and_no_figure(
    db: None, stranger: Client, monkeypatch: pytest.MonkeyPatch, health: Health | None, words: str
) -> None:
    asked = []

    async def ask(request: object) -> Health | None:
        asked.append(request)
        return health

    monkeypatch.setattr(front, "ask", ask)
    for _ in range(20):
        page = text(stranger.get("/status/"))
    assert words in page
    assert len(asked) == 1, "many strangers ask, the calls process is asked once"
    main = page[page.index("<main") : page.index("</main>")]
    assert not re.search(r">\s*(7|42)\s*<", main)


def test_a_company_that_takes_no_requests_has_no_form(acme: Company, stranger: Client) -> None:
    closed, nobody = stranger.get("/access/acme/"), stranger.get("/access/nobody/")
    assert (closed.status_code, nobody.status_code) == (404, 404)
    same = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|/access/\w+/')
    assert same.sub("", text(closed)) == same.sub("", text(nobody))
    assert stranger.post("/access/acme/", KARI | {"form": form()}).status_code == 404
    assert not Request.all_tenants.exists()


def test_kari_asks_and_anna_lets_her_in(acme: Company, browser_of: Browsers, stranger: Client) -> None:
    anna = browser_of(acme, "anna")
    anna.post(PAGE, {"open": "on"})
    assert "http://testserver/access/acme/" in text(anna.get(PAGE))
    page = text(stranger.get("/access/acme/"))
    assert "I agree that Acme AS keeps what I write here" in page
    assert "Version 1 of this text." in page
    answer = stranger.post("/access/acme/", KARI | {"form": form()}, follow=True)
    assert "Thank you." in text(answer)
    listed = text(anna.get(PAGE))
    for words in ("Kari Nordmann", "kari@example.test", "Nordmann AS", 'value="kari"'):
        assert words in listed
    one = Request.of(acme.tenant).get()
    taken = anna.post(f"{PAGE}{one.id}/let-in/", {"username": "bob"})
    assert taken.status_code == 422
    assert 'value="bob"' in text(taken)
    let_in = text(anna.post(f"{PAGE}{one.id}/let-in/", {"username": "kari"}))
    link = re.search(r"http://testserver(/invitation/[^<\s\"]+)", let_in)
    assert link is not None
    assert "Kari Nordmann" in text(stranger.get(link[1]))
    assert Account.of(acme.tenant).get(username="kari").email == "kari@example.test"
    assert "Nobody asked." in text(anna.get(PAGE))


def test_what_was_typed_stays_with_a_sentence_that_says_what_to_do(
    acme: Company, browser_of: Browsers, stranger: Client
) -> None:
    browser_of(acme, "anna").post(PAGE, {"open": "on"})
    answer = stranger.post("/access/acme/", KARI | {"contact": "kari at home", "form": form()})
    assert answer.status_code == 422
    page = text(answer)
    assert "This is no e-mail address." in page
    assert 'value="kari at home"' in page
    assert 'value="Kari Nordmann"' in page
    not_agreed = {key: value for key, value in KARI.items() if key != "agreed"} | {"form": form()}
    assert "Without your agreement" in text(stranger.post("/access/acme/", not_agreed))
    hostile = {"name": "<script>x</script>", "contact": "a@b.test", "company": "x" * 100_000, "form": "y" * 100_000}
    refused = stranger.post("/access/acme/", hostile | {"agreed": "on"})
    assert refused.status_code == 422
    assert "<script>x" not in refused.content.decode()


def test_anna_refuses_takes_it_back_and_deletes(acme: Company, browser_of: Browsers, stranger: Client) -> None:
    anna = browser_of(acme, "anna")
    anna.post(PAGE, {"open": "on"})
    stranger.post("/access/acme/", KARI | {"form": form()})
    one = Request.of(acme.tenant).get()
    assert "Refused." in text(anna.post(f"{PAGE}{one.id}/refuse/", follow=True))
    assert "It waits again." in text(anna.post(f"{PAGE}{one.id}/wait/", follow=True))
    assert "Nobody asked." in text(anna.post(f"{PAGE}{one.id}/delete/", follow=True))
    assert anna.post(f"{PAGE}{one.id}/delete/").status_code == 404
    assert anna.post(f"{PAGE}{one.id}/burn/").status_code == 404


def test_it_is_nothing_for_bob_nor_for_betas_anna(
    acme: Company, beta: Company, browser_of: Browsers, stranger: Client
) -> None:
    browser_of(acme, "anna").post(PAGE, {"open": "on"})
    stranger.post("/access/acme/", KARI | {"form": form()})
    one = Request.of(acme.tenant).get()
    bob, elsewhere = browser_of(acme, "bob"), browser_of(beta, "anna")
    assert bob.get(PAGE).status_code == 403
    assert bob.post(PAGE, {}).status_code == 403
    assert "Kari" not in text(elsewhere.get(PAGE))
    for how in ("let-in", "refuse", "delete"):
        assert bob.post(f"{PAGE}{one.id}/{how}/", {"username": "kari"}).status_code == 403
        assert elsewhere.post(f"{PAGE}{one.id}/{how}/", {"username": "kari"}).status_code == 404
    assert Request.of(acme.tenant).get() == one
