"""Acme in Oslo opens and closes: on working days, holidays, Christmas Eve, over midnight and when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.calls.routing.hours import in_windows, is_open
from svara.people.office import Hours, Window

OSLO = "Europe/Oslo"
WORKDAYS = (0, 1, 2, 3, 4)
ALWAYS = tuple(range(7))


def window(days: tuple[int, ...], start: str, end: str) -> Window:
    def minute(text: str) -> int:
        hour, _, rest = text.partition(":")
        return int(hour) * 60 + int(rest)

    return Window(days, minute(start), minute(end))


def local(text: str, zone: str = OSLO, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


ACME = Hours(
    name="office",
    open=(window(WORKDAYS, "08:00", "16:00"),),
    holidays="NO",
    exceptions={"2026-11-20": (window((), "10:00", "12:00"),), "12-24": (window((), "08:00", "12:00"),), "2026-12-28": ()},
)


def opened(text: str, hours: Hours = ACME, zone: str = OSLO) -> bool:
    return is_open(hours, zone, local(text, zone))


@pytest.mark.parametrize(
    ("moment", "is_it_open", "why"),
    [
        ("2026-11-23 08:00", True, "Monday, the first second"),
        ("2026-11-23 07:59:59", False, "a second before"),
        ("2026-11-23 15:59:59", True, "the last second"),
        ("2026-11-23 16:00", False, "closed"),
        ("2026-11-22 12:00", False, "Sunday"),
        ("2026-05-14 10:00", False, "Ascension Day, a Thursday"),
        ("2027-05-06 10:00", False, "Ascension Day of another year"),
        ("2027-05-13 10:00", True, "the same Thursday in May without it"),
        ("2026-11-20 09:00", False, "shorter hours on one date"),
        ("2026-11-20 11:00", True, "within them"),
        ("2026-12-24 11:00", True, "half a day each Christmas Eve"),
        ("2027-12-24 13:00", False, "the other half"),
        ("2026-12-28 10:00", False, "closed by way of exception"),
    ],
)
def test_the_office_keeps_its_hours(moment: str, is_it_open: bool, why: str) -> None:
    assert opened(moment) is is_it_open, why


def test_an_exception_goes_before_a_holiday() -> None:
    hours = Hours(name="shop", exceptions={"2026-12-25": (window((), "12:00", "15:00"),)}, holidays="NO")
    assert opened("2026-12-25 12:30", hours)


def test_a_subdivision_has_holidays_of_its_own() -> None:
    epiphany = "2026-01-06 10:00"
    assert not opened(epiphany, Hours(name="", open=ACME.open, holidays="DE-BY"), "Europe/Berlin")
    assert opened(epiphany, Hours(name="", open=ACME.open, holidays="DE-HH"), "Europe/Berlin")


def test_the_night_shift_ends_the_morning_after_even_on_a_holiday() -> None:
    night = Hours(name="night", open=(window((4,), "22:00", "06:00"),), holidays="NO")
    assert opened("2026-12-25 23:00", Hours(name="night", open=night.open))
    assert not opened("2026-12-25 23:00", night)  # Christmas Day is a Friday
    assert opened("2025-12-27 05:59", Hours(name="night", open=night.open))
    boxing_eve = Hours(name="night", open=(window((3,), "22:00", "06:00"),), holidays="NO")
    assert opened("2026-12-25 05:59", boxing_eve)  # opened on the 24th, which is none
    assert not opened("2026-12-25 06:00", boxing_eve)


def test_an_hour_that_the_spring_skips_and_one_that_the_autumn_has_twice() -> None:
    early = Hours(name="bakery", open=(window(ALWAYS, "02:30", "05:00"),))
    assert not opened("2026-03-29 01:59:59", early)
    assert opened("2026-03-29 03:00", early)  # the jump itself
    assert not opened("2026-10-25 02:29", early)
    assert is_open(early, OSLO, local("2026-10-25 02:30"))
    assert is_open(early, OSLO, local("2026-10-25 02:10", fold=1))  # it does not close again
    late = Hours(name="bar", open=(window(ALWAYS, "20:00", "02:30"),))
    assert is_open(late, OSLO, local("2026-10-25 02:29", fold=1))
    assert not is_open(late, OSLO, local("2026-10-25 02:30", fold=1))
    assert not opened("2026-03-29 03:00", late)


def test_what_never_opens_and_what_never_closes() -> None:
    around_the_clock = [local("2026-11-22 00:00") + 3600 * hour for hour in range(24 * 8)]
    always = Hours(name="hotline", open=(window(ALWAYS, "00:00", "24:00"),))
    assert all(is_open(always, OSLO, at) for at in around_the_clock)
    for never in (Hours(name="ruin"), Hours(name="", open=(window(ALWAYS, "09:00", "09:00"),))):
        assert not any(is_open(never, OSLO, at) for at in around_the_clock)


def test_windows_that_touch_are_one() -> None:
    hours = Hours(
        name="", open=(window((0,), "08:00", "12:00"), window((0,), "12:00", "24:00"), window((1,), "00:00", "01:00"))
    )
    assert opened("2026-11-23 12:00", hours)
    assert opened("2026-11-24 00:00", hours)
    assert not opened("2026-11-24 01:00", hours)


def test_quiet_hours_know_no_holidays() -> None:
    quiet = (window(ALWAYS, "22:00", "07:00"),)
    assert in_windows(quiet, OSLO, local("2026-12-25 06:00"))
    assert not in_windows(quiet, OSLO, local("2026-12-25 07:00"))
    assert not in_windows((), OSLO, local("2026-12-25 06:00"))


def test_what_nobody_knows_raises_nothing() -> None:
    strange = Hours(name="", open=ACME.open, holidays="QQ-X")
    assert is_open(strange, "Nowhere/Land", datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp())


ZONES = st.sampled_from(
    [OSLO, "Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
)
MINUTES = st.integers(0, 1439)
WINDOWS = st.builds(
    Window,
    st.lists(st.integers(0, 6), unique=True, max_size=7).map(tuple),
    MINUTES,
    st.integers(0, 1440),
)
MOMENTS = st.floats(1_767_225_600, 1_798_761_600)


@given(st.lists(WINDOWS, max_size=4).map(tuple), ZONES, MOMENTS)
def test_on_days_with_24_hours_the_wall_clock_decides(windows: tuple[Window, ...], zone: str, at: float) -> None:
    wall = datetime.fromtimestamp(at, ZoneInfo(zone))
    around = [datetime.fromtimestamp(at + hours * 3600, ZoneInfo(zone)).utcoffset() for hours in range(-72, 73, 6)]
    if len(set(around)) > 1:
        return
    minute = wall.hour * 60 + wall.minute
    yesterday = (wall - timedelta(days=1)).weekday()
    expected = any(
        (wall.weekday() in each.days and each.from_minute <= minute < each.to_minute)
        or (each.to_minute < each.from_minute and wall.weekday() in each.days and minute >= each.from_minute)
        or (each.to_minute < each.from_minute and yesterday in each.days and minute < each.to_minute)
        for each in windows
    )
    assert in_windows(windows, zone, at) is expected
