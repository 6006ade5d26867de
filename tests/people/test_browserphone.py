"""Passes for phones in browsers: good for their session and their time, and for nothing else."""

from __future__ import annotations

from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from svara.people.browserphone import PASS_SECONDS, issue, key_of, login_of, password_of, read

KEY = key_of(b"the installation's secret")
ANNA, SESSION = "a" * 32, "5" * 32
NOON = 1_800_000_000.0


def test_a_pass_says_whose_it_is_and_until_when() -> None:
    given_ = issue(KEY, ANNA, SESSION, NOON)
    found = read(given_.username)
    assert found is not None
    assert (found.login, found.session, found.expires_at) == (login_of(ANNA), SESSION, NOON + PASS_SECONDS)
    assert given_.login == login_of(ANNA)


def test_who_has_a_pass_cannot_make_another_one() -> None:
    mine = issue(KEY, ANNA, SESSION, NOON)
    later = mine.username[:-1] + ("0" if mine.username[-1] != "0" else "1")
    assert password_of(KEY, later) != mine.password
    assert password_of(key_of(b"another installation"), mine.username) != mine.password


@given(st.text(max_size=200))
def test_whatever_calls_itself_a_pass_is_read_without_harm(text: str) -> None:
    found = read(text)
    assert found is None or (text.startswith("~") and found.login.startswith("~"))


def test_the_pages_and_the_calls_process_have_the_same_key() -> None:
    assert key_of(b"no installation") == settings.BROWSER_KEY
