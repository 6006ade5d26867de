"""Anna pastes a list of colleagues: she sees what would become of each, only what she wants is done, with a way back."""

from __future__ import annotations

import pytest

from svara.people import access, administration, csvfile, importing
from svara.people.importing import Planned
from svara.people.models import Account, Invitation, OfficeChange, Tenant

from .conftest import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(anna: Account) -> Account:
    anna.roles = ["member", "admin"]
    anna.save()
    return anna


def plan(actor: Account, *lines: str, typed: dict[int, str] | None = None) -> list[Planned]:
    text = "\n".join(("First name;Last name;E-mail;Extension;Mobile", *lines))
    return importing.access_plan(actor, csvfile.read(text), typed)


def troubles(one: Planned) -> list[str]:
    return [says.trouble for says in one.says]


def test_anna_adds_two_colleagues_and_takes_it_back(boss: Account, acme: Tenant) -> None:
    planned = plan(boss, "Bo;Lund;bo@acme.test;;400 00 002", "Eva;Nováková;;150;")
    assert [(one.name, one.username, one.extension, one.proposed, one.mobile, one.state) for one in planned] == [
        ("Bo Lund", "bo", "102", True, "+4740000002", "new"),
        ("Eva Nováková", "eva.novakova", "150", False, "", "new"),
    ]
    assert Account.of(acme).count() == 1, "nothing is done by looking"

    done = importing.do_import(boss, planned)
    bo, eva = (access.person(boss, name) for name in ("bo", "eva.novakova"))
    assert (bo.extension, bo.mobile, bo.email, bo.roles) == ("102", "+4740000002", "bo@acme.test", ["member"])
    assert {each.username for each in done.applied.invited} == {"bo", "eva.novakova"}
    assert Invitation.of(acme).count() == 2
    assert (bo.entered_by, eva.entered_by) == (boss.id, boss.id)

    administration.do_undo(boss, OfficeChange.of(acme).get().id)
    assert [each.username for each in Account.of(acme)] == ["anna"], "one change, one way back"


def test_who_is_there_already_is_left_alone(boss: Account, acme: Tenant) -> None:
    before = list(Account.of(acme).values())
    there, alike = plan(boss, "Someone;Else;ANNA@acme.test;999;", "Ánna;Berg;;;")
    assert (there.state, troubles(there)) == ("there", [])
    assert (alike.state, alike.extension) == ("alike", "102")
    assert list(Account.of(acme).values()) == before


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        (";;nobody@acme.test;;", "no-name"),
        ("=HYPERLINK(1);Berg;;;", "formula"),
        ("Bo;+cmd|' /C calc'!A0;;;", "formula"),
        ("@SUM(1);Lund;;;", "formula"),
        ("Bo;Lund;not an address;;", "email"),
        ("Bo;Lund;;1;", "extension"),
        ("Bo;Lund;;abc;", "extension"),
        ("Bo;Lund;;101;", "extension-taken"),
        ("Bo;Lund;;600;", "extension-taken"),
        ("Bo;Lund;;;12", "mobile"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_in_words(boss: Account, line: str, trouble: str) -> None:
    administration.do_save(boss, "queues", None, {"name": "support", "extension": "600", "strategy": "ring-all"})
    good, bad = plan(boss, "Good;One;good@acme.test;;", line)
    assert (bad.state, troubles(bad)) == ("wrong", [trouble])
    assert (good.state, troubles(good)) == ("new", []), "the others are not held up"


def test_all_that_is_wrong_is_told_at_once_of_every_line(boss: Account) -> None:
    """An address that is none was told only when the rest of its line was right, and of a hundred lines at most."""
    (all_wrong,) = plan(boss, ";;not an address;101;12")
    assert sorted(troubles(all_wrong)) == ["email", "extension-taken", "mobile", "no-name"]
    both = plan(boss, "Bo;Lund;bo@;150;", "Eva;Ek;bo@;150;")
    assert [sorted(troubles(one)) for one in both] == [["email", "email-twice", "extension-twice"]] * 2

    many = plan(boss, *(f"Person {number};Lund;person {number};1;" for number in range(300)))
    assert {tuple(sorted(troubles(one))) for one in many} == {("email", "extension", "extension-twice")}


def test_what_stands_there_twice_is_added_by_nobody_s_guess(boss: Account) -> None:
    planned = plan(boss, "Bo;Lund;bo@acme.test;150;", "Bosse;Lund;BO@acme.test;;", "Eva;Ek;;150;")
    assert [troubles(one) for one in planned] == [["email-twice", "extension-twice"], ["email-twice"], ["extension-twice"]]


def test_proposals_leave_out_what_the_list_and_the_company_use(boss: Account, acme: Tenant) -> None:
    person(acme, "carl", "Carl Dal", "103")
    planned = plan(boss, "A;A;;;", "B;B;;102;", "C;C;;;", typed={4: "104"})
    assert [one.extension for one in planned] == ["105", "102", "104"]


def test_two_of_one_name_get_user_names_of_their_own(boss: Account) -> None:
    planned = plan(boss, "Bo;Lund;;;", "Bo;Lund;;;", "Anna;X;anna@other.test;;")
    assert [one.username for one in planned] == ["bo.lund", "bo.lund2", "anna2"]
    importing.do_import(boss, planned)
    assert Account.of(boss).count() == 4


def test_only_administrators_add_people(anna: Account) -> None:
    with pytest.raises(access.Forbidden):
        plan(anna, "Bo;Lund;;;")
    with pytest.raises(access.Forbidden):
        administration.do_add_people(anna, [{"username": "bo", "name": "Bo"}])


def test_somebody_who_was_added_meanwhile_stops_the_whole(boss: Account, acme: Tenant) -> None:
    planned = plan(boss, "Bo;Lund;;;", "Eva;Ek;;;")
    person(acme, "eva.ek", "Eva Ek", "222")
    with pytest.raises(administration.Rejected):
        importing.do_import(boss, planned)
    assert Account.of(acme).count() == 2, "all or nobody"


def test_the_list_of_another_company_touches_nothing_here(boss: Account, beta: Tenant) -> None:
    person(beta, "bosse", "Bosse Åberg", "102")
    (one,) = plan(boss, "Bosse;Åberg;bosse@beta.test;102;")
    assert one.state == "new", "what another company has is nobody's business here"
    importing.do_import(boss, [one])
    assert Account.of(beta).count() == 1
