"""A talk between Anna and Bob, which somebody sends on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, CallStarted, LegEnded, LegOffered


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    """Nothing may be left over when the test ends, and every record is whole."""
    office = Office(tmp_path, offices.office(cecilie=offices.goes_to("voicemail:cecilie", 15)))
    yield office
    office.wait(40)
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    assert office.relay.sessions == set()
    assert len(office.told(CallStarted)) == len(office.told(CallEnded))
    assert sorted(one.leg for one in office.told(LegOffered)) == sorted(one.leg for one in office.told(LegEnded))
    assert office.switch.calls_of_phone == office.switch.calls_of_tenant == {}
    assert all(one.availability in ("available", "offline") for one in office.switch.news.presence())
    office.close()


@pytest.fixture
def talk(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    bob.answer()
    for phone in (anna, bob):
        phone.received.clear()
