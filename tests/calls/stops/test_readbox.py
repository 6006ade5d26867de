"""Listening to messages by phone, recording a greeting, and feature codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calls import offices
from tests.calls.phones import Office, Phone
from tests.calls.voice import VoiceLeg

from svara.calls import boxes
from svara.calls.boxes import AskMessages, BoxMessage, BringMessage, MarkMessage, Messages
from svara.calls.commands import AskQueues, Queues
from svara.calls.events import CallEnded, LegAnswered
from svara.calls.stops.greetings import end_of_day
from svara.people import wish
from svara.people.codes import TABLE, feature_of
from svara.people.office import Member, Menu, Queue, Sound
from svara.people.pin import hash_pin

NOW = 1_700_000_000.0
FIRST = BoxMessage("m1", "+4722000001", NOW - 3600, 4.0, "voicemail/m1.wav")
SECOND = BoxMessage("m2", "anonymous", NOW - 90_000, 4.0, "voicemail/m2.wav")
OLD = BoxMessage("m0", "102", NOW - 200_000, 4.0, "voicemail/m0.wav", heard=True)


class House:
    """The other processes: answers what call control asks."""

    def __init__(self) -> None:
        self.messages: dict[str, tuple[BoxMessage, ...]] = {}
        self.asked: list[Any] = []
        self.away = False
        self.refuses = False
        self.unreachable: Any = None
        """What is answered to whoever wants a message brought, if not that it is there."""
        self.late: list[Callable[[], object]] | None = None
        """Answers to them that are still to come."""

    def ask(self, service: str, payload: bytes, done: Callable[[bytes | None], object]) -> None:
        kind = boxes.Request if service == boxes.SERVICE else wish.Wish
        request = msgspec.msgpack.decode(payload, type=kind)
        self.asked.append(request)
        if self.away:
            done(None)
            return
        answer: Any = boxes.Done() if service == boxes.SERVICE else wish.Done()
        if isinstance(request, AskMessages):
            answer = Messages(self.messages.get(request.box, ()))
        elif isinstance(request, BringMessage) and self.late is not None:
            self.late.append(partial(done, msgspec.msgpack.encode(answer)))
            return
        elif isinstance(request, BringMessage) and self.unreachable is not None:
            answer = self.unreachable
        elif self.refuses:
            answer = wish.Refused("invalid")
        done(msgspec.msgpack.encode(answer))

    def marks(self) -> list[tuple[str, str]]:
        return [(one.message, one.how) for one in self.asked if isinstance(one, MarkMessage)]


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def at_work(tmp_path: Path, house: House) -> Iterator[Office]:
    front = Menu("m", "front", "", keys={"2": "voicemail:bob"}, extension="700", direct_dial=False)
    support = Queue("q-support", "support", extension="600", members=(Member("p-acme-anna"),))
    pin = {"voicemail_pin": hash_pin("2580"), "language": "en"}
    office = Office(
        tmp_path,
        offices.office(bob=pin, anna={"language": "en"}, acme={"menus": (front,), "queues": (support,)}),
    )
    office.switch.ask = house.ask
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    office.close()


def heard(office: Office) -> list[str]:
    """The clips that play now."""
    [leg] = office.voice.legs.values()
    return [sound.removeprefix("builtin/en/").removesuffix(".wav") for sound in leg.sounds]


def test_anna_hears_that_there_is_nothing_new(at_work: Office, anna: Phone) -> None:
    anna.call("*97")
    assert heard(at_work) == ["no-new-messages", "mailbox-menu"]
    at_work.voice.press("1")
    assert heard(at_work) == ["no-messages", "mailbox-menu"]
    anna.hang_up()
    [answered], [ended] = at_work.told(LegAnswered), at_work.told(CallEnded)
    assert answered.to.number == "*97"
    assert (ended.outcome, ended.by, ended.end_reason) == ("answered", "caller", "hung up")


def test_anna_hears_her_messages_saves_one_and_deletes_the_other(at_work: Office, house: House, anna: Phone) -> None:
    house.messages["person:p-acme-anna"] = (FIRST, SECOND, OLD)
    anna.call("*97")
    assert heard(at_work) == ["new-2", "saved-1", "mailbox-menu"]
    at_work.voice.press("1")
    said = heard(at_work)
    assert said[0] == "message-from"
    assert said[1:12] == [f"key-{'plus' if sign == '+' else sign}" for sign in "+4722000001"]
    assert said[-2:] == ["recording:voicemail/m1", "message-menu"]
    assert "received-today" in said
    at_work.voice.press("2")
    assert heard(at_work)[:2] == ["message-saved", "message-from-unknown"]
    assert "received-yesterday" in heard(at_work)
    at_work.voice.press("1")
    assert heard(at_work)[0] == "message-from-unknown"
    at_work.voice.press("3")
    assert heard(at_work)[0] == "message-deleted"
    at_work.voice.press("#")
    assert heard(at_work) == ["no-more-messages", "mailbox-menu"]
    assert house.marks() == [("m1", "heard"), ("m1", "saved"), ("m2", "heard"), ("m2", "deleted")]
    assert all(one.person == "p-acme-anna" for one in house.asked if isinstance(one, MarkMessage))
    anna.hang_up()


def test_a_message_that_lies_elsewhere_and_cannot_be_fetched_is_said_and_stays_new(
    at_work: Office, house: House, anna: Phone
) -> None:
    house.messages["person:p-acme-anna"] = (FIRST, SECOND)
    house.unreachable = boxes.Refused("unreachable")
    anna.call("*97")
    at_work.voice.press("1")
    assert heard(at_work)[0] == "message-from"
    assert heard(at_work)[-2:] == ["message-not-reachable", "message-menu"]
    assert house.marks() == [], "nobody has heard it"
    house.unreachable = None
    at_work.voice.press("1")
    assert heard(at_work)[-2:] == ["recording:voicemail/m1", "message-menu"]
    assert house.marks() == [("m1", "heard")]
    house.away = True
    at_work.voice.press("#")
    assert heard(at_work)[-2:] == ["message-not-reachable", "message-menu"]
    anna.hang_up()


def test_who_goes_on_while_a_message_is_fetched_hears_the_next_one(at_work: Office, house: House, anna: Phone) -> None:
    house.messages["person:p-acme-anna"] = (FIRST, SECOND)
    house.late = []
    anna.call("*97")
    at_work.voice.press("1#")
    first, second = house.late
    first()
    assert "recording:voicemail/m1" not in heard(at_work)
    second()
    assert heard(at_work)[-2:] == ["recording:voicemail/m2", "message-menu"]
    at_work.voice.press("1")
    anna.hang_up()
    house.late[-1]()  # nobody is there to hear it
    assert house.marks() == [("m2", "heard")]


def test_the_box_of_a_queue_opens_for_its_members_only(at_work: Office, house: House, anna: Phone, bob: Phone) -> None:
    house.messages["queue:q-support"] = (FIRST,)
    anna.call("*97600")
    assert heard(at_work)[0] == "new-1"
    anna.hang_up()
    bob.call("*97600")
    assert bob.statuses == [403]


def test_bob_opens_his_box_from_anna_s_phone_by_his_pin(at_work: Office, house: House, anna: Phone) -> None:
    house.messages["person:p-acme-bob"] = (FIRST,)
    anna.call("*97102")
    assert heard(at_work) == ["enter-pin"]
    at_work.voice.press("1111#")
    assert heard(at_work) == ["wrong-pin", "enter-pin"]
    at_work.voice.press("2580#")
    assert heard(at_work) == ["new-1", "mailbox-menu"]
    at_work.voice.press("1")
    assert [one.person for one in house.asked if isinstance(one, MarkMessage)] == [""]
    anna.hang_up()


def test_bob_opens_his_box_from_outside_by_the_star_during_the_greeting(at_work: Office, house: House, anna: Phone) -> None:
    anna.call("700")
    at_work.voice.press("2")
    assert heard(at_work)[-1] == "beep"
    at_work.voice.press("*")
    assert heard(at_work) == ["enter-pin"]
    at_work.voice.press("2580#")
    assert heard(at_work)[-1] == "mailbox-menu"
    at_work.kill()
    at_work.start()
    at_work.switch.ask = house.ask
    assert heard(at_work) == ["enter-pin"]  # after a restart nobody is trusted without it
    anna.hang_up()
    assert at_work.told(CallEnded)[0].outcome == "answered"
    assert len(at_work.told(LegAnswered)) == 1


def test_who_guesses_pins_is_locked_out_for_an_hour_whatever_the_number_of_calls(at_work: Office, anna: Phone) -> None:
    for _ in range(4):
        anna.call("*97102")
        for guess in ("0000", "1111", "2222"):
            if heard(at_work)[-1] == "enter-pin":
                at_work.voice.press(f"{guess}#")
        assert heard(at_work) == ["pin-blocked"]
        at_work.wait(3)
        assert len(anna.heard("BYE")) > 0
    anna.call("*97102")
    assert heard(at_work) == ["pin-blocked"]
    at_work.wait(3)
    at_work.wait(3700)
    anna.call("*97102")
    at_work.voice.press("2580#")
    assert heard(at_work)[-1] == "mailbox-menu"
    anna.hang_up()


@pytest.mark.claim("ADV-14")
def test_a_greeting_is_recorded_heard_and_kept(at_work: Office, house: House, anna: Phone) -> None:
    anna.call("*97")
    at_work.voice.press("2")
    assert heard(at_work) == ["greetings-menu"]
    at_work.voice.press("1")
    assert heard(at_work) == ["record-greeting", "beep"]
    at_work.wait(3)
    [leg] = at_work.voice.legs.values()
    assert leg.recording is not None
    leg.said_seconds = 6.0
    at_work.voice.press("#")
    assert heard(at_work)[1:] == ["greeting-menu"]
    at_work.voice.press("2")
    [wanted] = [one for one in house.asked if isinstance(one, wish.SetGreeting)]
    assert (wanted.person, list(at_work.voice.files)) == ("p-acme-anna", [wanted.recording])
    assert heard(at_work) == ["greeting-saved", "greetings-menu"]
    at_work.voice.press("1")
    at_work.wait(3)
    at_work.voice.press("#")
    assert heard(at_work) == ["nothing-recorded", "greetings-menu"]
    anna.hang_up()


def recorded(office: Office, seconds: float = 6.0) -> None:
    """Anna speaks after the tone, and ends with the hash key."""
    office.wait(3)
    [leg] = office.voice.legs.values()
    assert leg.recording is not None
    leg.said_seconds = seconds
    office.voice.press("#")


def wishes(house: House) -> list[wish.SetGreeting]:
    return [one for one in house.asked if isinstance(one, wish.SetGreeting)]


@pytest.mark.claim("ADV-14")
def test_anna_records_each_kind_and_says_until_when_she_is_away(at_work: Office, house: House, anna: Phone) -> None:
    anna.call("*97")
    at_work.voice.press("23")
    assert heard(at_work) == ["record-name", "beep"]
    recorded(at_work, 1.5)
    at_work.voice.press("2")
    assert heard(at_work) == ["greeting-saved", "greetings-menu"]
    at_work.voice.press("2")
    recorded(at_work)
    at_work.voice.press("2")
    at_work.voice.press("4")
    recorded(at_work)
    at_work.voice.press("2")
    assert heard(at_work) == ["greeting-until"]
    at_work.voice.press("3113")
    assert heard(at_work) == ["not-a-day", "greeting-until"]
    at_work.voice.press("2412")
    said = ["greeting-ends", "key-2", "key-4", "key-1", "key-2", "greeting-saved", "greetings-menu"]
    assert heard(at_work) == said
    assert [one.kind for one in wishes(house)] == ["name", "busy", "away"]
    assert [one.until for one in wishes(house)] == [None, None, datetime(2023, 12, 24, 23, tzinfo=UTC).timestamp()]
    at_work.voice.press("*")
    assert heard(at_work) == ["mailbox-menu"]
    anna.hang_up()


def test_a_greeting_in_use_is_heard_and_can_be_removed(tmp_path: Path, house: House) -> None:
    own = {"greetings": {"busy": Sound("busy", "acme/busy.wav")}, "language": "en"}
    office = Office(tmp_path, offices.office(anna=own))
    office.switch.ask = house.ask
    anna = Phone(office, "acme-anna").register()
    anna.call("*97")
    office.voice.press("22")
    assert heard(office) == ["acme/busy", "greeting-menu"]
    office.voice.press("2")
    assert heard(office) == ["greetings-menu"], "it stays as it is"
    office.voice.press("24")
    assert heard(office) == ["greeting-deleted", "greetings-menu"]
    assert [(one.kind, one.recording) for one in wishes(house)] == [("busy", "")]
    anna.hang_up()
    office.close()


def test_a_member_records_the_greeting_of_the_queue_s_box(at_work: Office, house: House, anna: Phone) -> None:
    anna.call("*97600")
    at_work.voice.press("2")
    assert heard(at_work) == ["greetings-menu-queue"]
    at_work.voice.press("3")
    assert heard(at_work) == ["not-a-choice", "greetings-menu-queue"]
    at_work.voice.press("1")
    recorded(at_work)
    at_work.voice.press("2")
    [wanted] = wishes(house)
    assert (wanted.person, wanted.queue, wanted.kind) == ("p-acme-anna", "q-support", "general")
    anna.hang_up()


@pytest.mark.parametrize(
    ("entered", "ends"),
    [
        ("2411", "2026-11-25"),  # today counts
        ("2311", "2027-11-24"),
        ("3112", "2027-01-01"),
        ("0101", "2027-01-02"),
        ("2902", None),
        ("3104", None),
        ("0000", None),
    ],
)
def test_a_day_is_the_next_of_that_date(entered: str, ends: str | None) -> None:
    found = end_of_day(entered, datetime(2026, 11, 24, 15, tzinfo=UTC))
    assert (found and found.date().isoformat()) == ends


def test_who_presses_nothing_is_hung_up_in_the_end(at_work: Office, anna: Phone) -> None:
    anna.call("*97")
    at_work.wait(60)
    assert len(anna.heard("BYE")) == 1
    assert at_work.calls == []


def test_while_the_rest_of_the_house_is_away_the_box_says_so(at_work: Office, house: House, anna: Phone) -> None:
    house.away = True
    anna.call("*97")
    assert heard(at_work) == ["cannot-be-completed"]
    at_work.wait(3)
    assert len(anna.heard("BYE")) == 1


@pytest.mark.parametrize(
    ("dialled", "wanted", "said"),
    [
        ("*78", wish.SetChoice("t-acme", "p-acme-anna", "dnd"), ["dnd-on"]),
        ("*79", wish.SetChoice("t-acme", "p-acme-anna", "available"), ["dnd-off"]),
        ("*70", wish.SetCallWaiting("t-acme", "p-acme-anna", "ring"), ["waiting-on"]),
        ("*71", wish.SetCallWaiting("t-acme", "p-acme-anna", "busy"), ["waiting-off"]),
        ("*73", wish.SetForward("t-acme", "p-acme-anna"), ["forward-off"]),
        ("*72102", wish.SetForward("t-acme", "p-acme-anna", "person:bob"), ["forward-on", "key-1", "key-0", "key-2"]),
        ("*72600#", wish.SetForward("t-acme", "p-acme-anna", "queue:support"), ["forward-on", "key-6", "key-0", "key-0"]),
    ],
)
def test_a_setting_is_changed_by_a_code(
    at_work: Office, house: House, anna: Phone, dialled: str, wanted: wish.Wish, said: list[str]
) -> None:
    anna.call(dialled)
    assert house.asked == [wanted]
    assert heard(at_work) == said
    at_work.wait(10)
    assert len(anna.heard("BYE")) == 1
    assert at_work.told(CallEnded)[0].outcome == "answered"


@pytest.mark.parametrize("dialled", ["*72", "*72101", "*72999", "*720047900000000"])
def test_a_forward_to_nobody_or_to_oneself_is_refused_in_words(
    at_work: Office, house: House, anna: Phone, dialled: str
) -> None:
    anna.call(dialled)
    assert house.asked == []
    assert heard(at_work) == ["cannot-be-completed"]
    anna.hang_up()


def test_a_wish_that_could_not_be_done_is_not_confirmed(at_work: Office, house: House, anna: Phone) -> None:
    house.refuses = True
    anna.call("*78")
    assert heard(at_work) == ["cannot-be-completed"]
    anna.hang_up()


def test_a_company_has_codes_of_its_own(tmp_path: Path, house: House) -> None:
    own = {"codes": {"dnd": "*60", "dnd-off": "off"}}
    office = Office(tmp_path, offices.office(anna={"language": "en"}, acme=own))
    office.switch.ask = house.ask
    anna = Phone(office, "acme-anna").register()
    anna.call("*78")
    assert anna.statuses == [404]
    anna.call("*79")
    assert anna.statuses == [404, 404]
    anna.call("*60")
    assert house.asked == [wish.SetChoice("t-acme", "p-acme-anna", "dnd")]
    assert heard(office) == ["dnd-on"]
    anna.hang_up()
    office.close()


def test_a_code_that_nothing_has(at_work: Office, anna: Phone) -> None:
    anna.call("*12")
    assert anna.statuses == [404]


@given(st.text("0123456789*#+x ", max_size=8))
def test_whatever_is_dialled_is_a_known_code_or_none(dialled: str) -> None:
    found = feature_of(dialled)
    if found is not None:
        assert any(dialled.strip().startswith(row.code) for row in TABLE)
        assert set(found.argument) <= set("0123456789+")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from("0123*#A"), max_size=15))
def test_whatever_is_pressed_the_mailbox_ends_when_nothing_is_pressed_any_more(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str]
) -> None:
    office, house = Office(tmp_path_factory.mktemp("office")), House()
    house.messages["person:p-acme-anna"] = (FIRST, SECOND)
    office.switch.ask = house.ask
    anna = Phone(office, "acme-anna").register()
    anna.call("*97")
    for key in keys:
        if office.voice.legs:
            leg: VoiceLeg = next(iter(office.voice.legs.values()))
            leg.said_seconds = 1.0
            office.voice.press(key)
            office.wait(1.5)
    office.wait(400)
    assert office.calls == []
    assert len(anna.heard("BYE")) == 1
    assert office.switch.counters.calls_crashed_total == 0
    office.close()


@pytest.mark.claim("PHO-5")
def test_an_agent_logs_in_pauses_and_out_by_code(at_work: Office, anna: Phone, bob: Phone) -> None:
    def state() -> str:
        answer = at_work.switch.queues.answer(AskQueues("t-acme", "support"))  # type: ignore[union-attr]
        assert isinstance(answer, Queues)
        return answer.queues[0].members[0].state

    for dialled, said, then in (
        ("*41", "queue-logged-out", "logged-out"),
        ("*40600", "queue-logged-in", "available"),
        ("*42", "queue-paused", "paused"),
        ("*43", "queue-resumed", "available"),
        ("*40999", "cannot-be-completed", "available"),
    ):
        anna.call(dialled)
        assert heard(at_work) == [said]
        anna.hang_up()
        assert state() == then
    bob.call("*40")  # he is a member of none
    assert heard(at_work) == ["cannot-be-completed"]
    bob.hang_up()
