"""Olga of support and Erik the engineer want to look at Acme; Anna and Petra decide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from tests.privacy.audit.offices import written
from tests.privacy.staff.stories import HOUR, NOON, PASSWORD, WHY, asked, member

from svara.people import access as people
from svara.people import actions, administration, staffdoor
from svara.people.models import Account, ApiToken, Tenant
from svara.people.visitor import visitor
from svara.privacy import subject
from svara.privacy.audit.models import Entry
from svara.privacy.audit.port import OPERATOR, record, verify
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.rights import retention
from svara.privacy.rights.port import Rules, capabilities
from svara.privacy.staff import access, asking, deciding
from svara.privacy.staff.models import Grant, OperatorKey, Staff
from svara.privacy.subject import person


def visits(staff: Staff, grant: Grant, at: Any = NOON) -> bool:
    return asking.visit(staff.id, grant.id, at) is not None


@pytest.mark.claim("PHO-8")
@pytest.mark.claim("ONC-3")
def test_olga_asks_anna_agrees_and_the_time_runs_from_then(acme: Tenant, anna: Account, olga: Staff) -> None:
    grant = asked(olga, acme)
    assert not visits(olga, grant)
    agreed = deciding.do_decide(anna, grant.id, agree=True, now=NOON + HOUR)
    assert agreed.until == NOON + 2 * HOUR
    assert visits(olga, grant, NOON + HOUR)
    assert visits(olga, grant, NOON + 2 * HOUR - timedelta(microseconds=1))
    assert not visits(olga, grant, NOON + 2 * HOUR)
    assert written(acme) == [("create", "support-access"), ("approve", "support-access")]
    assert verify(acme.id) is None


def test_a_grant_is_one_persons_alone(acme: Tenant, anna: Account, olga: Staff, erik: Staff) -> None:
    grant = asked(olga, acme)
    deciding.do_decide(anna, grant.id, agree=True, now=NOON)
    assert not visits(erik, grant)
    with pytest.raises(NotFound):
        asking.do_enter(erik, grant.id, NOON)
    with pytest.raises(NotFound):
        asking.do_give_back(erik, grant.id, NOON)


def test_a_refusal_and_a_second_answer(acme: Tenant, anna: Account, petra: Account, olga: Staff) -> None:
    grant = asked(olga, acme)
    deciding.do_decide(petra, grant.id, agree=False, now=NOON)
    with pytest.raises(Invalid):
        deciding.do_decide(anna, grant.id, agree=True, now=NOON)
    assert not visits(olga, grant)
    again = asked(olga, acme)
    deciding.do_decide(anna, again.id, agree=True, now=NOON)
    with pytest.raises(Invalid):
        deciding.do_decide(petra, again.id, agree=True, now=NOON + HOUR / 2)
    assert Grant.all_tenants.get(pk=again.pk).until == NOON + HOUR, "the second answer did not make it longer"


def test_nobody_approves_what_they_asked_themselves(acme: Tenant, anna: Account, petra: Account) -> None:
    """The provider's own company is on the server, too: Anna administers it, and works in support."""
    anna.email = "Anna@provider.test"
    anna.save()
    anna_of_support = member("Anna Berg", email="anna@provider.test")
    grant = asked(anna_of_support, acme)
    with pytest.raises(Forbidden):
        deciding.do_decide(anna, grant.id, agree=True, now=NOON)
    door = deciding.do_open(anna, WHY, now=NOON)
    with pytest.raises(Invalid):
        asking.do_take(anna_of_support, door.id, NOON)
    deciding.do_decide(petra, grant.id, agree=True, now=NOON)
    assert visits(anna_of_support, grant)


def test_only_administrators_and_privacy_officers_decide(acme: Tenant, bob: Account, anna: Account, olga: Staff) -> None:
    grant = asked(olga, acme)
    wishes: list[Any] = [
        lambda: deciding.do_decide(bob, grant.id, agree=True, now=NOON),
        lambda: deciding.do_open(bob, WHY, now=NOON),
        lambda: deciding.do_end(bob, grant.id, NOON),
        lambda: deciding.do_choose_rule(bob, "tell", emergency=True),
        lambda: deciding.access_rule(bob),
        lambda: access.access_grants(bob, NOON),
        lambda: access.access_operator_keys(bob),
    ]
    for wish in wishes:
        with pytest.raises(Forbidden):
            wish()


