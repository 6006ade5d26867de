"""Kari asks for news of Acme: it counts when she has confirmed it by the letter, and never again after she got out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.test import Client

from svara.people.models import Account, Tenant
from svara.people.retention import forget_expired
from svara.privacy.functions import ledger, notices, optin, outside, readers, wayout
from svara.privacy.functions.models import Consent, Notice, OptIn, Reader
from svara.privacy.functions.port import do_switch, enabled
from svara.privacy.functions.registry import MARKETING, NEWS, PRODUCT_UPDATES
from svara.privacy.subject import person

pytestmark = [pytest.mark.claim("PHO-9")]
KARI = "kari@nordmann.example"


@pytest.fixture
def page(acme: Tenant, settings: Any) -> Client:
    """Acme says what its news are; there is a mail server."""
    cache.clear()
    settings.EMAIL_HOST, settings.ADDRESS = "127.0.0.1", urlsplit("https://svara.acme.test")
    notices.do_say(acme, "news", "en", "Once a month, what our workshop has built.")
    return Client(headers={"accept-language": "en"})


def links(client: Client) -> tuple[str, str]:
    """Ask, and give the two links in the letter."""
    answer = client.post("/news/acme/", {"address": KARI})
    assert "A letter is on its way" in answer.content.decode()
    found = re.findall(r"https://svara\.acme\.test(/news/\S+)", mail.outbox[-1].body)
    assert len(found) == 2
    return found[0], found[1]


def decided(acme: Tenant) -> list[str]:
    entries = ledger.of(acme.id, outside.subject_of(acme.id, KARI))
    return [entry.decision for entry in reversed(entries)]


def agreed(acme: Tenant) -> bool:
    return outside.agreed(acme.id, outside.subject_of(acme.id, KARI), NEWS)


@pytest.mark.claim("PHO-1")
def test_kari_agrees_by_the_letter_and_gets_out_by_one_click(acme: Tenant, page: Client) -> None:
    assert "what our workshop has built" in page.get("/news/acme/").content.decode()
    confirm, withdraw = links(page)
    assert mail.outbox[-1].to == [KARI]
    assert decided(acme) == []
    assert "I agree" in page.get(confirm).content.decode()
    assert decided(acme) == []  # a program that only looks confirms nothing
    assert "You agreed" in page.post(confirm).content.decode()
    assert agreed(acme)
    assert page.post(confirm).status_code == page.get(confirm).status_code == 404  # once
    assert agreed(acme)
    letter = mail.outbox[-1]
    assert letter.extra_headers["List-Unsubscribe"] == f"<https://svara.acme.test{withdraw}>"
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    button = Client(enforce_csrf_checks=True)  # of a mail program, RFC 8058
    for _ in range(2):
        assert button.post(withdraw, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not agreed(acme)
    assert decided(acme) == ["given", "withdrawn"]


def test_her_address_is_nowhere_in_clear(acme: Tenant, page: Client) -> None:
    confirm, _ = links(page)
    assert KARI not in str(list(OptIn.all_tenants.values()))
    page.post(confirm)
    assert not OptIn.all_tenants.exists()
    assert "kari" not in str(list(Consent.all_tenants.values())).lower()
    assert "kari" not in str(list(Reader.all_tenants.values())).lower()
    assert readers.address_of(Reader.all_tenants.get()) == KARI


def test_a_scanner_that_opens_every_link_ends_nothing(acme: Tenant, page: Client) -> None:
    confirm, withdraw = links(page)
    page.post(confirm)
    for method in (page.get, page.head, page.options):
        method(withdraw)
    assert agreed(acme)
    assert "No more letters?" in page.get(withdraw).content.decode()


def test_it_was_a_slip(acme: Tenant, page: Client) -> None:
    confirm, withdraw = links(page)
    page.post(confirm)
    undo = hidden(page.post(withdraw))
    assert not agreed(acme)
    assert "You agreed again" in page.post("/news/undo/", {"undo": undo}).content.decode()
    assert agreed(acme)
    assert readers.address_of(Reader.all_tenants.get()) == KARI
    assert page.post("/news/undo/", {"undo": undo}).status_code == 404, "once"
    page.post(withdraw)
    assert page.post("/news/undo/", {"undo": undo}).status_code == 404, "of that withdrawal, not of a later one"
    assert not agreed(acme)
    assert decided(acme) == ["given", "withdrawn", "given", "withdrawn"]


def test_a_slip_is_one_for_an_hour(acme: Tenant, page: Client) -> None:
    confirm, withdraw = links(page)
    page.post(confirm)
    undo = hidden(page.post(withdraw))
    with pytest.raises(wayout.Gone):
        wayout.do_undo(undo, datetime.now(UTC) + timedelta(hours=1, seconds=1))
    for forged in (undo[:-1], undo + "x", withdraw.rpartition("/")[2], "", "x" * 5000):
        assert page.post("/news/undo/", {"undo": forged}).status_code == 404
    assert not agreed(acme)
    assert not Reader.all_tenants.exists()


def test_a_way_out_is_of_one_person_and_one_purpose(acme: Tenant, beta: Tenant, anna: Account, page: Client) -> None:
    """Anna's link for one kind of letters ends that kind, for her: no other, for nobody else, without signing in."""
    for key in (PRODUCT_UPDATES, MARKETING):
        do_switch(anna, key, True)
    token = wayout.token_of(acme.id, person(anna.id), PRODUCT_UPDATES)
    other = wayout.token_of(acme.id, person(anna.id), MARKETING)
    for forged in (
        other[:44] + token[44:],
        token[:44] + other[44:],
        token[:44],
        token + "A",
        token[:50] + ("B" if token[50] == "A" else "A") + token[51:],
    ):
        assert page.post(f"/news/withdraw/{forged}").status_code == 404
    assert page.post(f"/news/withdraw/{token}", {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not enabled(anna.id, PRODUCT_UPDATES)
    assert enabled(anna.id, MARKETING)
    entry = Consent.all_tenants.get(purpose=PRODUCT_UPDATES, decision="withdrawn")
    assert (entry.how, entry.tenant_id) == ("mail", acme.id)


def hidden(answer: Any) -> str:
    """What the page carries along to take it back."""
    found = re.search(r'name="undo" value="([^"]+)"', answer.content.decode())
    assert found
    return found[1]


def test_a_link_is_no_good_after_two_days_and_the_request_goes(acme: Tenant, page: Client) -> None:
    then = datetime(2026, 11, 22, 12, tzinfo=UTC)
    asked = optin.do_ask(acme.id, KARI, "en", now=then)
    assert asked is not None
    with pytest.raises(wayout.Gone):
        optin.do_confirm(asked.confirm, now=then + timedelta(days=2))
    assert forget_expired((then + timedelta(days=1)).timestamp()) == 0
    assert forget_expired((then + timedelta(days=2, seconds=1)).timestamp()) == 1


@pytest.mark.parametrize("token", ["x", "none", "W10:1vMAAA:abc", "%00", "é" * 300])
def test_an_invented_link_does_nothing(acme: Tenant, page: Client, token: str) -> None:
    for path in (f"/news/confirm/{token}", f"/news/withdraw/{token}"):
        assert page.get(path).status_code == 404
        assert page.post(path).status_code == 404
    assert not Consent.all_tenants.exists()


def test_an_address_is_not_flooded_and_nobody_learns_whether_it_was(acme: Tenant, page: Client) -> None:
    for _ in range(5):
        answer = page.post("/news/acme/", {"address": KARI})
        assert answer.status_code == 200
    assert len(mail.outbox) == 3
    for number in range(20):
        answer = page.post("/news/acme/", {"address": f"{number}@nordmann.example"})
    assert answer.status_code == 429
    assert page.post("/news/acme/", {"address": "kari@nordmann.example\nBcc: all@acme.test"}).status_code == 422


def test_there_is_no_page_for_who_has_said_nothing_or_cannot_send(
    acme: Tenant, beta: Tenant, page: Client, settings: Any
) -> None:
    assert page.get("/news/beta/").status_code == 404
    settings.EMAIL_HOST = ""
    assert page.get("/news/acme/").status_code == 404


@pytest.mark.claim("TB-7")
def test_every_version_of_a_notice_stays(acme: Tenant, beta: Tenant) -> None:
    notices.do_say(acme, "recording", "nb", "Vi tar opp for opplæring.")
    notices.do_say(acme, "recording", "nb", "Vi tar opp for opplæring og bestillinger.")
    assert notices.do_say(acme, "recording", "nb", "Vi tar opp for opplæring og bestillinger. ") is None
    now = notices.current(acme, "recording", "sv")
    assert now is not None
    assert (now.version, now.text) == (2, "Vi tar opp for opplæring og bestillinger.")
    assert [notice.version for notice in notices.versions(acme)] == [2, 1]
    assert notices.current(beta, "recording", "nb") is None
    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE functions_notice SET text = 'x'")
    with pytest.raises(ValueError, match="too long"):
        notices.do_say(acme, "recording", "nb", "x" * 5000)
    notices.do_say(acme, "recording", "nb", "")
    assert notices.current(acme, "recording", "nb") is None
    assert Notice.of(acme).count() == 3
