"""The administrator of Acme changes the office file and applies it; Beta on the same server notices nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth import hashers
from django.db import IntegrityError

from svara.data import DataFolder
from svara.people import access, actions, plan
from svara.people.models import Account, Handset, Phone, Tenant
from svara.people.office import REALM, read_office
from svara.people.officefile import OfficeFileError, read
from svara.people.provisioning import actions as handsets
from svara.sip.digest import ha1

from .test_officefile import ACME

BETA = ACME.replace("slug: acme", "slug: beta").replace("acme-", "beta-").replace("Acme AS", "Beta AB")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = hashers.get_hasher()
    for name, value in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
        monkeypatch.setattr(hasher, name, value)


def apply(text: str) -> plan.Applied:
    return plan.apply(read(text.encode(), "acme.yaml"))


def planned(text: str) -> list[str]:
    return [str(change) for change in plan.plan(read(text.encode(), "acme.yaml"))]


def anna() -> Account:
    (found,) = access.accounts_named("anna@acme")
    return found


def test_a_new_company_is_planned_made_and_then_left_alone(data_folder: DataFolder) -> None:
    assert planned(ACME) == [
        "+ tenant acme: Acme AS",
        "+ person anna: Anna Berg, extension 101",
        "+ person bob: Bob Lund, extension 102, will be invited",
        "+ phone acme-anna: of anna",
        "+ phone acme-bob: of bob",
        "+ phone acme-bob-2: of bob",
    ]
    assert not Tenant.objects.exists()
    applied = apply(ACME)
    assert str(applied.changes[0]) == "+ tenant acme: Acme AS"
    version = read_office(data_folder.root).version
    assert planned(ACME) == []
    assert apply(ACME) == plan.Applied(changes=())
    assert read_office(data_folder.root).version == version


def test_call_control_learns_of_it(data_folder: DataFolder) -> None:
    apply(ACME)
    (acme,) = read_office(data_folder.root).tenants
    assert acme.by_extension["101"].name == "Anna Berg"
    assert acme.by_login["acme-bob-2"].username == "bob"
    phone = acme.by_extension["101"].phones[0]
    assert phone.ha1["MD5"] == ha1("MD5", "acme-anna", REALM, "s3cret-anna")


@pytest.mark.claim("ADV-1")
def test_no_secret_is_stored() -> None:
    apply(ACME)
    assert anna().password.startswith("argon2$argon2id$")
    stored = str(list(Phone.all_tenants.values())) + str(list(Account.all_tenants.values()))
    assert "s3cret" not in stored
    assert "correct-horse" not in stored


def test_who_has_no_password_is_invited_once() -> None:
    (invited,) = apply(ACME).invited
    assert invited.username == "bob"
    assert apply(ACME).invited == ()
    actions.do_accept_invitation(invited.token, "my-own-password")
    assert apply(ACME).changes == ()


def test_an_invitation_that_ran_out_is_made_again() -> None:
    from svara.people.models import Invitation

    apply(ACME)
    Invitation.all_tenants.update(expires_at="2020-01-01T00:00:00Z")
    assert planned(ACME) == ["~ person bob: a new invitation"]
    (invited,) = apply(ACME).invited
    assert access.invitation(invited.token).account.username == "bob"


def test_changes_are_told_one_by_one() -> None:
    apply(ACME)
    text = ACME.replace("Anna Berg", "Anna Lie").replace("correct-horse-1", "correct-horse-2")
    text = text.replace("s3cret-anna", "s3cret-anna-2").replace("label: Van", "label: Boat").replace("[nb, en]", "[nb]")
    text = text.replace("after: 20", "after: 25")
    assert planned(text) == [
        "~ tenant acme: languages nb en -> nb",
        '~ person anna: name "Anna Berg" -> "Anna Lie", unanswered after seconds 20 -> 25, another password',
        "~ phone acme-anna: another secret",
        '~ phone acme-bob-2: label "Van" -> "Boat"',
    ]
    assert apply(text).stale_logins == ("acme-anna",)
    assert anna().check_password("correct-horse-2")
    assert planned(text) == []


def test_who_is_no_longer_in_the_file_is_removed_with_phones_and_keys() -> None:
    apply(ACME)
    (bob,) = access.accounts_named("bob@acme")
    token = actions.do_create_token(bob, "script")
    without_bob = ACME[: ACME.index("  - username: bob")].replace('    unanswered: {after: 20, to: "person:bob"}\n', "")
    assert planned(without_bob)[1:] == ["- person bob: Bob Lund", "- phone acme-bob", "- phone acme-bob-2"]
    assert apply(without_bob).stale_logins == ("acme-bob", "acme-bob-2")
    assert access.account_by_token(token) is None
    assert [person.username for person in access.directory(anna())] == ["anna"]


def test_phones_that_were_added_on_the_page_stay_as_long_as_their_people_do() -> None:
    apply(ACME)
    admin = anna()
    own = handsets.do_add(admin, "bob", "yealink", "00:15:65:aa:bb:cc").handset
    assert planned(ACME) == []
    assert apply(ACME) == plan.Applied(changes=())
    assert Handset.of(admin).get().id == own.id
    without_bob = ACME[: ACME.index("  - username: bob")].replace("person:bob", "hangup")
    assert f"- phone {own.phone.login}: and the phone that sets itself up by it" in planned(without_bob)
    apply(without_bob)
    assert not Handset.of(admin).exists()


def test_a_phone_that_set_itself_up_keeps_its_own_secret_and_a_plan_says_what_goes_with_a_login() -> None:
    """It took the place of the secret in the file; and one that was shut out does not come back by the file."""
    apply(ACME)
    admin = anna()
    issued = handsets.do_add(admin, "bob", "baresip", login="acme-bob")
    handsets.do_revoke(admin, issued.handset.id)
    shut_out = Phone.all_tenants.get(login="acme-bob").ha1
    apply(ACME)
    assert Phone.all_tenants.get(login="acme-bob").ha1 == shut_out
    gone = ACME.replace("{login: acme-bob, secret: s3cret-bob}, ", "")
    assert gone != ACME
    assert "- phone acme-bob: and the phone that sets itself up by it" in planned(gone)


def test_two_people_swap_extension_mail_and_phone() -> None:
    text = ACME.replace("name: Bob Lund", "name: Bob Lund\n    email: bob@acme.test")
    apply(text)
    swapped = text
    for one, other in (("101", "102"), ("anna@acme", "bob@acme"), ("login: acme-anna,", "login: acme-bob,")):
        swapped = swapped.replace(one, "?").replace(other, one).replace("?", other)
    apply(swapped)
    assert planned(swapped) == []
    assert (anna().extension, anna().email) == ("102", "bob@acme.test")
    assert set(Phone.of(anna()).filter(account=anna()).values_list("login", flat=True)) == {"acme-bob"}


def test_a_phone_outlives_the_person_who_had_it() -> None:
    apply(ACME)
    text = ACME.replace("username: bob", "username: carl").replace("person:bob", "person:carl")
    apply(text)
    assert planned(text) == []
    (carl,) = access.accounts_named("carl@acme")
    assert [phone.login for phone in access.my_phones(carl)] == ["acme-bob", "acme-bob-2"]


@pytest.mark.claim("TB-3")
def test_two_companies_do_not_touch_each_other(data_folder: DataFolder) -> None:
    apply(ACME)
    apply(BETA)
    assert planned(ACME) == planned(BETA) == []
    apply(BETA.replace("people:", "people: []\nx:").split("\nx:")[0])
    assert planned(ACME) == []
    acme, beta = read_office(data_folder.root).tenants
    assert len(acme.people) == 2
    assert beta.people == ()


def test_a_login_of_another_company_is_refused_and_nothing_is_changed() -> None:
    apply(ACME)
    with pytest.raises(OfficeFileError) as refused:
        apply(BETA.replace("beta-bob,", "acme-bob,"))
    assert refused.value.lines == [
        "acme.yaml:15: login 'acme-bob' is taken by another tenant of this server; it must be unique on the server"
    ]
    assert not Tenant.objects.filter(slug="beta").exists()


def test_a_company_that_another_administrator_adds_at_this_moment_is_no_other_company(
    data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked and saw no Acme; the other was faster. Acme's own logins are not "taken by another tenant"."""
    apply(ACME)
    before = read_office(data_folder.root)
    monkeypatch.setattr(Tenant.objects, "select_for_update", Tenant.objects.none)
    with pytest.raises(plan.ApplyError, match="try again"):
        apply(ACME)
    assert read_office(data_folder.root) == before


