"""Anna signs in; Mallory tries to, and tries to keep Anna out."""

from __future__ import annotations

import pytest
from django.contrib.auth import hashers

from svara.people import retention, signin
from svara.people.models import Account, SignInCount
from svara.people.signin import Throttled

from .conftest import PASSWORD

HOME, OFFICE, MALLORY = "198.51.100.7", "203.0.113.4", "192.0.2.66"


class Time:
    """The time as the test says it is."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with the least work: these tests sign in hundreds of times."""
    hasher = hashers.get_hasher()
    for name, value in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
        monkeypatch.setattr(hasher, name, value)


@pytest.fixture(autouse=True)
def staff(quick_hashes: None, anna: Account, bob: Account, other_anna: Account) -> None:
    """Acme has Anna and Bob; Beta has another Anna."""


def attempt(now: Time, name: str, password: str, source: str) -> Account | Throttled | None:
    return signin.authenticate(name, password, source, now=now)


def who(result: Account | Throttled | None) -> str:
    assert isinstance(result, Account), result
    return f"{result.username}@{result.tenant.slug}"


@pytest.mark.parametrize(
    ("name", "is_"),
    [
        ("anna@acme.test", "anna@acme"),
        ("ANNA@Acme.Test ", "anna@acme"),
        ("anna@acme", "anna@acme"),
        ("anna@beta", "anna@beta"),
        ("bob", "bob@acme"),
    ],
)
def test_a_person_signs_in_by_mail_or_name(name: str, is_: str, now: Time) -> None:
    assert who(attempt(now, name, PASSWORD, HOME)) == is_


def test_a_name_that_two_companies_use_does_not_say_who_it_is(now: Time) -> None:
    assert attempt(now, "anna", PASSWORD, HOME) is None


@pytest.mark.parametrize("name", ["", "@", "nobody", "nobody@acme", "anna@nowhere", "anna@acme\0", "a" * 5000])
def test_nonsense_is_nobody(name: str, now: Time) -> None:
    assert attempt(now, name, PASSWORD, HOME) is None


def test_an_unknown_name_costs_as_much_work_as_a_wrong_password(now: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = hashers.get_hasher()
    verified: list[str] = []
    verify = type(hasher).verify
    monkeypatch.setattr(type(hasher), "verify", lambda self, *a: verified.append("x") or verify(self, *a))
    attempt(now, "nobody", "wrong-password", HOME)
    unknown, verified[:] = len(verified), []
    attempt(now, "bob", "wrong-password", HOME)
    assert unknown == len(verified) == 1


def test_guessing_makes_the_guesser_wait(now: Time) -> None:
    for _ in range(5):
        assert attempt(now, "bob", "wrong-password", MALLORY) is None
    blocked = attempt(now, "bob", PASSWORD, MALLORY)
    assert isinstance(blocked, Throttled)
    now.seconds += blocked.retry_after_seconds
    assert who(attempt(now, "bob", PASSWORD, MALLORY)) == "bob@acme"


def test_waiting_does_not_make_the_wait_longer(now: Time) -> None:
    for _ in range(5):
        attempt(now, "bob", "wrong-password", MALLORY)
    waits = {attempt(now, "bob", "x", MALLORY) for _ in range(20)}
    assert waits == {Throttled(retry_after_seconds=180)}


def test_a_thousand_sources_cannot_keep_bob_out(now: Time) -> None:
    for number in range(300):
        attempt(now, "bob", "wrong-password", f"100.64.{number // 250}.{number % 250}")
        now.seconds += 0.1
    assert who(attempt(now, "bob", PASSWORD, HOME)) == "bob@acme"


def test_many_sources_together_get_few_guesses_each(now: Time) -> None:
    """A botnet of forty, each trying as often as it may for ten minutes."""
    guesses = 0
    for _ in range(60):
        for number in range(40):
            guesses += attempt(now, "bob", "wrong-password", f"100.64.0.{number}") is None
        now.seconds += 10
    assert guesses <= 40 * (signin.throttle.OWN_TRIES + 4)


def test_where_bob_signed_in_before_nobody_else_can_hold_him_up(now: Time) -> None:
    """An angry colleague behind the same address as Bob."""
    attempt(now, "bob", PASSWORD, OFFICE)
    for number in range(60):
        attempt(now, f"invented-{number}", "wrong-password", OFFICE)
    assert isinstance(attempt(now, "anna@acme", PASSWORD, OFFICE), Throttled)
    assert who(attempt(now, "bob", PASSWORD, OFFICE)) == "bob@acme"


def test_one_home_network_is_one_source(now: Time) -> None:
    for number in range(5):
        attempt(now, "bob", "wrong-password", f"2001:db8:0:1::{number:x}")
    assert isinstance(attempt(now, "bob", PASSWORD, "2001:db8:0:1:ffff::1"), Throttled)
    assert who(attempt(now, "bob", PASSWORD, "2001:db8:0:2::1")) == "bob@acme"


def test_counts_are_bounded_and_name_nobody(now: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MAX_SIGN_IN_COUNTS", 100)
    for number in range(150):
        attempt(now, f"invented-{number}", "x", f"100.64.1.{number}")
        now.seconds += 1
    assert SignInCount.objects.count() <= 100
    text = " ".join(SignInCount.objects.values_list("key", flat=True))
    assert "invented" not in text
    assert "100.64" not in text


def test_an_invited_person_without_a_password_cannot_sign_in(now: Time, bob: Account) -> None:
    bob.set_unusable_password()
    bob.save()
    assert attempt(now, "bob", "", HOME) is None
    assert attempt(now, "bob", PASSWORD, HOME) is None