def test_another_companys_grant_does_not_exist(acme: Tenant, anna: Account, berit: Account, olga: Staff) -> None:
    grant = asked(olga, acme)
    for wish in (
        lambda: deciding.do_decide(berit, grant.id, agree=True, now=NOON),
        lambda: deciding.do_end(berit, grant.id, NOON),
    ):
        with pytest.raises(NotFound):
            wish()
    assert access.access_grants(berit, NOON).items == ()
    assert [one.grant.id for one in access.access_grants(anna, NOON).items] == [grant.id]
    with pytest.raises(Invalid):
        access.access_grants(berit, NOON, grant.id)


def test_who_comes_by_a_grant_decides_nothing_and_changes_nothing(
    acme: Tenant, anna: Account, bob: Account, olga: Staff
) -> None:
    grant = asked(olga, acme, content=True)
    deciding.do_decide(anna, grant.id, agree=True, content=True, now=NOON)
    there = visitor(Grant.all_tenants.select_related("tenant").get(pk=grant.pk))
    for wish in (
        lambda: deciding.do_open(there, WHY, now=NOON),
        lambda: deciding.do_choose_rule(there, "tell", emergency=True),
        lambda: actions.do_choose_presence(there, "dnd"),
        lambda: administration.do_save(there, "people", "bob", {"username": "bob", "name": "Robert", "extension": "909"}),
        lambda: actions.do_create_token(bob, "back door", by=there.id),
        there.save,
    ):
        with pytest.raises(Forbidden):
            wish()
    assert people.person(there, "bob").name == "Bob"
    assert not ApiToken.of(acme).exists()
    assert not Account.of(acme).filter(username="support").exists()


def test_everything_that_staff_see_bears_the_grant_as_its_reason(
    acme: Tenant, anna: Account, bob: Account, olga: Staff
) -> None:
    grant = asked(olga, acme)
    deciding.do_decide(anna, grant.id, agree=True, now=NOON)
    there = visitor(Grant.all_tenants.select_related("tenant").get(pk=grant.pk))
    administration.access_item(there, "people", "bob")
    entry = Entry.of(acme).get(act="view", what="person")
    assert (entry.actor, entry.why, entry.subjects) == (f"staff:{grant.id}", f"staff:{grant.id}", [person(bob.id)])
    with pytest.raises(Forbidden):
        record(acme.id, there.id, "change", person(bob.id), "person")
    [line] = access.access_grants(anna, NOON).items
    assert [(seen.act, seen.what, seen.persons) for seen in line.seen] == [("view", "person", 1)]


@pytest.mark.claim("PHO-8")
def test_a_company_that_wants_to_be_told_is_told_and_asked_about_content(acme: Tenant, anna: Account, olga: Staff) -> None:
    deciding.do_choose_rule(anna, "tell", emergency=False)
    grant = asked(olga, acme)
    assert (grant.how, grant.until) == ("told", NOON + HOUR)
    assert visits(olga, grant)
    asking.do_give_back(olga, grant.id, NOON)
    wants = asked(olga, acme, content=True)
    assert not visits(olga, wants)
    agreed = deciding.do_decide(anna, wants.id, agree=True, now=NOON)
    assert not agreed.content, "content is an answer of its own"


def test_content_is_given_only_where_it_was_asked_for(acme: Tenant, anna: Account, olga: Staff) -> None:
    grant = deciding.do_decide(anna, asked(olga, acme).id, agree=True, content=True, now=NOON)
    assert not grant.content


def test_an_emergency_needs_a_company_that_allowed_it_and_half_an_hour(acme: Tenant, anna: Account, olga: Staff) -> None:
    grant = asked(olga, acme, minutes=480)
    for at in (NOON + HOUR / 4, NOON + HOUR):
        with pytest.raises(Invalid):
            asking.do_emergency(olga, grant.id, at)
    deciding.do_choose_rule(anna, "ask", emergency=True)
    with pytest.raises(Invalid):
        asking.do_emergency(olga, grant.id, NOON + HOUR / 4)
    entered = asking.do_emergency(olga, grant.id, NOON + HOUR)
    assert entered.until == NOON + 2 * HOUR, "an hour, however long was asked for"
    assert ("grant", "support-emergency") in written(acme)
    with pytest.raises(Invalid):
        asking.do_emergency(olga, grant.id, NOON + 3 * HOUR)


