"""What the caller hears when nobody picked up."""

from __future__ import annotations

import pytest

from svara.calls.routing.route import NO_ANSWER, OFFLINE
from svara.calls.routing.verdict import BUSY, DECLINED, MISMATCH, PHONE_FAILED, ends_the_person, meaning, verdict, words


@pytest.mark.parametrize(
    ("status", "heard", "in_the_record"),
    [
        (486, BUSY, "busy"),
        (600, BUSY, "busy"),
        (603, DECLINED, "declined"),
        (488, MISMATCH, "no codec in common"),
        (480, OFFLINE, "not reached"),
        (404, OFFLINE, "not reached"),
        (408, OFFLINE, "not reached"),
        (0, OFFLINE, "not reached"),
        (302, PHONE_FAILED, "the phone reported an error"),
        (500, PHONE_FAILED, "the phone reported an error"),
        (401, PHONE_FAILED, "the phone reported an error"),
    ],
)
def test_what_a_phone_says(status: int, heard: object, in_the_record: str) -> None:
    assert meaning(status) is heard
    assert words(status) == in_the_record


def test_busy_wins_over_no_answer_and_declined_over_busy() -> None:
    assert verdict([NO_ANSWER, BUSY, OFFLINE], NO_ANSWER) is BUSY
    assert verdict([BUSY, DECLINED, PHONE_FAILED], NO_ANSWER) is DECLINED
    assert verdict([OFFLINE, NO_ANSWER], OFFLINE) is NO_ANSWER
    assert verdict([], OFFLINE) is OFFLINE


@pytest.mark.parametrize("status", range(300, 700))
def test_every_status_means_something(status: int) -> None:
    assert meaning(status).status >= 400
    assert words(status)


def test_only_a_6xx_speaks_for_all_phones_of_the_person() -> None:
    assert ends_the_person(603)
    assert ends_the_person(600)
    assert not ends_the_person(606)
    assert not ends_the_person(486)
