"""Anna's phone has no key for transfer: she presses the code, a number and the hash key within the talk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallTransferred
from svara.calls.main import relay_lost


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, offices.office(acme={"codes": {"transfer": "*1"}}))
    yield office
    office.wait(40)
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == {}
    assert office.relay.sessions == set()
    office.close()


@pytest.fixture
def talk(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    bob.invite = None
    at_work.wait(1)
    for phone in (anna, bob):
        phone.received.clear()


def press(office: Office, keys: str, leg: str = "ka") -> None:
    name = next(one for one in office.voice.legs if one.endswith(f".{leg}"))
    for key in keys:
        office.voice.press(key, name)
        office.settle()


def hears(office: Office) -> list[str]:
    """What is played to who is on hold."""
    return [sound for name, leg in office.voice.legs.items() if ".h" in name for sound in leg.sounds]


@pytest.mark.usefixtures("talk")
def test_anna_sends_bob_on_by_keys(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    press(at_work, "*1")
    assert hears(at_work) == ["builtin/music.wav"]  # and nothing of the number
    assert anna.received == []
    press(at_work, "103#")
    assert cecilie.rings
    assert len(anna.heard("BYE")) == 1
    cecilie.answer()
    at_work.wait(1)
    [moved] = at_work.told(CallTransferred)
    assert (moved.by.name, moved.to, moved.how) == ("Anna Berg", "person:cecilie", "blind")
    press(at_work, "*1", "kb2")  # and Cecilie can do the same
    assert at_work.calls[0].live().state == "held"
    press(at_work, "101#", "kb2")
    assert anna.rings
    anna.answer()
    bob.hang_up()
    assert len(anna.heard("BYE")) == 2


@pytest.mark.usefixtures("talk")
def test_who_was_called_does_so_too_and_gets_the_call_back_when_nobody_takes_it(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    press(at_work, "*1103#", "kb1")
    cecilie.decline(486)
    assert bob.rings
    bob.answer()
    anna.hang_up()


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize("keys", ["*1103*", "*1", "*1103", "*1#", "*1999#", "*1*72103#"])
def test_who_changes_their_mind_or_dials_nobody_talks_on(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, keys: str
) -> None:
    press(at_work, keys)
    at_work.wait(9)
    assert at_work.calls[0].live().state == "answered"
    assert hears(at_work) == []
    assert not cecilie.rings
    assert anna.heard("BYE") == bob.heard("BYE") == []
    anna.hang_up()


@pytest.mark.usefixtures("talk")
def test_other_keys_and_keys_far_apart_mean_nothing_to_us(at_work: Office, anna: Phone, bob: Phone) -> None:
    press(at_work, "12345*")
    at_work.wait(4)
    press(at_work, "1")
    assert at_work.calls[0].live().state == "answered"
    assert anna.received == bob.received == []
    anna.hang_up()


@pytest.mark.usefixtures("talk")
def test_keys_by_info_count_as_well(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    for key in "*1103#":
        body = f"Signal={key}\r\nDuration=100\r\n".encode()
        anna.request("INFO", [("Content-Type", "application/dtmf-relay")], body)
    assert cecilie.rings
    cecilie.decline(486)
    anna.answer()
    bob.hang_up()


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize("trouble", ["server", "voice", "relay"])
def test_what_is_lost_is_listened_to_again(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, trouble: str) -> None:
    if trouble == "server":
        at_work.kill()
        at_work.start()
    elif trouble == "voice":
        at_work.voice.crash()
        at_work.voice.come_back()
    else:
        relay_lost(at_work.switch)
    at_work.wait(6)
    assert at_work.relay.asked[-1][0] == "copied"
    press(at_work, "*1103#")
    assert cecilie.rings
    bob.hang_up()


def test_nobody_listens_where_the_company_did_not_ask_for_it(tmp_path: Path) -> None:
    office = Office(tmp_path)
    anna, bob = Phone(office, "acme-anna").register(), Phone(office, "acme-bob").register()
    anna.call("102")
    bob.answer()
    office.wait(2)
    assert office.voice.legs == {}
    assert [one for one in office.relay.asked if one[0] == "copy"] == []
    bob.hang_up()
    office.close()
