"""Kari asks to be let in: what is taken, what is not, who decides, and when it goes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from tests.admission.stories import ask, form

from svara.admission import access, actions
from svara.admission.models import KEPT_DAYS, Request
from svara.admission.subjects import REQUESTS, AdmissionCapability
from svara.people.administration import Rejected
from svara.people.models import Account, Invitation, Tenant
from svara.privacy.audit.models import Entry
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions.outside import subject_of
from svara.privacy.policies.facts import gather
from svara.privacy.rights.port import Rules
from svara.privacy.subject import outside

ROOM = AdmissionCapability()


def test_a_company_takes_none_until_its_administrator_says_so(beta: Tenant, other_anna: Account, anna: Account) -> None:
    assert access.open_company("beta") is None
    with pytest.raises(NotFound):
        ask(beta)
    assert access.open_company(anna.tenant.slug) == anna.tenant
    assert access.open_company("nobody") is None
    assert ("admission" in str(gather(anna.tenant_id)), "admission" in str(gather(beta.id))) == (True, False)
    actions.do_receive(anna, open_=False)
    with pytest.raises(NotFound):
        ask(anna.tenant)
    assert "admission" not in str(gather(anna.tenant_id))


def test_kari_asks_and_becomes_a_person_with_an_invitation(anna: Account) -> None:
    ask(anna.tenant, name="  Kari \n Nordmann ")
    [one] = access.access_requests(anna)
    assert (one.name, one.contact, one.company, one.consent) == ("Kari Nordmann", "kari@example.test", "Nordmann AS", "1")
    done = actions.do_let_in(anna, one.id, "kari")
    [invited] = done.applied.invited
    kari = Account.of(anna).get(username="kari")
    assert (kari.name, kari.email, invited.name) == ("Kari Nordmann", "kari@example.test", "Kari Nordmann")
    assert Invitation.of(anna).filter(account=kari).exists()
    assert not Request.all_tenants.exists()
    with pytest.raises(NotFound):
        actions.do_let_in(anna, one.id, "kari2")


def test_a_name_that_is_taken_lets_nobody_in_and_the_request_stays(anna: Account, bob: Account) -> None:
    ask(anna.tenant)
    one = Request.of(anna).get()
    for name in ("bob", "", "Not A Name"):
        with pytest.raises(Rejected):
            actions.do_let_in(anna, one.id, name)
    assert Request.of(anna).get() == one


def test_what_was_said_lies_sealed(anna: Account) -> None:
    ask(anna.tenant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM admission_request")
        stored = b"|".join(bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                           for value in cursor.fetchone())  # fmt: skip
    for words in (b"Kari", b"kari@", b"Nordmann"):
        assert words not in stored


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Give your name"),
        ({"name": "x" * 121}, "Give your name"),
        ({"contact": "kari"}, "no e-mail address"),
        ({"contact": "a" * 400 + "@example.test"}, "no e-mail address"),
        ({"company": "x" * 121}, "at most 120"),
        ({"agreed": False}, "Without your agreement"),
        ({"form": "invented"}, "too old"),
        ({"seconds_ago": 0}, "too old"),
        ({"seconds_ago": 2 * 24 * 3600}, "too old"),
    ],
)
def test_what_is_not_taken_is_told_in_plain_words(anna: Account, wrong: dict[str, object], words: str) -> None:
    if "seconds_ago" in wrong:
        wrong = {"form": form(float(str(wrong["seconds_ago"])))}
    with pytest.raises(Invalid) as told:
        ask(anna.tenant, **wrong)  # type: ignore[arg-type]
    assert words in " ".join(told.value.messages)
    assert not Request.all_tenants.exists()


def test_the_same_form_and_the_same_address_count_once_and_nobody_learns_of_it(anna: Account) -> None:
    once = form()
    ask(anna.tenant, form=once)
    ask(anna.tenant, form=once, contact="other@example.test")
    ask(anna.tenant, name="Somebody Else")
    assert Request.of(anna).count() == 1


def test_many_requests_are_kept_off_by_source_and_by_hour(anna: Account) -> None:
    for number in range(5):
        ask(anna.tenant, contact=f"one{number}@example.test", source="198.51.100.9")
    with pytest.raises(Invalid, match="Too many"):
        ask(anna.tenant, contact="six@example.test", source="198.51.100.9")
    for number in range(actions.MAX_AN_HOUR - 5):
        ask(anna.tenant, contact=f"more{number}@example.test")
    with pytest.raises(Invalid, match="Too many"):
        ask(anna.tenant, contact="last@example.test")
    assert Request.of(anna).count() == actions.MAX_AN_HOUR


def test_a_refusal_is_taken_back_and_what_is_deleted_is_gone(anna: Account) -> None:
    ask(anna.tenant)
    one = Request.of(anna).get()
    actions.do_refuse(anna, one.id)
    assert Request.of(anna).get().refused_at is not None
    actions.do_refuse(anna, one.id, again=True)
    assert Request.of(anna).get().refused_at is None
    actions.do_delete(anna, one.id)
    assert not Request.all_tenants.exists()
    acts = list(Entry.of(anna).filter(what="access-request").order_by("number").values_list("act", flat=True))
    assert acts == ["create", "change", "change", "remove"]


def test_only_who_administers_the_company_decides(anna: Account, bob: Account, other_anna: Account) -> None:
    ask(anna.tenant)
    one = Request.of(anna).get()
    for deed in (
        access.access_requests,
        lambda who: actions.do_receive(who, open_=False),
        lambda who: actions.do_let_in(who, one.id, "kari"),
        lambda who: actions.do_refuse(who, one.id),
        lambda who: actions.do_delete(who, one.id),
    ):
        with pytest.raises(Forbidden):
            deed(bob)
    other_anna.roles = ["admin"]
    other_anna.save()
    assert access.access_requests(other_anna) == []
    with pytest.raises(NotFound):
        actions.do_delete(other_anna, one.id)
    assert Request.of(anna).count() == 1


def test_kari_gets_what_there_is_and_it_goes_with_her_or_with_its_time(anna: Account) -> None:
    ask(anna.tenant)
    kari = subject_of(anna.tenant_id, "kari@example.test")
    [holding] = ROOM.holdings(anna.tenant_id, kari)
    assert holding.count == 1
    [section] = ROOM.export(anna.tenant_id, kari)
    [row] = section.rows
    assert (row["name"], row["contact"]) == ("Kari Nordmann", "kari@example.test")
    now = timezone.now() + timedelta(days=KEPT_DAYS + 1)
    days = {REQUESTS: KEPT_DAYS}
    assert list(ROOM.expire(anna.tenant_id, Rules(days), timezone.now(), dry=False)) == []
    [counted] = ROOM.expire(anna.tenant_id, Rules(days), now, dry=True)
    assert (counted.count, Request.of(anna).count()) == (1, 1)
    assert list(ROOM.expire(anna.tenant_id, Rules(days, subjects=frozenset({kari})), now, dry=False)) == []
    list(ROOM.expire(anna.tenant_id, Rules(days), now, dry=False))
    assert not Request.all_tenants.exists()
    ask(anna.tenant)
    assert list(ROOM.erase(anna.tenant_id, outside("another"), reason="")) == []
    [gone] = ROOM.erase(anna.tenant_id, kari, reason="")
    assert (gone.count, Request.of(anna).count()) == (1, 0)
