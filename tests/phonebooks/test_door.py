"""Phones come in with a phonebook password, and with nothing else; who guesses has to wait, colleagues do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.people.conftest import PASSWORD

from svara.people.models import Account
from svara.people.throttle import MAX_KEYS, Allowance, Buckets
from svara.phonebooks import actions, door
from svara.phonebooks.access import access_passwords
from svara.phonebooks.models import Password
from svara.privacy.audit.models import Entry
from svara.privacy.errors import Invalid, NotFound

HOME, OFFICE = "192.0.2.7", "198.51.100.9"


class Time:
    """Moves when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(seconds=self.seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def entrance(time: Time) -> door.Door:
    return door.Door(time, time.now)


def test_a_password_opens_the_phonebook_as_its_person(opened: Account, bob: Account, entrance: door.Door) -> None:
    secret = actions.do_make_password(bob, "desk phone")
    assert len(secret.replace("-", "")) == 20
    for login in ("bob", "bob@acme", "Bob@Acme.test", " bob "):
        entered = entrance.enter(login, secret, OFFICE, "xml")
        assert isinstance(entered, door.Reader)
        assert entered.account == bob
    typed = secret.replace("-", " ").upper()
    assert isinstance(entrance.enter("bob", typed, OFFICE, "ldap"), door.Reader)
    assert secret not in str(Password.of(bob).values()), "only a hash is kept"


def test_nothing_else_opens_it(opened: Account, bob: Account, other_anna: Account, entrance: door.Door) -> None:
    secret = actions.do_make_password(bob, "desk phone")
    tries = [
        ("bob", PASSWORD),
        ("anna", secret),
        ("anna@beta", secret),
        ("", secret),
        ("bob", ""),
        ("bob", secret[:-1]),
        ("bob", "0000-0000-0000-0000-0000"),
        ("bob\0", secret),
        ("x" * 100_000, secret),
        ("bob", "y" * 100_000),
    ]
    assert [entrance.enter(login, word, OFFICE, "xml") for login, word in tries] == [None] * len(tries)


def test_a_revoked_password_opens_nothing_and_nobody_revokes_anothers(
    opened: Account, bob: Account, other_anna: Account, entrance: door.Door
) -> None:
    secret = actions.do_make_password(bob, "desk phone")
    entered = entrance.enter("bob", secret, OFFICE, "ldap")
    assert isinstance(entered, door.Reader)
    [password] = access_passwords(bob)
    for other in (opened, other_anna):
        with pytest.raises(NotFound):
            actions.do_revoke_password(other, password.id)
    actions.do_revoke_password(bob, password.id)
    assert entrance.enter("bob", secret, OFFICE, "xml") is None
    assert entrance.again(entered, "ldap") is None, "also on a connection that is open"


def test_a_company_that_gives_no_phonebook_gives_none(anna: Account, bob: Account, entrance: door.Door) -> None:
    secret = actions.do_make_password(bob, "desk phone")
    assert isinstance(entrance.enter("bob", secret, OFFICE, "xml"), door.Closed)
    actions.do_open(anna, xml=True, carddav=False, ldap=False, ldap_in_clear=False)
    assert isinstance(entrance.enter("bob", secret, OFFICE, "xml"), door.Reader)
    assert isinstance(entrance.enter("bob", secret, OFFICE, "carddav"), door.Closed)


def test_who_guesses_waits_and_the_colleague_beside_does_not(
    opened: Account, bob: Account, entrance: door.Door, time: Time
) -> None:
    secret = actions.do_make_password(bob, "desk phone")
    assert isinstance(entrance.enter("bob", secret, OFFICE, "xml"), door.Reader)
    for _try in range(door.FAILURES.free):
        assert entrance.enter("bob", actions.new_secret(), OFFICE, "xml") is None
    turned_away = entrance.enter("bob", actions.new_secret(), OFFICE, "xml")
    assert isinstance(turned_away, door.Throttled)
    assert 1 <= turned_away.retry_after_seconds <= 10
    assert isinstance(entrance.enter("bob", secret, OFFICE, "xml"), door.Reader), "was right of late"
    assert entrance.enter("bob", actions.new_secret(), HOME, "xml") is None, "another source may try"
    fresh = actions.do_make_password(bob, "new phone")
    assert isinstance(entrance.enter("bob", fresh, OFFICE, "xml"), door.Throttled)
    time.seconds += turned_away.retry_after_seconds + 1
    assert isinstance(entrance.enter("bob", fresh, OFFICE, "xml"), door.Reader)


def test_one_password_reads_so_often_and_no_more(opened: Account, bob: Account, entrance: door.Door, time: Time) -> None:
    one, other = actions.do_make_password(bob, "desk phone"), actions.do_make_password(bob, "home")
    for _read in range(door.READS["xml"].free):
        assert isinstance(entrance.enter("bob", one, OFFICE, "xml"), door.Reader)
    assert isinstance(entrance.enter("bob", one, OFFICE, "xml"), door.Throttled)
    assert isinstance(entrance.enter("bob", other, OFFICE, "xml"), door.Reader)
    assert isinstance(entrance.enter("bob", one, OFFICE, "carddav"), door.Reader), "each way has its own measure"
    time.seconds += door.READS["xml"].forgive_seconds + 0.1
    assert isinstance(entrance.enter("bob", one, OFFICE, "xml"), door.Reader)


def test_the_log_tells_of_new_places_and_not_of_each_look(
    opened: Account, bob: Account, entrance: door.Door, time: Time
) -> None:
    secret = actions.do_make_password(bob, "desk phone")

    def entries() -> list[tuple[str, str]]:
        return list(Entry.of(bob).filter(what="phonebook").order_by("number").values_list("act", "why"))

    for _read in range(5):
        entrance.enter("bob", secret, OFFICE, "ldap")
    assert entries() == [("sign-in", "ldap")]
    time.seconds += 7200
    entrance.enter("bob", secret, OFFICE, "ldap")
    assert len(entries()) == 1, "the same network"
    time.seconds += 7200
    entrance.enter("bob", secret, HOME, "xml")
    assert entries() == [("sign-in", "ldap"), ("sign-in", "xml")]
    [password] = access_passwords(bob)
    assert (password.network, password.last_way, password.last_used_at) == ("192.0.2.0/24", "xml", time.now())


def test_passwords_have_names_and_are_not_without_number(opened: Account, bob: Account) -> None:
    with pytest.raises(Invalid):
        actions.do_make_password(bob, "   ")
    for number in range(actions.MAX_PASSWORDS):
        actions.do_make_password(bob, f"phone {number}")
    with pytest.raises(Invalid):
        actions.do_make_password(bob, "one more")
    assert len(access_passwords(bob)) == actions.MAX_PASSWORDS


def test_the_memory_of_buckets_is_bounded_and_forgets_the_quiet_first(time: Time) -> None:
    buckets, now = Buckets(Allowance(free=1, forgive_seconds=1e9)), time()
    assert [buckets.take("first", now), buckets.take("first", now) > 0] == [0.0, True]
    for number in range(MAX_KEYS):
        buckets.take(f"key {number}", now)
    assert buckets.take("first", now) == 0.0
    assert buckets.take(f"key {MAX_KEYS - 1}", now) > 0
