"""Kari, who works nowhere here, gets to her own data: once, in one browser, within a day; nobody else does."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from tests.history.stories import Company
from tests.privacy.rights.conftest import KARI

from svara.data import DataFolder
from svara.people.access import NotFound
from svara.people.models import Account
from svara.privacy.audit.models import Entry
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.functions import outside
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.registry import NEWS
from svara.privacy.rights import erasing, links, restriction, wishes
from svara.privacy.rights.asked import Link
from svara.privacy.rights.jobs import run_next
from svara.privacy.rights.links import Gone
from svara.privacy.rights.models import Erasure
from svara.privacy.subject import Subject, person

CALLED = "Called the number back and asked for the date of birth."


@pytest.fixture
def kari(traces: Company) -> Subject:
    return subject_of(traces.tenant.id, KARI.number)


def test_a_code_is_read_out_opens_once_and_shows_what_there_is(traces: Company, kari: Subject) -> None:
    code = links.do_give(traces.anna, kari, CALLED)
    here, secret = links.do_open(code.lower().replace("-", " "))
    assert (here.tenant_id, here.subject) == (traces.tenant.id, kari)
    assert links.visit(secret) == here
    shown = {holding.table for holding in links.holdings(here)}
    assert {"history.Call", "voicemail.Message", "history.MissedCaller"} <= shown
    with pytest.raises(Gone):
        links.do_open(code)
    [row] = Link.all_tenants.all()
    assert (row.way, row.verified, row.made_by) == ("officer", CALLED, traces.anna.id)
    assert code not in repr(vars(row))
    told = list(Entry.of(traces.anna).filter(what="link").values_list("act", "actor", "ref"))
    assert told == [("grant", traces.anna.id, row.id), ("view", "system", row.id)]


def test_only_officers_give_codes_only_with_a_word_how_and_only_to_people_outside(traces: Company, kari: Subject) -> None:
    with pytest.raises(Forbidden):
        links.do_give(traces.cecilie, kari, CALLED)
    with pytest.raises(Invalid, match="made sure"):
        links.do_give(traces.anna, kari, "  ")
    with pytest.raises(NotFound):
        links.do_give(traces.anna, person(traces.bob.id), CALLED)
    with pytest.raises(Forbidden):
        links.access_links(traces.cecilie)
    assert not Link.all_tenants.exists()


def test_a_link_goes_by_mail_whether_the_address_is_known_or_not(traces: Company) -> None:
    for _n in range(links.LETTERS_A_DAY):
        assert links.do_ask(traces.tenant.id, "Nobody@Example.com")
    assert links.do_ask(traces.tenant.id, "nobody@example.com") is None, "nobody is flooded"
    tomorrow = timezone.now() + timedelta(days=1, minutes=1)
    token = links.do_ask(traces.tenant.id, "nobody@example.com", tomorrow)
    assert token is not None
    here, _secret = links.do_open(token, tomorrow)
    assert {holding.table for holding in links.holdings(here)} <= {"rights.Link", "audit.Entry"}


def test_it_runs_out_and_so_does_the_visit(traces: Company, kari: Subject) -> None:
    now = timezone.now()
    late = links.do_give(traces.anna, kari, CALLED)
    with pytest.raises(Gone):
        links.do_open(late, now + links.LIFETIME + timedelta(seconds=10))
    here, secret = links.do_open(late, now + links.LIFETIME - timedelta(minutes=1))
    opened = now + links.LIFETIME - timedelta(minutes=1)
    assert links.visit(secret, opened + links.VISIT - timedelta(seconds=1))
    with pytest.raises(Gone):
        links.visit(secret, opened + links.VISIT + timedelta(seconds=1))
    links.do_leave(here)
    with pytest.raises(Gone):
        links.visit(secret, opened)
    assert links.forget(now + timedelta(days=29)) == 0
    assert links.forget(now + timedelta(days=32)) == 1


def test_what_was_altered_guessed_or_stolen_opens_nothing(traces: Company, kari: Subject) -> None:
    code = links.do_give(traces.anna, kari, CALLED)
    row = Link.all_tenants.get()
    said = set()
    for wrong in (
        code[:-1],
        code + "2",
        code[::-1],
        row.id,
        row.token_hash,
        "",
        "\0",
        "é" * 50,
        "'; --",
        code.replace("-", "_"),
    ):
        with pytest.raises(Gone) as error:
            links.do_open(wrong)
        said.add(str(error.value))
    assert len(said) == 1, "all in the same words"
    _here, secret = links.do_open(code)
    for wrong in (code, "", row.session_hash, secret[:-1], secret.swapcase()):
        with pytest.raises(Gone):
            links.visit(wrong)


@trying(deadline=None, max_examples=60)
@given(st.text(max_size=80))
@pytest.mark.django_db
def test_nothing_anybody_types_opens_anything(typed: str) -> None:
    with pytest.raises(Gone):
        links.do_open(typed)


def test_everything_can_be_taken_along_by_this_visit_alone(traces: Company, data_folder: DataFolder, kari: Subject) -> None:
    here, _secret = links.do_open(links.do_give(traces.anna, kari, CALLED))
    other, _ = links.do_open(links.do_give(traces.anna, kari, CALLED))
    job = links.do_export(here, "nb")
    assert links.do_export(here, "nb").id == job.id
    with pytest.raises(NotFound):
        links.access_export(here)
    run_next()
    with pytest.raises(NotFound):
        links.access_export(other)
    found = links.access_export(here)
    with zipfile.ZipFile(BytesIO(found.file.read(found.size))) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert KARI.number.encode() in everything
    assert b"Ole Dahl" not in everything


def test_kari_withdraws_and_asks_to_be_erased_and_an_officer_agrees(traces: Company, kari: Subject) -> None:
    outside.do_record(traces.tenant.id, kari, NEWS, agreed=True, how="double opt-in")
    here, secret = links.do_open(links.do_give(traces.anna, kari, CALLED))
    assert [entry.purpose for entry in links.consents(here)] == [NEWS]
    links.do_withdraw(here, NEWS)
    assert links.consents(here) == []
    assert not outside.agreed(traces.tenant.id, kari, NEWS)
    with pytest.raises(NotFound):
        links.do_withdraw(here, "statistics")
    wish = wishes.ask(here.tenant_id, here.subject, "I have moved away.")
    with pytest.raises(Invalid):
        wishes.ask(here.tenant_id, here.subject, "again")
    with pytest.raises(Forbidden):
        wishes.do_decide(traces.cecilie, wish.id, agree=True)
    [shown] = wishes.access_wishes(traces.anna)
    assert shown.reason == "I have moved away."
    restriction.do_restrict(traces.anna, kari, "claims", "a dispute")
    with pytest.raises(Invalid, match="restricted"):
        wishes.do_decide(traces.anna, wish.id, agree=True)
    restriction._end(restriction.Restriction.all_tenants.get(), timezone.now())
    wishes.do_decide(traces.anna, wish.id, agree=True)
    run_next()
    assert Erasure.all_tenants.get().subject == kari
    assert erasing.preview(traces.tenant.id, kari).going == ()
    with pytest.raises(Gone):
        links.visit(secret)
    assert Account.all_tenants.filter(tenant=traces.tenant).count() == 4


def test_a_refused_wish_says_why(traces: Company, beta: Company, kari: Subject) -> None:
    wish = wishes.ask(traces.tenant.id, kari, "")
    with pytest.raises(NotFound):
        wishes.do_decide(beta.anna, wish.id, agree=True)
    with pytest.raises(Invalid, match="why not"):
        wishes.do_decide(traces.anna, wish.id, agree=False)
    wishes.do_decide(traces.anna, wish.id, agree=False, answer="A claim is open until May.")
    [shown] = wishes.of(traces.tenant.id, kari)
    assert (shown.row.state, shown.answer) == ("refused", "A claim is open until May.")
