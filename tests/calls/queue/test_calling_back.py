"""Callers from outside who are called back: on which number, what the agent hears, and what becomes of it in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone
from tests.calls.trunks.carriers import MAIN, OSLO, Carrier, open_lines
from tests.calls.voice import VoiceLeg

from svara.calls.commands import AskQueues, Done, KeepPlace, Queues, Refused, SetAgent
from svara.calls.events import CallbackAsked, CallbackGivenUp, CallEnded, QueueLeft
from svara.calls.queue.asking import called_back
from svara.people.office import Member, Outbound, PublicNumber, Queue, Trunk

SUPPORT = Queue("q-support", "support", extension="600", members=(Member("p-acme-bob"),), callback_key="1", ring_seconds=15)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, offices.office())
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    office.close()


def desk(office: Office, login: str = OSLO, **rules: Any) -> tuple[Carrier, Phone]:
    """The public number leads to the queue in which Bob works; he is at lunch. Gives the provider and his phone."""
    carrier = Carrier(office, login=login)
    numbers = (PublicNumber(MAIN, "itsp", "queue:support"),)
    open_lines(office, carrier.trunk(), queues=(SUPPORT,), numbers=numbers, **rules)
    office.hall.office(office.snapshot)
    bob = Phone(office, "acme-bob").register()
    office.settle()
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "paused"))
    return carrier, bob


def comes_back(office: Office) -> None:
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "available"))
    office.settle()


def heard(office: Office) -> list[str]:
    """What is said now, digits as one word."""
    [leg] = office.voice.legs.values()
    return spoken(leg)


def spoken(leg: VoiceLeg) -> list[str]:
    words: list[str] = []
    for sound in leg.sounds:
        word = sound.removeprefix("builtin/").removeprefix("nb/").removesuffix(".wav")
        if not word.startswith("key-"):
            words.append(word)
        elif words and words[-1][-1:].isdigit():
            words[-1] += word.removeprefix("key-")
        else:
            words.append("+" if word == "key-plus" else word.removeprefix("key-"))
    return ["".join(pair) if pair[0] == "+" else pair for pair in words]


def kept(office: Office) -> list[str]:
    answer = office.hall.answer(AskQueues("t-acme", "support"))
    assert isinstance(answer, Queues)
    return [one.kept_for for one in answer.queues[0].callers]


def test_the_number_from_which_somebody_calls_is_read_back_and_confirmed(office: Office) -> None:
    carrier, bob = desk(office)
    carrier.call(MAIN)
    office.voice.press("1")
    assert heard(office)[0] == "callback-number"
    assert heard(office)[-1] == "callback-choices"
    assert kept(office) == [""], "the caller stands in the line still"
    office.voice.press("#")
    assert heard(office) == ["callback-kept"]
    office.wait(3)
    assert kept(office) == [OSLO]
    comes_back(office)
    bob.answer()
    office.settle()
    assert heard(office)[0] == "call-back-to"
    office.wait(30)
    assert carrier.rings
    carrier.answer()
    office.settle()
    assert [call.live().state for call in office.calls] == ["answered"]
    assert kept(office) == []
    assert office.voice.legs == {}


@pytest.mark.parametrize("how", ["hangs up", "says nothing"])
def test_who_was_told_the_number_and_does_not_object_is_called_back(office: Office, how: str) -> None:
    carrier, _bob = desk(office)
    carrier.call(MAIN)
    office.voice.press("1")
    if how == "hangs up":
        carrier.hang_up()
    else:
        office.wait(60)
        assert len(carrier.heard("BYE")) == 1
    assert kept(office) == [OSLO]
    assert [one.why for one in office.told(QueueLeft)] == ["kept"]
    assert office.told(CallEnded)[0].outcome == "abandoned"


def test_another_number_is_entered_read_back_and_called(office: Office) -> None:
    carrier, bob = desk(office)
    carrier.call(MAIN)
    office.voice.press("1*")
    assert heard(office) == ["callback-enter"]
    office.voice.press("22334455#")
    [leg] = office.voice.legs.values()
    assert [sound[-5] for sound in leg.sounds if "key-" in sound and "plus" not in sound] == list("4722334455")
    assert heard(office)[-1] == "callback-choices"
    office.voice.press("#")
    office.wait(3)
    assert kept(office) == ["+4722334455"]
    [asked] = office.told(CallbackAsked)
    assert asked.number == "+4722334455"
    comes_back(office)
    bob.answer()
    office.settle()
    office.voice.press("0")
    office.settle()
    assert carrier.rings
    assert "22334455" in carrier.heard("INVITE")[-1].uri


def test_a_number_that_was_entered_and_not_confirmed_is_not_called(office: Office) -> None:
    carrier, _bob = desk(office)
    carrier.call(MAIN)
    office.voice.press("1*22334455#")
    carrier.hang_up()
    assert kept(office) == [OSLO], "the one from which the call came is"


def test_who_hides_the_number_enters_one(office: Office) -> None:
    carrier, _bob = desk(office, login="anonymous")
    carrier.call(MAIN)
    office.voice.press("1")
    assert heard(office) == ["callback-enter"]
    office.voice.press("22334455##")
    office.wait(3)
    assert kept(office) == ["+4722334455"]


def test_who_hides_the_number_and_enters_none_waits_on(office: Office) -> None:
    carrier, _bob = desk(office, login="anonymous")
    carrier.call(MAIN)
    office.voice.press("1")
    office.wait(12)
    assert heard(office)[-1] == "music"
    assert kept(office) == [""]
    carrier.hang_up()
    assert [one.why for one in office.told(QueueLeft)] == ["abandoned"]
    assert kept(office) == []


@pytest.mark.parametrize("entered", ["112", "82900000", "0046850000000", "21000000", "101", "12"])
def test_dear_far_and_wrong_numbers_are_refused_politely(office: Office, entered: str) -> None:
    """Help, premium rate, abroad, the company's own, an extension, and no number at all."""
    carrier, _bob = desk(office)
    carrier.call(MAIN)
    office.voice.press(f"1*{entered}#")
    assert heard(office) == ["callback-refused", "callback-enter"]
    office.voice.press(f"{entered}#")
    office.voice.press(f"{entered}#")
    assert heard(office)[0] == "callback-refused"
    assert kept(office) == [""], "and waits on"
    comes_back(office)
    assert [call.live().state for call in office.calls] in (["started"], ["ringing"]), "an agent is offered the caller"


