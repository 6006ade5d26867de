"""When Anna is busy by her calendar: as calendar programs write it, and as nobody should."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.people.calendars.busy import MAX_TIMES, NotCalendar, busy_times, merged

OSLO = ZoneInfo("Europe/Oslo")
MONDAY = datetime(2026, 10, 19, tzinfo=OSLO)
SINCE, UNTIL = MONDAY.timestamp(), datetime(2026, 10, 29, tzinfo=OSLO).timestamp()


def calendar(*parts: str) -> bytes:
    inner = "\r\n".join(parts)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n{inner}\r\nEND:VCALENDAR\r\n".encode()


def event(*lines: str, uid: str = "1") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261001T000000Z", *lines, "END:VEVENT"])


def busy(*parts: str) -> list[str]:
    """From and to, as Oslo's clocks show them."""
    times = busy_times(calendar(*parts), SINCE, UNTIL, OSLO)
    shown = [[datetime.fromtimestamp(at, OSLO).strftime("%d %H:%M") for at in span] for span in times]
    return [f"{begins} - {ends}" for begins, ends in shown]


@pytest.mark.claim("PHO-6")
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("DTSTART:20261020T070000Z", "DTEND:20261020T080000Z"), ["20 09:00 - 20 10:00"]),
        (("DTSTART;TZID=Europe/London:20261020T080000", "DURATION:PT45M"), ["20 09:00 - 20 09:45"]),
        (("DTSTART:20261020T090000", "DTEND:20261020T100000"), ["20 09:00 - 20 10:00"]),
        (("DTSTART;VALUE=DATE:20261020", "DTEND;VALUE=DATE:20261021"), ["20 00:00 - 21 00:00"]),
        (("DTSTART;VALUE=DATE:20261020",), ["20 00:00 - 21 00:00"]),
        (("DTSTART:20261020T090000", "DTEND:20261020T100000", "STATUS:CANCELLED"), []),
        (("DTSTART:20261020T090000", "DTEND:20261020T100000", "TRANSP:TRANSPARENT"), []),
        (("DTSTART:20261020T090000", "DTEND:20261020T100000", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"), []),
        (("DTSTART:20261020T090000", "DTEND:20261020T080000"), []),
        (("DTSTART:20261020T090000",), []),
        (("DTSTART:20200101T090000", "DTEND:20200101T100000"), []),
        (("SUMMARY:no time at all",), []),
    ],
)
def test_one_meeting(lines: tuple[str, ...], expected: list[str]) -> None:
    assert busy(event(*lines)) == expected


def test_a_meeting_each_week_stays_at_nine_when_the_clocks_change() -> None:
    weekly = ("DTSTART;TZID=Europe/Oslo:20250106T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=MO")
    assert busy(event(*weekly)) == ["19 09:00 - 19 10:00", "26 09:00 - 26 10:00"]


def test_repetitions_that_were_moved_left_out_or_added() -> None:
    daily = ("DTSTART;TZID=Europe/Oslo:20261019T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4")
    moved = (
        "RECURRENCE-ID;TZID=Europe/Oslo:20261021T090000",
        "DTSTART;TZID=Europe/Oslo:20261021T140000",
        "DURATION:PT1H",
    )
    left_out, added = "EXDATE;TZID=Europe/Oslo:20261020T090000", "RDATE;TZID=Europe/Oslo:20261024T110000"
    assert busy(event(*daily, left_out, added), event(*moved)) == [
        "19 09:00 - 19 10:00",
        "21 14:00 - 21 15:00",
        "22 09:00 - 22 10:00",
        "24 11:00 - 24 12:00",
    ]


def test_a_rule_with_an_end() -> None:
    until = ("DTSTART;TZID=Europe/Oslo:20261001T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20261020T070000Z")
    assert busy(event(*until)) == ["19 09:00 - 19 10:00", "20 09:00 - 20 10:00"]


def test_free_and_busy_without_meetings() -> None:
    part = "\r\n".join(
        [
            "BEGIN:VFREEBUSY",
            "UID:f",
            "DTSTAMP:20261001T000000Z",
            "FREEBUSY:20261020T070000Z/20261020T080000Z",
            "FREEBUSY;FBTYPE=FREE:20261021T070000Z/PT1H",
            "END:VFREEBUSY",
        ]
    )
    assert busy(part) == ["20 09:00 - 20 10:00"]


def test_meetings_that_touch_are_one_time() -> None:
    one = event("DTSTART:20261020T090000", "DTEND:20261020T100000", "SUMMARY:secret")
    two = event("DTSTART:20261020T093000", "DTEND:20261020T110000", uid="2")
    assert busy(one, two) == ["20 09:00 - 20 11:00"]


@pytest.mark.parametrize(
    "text", [b"", b"<html>sign in</html>", b"BEGIN:VCALENDAR", b"BEGIN:VEVENT\r\nEND:VEVENT", b"\xff\x00"]
)
def test_what_is_no_calendar(text: bytes) -> None:
    with pytest.raises(NotCalendar):
        busy_times(text, SINCE, UNTIL, OSLO)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=HOURLY",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=NEVER",
        "COUNT=5",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=99999999999",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
        f"FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))}",
        f"FREQ=YEARLY;BYYEARDAY={','.join(map(str, range(1, 367)))};BYHOUR=1,2,3,4;BYMINUTE=5",
    ],
)
def test_rules_that_would_take_for_ever_do_not(rule: str) -> None:
    events = [event("DTSTART:20010101T000000Z", "DURATION:PT5M", f"RRULE:{rule}", uid=str(n)) for n in range(3)]
    assert len(busy(*events)) <= 50


def test_a_great_many_events_leave_a_bounded_number_of_times() -> None:
    begin = int(MONDAY.timestamp())
    lines = [
        event(f"DTSTART:{datetime.fromtimestamp(begin + 900 * n, UTC):%Y%m%dT%H%M%SZ}", "DURATION:PT5M", uid=str(n))
        for n in range(900)
    ]
    assert len(busy(*lines)) == MAX_TIMES


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), max_size=20))
def test_merged_times_are_in_order_and_apart(times: list[tuple[float, float]]) -> None:
    result = merged(times, 10, 90)
    ends = 9.0
    for begins, then in result:
        assert ends < begins < then <= 90
        ends = then
    for at in (15.5, 42.25, 88.125):
        assert any(one <= at < other for one, other in times) == any(one <= at < other for one, other in result)


@given(st.text(alphabet="DTSTARTRRULE:;=FREQ0123456789TZ\r\n ABY,/PVALUE", max_size=200))
def test_whatever_a_calendar_holds_it_ends(text: str) -> None:
    busy_times(calendar(event("DTSTART:20261020T090000", "DURATION:PT1H")), SINCE, UNTIL, OSLO)
    with contextlib.suppress(NotCalendar):
        busy_times(calendar("BEGIN:VEVENT", text, "END:VEVENT"), SINCE, UNTIL, OSLO)
