"""The room of a talk: both phones go in and out of it without noticing, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.call import Call
from svara.calls.events import CallEnded, CallHeld, CallResumed, LegEnded, LegOffered
from svara.calls.main import relay_lost
from svara.calls.talks.hearing import NOBODY, hearing
from svara.calls.talks.room import room_of
from svara.media.voice.port import Key, Sound
from svara.sip.message import new_response


@dataclass
class Visitor:
    """Somebody who needs the room."""

    inside: bool = False
    lost: list[str] = field(default_factory=list)

    def entered(self) -> None:
        self.inside = True

    def room_lost(self, reason: str) -> None:
        self.inside = False
        self.lost.append(reason)


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.wait(40)
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    assert office.relay.sessions == set()
    assert len(office.told(LegOffered)) == len(office.told(LegEnded))
    assert len(office.told(CallEnded)) == 1
    office.close()


def talk(office: Office, anna: Phone, bob: Phone, codecs: str = "8 0 101") -> Call:
    anna.call("102")
    bob.answer(bob.description(codecs=codecs))
    [call] = office.calls
    return call


def in_the_room(office: Office, call: Call) -> Visitor:
    visitor = Visitor()
    room_of(call).use(visitor)
    office.settle()
    return visitor


def changes(*phones: Phone) -> int:
    """How often phones were asked for another session."""
    return sum(one.to.tag is not None for phone in phones for one in phone.heard("INVITE"))


def connected(office: Office) -> list[tuple[str, ...]]:
    """What the relay was asked since the last time, as who with whom."""
    asked, office.relay.asked[:] = [(one[0], *one[2:]) for one in office.relay.asked], []
    return asked


def test_who_hears_whom() -> None:
    assert hearing({"a": None, "b": None}) == {"a": ("b",), "b": ("a",)}
    assert hearing({"a": None, "b": None, "s": NOBODY}) == {"a": ("b",), "b": ("a",), "s": ("a", "b")}
    assert hearing({"a": None, "b": None, "s": {"b"}})["b"] == ("a", "s")
    assert hearing({"a": None, "b": None, "s": {"b"}})["a"] == ("b",)
    assert hearing({"a": None, "b": None, "s": None})["a"] == ("b", "s")


def test_both_go_in_and_out_without_being_asked(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    connected(at_work)
    visitor = in_the_room(at_work, call)
    assert visitor.inside
    assert connected(at_work) == [
        ("offer", "a", "ma"),
        ("answer", "ma", "a"),
        ("offer", "b1", "mb1"),
        ("answer", "mb1", "b1"),
    ]
    assert {leg.split(".")[1]: here.hears for leg, here in at_work.voice.legs.items()} == {
        "ma": (f"{call.id}.mb1",),
        "mb1": (f"{call.id}.ma",),
    }
    room_of(call).release(visitor)
    at_work.settle()
    assert connected(at_work) == [("offer", "a", "b1"), ("answer", "b1", "a")]
    assert at_work.voice.legs == {}
    assert call.room is None
    assert changes(anna, bob) == 0
    anna.hang_up()


def test_a_phone_that_chose_another_codec_than_the_first_is_left_alone_too(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob, codecs="0 101")
    visitor = in_the_room(at_work, call)
    assert visitor.inside
    offers = [here.offer for here in at_work.voice.legs.values()]
    assert all(b"RTP/AVP 0 101" in offer for offer in offers)
    room_of(call).release(visitor)
    at_work.settle()
    assert changes(anna, bob) == 0
    anna.hang_up()


def test_with_direct_media_the_phones_are_asked(tmp_path: Path) -> None:
    office = Office(tmp_path, offices.office(acme={"media": "direct"}))
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    call = talk(office, anna, bob)
    visitor = in_the_room(office, call)
    office.wait(2)
    assert visitor.inside
    assert changes(anna) == changes(bob) == 1
    room_of(call).release(visitor)
    office.settle()
    assert changes(anna, bob) == 2
    assert office.voice.legs == {}
    bob.hang_up()
    assert office.relay.sessions == set()
    office.close()


def test_where_phones_refuse_the_change_they_talk_on_as_before(tmp_path: Path) -> None:
    office = Office(tmp_path, offices.office(acme={"media": "direct"}))
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    call = talk(office, anna, bob)
    anna.change = lambda request: anna.transmit(new_response(request, 488))  # type: ignore[method-assign]
    visitor = in_the_room(office, call)
    office.wait(5)
    assert visitor.lost == ["a phone refused the change"]
    assert office.calls == [call]
    anna.change = lambda request: Phone.change(anna, request)  # type: ignore[method-assign]
    office.wait(10)
    assert office.voice.legs == {}
    assert office.calls == [call]
    bob.hang_up()
    office.close()


def test_hold_and_resume_in_the_room(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    in_the_room(at_work, call)
    bob.hold()
    assert at_work.told(CallHeld)[0].by == "callee"
    assert b"sendonly" in at_work.voice.legs[f"{call.id}.mb1"].offer
    bob.resume()
    assert at_work.told(CallResumed)[0].by == "callee"
    assert b"sendrecv" in at_work.voice.legs[f"{call.id}.mb1"].offer
    assert changes(anna, bob) == 0
    assert [one.status for one in bob.heard(200) if one.cseq.method == "INVITE"] == [200, 200]
    bob.hang_up()


def test_a_phone_that_wants_an_offer_gets_the_session_as_it_stands(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    in_the_room(at_work, call)
    anna.request("INVITE")
    assert anna.received[-1].status == 200
    assert anna.received[-1].body
    bob.hang_up()


def test_whoever_is_on_hold_is_not_taken_anywhere(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    bob.hold()
    assert in_the_room(at_work, call).lost == ["the call is on hold"]
    assert call.room is None
    bob.hang_up()


def test_keys_cross_the_room(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    in_the_room(at_work, call)
    at_work.switch.heard(Key(f"{call.id}.ma", "5"))
    assert at_work.voice.legs[f"{call.id}.mb1"].keys == "5"
    assert at_work.voice.legs[f"{call.id}.ma"].keys == ""
    anna.request("INFO", [("Content-Type", "application/dtmf-relay")], b"Signal=7\r\nDuration=160\r\n")
    assert bob.heard("INFO")[0].body.startswith(b"Signal=7")
    bob.hang_up()


def test_who_has_no_events_is_heard_as_it_is(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob, codecs="8")
    in_the_room(at_work, call)
    at_work.switch.heard(Key(f"{call.id}.mb1", "5"))
    assert at_work.voice.legs[f"{call.id}.ma"].keys == ""
    bob.hang_up()


def test_the_voice_process_dies_and_the_two_talk_on_at_once(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    visitor = in_the_room(at_work, call)
    connected(at_work)
    at_work.voice.crash()
    assert connected(at_work) == [("offer", "a", "b1"), ("answer", "b1", "a")]
    assert visitor.lost == ["no sound is available"]
    at_work.voice.come_back()
    at_work.wait(5)
    assert at_work.voice.legs == {}
    assert at_work.calls == [call]
    anna.hang_up()


@pytest.mark.parametrize("step", range(5))
def test_the_voice_process_dies_on_the_way_in(at_work: Office, anna: Phone, bob: Phone, step: int) -> None:
    call = talk(at_work, anna, bob)
    at_work.relay.slow = True
    visitor = Visitor()
    room_of(call).use(visitor)
    for _ in range(step):
        if at_work.relay._later:
            at_work.relay._later.pop(0)()
    at_work.voice.crash()
    at_work.relay.slow = False
    at_work.relay.catch_up()
    at_work.wait(3)
    assert visitor.lost == ["no sound is available"]
    assert at_work.calls == [call]
    assert [one[0] for one in at_work.relay.asked][-2:] == ["offer", "answer"]
    assert at_work.relay.asked[-1][2:] == ("b1", "a")
    anna.hang_up()


def test_while_the_voice_process_is_busy_the_two_talk_on(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    connected(at_work)
    at_work.voice.busy = True
    visitor = in_the_room(at_work, call)
    at_work.wait(1.5)
    assert connected(at_work) == []
    for answer in at_work.voice.late:
        answer()
    assert visitor.inside
    anna.hang_up()


def test_who_is_not_there_in_time_is_put_together_again(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    at_work.relay.slow = True
    visitor = Visitor()
    room_of(call).use(visitor)
    at_work.wait(1.1)
    assert visitor.lost == ["no sound is available"]
    at_work.relay.slow = False
    at_work.relay.catch_up()
    at_work.settle()
    assert at_work.relay.asked[-1][2:] == ("b1", "a")
    assert at_work.voice.legs == {}
    anna.hang_up()


def test_a_relay_that_refuses_costs_the_room_and_not_the_talk(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    at_work.relay.fails = "no"
    visitor = in_the_room(at_work, call)
    at_work.wait(3)
    assert visitor.lost == ["no sound is available"]
    at_work.relay.fails = None
    visitor = in_the_room(at_work, call)
    assert visitor.inside
    at_work.relay.fails = "no"
    room_of(call).release(visitor)
    at_work.wait(0.3)
    at_work.relay.fails = None
    at_work.wait(1)
    assert at_work.relay.asked[-1] == ("answer", call.id, "b1", "a")
    assert call.room is None
    assert changes(anna, bob) == 0
    anna.hang_up()


def test_without_a_voice_process_nobody_goes_anywhere(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    at_work.voice.up = False
    assert in_the_room(at_work, call).lost == ["no sound is available"]
    anna.hang_up()


@pytest.mark.parametrize("who", ["anna", "bob"])
@pytest.mark.parametrize("step", range(6))
def test_somebody_hangs_up_on_the_way_in_or_in_the_room(
    at_work: Office, anna: Phone, bob: Phone, step: int, who: str
) -> None:
    call = talk(at_work, anna, bob)
    at_work.relay.slow = True
    visitor = Visitor()
    room_of(call).use(visitor)
    for _ in range(step):
        if at_work.relay._later:
            at_work.relay._later.pop(0)()
    (anna if who == "anna" else bob).hang_up()
    at_work.relay.slow = False
    at_work.relay.catch_up()
    at_work.settle()
    assert visitor.lost == ["the call is over"]


def test_who_leaves_before_both_are_there_takes_them_out_again(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    at_work.relay.slow = True
    visitor = Visitor()
    room_of(call).use(visitor)
    room_of(call).release(visitor)
    at_work.relay.slow = False
    at_work.relay.catch_up()
    at_work.settle()
    assert call.room is None
    assert at_work.voice.legs == {}
    assert at_work.relay.asked[-1][2:] == ("b1", "a")
    anna.hang_up()


def test_the_relay_is_restarted_and_the_talk_is_built_anew_without_a_room(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    visitor = in_the_room(at_work, call)
    relay_lost(at_work.switch)
    at_work.wait(3)
    assert visitor.lost == ["media relay lost"]
    assert changes(anna) == changes(bob) == 1
    assert at_work.calls == [call]
    anna.hang_up()


def test_after_kill_9_of_calls_the_two_are_put_together(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    in_the_room(at_work, call)
    at_work.kill()
    connected(at_work)
    at_work.start()
    at_work.wait(1)
    assert [one for one in connected(at_work) if one[0] != "copy"] == [("offer", "a", "b1"), ("answer", "b1", "a")]
    assert at_work.voice.legs == {}
    [again] = at_work.calls
    assert again.room is None
    assert changes(anna, bob) == 0
    anna.hang_up()
    assert bob.heard("BYE")


def test_a_talk_taken_up_after_kill_9_goes_into_a_room_by_asking(at_work: Office, anna: Phone, bob: Phone) -> None:
    talk(at_work, anna, bob)
    at_work.kill()
    at_work.start()
    [again] = at_work.calls
    visitor = in_the_room(at_work, again)
    at_work.wait(3)
    assert visitor.inside
    assert changes(anna) == changes(bob) == 1
    room_of(again).release(visitor)
    at_work.wait(3)
    assert changes(anna, bob) == 2
    anna.hang_up()


def test_what_is_said_in_the_room_is_over_when_both_heard_it(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = talk(at_work, anna, bob)
    in_the_room(at_work, call)
    room, heard = room_of(call), []
    words = [Sound("builtin/en/recorded.wav")]
    room.say(dict.fromkeys(room.seats, words), heard.append)
    assert [leg.sounds for leg in at_work.voice.legs.values()] == [["builtin/en/recorded.wav"]] * 2
    assert heard == []
    at_work.wait(2.1)
    assert heard == [True]
    room.say({room.seats[0]: words}, heard.append)
    at_work.voice.crash()
    assert heard == [True, False]
    anna.hang_up()


def test_the_session_timer_is_kept_in_the_room(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102", headers=[("Supported", "timer"), ("Session-Expires", "120;refresher=uas")])
    anna.extra = [("Supported", "timer"), ("Session-Expires", "120;refresher=uac")]
    bob.answer()
    [call] = at_work.calls
    visitor = in_the_room(at_work, call)
    at_work.wait(70)
    assert len(anna.heard("INVITE")) + len(anna.heard("UPDATE")) == 1
    assert visitor.inside
    bob.hang_up()
