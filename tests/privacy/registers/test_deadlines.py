"""By when the law wants an answer, in the calendar of the company's country."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from svara.privacy.registers.authorities import AUTHORITIES, authority
from svara.privacy.registers.deadlines import due, extended


@pytest.mark.claim("PHO-15")
@pytest.mark.parametrize(
    ("country", "received", "by", "later"),
    [
        ("NO", date(2026, 11, 3), date(2026, 12, 3), date(2027, 2, 3)),
        ("CZ", date(2026, 11, 24), date(2026, 12, 28), date(2027, 2, 24)),  # Christmas, then a weekend
        ("SE", date(2027, 1, 31), date(2027, 3, 1), date(2027, 4, 30)),  # no 31st of February, and a Sunday
        ("LV", date(2026, 10, 18), date(2026, 11, 19), date(2027, 1, 18)),  # the 18th is the day of the Republic
        ("RU", date(2026, 11, 16), date(2026, 11, 30), date(2026, 12, 7)),
        ("RU", date(2026, 12, 28), date(2027, 1, 20), date(2027, 1, 27)),  # new year's holidays
        ("XX", date(2026, 11, 3), date(2026, 12, 3), date(2027, 2, 3)),
    ],
)
def test_the_deadline_of_each_country(country: str, received: date, by: date, later: date) -> None:
    assert due(received, country) == by
    assert extended(received, country) == later


@trying(deadline=None, max_examples=50)
@given(st.dates(date(2026, 1, 1), date(2035, 12, 31)), st.sampled_from(["CZ", "LV", "SE", "NO", "RU", "DE"]))
def test_it_is_a_working_day_and_an_extension_is_later(received: date, country: str) -> None:
    assert received < due(received, country) < extended(received, country)
    assert due(received, country).weekday() < 5


@pytest.mark.claim("PHO-15")
def test_each_country_has_its_authority() -> None:
    for country in ("CZ", "LV", "SE", "NO", "RU"):
        found = authority(country)
        assert found is not None
        assert country == "RU" or "@" in found.mail or found.complain.startswith("https://"), "where a complaint is sent"
    assert len(AUTHORITIES) == 31  # 27 of the EU, three more of the EEA, and Russia
    assert all(each.site.startswith("https://") for each in AUTHORITIES.values())
    assert authority("US") is None
