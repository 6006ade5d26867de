"""A talk that was sent on is recorded further where the rules for the two who talk now say so, and they know it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.calls import offices
from tests.calls.moves.referring import attend, dialog_of, refer
from tests.calls.phones import Office, Phone
from tests.calls.talks.test_objecting import objecting
from tests.calls.trunks.carriers import MAIN, OSLO, Carrier, open_lines

from svara.calls.events import CallRecorded, CallStarted, CallTransferred, RecordingAnswered
from svara.people.office import PublicNumber

RECORDED, CONSENT = "builtin/nb/recorded.wav", "builtin/nb/recorded-consent.wav"
OUTSIDE = "+4790000002"


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, offices.office())
    yield office
    office.wait(40)
    assert office.switch.counters.calls_crashed_total == 0
    assert office.switch.guests == office.voice.legs == {}
    assert office.relay.sessions == set()
    office.close()


@pytest.fixture
def carrier(at_work: Office) -> Carrier:
    return Carrier(at_work)


def acme(office: Office, carrier: Carrier, *recorded: str, rule: str = "announce", objects: str = "") -> None:
    """These people's calls are recorded; calls to the main number go to Bob."""
    people: dict[str, Any] = {name: {"record": True} for name in recorded}
    if objects:
        people[objects] = people.get(objects, {}) | {"unrecorded": True}
    numbers = (PublicNumber(MAIN, "itsp", "person:bob"),)
    open_lines(office, carrier.trunk(), people=people, numbers=numbers, recording_rule=rule)
    office.settle()


def calls_bob(office: Office, carrier: Carrier, bob: Phone) -> None:
    """The caller from Oslo hears that it is recorded, where it is, and talks with Bob."""
    carrier.call(MAIN)
    office.wait(3)
    bob.answer()
    office.wait(4)
    speak(office)


def speak(office: Office) -> None:
    """Whatever is recorded now holds some words."""
    for name, leg in office.voice.legs.items():
        if leg.recording is not None:
            office.voice.say(5, name)


def is_recorded(office: Office) -> bool:
    return any(leg.recording is not None for leg in office.voice.legs.values())


def told(office: Office) -> int:
    """How often somebody heard in the first call that it is recorded, or was asked."""
    first = office.told(CallStarted)[0].call
    legs = [leg for name, leg in (office.voice.legs | office.voice.closed).items() if name.startswith(first)]
    return sum(sound in (RECORDED, CONSENT) for leg in legs for sound in leg.all_sounds)


def puts_together(office: Office, bob: Phone, cecilie: Phone) -> None:
    """Bob speaks with Cecilie, and puts the caller through to her."""
    bob.hold()
    office.wait(1)
    line = Phone(office, "acme-bob", address=bob.address[0])
    line.call("103")
    office.wait(3)
    cecilie.answer()
    office.wait(1)
    office.voice.closed.clear()
    attend(bob, dialog_of(line))
    bob.hang_up()


def whose(office: Office) -> list[str]:
    return [one.why.removeprefix("person:p-acme-") for one in office.told(CallRecorded)]


@pytest.mark.parametrize(("recorded", "expected"), [(("bob", "cecilie"), ["bob", "cecilie"]), (("bob",), ["bob"])])
def test_a_caller_who_was_told_is_recorded_with_the_next_where_her_rule_says_so(
    at_work: Office, bob: Phone, cecilie: Phone, carrier: Carrier, recorded: tuple[str, ...], expected: list[str]
) -> None:
    acme(at_work, carrier, *recorded)
    calls_bob(at_work, carrier, bob)
    refer(bob, "103")
    bob.hang_up()
    at_work.wait(1)
    assert not is_recorded(at_work)
    cecilie.answer()
    at_work.wait(4)
    assert is_recorded(at_work) == ("cecilie" in recorded)
    speak(at_work)
    carrier.hang_up()
    at_work.wait(5)
    assert whose(at_work) == expected
    assert [one.answer for one in at_work.told(RecordingAnswered)] == ["told"]


@pytest.mark.parametrize(("recorded", "expected"), [(("bob", "cecilie"), ["bob", "cecilie"]), (("bob",), ["bob"])])
def test_put_together_after_a_word_it_is_recorded_at_once(
    at_work: Office, bob: Phone, cecilie: Phone, carrier: Carrier, recorded: tuple[str, ...], expected: list[str]
) -> None:
    acme(at_work, carrier, *recorded)
    calls_bob(at_work, carrier, bob)
    puts_together(at_work, bob, cecilie)
    at_work.wait(1)
    assert is_recorded(at_work) == ("cecilie" in recorded)
    speak(at_work)
    at_work.wait(10)
    assert [one for one in at_work.calls if one.recorder is not None] == (at_work.calls if "cecilie" in recorded else [])
    carrier.hang_up()
    at_work.wait(5)
    mine = [one for one in at_work.told(CallRecorded) if one.call == at_work.told(CallTransferred)[0].call]
    assert [one.why.removeprefix("person:p-acme-") for one in mine] == expected


