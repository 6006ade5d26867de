"""Leaving a message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, CallRouted, MessageLeft
from svara.people.office import Forward, Menu, Queue, Sound


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    bob: dict[str, Any] = offices.goes_to("voicemail:bob", 15) | {"greetings": {"general": Sound("general", "acme/bob.wav")}}
    office = Office(tmp_path, offices.office(bob=bob))
    yield office
    office.close()


def reaches_the_beep(office: Office, anna: Phone, bob: Phone) -> Any:
    """Anna calls Bob, who does not pick up."""
    anna.call("102")
    bob.ring()
    office.wait(16)
    [leg] = office.voice.legs.values()
    assert leg.sounds == ["acme/bob.wav", "beep"]
    office.wait(3)
    assert leg.recording is not None
    return leg


def ending(office: Office) -> tuple[str, str, str]:
    [ended] = office.told(CallEnded)
    assert office.calls == []
    assert office.voice.legs == {}
    return ended.outcome, ended.by, ended.end_reason


def test_a_message_is_left_and_the_caller_hangs_up(at_work: Office, anna: Phone, bob: Phone) -> None:
    leg = reaches_the_beep(at_work, anna, bob)
    assert anna.statuses == [180, 200]
    assert len(bob.heard("CANCEL")) == 1
    leg.said_seconds = 7.0
    anna.hang_up()
    [message] = at_work.told(MessageLeft)
    assert (message.box, message.seconds) == ("person:p-acme-bob", 7.0)
    assert at_work.voice.files == {message.file: 7.0}
    assert ending(at_work) == ("voicemail", "caller", "left a message")
    assert [(one.to, one.why) for one in at_work.told(CallRouted)] == [("voicemail:bob", "no answer")]
    assert at_work.events.index(message) < at_work.events.index(at_work.told(CallEnded)[0])


@pytest.mark.parametrize("how", ["key", "silence"])
def test_a_message_ends_with_the_hash_key_or_with_silence(at_work: Office, anna: Phone, bob: Phone, how: str) -> None:
    leg = reaches_the_beep(at_work, anna, bob)
    leg.said_seconds = 4.0
    if how == "key":
        at_work.voice.press("#")
    else:
        at_work.voice.falls_silent()
    assert leg.sounds == ["builtin/nb/message-left.wav"]
    at_work.wait(2.5)
    assert len(anna.heard("BYE")) == 1
    assert len(at_work.told(MessageLeft)) == 1
    assert ending(at_work)[0] == "voicemail"


def test_who_hangs_up_without_a_word_has_left_no_message(at_work: Office, anna: Phone, bob: Phone) -> None:
    reaches_the_beep(at_work, anna, bob)
    anna.hang_up()
    assert at_work.told(MessageLeft) == []
    assert ending(at_work) == ("missed", "caller", "no message was left")


def test_who_hangs_up_during_the_greeting_has_left_no_message(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.decline(486)
    anna.hang_up()
    assert ending(at_work) == ("missed", "caller", "no message was left")


def test_who_dials_the_mailbox_and_says_nothing_is_hung_up_on(tmp_path: Path) -> None:
    office = Office(tmp_path, offices.office(bob={"forwards": (Forward("always", "voicemail:bob"),)}))
    anna = Phone(office, "acme-anna").register()
    anna.call("102")
    office.wait(10)
    [leg] = office.voice.legs.values()
    assert leg.recording is not None
    assert leg.recording.first_word_seconds == 10.0
    office.voice.falls_silent()
    office.settle()
    assert len(anna.heard("BYE")) == 1
    assert ending(office) == ("missed", "system", "no message was left")
    office.close()


def test_an_administrator_ends_the_call_and_what_was_said_is_kept(at_work: Office, anna: Phone, bob: Phone) -> None:
    leg = reaches_the_beep(at_work, anna, bob)
    leg.said_seconds = 2.0
    [call] = at_work.calls
    call.end("system", "hung up by request")
    at_work.settle()
    assert len(at_work.told(MessageLeft)) == 1
    assert ending(at_work) == ("voicemail", "system", "left a message")


def test_the_greeting_can_be_skipped(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.decline(486)
    at_work.voice.press("#")
    at_work.wait(0.3)
    [leg] = at_work.voice.legs.values()
    assert leg.recording is not None


def test_without_a_voice_process_the_caller_hears_that_there_is_no_answer(at_work: Office, anna: Phone, bob: Phone) -> None:
    at_work.voice.up = False
    anna.call("102")
    bob.ring()
    at_work.wait(16)
    assert anna.statuses == [180, 480]
    assert ending(at_work) == ("missed", "system", "no answer")


def test_the_voice_process_never_tells_that_the_message_is_complete(at_work: Office, anna: Phone, bob: Phone) -> None:
    leg = reaches_the_beep(at_work, anna, bob)
    leg.said_seconds = 7.0
    at_work.voice.stop_recording = lambda _leg: None  # type: ignore[method-assign]
    at_work.voice.close = lambda _leg: None  # type: ignore[method-assign]
    anna.hang_up()
    assert at_work.told(CallEnded) == []
    at_work.wait(4)
    [ended] = at_work.told(CallEnded)
    assert ended.outcome == "missed"


def test_bob_without_a_greeting_of_his_own(tmp_path: Path) -> None:
    office = Office(tmp_path, offices.office(bob=offices.goes_to("voicemail:bob", 15)))
    anna = Phone(office, "acme-anna").register()
    anna.call("102")
    [leg] = office.voice.legs.values()
    assert leg.sounds == ["builtin/nb/person-not-available.wav", "builtin/nb/leave-message.wav", "beep"]
    anna.hang_up()
    office.close()


def test_who_hangs_up_while_thanked_has_left_one_message(at_work: Office, anna: Phone, bob: Phone) -> None:
    leg = reaches_the_beep(at_work, anna, bob)
    leg.said_seconds = 4.0
    at_work.voice.press("#")
    anna.hang_up()
    assert len(at_work.told(MessageLeft)) == 1
    assert ending(at_work) == ("voicemail", "caller", "left a message")


KINDS: dict[str, Any] = {kind: Sound(kind, f"acme/{kind}.wav") for kind in ("general", "busy", "name", "away")}


def heard_when(tmp_path: Path, busy: bool, *kinds: str, until: float | None = None) -> list[str]:
    """What Anna hears before the tone when Bob, who has these greetings, is busy or does not pick up."""
    tmp_path.mkdir(exist_ok=True)
    own = {kind: KINDS[kind] for kind in kinds}
    if "away" in own:
        own["away"] = Sound("away", "acme/away.wav", until)
    office = Office(tmp_path, offices.office(bob=offices.goes_to("voicemail:bob", 15) | {"greetings": own}))
    anna, bob = Phone(office, "acme-anna").register(), Phone(office, "acme-bob").register()
    anna.call("102")
    if busy:
        bob.decline(486)
    else:
        bob.ring()
        office.wait(16)
    [leg] = office.voice.legs.values()
    anna.hang_up()
    office.close()
    return [sound.removeprefix("builtin/nb/").removesuffix(".wav") for sound in leg.sounds]


@pytest.mark.claim("ADV-14")
@pytest.mark.parametrize(
    ("busy", "kinds", "heard"),
    [
        (True, (), ["person-busy", "leave-message", "beep"]),
        (False, (), ["person-not-available", "leave-message", "beep"]),
        (True, ("name",), ["acme/name", "name-busy", "leave-message", "beep"]),
        (False, ("name",), ["acme/name", "name-not-available", "leave-message", "beep"]),
        (True, ("name", "busy"), ["acme/busy", "beep"]),
        (False, ("name", "busy"), ["acme/name", "name-not-available", "leave-message", "beep"]),
        (True, ("general", "name"), ["acme/general", "beep"]),
        (True, ("general", "busy"), ["acme/busy", "beep"]),
        (False, ("general", "busy"), ["acme/general", "beep"]),
        (True, ("general", "busy", "away"), ["acme/away", "beep"]),
        (False, ("general", "away"), ["acme/away", "beep"]),
    ],
)
def test_the_greeting_fits_why_the_call_came(tmp_path: Path, busy: bool, kinds: tuple[str, ...], heard: list[str]) -> None:
    assert heard_when(tmp_path, busy, *kinds) == heard


def test_an_away_greeting_ends_by_itself(tmp_path: Path) -> None:
    assert heard_when(tmp_path / "1", False, "general", "away", until=1_700_000_000.0 - 1) == ["acme/general", "beep"]
    assert heard_when(tmp_path / "2", False, "general", "away", until=1_700_000_000.0 + 3600) == ["acme/away", "beep"]


def test_who_is_not_to_be_disturbed_is_not_called_busy(tmp_path: Path) -> None:
    office = Office(
        tmp_path,
        offices.office(bob=offices.goes_to("voicemail:bob") | {"choice": "dnd", "greetings": {"name": KINDS["name"]}}),
    )
    anna = Phone(office, "acme-anna").register()
    anna.call("102")
    [leg] = office.voice.legs.values()
    assert leg.sounds[:2] == ["acme/name.wav", "builtin/nb/name-not-available.wav"]
    anna.hang_up()
    office.close()


def test_a_busy_colleague_before_does_not_make_bob_busy(tmp_path: Path) -> None:
    """Anna's calls go to Cecilie, who is busy, and on to Bob, who does not pick up and whose box it is."""
    own = {"busy": KINDS["busy"], "general": KINDS["general"]}
    office = Office(
        tmp_path,
        offices.office(
            cecilie={"forwards": (Forward("busy", "person:bob"),)},
            bob=offices.goes_to("voicemail:bob", 15) | {"greetings": own},
        ),
    )
    anna, bob = Phone(office, "acme-anna").register(), Phone(office, "acme-bob").register()
    cecilie = Phone(office, "acme-cecilie").register()
    anna.call("103")
    cecilie.decline(486)
    bob.ring()
    office.wait(16)
    [leg] = office.voice.legs.values()
    assert leg.sounds == ["acme/general.wav", "beep"]
    anna.hang_up()
    office.close()


def test_a_queue_s_box_has_greetings_of_its_own(tmp_path: Path) -> None:
    queue = Queue("q", "support", extension="600", greetings={"general": KINDS["general"]})
    front = Menu("m", "front", "", keys={"1": "voicemail:support"}, extension="700", direct_dial=False)
    office = Office(tmp_path, offices.office(acme={"queues": (queue,), "menus": (front,)}))
    anna = Phone(office, "acme-anna").register()
    anna.call("700")
    office.voice.press("1")
    [leg] = office.voice.legs.values()
    assert leg.sounds == ["acme/general.wav", "beep"]
    anna.hang_up()
    office.close()