def test_anna_opens_the_door_and_the_first_who_comes_takes_it(acme: Tenant, anna: Account, olga: Staff, erik: Staff) -> None:
    door = deciding.do_open(anna, WHY, minutes=120, now=NOON)
    assert [state for _, state in asking.access_own_grants(olga, NOON)] == ["offered"]
    asking.do_take(olga, door.id, NOON)
    with pytest.raises(Invalid):
        asking.do_take(erik, door.id, NOON)
    assert asking.access_own_grants(erik, NOON) == []
    assert visits(olga, door)
    deciding.do_end(anna, door.id, NOON + HOUR)
    assert not visits(olga, door, NOON + HOUR)
    assert written(acme) == [("grant", "support-access"), ("grant", "support-access"), ("revoke", "support-access")]


def test_support_takes_no_door_for_an_engineer(acme: Tenant, anna: Account, olga: Staff, erik: Staff) -> None:
    door = deciding.do_open(anna, WHY, role="engineer", now=NOON)
    with pytest.raises(NotFound):
        asking.do_take(olga, door.id, NOON)
    with pytest.raises(Invalid):
        asking.do_ask(olga, "acme", WHY, role="engineer", minutes=60, now=NOON)
    asking.do_take(erik, door.id, NOON)


@pytest.mark.parametrize(
    ("reason", "minutes", "role", "slug"),
    [
        ("", 60, "support", "acme"),
        ("short", 60, "support", "acme"),
        ("long " * 200, 60, "support", "acme"),
        (WHY, 14, "support", "acme"),
        (WHY, 481, "support", "acme"),
        (WHY, 60, "root", "acme"),
        (WHY, 60, "support", "nobody"),
        (WHY, 60, "support", "acme\0"),
    ],
)
def test_a_question_needs_a_reason_a_time_a_role_and_a_company(
    acme: Tenant, olga: Staff, reason: str, minutes: int, role: str, slug: str
) -> None:
    with pytest.raises(Invalid):
        asking.do_ask(olga, slug, reason, role=role, minutes=minutes, now=NOON)
    assert not Grant.all_tenants.exists()


def test_one_question_at_a_time(acme: Tenant, olga: Staff) -> None:
    grant = asked(olga, acme)
    with pytest.raises(Invalid):
        asked(olga, acme)
    asking.do_give_back(olga, grant.id, NOON)
    asked(olga, acme)
    assert asked(olga, acme, now=NOON + timedelta(days=2)), "the one before has lapsed"


def test_doors_of_a_company_are_bounded(acme: Tenant, anna: Account) -> None:
    for _ in range(deciding.MAX_DOORS):
        deciding.do_open(anna, WHY, now=NOON)
    with pytest.raises(Invalid):
        deciding.do_open(anna, WHY, now=NOON)


def test_who_is_removed_is_out_of_every_company(
    acme: Tenant, beta: Tenant, anna: Account, berit: Account, olga: Staff
) -> None:
    of_acme, of_beta = asked(olga, acme), asked(olga, beta)
    deciding.do_decide(anna, of_acme.id, agree=True, now=NOON)
    assert staffdoor.do_remove("OLGA@provider.test", NOON) == 2
    assert not visits(olga, of_acme)
    assert [one.state for one in access.access_grants(berit, NOON).items] == ["over"]
    assert access.access_grants(anna, NOON).items[0].grant.staff_name == "Olga Strand", "who looked stays to be read"
    with pytest.raises(Forbidden):
        deciding.do_decide(berit, of_beta.id, agree=True, now=NOON)


def test_the_door_of_staff_has_the_same_throttle(olga: Staff) -> None:
    for _ in range(5):
        assert staffdoor.authenticate("olga@provider.test", "guess", "192.0.2.7", now=lambda: 1000.0) is None
    blocked = staffdoor.authenticate("olga@provider.test", PASSWORD, "192.0.2.7", now=lambda: 1000.0)
    assert getattr(blocked, "retry_after_seconds", 0) > 0
    assert staffdoor.authenticate("olga@provider.test", PASSWORD, "192.0.2.7", now=lambda: 9000.0) == olga
    assert staffdoor.authenticate("nobody@provider.test", PASSWORD, "192.0.2.8", now=lambda: 1000.0) is None
    assert staffdoor.authenticate("olga@provider.test\0", PASSWORD, "192.0.2.8", now=lambda: 1000.0) is None


