"""Bob gives his calendar, colleagues see that he is in a meeting, and nothing of it is left when he takes it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from tests.people.conftest import person as a_person

from svara.data import DataFolder
from svara.people.calendars import work
from svara.people.calendars.fetch import Fetched, Refused
from svara.people.calendars.subscribing import Invalid, access_calendar, do_subscribe, do_unsubscribe
from svara.people.meetings import read_meetings
from svara.people.models import Account, PersonCalendar, Tenant
from svara.people.subjects import PeopleCapability
from svara.privacy.functions.port import do_switch, enabled
from svara.privacy.functions.registry import CALENDAR_PRESENCE
from svara.privacy.subject import person

pytestmark = pytest.mark.django_db
URL = "https://calendar.example.com/private-token/bob.ics"


class Web:
    """What the calendar's address gives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, str]] = []
        self.gives: bytes | str | None = b""
        monkeypatch.setattr(work, "fetch", self.fetch)

    def fetch(self, url: str, etag: str = "") -> Fetched:
        self.asked.append((url, etag))
        if isinstance(self.gives, str):
            raise Refused(self.gives)
        return Fetched(self.gives, '"v1"')

    def meeting(self, begins: datetime) -> tuple[float, float]:
        """One of an hour."""
        stamp = begins.astimezone(UTC)
        self.gives = (
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:My surgery\r\nLOCATION:Hospital\r\n"
            f"DTSTART:{stamp:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        ).encode()
        at = stamp.replace(microsecond=0).timestamp()
        return at, at + 3600


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    return Web(monkeypatch)


@pytest.fixture
def bob(data_folder: DataFolder, acme: Tenant) -> Account:
    return a_person(acme, "bob", "Bob Lund", "102")


def later(seconds: float) -> None:
    """So much time passes for the calendars."""
    for row in PersonCalendar.all_tenants.all():
        PersonCalendar.all_tenants.filter(pk=row.pk).update(next_at=row.next_at - timedelta(seconds=seconds))


@pytest.mark.claim("PHO-6")
def test_bob_s_calendar_is_read_for_its_times_alone(bob: Account, web: Web, data_folder: DataFolder) -> None:
    meeting = web.meeting(timezone.now())
    do_subscribe(bob, URL)
    assert enabled(bob.id, CALENDAR_PRESENCE)
    assert work.look(None) == {bob.id: (meeting,)}
    assert read_meetings(data_folder.root) == {bob.id: (meeting,)}
    assert web.asked == [(URL, "")]
    mine = access_calendar(bob)
    assert mine is not None
    assert (mine.host, mine.trouble, mine.busy) == ("calendar.example.com", "", (meeting,))
    [row] = PersonCalendar.all_tenants.all()
    kept = repr(PersonCalendar.all_tenants.values_list()) + repr(bytes(row.url_sealed)) + repr(bytes(row.busy_sealed))
    assert not any(word in kept for word in ("surgery", "Hospital", "private-token", str(int(meeting[0]))))
    [section] = [one for one in PeopleCapability().export(bob.tenant_id, person(bob.id)) if one.key == "calendar"]
    assert [each["address"] for each in section.rows] == [URL]


def test_it_is_read_again_every_quarter_of_an_hour_and_only_when_it_changed(bob: Account, web: Web) -> None:
    meeting = web.meeting(timezone.now())
    do_subscribe(bob, URL)
    assert (work.read_due(), work.read_due()) == (1, 0)
    web.gives = None
    later(901)
    assert work.read_due() == 1
    assert web.asked[1] == (URL, '"v1"')
    assert work.meetings() == {bob.id: (meeting,)}


@pytest.mark.parametrize("trouble", ["unreachable", "address", "large", "answer"])
def test_a_calendar_that_cannot_be_had_is_told_and_asked_less(bob: Account, web: Web, trouble: str) -> None:
    meeting = web.meeting(timezone.now())
    do_subscribe(bob, URL)
    work.read_due()
    web.gives = trouble if trouble != "answer" else b"<html>sign in</html>"
    later(901)
    work.read_due()
    mine = access_calendar(bob)
    assert mine is not None
    assert (mine.trouble, mine.busy) == (trouble, (meeting,)), "what was known stays"
    later(901)
    assert work.read_due() == 0


@pytest.mark.parametrize("how", ["page", "functions", "erased"])
def test_who_takes_it_back_leaves_nothing(bob: Account, web: Web, data_folder: DataFolder, how: str) -> None:
    web.meeting(timezone.now())
    do_subscribe(bob, URL)
    known = work.look(None)
    assert known
    if how == "page":
        do_unsubscribe(bob)
    elif how == "functions":
        do_switch(bob, CALENDAR_PRESENCE, False)
    else:
        gone = list(PeopleCapability().erase(bob.tenant_id, person(bob.id), reason="asked"))
        assert "people.PersonCalendar" in {one.table for one in gone}
    assert not PersonCalendar.all_tenants.exists()
    assert work.look(known) == read_meetings(data_folder.root) == {}
    assert len(web.asked) == 1


def test_the_function_alone_reads_nothing(bob: Account, web: Web) -> None:
    do_switch(bob, CALENDAR_PRESENCE, True)
    assert work.read_due() == 0
    assert access_calendar(bob) is None


def test_another_calendar_takes_the_place_of_the_first(bob: Account, web: Web) -> None:
    web.meeting(timezone.now())
    do_subscribe(bob, URL)
    work.read_due()
    do_subscribe(bob, "webcal://other.example.com/bob")
    assert work.meetings() == {}
    work.read_due()
    assert [url for url, _ in web.asked] == [URL, "https://other.example.com/bob"]


@pytest.mark.parametrize("url", ["http://calendar.example.com/a", "https://10.0.0.1/a", "", "x" * 3000])
def test_an_address_that_may_not_be_asked_switches_nothing_on(bob: Account, url: str) -> None:
    with pytest.raises(Invalid):
        do_subscribe(bob, url)
    assert not enabled(bob.id, CALENDAR_PRESENCE)