def test_who_was_told_nothing_is_told_before_it_is_recorded(
    at_work: Office, bob: Phone, cecilie: Phone, carrier: Carrier
) -> None:
    acme(at_work, carrier, "cecilie")
    calls_bob(at_work, carrier, bob)
    assert told(at_work) == 0
    puts_together(at_work, bob, cecilie)
    at_work.wait(1)
    assert told(at_work) == 2  # both hear the words
    assert not is_recorded(at_work)
    at_work.wait(3)
    assert is_recorded(at_work)
    through = at_work.told(CallTransferred)[0].call
    [answered] = [one for one in at_work.told(RecordingAnswered) if one.call == through]
    assert (answered.answer, answered.by) == ("told", "caller")
    carrier.hang_up()


@pytest.mark.parametrize(("key", "agreed"), [("1", True), ("2", False), ("", False)])
def test_who_was_not_asked_has_to_agree_where_the_rule_wants_that(
    at_work: Office, bob: Phone, cecilie: Phone, carrier: Carrier, key: str, agreed: bool
) -> None:
    acme(at_work, carrier, "cecilie", rule="consent")
    calls_bob(at_work, carrier, bob)
    bob.hold()
    at_work.wait(1)
    line = Phone(at_work, "acme-bob", address=bob.address[0])
    line.call("103")
    at_work.voice.press("2", next(name for name in at_work.voice.legs if name.endswith(".v")))
    at_work.wait(3)
    cecilie.answer()
    attend(bob, dialog_of(line))
    bob.hang_up()
    at_work.wait(1)
    [call] = at_work.calls
    at_work.voice.press(key, f"{call.id}.ma") if key else at_work.wait(8)
    at_work.wait(4)
    assert is_recorded(at_work) == agreed
    said = "agreed" if agreed else "declined" if key else "silent"
    [answered] = [one for one in at_work.told(RecordingAnswered) if one.call == call.id]
    assert (answered.answer, answered.by) == (said, "caller")
    assert call.consent is agreed
    carrier.hang_up()


@pytest.mark.parametrize("how", ["blind", "attended"])
@pytest.mark.parametrize("who", ["the caller", "cecilie"])
def test_with_somebody_who_objected_nothing_is_recorded_and_nobody_told(
    at_work: Office, bob: Phone, cecilie: Phone, carrier: Carrier, how: str, who: str
) -> None:
    acme(at_work, carrier, "bob", "cecilie", objects="cecilie" if who == "cecilie" else "")
    if who == "the caller":
        at_work.switch.unrecorded = objecting(OSLO)
    calls_bob(at_work, carrier, bob)
    assert is_recorded(at_work) == (who == "cecilie")
    if how == "blind":
        at_work.voice.closed.clear()
        refer(bob, "103")
        bob.hang_up()
        at_work.wait(3)
        cecilie.answer()
    else:
        puts_together(at_work, bob, cecilie)
    at_work.wait(10)
    assert not is_recorded(at_work)
    assert told(at_work) == 0
    carrier.hang_up()
    at_work.wait(5)
    assert whose(at_work) == (["bob"] if who == "cecilie" else [])


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("rule", ["person", "number"])
def test_two_who_talk_again_are_recorded_again(
    at_work: Office, anna: Phone, bob: Phone, carrier: Carrier, rule: str, killed: bool
) -> None:
    """Whoever's rule it was: that of Bob, or of the number that was called; and whether the server was killed or not."""
    if rule == "person":
        acme(at_work, carrier, "bob")
    else:
        number = PublicNumber(MAIN, "itsp", "person:bob", record=True)
        open_lines(at_work, carrier.trunk(), numbers=(number,), recording_rule="announce")
        at_work.settle()
    calls_bob(at_work, carrier, bob)
    refer(bob, "101")
    at_work.wait(1)
    assert not is_recorded(at_work)
    if killed:
        anna.ring()
        at_work.kill()
        at_work.start()
        at_work.settle()
        at_work.wait(1)
    anna.decline(486)
    at_work.wait(2)
    assert is_recorded(at_work)
    speak(at_work)
    carrier.hang_up()
    at_work.wait(5)
    assert whose(at_work) == ["bob" if rule == "person" else f"number:{MAIN}"] * 2
    assert [one.answer for one in at_work.told(RecordingAnswered)] == ["told"]


def test_a_colleague_who_is_sent_outside_is_recorded_as_if_she_had_called_there(
    at_work: Office, anna: Phone, cecilie: Phone, carrier: Carrier
) -> None:
    acme(at_work, carrier, "cecilie")
    cecilie.call("101")
    anna.answer()
    anna.received.clear()
    refer(anna, OUTSIDE)
    carrier.answer()
    at_work.wait(1)
    assert not is_recorded(at_work)
    assert told(at_work) == 2
    at_work.wait(3)
    assert is_recorded(at_work)
    speak(at_work)
    cecilie.hang_up()
    at_work.wait(5)
    assert whose(at_work) == ["cecilie"]