def test_the_same_number_is_not_promised_a_call_back_twice(office: Office) -> None:
    carrier, _bob = desk(office, login="anonymous")
    for _ in range(2):
        carrier.call(MAIN)
        office.voice.press("122334455#")
        if heard(office)[0] == "callback-number":
            office.voice.press("#")
            office.wait(3)
    assert heard(office) == ["callback-refused", "callback-enter"]
    assert kept(office) == ["+4722334455", ""]


def test_over_the_api_the_same_numbers_are_refused(office: Office) -> None:
    carrier, _bob = desk(office)
    carrier.call(MAIN)
    [call] = office.calls
    for number in ("82900000", "112", "+46850000000"):
        assert isinstance(office.hall.answer(KeepPlace("t-acme", call.id, number)), Refused)
    assert isinstance(office.hall.answer(KeepPlace("t-acme", call.id, "22 33 44 55")), Done)
    assert kept(office) == ["+4722334455"]


def test_an_agent_who_becomes_free_meanwhile_takes_the_call(office: Office) -> None:
    carrier, bob = desk(office)
    carrier.call(MAIN)
    office.voice.press("1*22")
    comes_back(office)
    bob.answer()
    office.settle()
    assert [call.live().state for call in office.calls] == ["answered"]
    office.wait(30)
    assert kept(office) == []
    assert [one.why for one in office.told(QueueLeft)] == ["answered"]
    carrier.hang_up()


def test_only_what_an_agent_of_the_queue_may_dial_is_promised() -> None:
    def company(*classes: Any, **more: Any) -> Any:
        lines = {"trunks": (Trunk("t", "itsp", "sip:203.0.113.1"),), "outbound": (Outbound("+", "itsp"),)}
        return offices.office(bob={"classes": classes}, acme=lines | {"queues": (SUPPORT,)} | more).tenants[0]

    assert called_back(company("national"), SUPPORT, "22334455", ()) == "+4722334455"
    assert called_back(company("internal"), SUPPORT, "22334455", ()) == ""
    assert called_back(company("national"), SUPPORT, "90000001", ()) == "", "Bob may not call mobile phones"
    assert called_back(company("national", outbound=(Outbound("+46", "itsp"),)), SUPPORT, "22334455", ()) == "", (
        "no way there"
    )


def test_a_place_that_is_given_up_after_three_tries_is_told(office: Office) -> None:
    carrier, bob = desk(office)
    carrier.call(MAIN)
    came = office.clock.now()
    office.voice.press("1#")
    office.wait(3)
    comes_back(office)
    for _ in range(3):
        bob.answer()
        office.settle()
        office.voice.press("0")
        office.settle()
        carrier.decline(486)
        office.settle()
        office.wait(308)
    [gone] = office.told(CallbackGivenUp)
    [asked] = office.told(CallbackAsked)
    assert (gone.asked, gone.number, gone.why, gone.queue, gone.name) == (
        asked.call,
        OSLO,
        "unreached",
        "q-support",
        "support",
    )
    assert gone.joined_at == pytest.approx(came, abs=1)
    assert kept(office) == []


def test_a_place_for_which_nobody_has_time_is_given_up_after_eight_hours(office: Office) -> None:
    carrier, _bob = desk(office)
    carrier.call(MAIN)
    office.voice.press("1#")
    office.wait(3)
    office.wait(8 * 3600 + 5)
    assert [one.why for one in office.told(CallbackGivenUp)] == ["too late"]


def test_the_agent_hangs_up_instead_of_calling_back(office: Office) -> None:
    carrier, bob = desk(office)
    carrier.call(MAIN)
    office.voice.press("1#")
    office.wait(3)
    comes_back(office)
    bob.answer()
    office.settle()
    bob.hang_up()
    assert office.calls == []
    assert office.voice.legs == {}
    assert not carrier.rings
    assert kept(office) == [OSLO]


def test_without_a_voice_the_agent_is_put_through_at_once(office: Office) -> None:
    carrier, bob = desk(office)
    carrier.call(MAIN)
    office.voice.press("1#")
    office.wait(3)
    office.voice.up = False
    comes_back(office)
    bob.answer()
    office.settle()
    assert carrier.rings