def test_a_failure_in_the_middle_leaves_everything_as_it_was(
    data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(ACME)
    before = read_office(data_folder.root)
    monkeypatch.setattr(Phone.all_tenants, "bulk_create", lambda phones: (_ for _ in ()).throw(IntegrityError))
    with pytest.raises(plan.ApplyError, match="try again"):
        apply(ACME.replace("Anna Berg", "Anna Lie").replace("acme-bob-2", "acme-bob-3"))
    assert anna().name == "Anna Berg"
    assert read_office(data_folder.root) == before


def test_an_office_of_five_hundred(data_folder: DataFolder) -> None:
    text = ACME.split("people:")[0] + "people:\n" + "".join(
        f"  - {{username: p{number}, name: Person {number}, extension: '{1000 + number}', password: password-{number},"
        f" phones: [{{login: acme-p{number}, secret: secret-{number}}}]}}\n"
        for number in range(500)
    )  # fmt: skip
    apply(text)
    assert apply(text).changes == ()
    assert len(read_office(data_folder.root).tenants[0].people) == 500


GOES = '    unanswered: {after: 20, to: "person:bob"}\n'


def test_a_file_that_says_nothing_of_unanswered_calls_leaves_them_to_the_person() -> None:
    """As with everything that people choose for themselves; `{}` says that they go nowhere."""
    apply(ACME)
    silent = ACME.replace(GOES, "")
    assert silent != ACME
    assert apply(silent).changes == ()
    anna = Account.all_tenants.get(username="anna")
    assert (anna.unanswered_after_seconds, anna.unanswered_to) == (20.0, "person:bob")
    [change] = apply(ACME.replace(GOES, "    unanswered: {}\n")).changes
    assert "unanswered to" in str(change)
    anna.refresh_from_db()
    assert (anna.unanswered_after_seconds, anna.unanswered_to) == (None, "")
    assert apply(silent).changes == ()


def test_unanswered_calls_go_nowhere_once_their_target_is_gone_and_the_plan_says_so() -> None:
    apply(ACME)
    without_bob = ACME[: ACME.index("  - username: bob")].replace(GOES, "")
    changes = [str(change) for change in apply(without_bob).changes]
    assert any("unanswered calls no longer go to person:bob, which is gone" in change for change in changes)
    assert Account.all_tenants.get(username="anna").unanswered_to == ""