def test_a_session_of_staff_ends_with_its_hours_a_new_password_and_the_person(olga: Staff) -> None:
    session: dict[str, Any] = {}
    staffdoor.keep_signed_in(session, olga, NOON)
    assert staffdoor.signed_in(session, NOON) == (olga, "")
    assert staffdoor.signed_in(session, NOON + timedelta(hours=12)) is None
    assert staffdoor.signed_in(session, NOON - HOUR) is None, "made in the future: forged"
    token = staffdoor.do_invite(olga.email)
    assert staffdoor.signed_in(session, NOON) == (olga, "")
    staffdoor.do_accept(token, "eight-quiet-herons")
    assert staffdoor.signed_in(session, NOON) is None
    with pytest.raises(NotFound):
        staffdoor.do_accept(token, "nine-quiet-herons")
    staffdoor.keep_signed_in(session, Staff.objects.get(pk=olga.pk), NOON)
    staffdoor.do_remove(olga.email)
    assert staffdoor.signed_in(session, NOON) is None


def test_an_invitation_holds_three_days_and_wants_a_real_password(db: None) -> None:
    _staff, token = staffdoor.do_add("Olga Strand", "olga@provider.test", "support")
    with pytest.raises(Invalid):
        staffdoor.do_accept(token, "olgastrand")
    later = Staff.objects.get().created_at + timedelta(days=4)
    with pytest.raises(NotFound):
        staffdoor.invited(token, later)
    for broken in ("", "svarastaff_", token[:-1] + "~", token + "x"):
        with pytest.raises(NotFound):
            staffdoor.invited(broken)
    with pytest.raises(Invalid):
        staffdoor.do_add("Olga Again", "OLGA@provider.test", "support")


def test_the_operators_tokens_stand_in_the_list_with_their_reason(
    acme: Tenant, anna: Account, bob: Account, berit: Account
) -> None:
    actions.do_create_token(bob, "svara token", by=OPERATOR, reason="Test of the interface to the CRM")
    actions.do_create_token(bob, "svara token", by=OPERATOR)
    actions.do_create_token(bob, "own script")
    assert [(key.person, key.reason) for key in access.access_operator_keys(anna)] == [
        (bob.id, ""),
        (bob.id, "Test of the interface to the CRM"),
    ]
    assert access.access_operator_keys(berit) == ()


def test_a_reason_that_is_none_makes_no_token(acme: Tenant, bob: Account) -> None:
    with pytest.raises(Invalid):
        actions.do_create_token(bob, "svara token", by=OPERATOR, reason="because")
    assert not ApiToken.of(acme).exists()


def test_rights_of_who_decided_and_time_that_is_over(acme: Tenant, anna: Account, bob: Account, olga: Staff) -> None:
    grant = asked(olga, acme)
    deciding.do_decide(anna, grant.id, agree=False, now=NOON)
    actions.do_create_token(bob, "svara token", by=OPERATOR, reason="Test of the interface to the CRM")
    room = next(one for one in capabilities() if one.name == "staff")
    [stays] = room.holdings(acme.id, subject.person(anna.id))
    assert (stays.table, stays.goes, stays.count) == ("staff.Grant", False, 1)
    [section] = room.export(acme.id, subject.person(anna.id))
    assert [(row["by"], row["refused_by_you"]) for row in section.rows] == [("Olga Strand", True)]
    [gone] = room.erase(acme.id, subject.person(bob.id), reason="left")
    assert (gone.table, gone.count) == ("staff.OperatorKey", 1)
    assert not OperatorKey.all_tenants.exists()
    rules = Rules({"staff.access": 730})
    after = NOON + timedelta(days=731)
    assert [one.count for one in room.expire(acme.id, rules, after, dry=True)] == [1]
    assert Grant.all_tenants.exists()
    assert [one.count for one in room.expire(acme.id, rules, after, dry=False)] == [1]
    assert not Grant.all_tenants.exists()
    assert "staff.access" in {each.period.key for each in retention.chosen(acme.id)}


@pytest.mark.django_db(transaction=True)
def test_officers_are_told_by_mail_who_asks(acme: Tenant, anna: Account, bob: Account, olga: Staff, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.test"
    Account.all_tenants.filter(pk=bob.pk).update(email="bob@acme.test")
    Account.all_tenants.filter(pk=anna.pk).update(email="anna@acme.test", language="sv")
    asked(olga, acme)
    [letter] = mail.outbox
    assert letter.to == ["anna@acme.test"]
    assert "Olga Strand" in letter.subject
    assert WHY not in letter.body, "the reason is read behind the door"
