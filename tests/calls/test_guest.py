"""A caller as the guest of the system itself: whoever calls, however the phone speaks, whatever changes meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import RELAY, Office, Phone
from tests.calls.voice import ADDRESS

from svara.calls.commands import Hangup, Originate, Originated
from svara.calls.events import CallEnded, LegAnswered, LegEnded, LegOffered
from svara.calls.resound import fits, key_of
from svara.calls.service import Service
from svara.calls.silence import relay_silent
from svara.people.office import Menu, Queue, Sound
from svara.sip.message import Request, new_request, new_response

FRONT = Menu(
    "m",
    "front",
    "welcome",
    keys={"1": "person:bob", "3": "menu:gone", "0": "hangup"},
    extension="700",
    direct_dial=False,
    timeout_seconds=60,
    tries=10,
)


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, acme())
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    office.close()


def acme(**more: object):
    queue = Queue("q", "support", extension="600")
    parts = {"menus": (FRONT,), "queues": (queue,), "sounds": (Sound("welcome", "acme/welcome.wav"),)} | more
    return offices.office(acme=parts)


def nothing_is_left(office: Office) -> None:
    office.wait(40)
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    assert office.relay.sessions == set()
    assert len(office.told(LegOffered)) == len(office.told(LegEnded))
    assert len(office.told(CallEnded)) == 1


def test_a_browser_in_a_menu(at_work: Office, bob: Phone) -> None:
    anna = Phone(at_work, "acme-anna", transport="WSS").register()
    anna.call("700")
    assert anna.statuses == [200]
    assert at_work.relay.kinds["a"] == "webrtc"
    at_work.voice.press("1")
    at_work.settle()
    bob.answer()
    anna.hang_up()
    nothing_is_left(at_work)


def test_a_caller_who_insists_on_reliable_responses(at_work: Office, anna: Phone) -> None:
    anna.call("700", headers=[("Require", "100rel")])
    assert anna.statuses == [200]
    anna.hang_up()
    nothing_is_left(at_work)


def test_in_an_office_with_direct_media_the_menu_comes_through_the_relay(tmp_path: Path) -> None:
    office = Office(tmp_path, acme(media="direct"))
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    anna.call("700")
    [answer] = [one for one in anna.heard(200) if one.cseq.method == "INVITE"]
    assert RELAY.encode() in answer.body
    assert ADDRESS.encode() not in answer.body
    office.voice.press("1")
    office.settle()
    bob.answer()
    bob.hang_up()
    nothing_is_left(office)
    office.close()


def test_the_session_timer_of_a_caller_who_waits_long_is_kept(at_work: Office, anna: Phone) -> None:
    anna.call("700", headers=[("Supported", "timer"), ("Session-Expires", "120;refresher=uas")])
    anna.extra = [("Supported", "timer"), ("Session-Expires", "120;refresher=uac")]
    at_work.wait(70)
    assert len(anna.heard("INVITE")) + len(anna.heard("UPDATE")) == 1
    assert at_work.calls
    anna.deaf = True
    at_work.wait(150)
    assert at_work.told(CallEnded)[0].end_reason == "a phone stopped answering"
    nothing_is_left(at_work)


def test_a_caller_who_went_away_without_a_word_is_noticed_by_the_silence(at_work: Office, anna: Phone) -> None:
    anna.call("700")
    [call] = at_work.calls
    assert at_work.relay.watched == {call.id: ("a",)}
    anna.deaf = True
    relay_silent(at_work.switch, call.id)
    at_work.wait(33)
    assert at_work.told(CallEnded)[0].end_reason == "a phone stopped answering"
    nothing_is_left(at_work)


def test_a_caller_who_only_listens_may_be_silent_as_long_as_the_phone_is_there(at_work: Office, anna: Phone) -> None:
    anna.call("600")
    [call] = at_work.calls
    for asked in (1, 2, 3):
        at_work.relay.watched.clear()
        relay_silent(at_work.switch, call.id)
        at_work.wait(59)
        assert len(anna.heard("OPTIONS")) == asked
        assert at_work.relay.watched == {}, "for a minute the phone is left alone"
        at_work.wait(2)
        assert at_work.relay.watched == {call.id: ("a",)}
    assert at_work.calls == [call]
    anna.answers_options = 481
    relay_silent(at_work.switch, call.id)
    at_work.settle()
    assert at_work.told(CallEnded)[0].end_reason == "a phone stopped answering"
    nothing_is_left(at_work)


def test_a_caller_who_is_asked_and_put_through_meanwhile_is_in_a_talk(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    [call] = at_work.calls
    at_work.voice.press("1")
    at_work.settle()
    bob.ring()
    relay_silent(at_work.switch, call.id)
    bob.answer()
    at_work.wait(100)
    assert set(at_work.relay.watched[call.id]) == {"a", "b1"}
    relay_silent(at_work.switch, call.id)
    at_work.settle()
    assert at_work.told(CallEnded)[0].end_reason == "no sound for 30 seconds"
    nothing_is_left(at_work)


def test_the_caller_never_confirms_the_answer(at_work: Office, anna: Phone) -> None:
    anna.acks = False
    anna.call("700")
    at_work.wait(40)
    assert at_work.told(CallEnded)[0].end_reason == "the caller's phone did not confirm the answer"
    nothing_is_left(at_work)


def test_the_caller_gives_up_before_the_sound_is_there(at_work: Office, anna: Phone) -> None:
    at_work.relay.slow = True
    anna.call("700")
    assert anna.statuses == []
    anna.cancel()
    at_work.relay.slow = False
    at_work.relay.catch_up()
    at_work.settle()
    assert anna.statuses == [487]
    assert at_work.told(CallEnded)[0].outcome == "abandoned"
    nothing_is_left(at_work)


def test_a_relay_that_fails_refuses_the_caller(at_work: Office, anna: Phone) -> None:
    at_work.relay.fails = "away"
    anna.call("700")
    assert anna.statuses[-1] >= 400
    nothing_is_left(at_work)


def test_a_key_of_the_menu_that_leads_nowhere_any_more_is_told_by_a_tone(at_work: Office, anna: Phone) -> None:
    anna.call("700")
    at_work.voice.press("3")
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["congestion"]
    at_work.wait(5)
    assert at_work.told(CallEnded)[0].end_reason == "that target does not exist any more"
    nothing_is_left(at_work)


def test_the_screen_hangs_up_a_guest(at_work: Office, anna: Phone) -> None:
    anna.call("700")
    [call] = at_work.calls
    Service(at_work.switch, at_work.folder).answer(Hangup("t-acme", call.id))
    at_work.settle()
    assert len(anna.heard("BYE")) == 1
    nothing_is_left(at_work)


def test_anna_clicks_on_a_menu_and_gets_through_it_to_bob(at_work: Office, anna: Phone, bob: Phone) -> None:
    answer = Service(at_work.switch, at_work.folder).answer(Originate("t-acme", "p-acme-anna", "700"))
    assert isinstance(answer, Originated)
    at_work.settle()
    anna.answer()
    at_work.settle()
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["acme/welcome.wav"]
    assert RELAY.encode() in anna.heard("INVITE")[1].body
    at_work.voice.press("1")
    at_work.settle()
    bob.answer()
    assert at_work.calls[0].live().state == "answered"
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1
    assert [one.to.name for one in at_work.told(LegAnswered)] == ["Anna Berg", "Bob Lind"]
    nothing_is_left(at_work)


@pytest.mark.parametrize("refusals", [1, 3, 4])
def test_a_browser_that_is_still_busy_with_the_first_answer_is_asked_again(
    at_work: Office, anna: Phone, refusals: int
) -> None:
    taken, left = anna.change, [500] * (refusals - 1) + [491]

    def change(request: Request) -> None:
        if left:
            anna.transmit(new_response(request, left.pop(), headers=[("Retry-After", "1")]))
        else:
            taken(request)

    anna.change = change  # type: ignore[method-assign]
    Service(at_work.switch, at_work.folder).answer(Originate("t-acme", "p-acme-anna", "700"))
    at_work.settle()
    anna.answer()
    at_work.settle()
    heard: list[str] = []
    for _ in range(20):
        at_work.wait(0.5)
        heard += (sound for leg in at_work.voice.legs.values() for sound in leg.sounds)
    if refusals < 4:
        assert "acme/welcome.wav" in heard
        anna.hang_up()
    else:
        assert len(anna.heard("BYE")) == 1
    nothing_is_left(at_work)


def test_anna_clicks_on_a_queue_and_waits_in_it(at_work: Office, anna: Phone) -> None:
    Service(at_work.switch, at_work.folder).answer(Originate("t-acme", "p-acme-anna", "600"))
    at_work.settle()
    anna.answer()
    at_work.settle()
    assert len(at_work.voice.legs) == 1
    anna.hang_up()
    assert at_work.told(CallEnded)[0].outcome == "abandoned"
    nothing_is_left(at_work)


def test_what_fits_and_what_does_not(anna: Phone) -> None:
    told = anna.description(codecs="8 101")
    assert fits(told, anna.description(codecs="8 0 101", direction="recvonly", version=9))
    assert not fits(told, anna.description(codecs="0 8 101"))
    assert not fits(told, told.replace(b"RTP/AVP", b"UDP/TLS/RTP/SAVPF"))
    assert not fits(told, b"nonsense")
    assert not fits(told, told.replace(b"m=audio 7", b"m=audio 8"))


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Signal= *\n", "*"),
        ("application/dtmf-relay", b"signal=11", "#"),
        ("application/dtmf", b"7\r\n", "7"),
        ("application/dtmf", b"55", ""),
        ("application/dtmf-relay", b"Duration=160", ""),
        ("application/dtmf-relay", b"\xff\xfe", ""),
        ("application/dtmf", b"", ""),
    ],
)
def test_keys_in_info_are_read_as_phones_write_them(kind: str, body: bytes, key: str) -> None:
    assert key_of(new_request("INFO", "sip:x@y", [("Content-Type", kind)], body)) == key
