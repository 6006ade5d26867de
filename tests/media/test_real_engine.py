"""Sound through a real rtpengine: who hears whom, measured as tones."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.engine import RunningEngine, running_engine
from tests.peers.rtp import RtpPhone, address_of

from svara.media.relay import RelayError

pytestmark = pytest.mark.peer

ANNA, BOB, CECILIE = 440, 660, 880


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    with running_engine(tmp_path) as running:
        yield running


@pytest.fixture
def anna() -> Iterator[RtpPhone]:
    with RtpPhone(ANNA) as phone:
        yield phone


@pytest.fixture
def bob() -> Iterator[RtpPhone]:
    with RtpPhone(BOB) as phone:
        yield phone


def connect(engine: RunningEngine, anna: RtpPhone, bob: RtpPhone, session: str = "call") -> None:
    bob.talk_to(engine.offer(session, "a", "b", anna.sdp()))
    anna.talk_to(engine.answer(session, "b", "a", bob.sdp()))


def test_anna_and_bob_hear_each_other_and_learn_nothing_of_each_other(
    engine: RunningEngine, anna: RtpPhone, bob: RtpPhone
) -> None:
    to_bob = engine.offer("call", "a", "b", anna.sdp())
    to_anna = engine.answer("call", "b", "a", bob.sdp())
    assert str(anna.port).encode() not in to_bob
    assert str(bob.port).encode() not in to_anna
    assert b"o=phone" not in to_bob + to_anna
    bob.talk_to(to_bob)
    anna.talk_to(to_anna)
    anna.wait_to_hear(BOB)
    bob.wait_to_hear(ANNA)
    assert set(anna.sources) == {address_of(to_anna)}
    assert set(bob.sources) == {address_of(to_bob)}


def test_phones_behind_nat_are_reached_where_their_sound_comes_from(engine: RunningEngine) -> None:
    with RtpPhone(ANNA, claimed_host="192.168.1.50") as anna, RtpPhone(BOB, claimed_host="10.20.30.40") as bob:
        connect(engine, anna, bob)
        anna.wait_to_hear(BOB)
        bob.wait_to_hear(ANNA)


def test_once_bob_is_known_nobody_else_can_talk_into_the_call(engine: RunningEngine, anna: RtpPhone, bob: RtpPhone) -> None:
    to_bob = engine.offer("call", "a", "b", anna.sdp())
    anna.talk_to(engine.answer("call", "b", "a", bob.sdp()))
    bob.talk_to(to_bob)
    anna.wait_to_hear(BOB)
    time.sleep(4.5)  # the engine learns addresses for three seconds, which it counts by whole ones
    with RtpPhone(CECILIE) as stranger:
        stranger.talk_to(to_bob)
        bob.talk_to(None)
        time.sleep(0.2)
        anna.forget()
        time.sleep(0.6)
        assert anna.hears() == 0
        assert stranger.packets[8] == 0


def test_two_phones_of_bob_ring_and_the_one_that_answers_is_heard(
    engine: RunningEngine, anna: RtpPhone, bob: RtpPhone
) -> None:
    with RtpPhone(CECILIE) as other:
        to_bob = engine.offer("call", "a", "b1", anna.sdp())
        to_other = engine.offer("call", "a", "b2", anna.sdp())
        assert address_of(to_bob) != address_of(to_other)
        # the other phone plays early media, then this one answers
        other.talk_to(to_other)
        anna.talk_to(engine.answer("call", "b2", "a", other.sdp()))
        anna.wait_to_hear(CECILIE)
        anna.talk_to(engine.answer("call", "b1", "a", bob.sdp()))
        other.talk_to(None)
        bob.talk_to(to_bob)
        anna.wait_to_hear(BOB)
        bob.wait_to_hear(ANNA)
        other.forget()
        time.sleep(0.3)
        assert other.hears() == 0


PHONES = 130
"""That ring for one caller; the engine's answer about all of them does not fit into a datagram."""


def test_of_many_phones_that_rang_only_the_one_that_answered_is_kept(tmp_path: Path, anna: RtpPhone, bob: RtpPhone) -> None:
    with running_engine(tmp_path, "2000-3999", dead_seconds=3) as engine, RtpPhone(CECILIE) as music:
        music.talk_to(engine.offer("call", "a", "v", anna.sdp()))
        to_anna = engine.answer("call", "v", "a", music.sdp())
        anna.talk_to(to_anna)
        engine.watch("call", ("a",), hearer="v")
        for_two = engine.ports_in_use()
        for ringing in range(1, PHONES + 1, PHONES // 2):
            legs = [f"b{number}" for number in range(ringing, ringing + PHONES // 2)]
            offers = {leg: engine.offer("call", "a", leg, anna.sdp()) for leg in legs}
            music.forget()
            music.wait_to_hear(ANNA)  # whoever waits can still press a key
            anna.wait_to_hear(CECILIE)
            if ringing == 1:
                engine.free("call", legs)
        assert address_of(engine.answer("call", legs[7], "a", bob.sdp())) == address_of(to_anna)
        bob.talk_to(offers[legs[7]])
        engine.watch("call", ("a", legs[7]))
        engine.free("call", [leg for leg in (*legs, "v") if leg != legs[7]])
        music.talk_to(None)
        engine.until(lambda: engine.ports_in_use() == for_two)
        for phone, tone in ((anna, BOB), (bob, ANNA)):
            phone.forget()
            phone.wait_to_hear(tone)
        time.sleep(5)
        assert engine.silent == []
        bob.talk_to(None)
        engine.until(lambda: engine.silent == [("call", legs[7])])
        assert engine.delete("call")["a"].packets > 200


def test_a_phone_that_rang_before_the_other_and_even_played_something_is_let_go(
    engine: RunningEngine, anna: RtpPhone, bob: RtpPhone
) -> None:
    with RtpPhone(CECILIE) as early:
        early.talk_to(engine.offer("call", "a", "b1", anna.sdp()))
        to_bob = engine.offer("call", "a", "b2", anna.sdp())
        anna.talk_to(engine.answer("call", "b1", "a", early.sdp()))
        anna.wait_to_hear(CECILIE)
        anna.talk_to(engine.answer("call", "b2", "a", bob.sdp()))
        bob.talk_to(to_bob)
        engine.watch("call", ("a", "b2"))
        engine.free("call", ["b1"])
        time.sleep(0.3)
        for phone, tone in ((anna, BOB), (bob, ANNA)):
            phone.forget()
            phone.wait_to_hear(tone)  # and nobody else: the first phone still sends


def test_hold_from_either_side_and_back(engine: RunningEngine, anna: RtpPhone, bob: RtpPhone) -> None:
    connect(engine, anna, bob)
    anna.wait_to_hear(BOB)
    to_anna = engine.offer("call", "b", "a", bob.sdp("sendonly"))
    assert b"a=sendonly" in to_anna
    to_bob = engine.answer("call", "a", "b", anna.sdp("recvonly"))
    assert b"a=recvonly" in to_bob
    anna.talk_to(None)
    bob.talk_to(to_bob)
    engine.offer("call", "b", "a", bob.sdp())
    bob.talk_to(engine.answer("call", "a", "b", anna.sdp()))
    anna.talk_to(to_anna)
    bob.forget()
    bob.wait_to_hear(ANNA)
    # and the caller, who moves to another port with it
    with RtpPhone(CECILIE) as moved:
        assert b"a=inactive" in engine.offer("call", "a", "b", moved.sdp("inactive"))
        engine.answer("call", "b", "a", bob.sdp("inactive"))
        bob.talk_to(engine.offer("call", "a", "b", moved.sdp()))
        moved.talk_to(engine.answer("call", "b", "a", bob.sdp()))
        bob.wait_to_hear(CECILIE)
        moved.wait_to_hear(BOB)


def test_a_change_of_codec_passes(engine: RunningEngine, anna: RtpPhone, bob: RtpPhone) -> None:
    connect(engine, anna, bob)
    assert b"RTP/AVP 0 101" in engine.offer("call", "a", "b", anna.sdp(codecs="0 101"))
    assert b"RTP/AVP 0 101" in engine.answer("call", "b", "a", bob.sdp(codecs="0 101"))


def test_a_pressed_key_arrives(engine: RunningEngine, anna: RtpPhone, bob: RtpPhone) -> None:
    connect(engine, anna, bob)
    bob.wait_to_hear(ANNA)
    anna.press(5)
    engine.until(lambda: bob.packets[101] == 1)


def test_who_listens_gets_a_copy_of_each_side_and_the_talk_goes_on(
    engine: RunningEngine, anna: RtpPhone, bob: RtpPhone
) -> None:
    bob.talk_to(engine.offer("call", "a", "b", anna.sdp(codecs="8 0 101")))
    anna.talk_to(engine.answer("call", "b", "a", bob.sdp(codecs="8 0 101")))
    with RtpPhone(0) as left, RtpPhone(0) as right:
        for side, leg, listener in (("a", "ra", left), ("b", "rb", right)):
            offered = engine.copy("call", side, leg)
            assert b"a=sendonly" in offered
            engine.copied("call", leg, listener.sdp("recvonly", codecs="8 101"))  # fewer codecs than the talk has
        left.wait_to_hear(ANNA)
        right.wait_to_hear(BOB)
        anna.wait_to_hear(BOB)
        bob.wait_to_hear(ANNA)
        bob.talk_to(engine.offer("call", "a", "b", anna.sdp("sendonly", codecs="8 0 101")))
        engine.answer("call", "b", "a", bob.sdp("recvonly", codecs="8 0 101"))
        bob.talk_to(engine.offer("call", "a", "b", anna.sdp(codecs="8 0 101")))
        anna.talk_to(engine.answer("call", "b", "a", bob.sdp(codecs="8 0 101")))
        left.forget()
        right.forget()
        left.wait_to_hear(ANNA)
        right.wait_to_hear(BOB)


def test_what_was_lost_is_told_at_the_end_and_nobodys_reports_reach_the_other(
    engine: RunningEngine, anna: RtpPhone, bob: RtpPhone
) -> None:
    bob.reports_loss_of = 0.08
    connect(engine, anna, bob)
    engine.watch("call", ("a", "b"))
    engine.until(lambda: bool(anna.rtcp) and bool(bob.rtcp), timeout_seconds=20)
    time.sleep(2.5)  # two more reports of each phone
    assert not any(b"@127.0.0.1" in report for report in anna.rtcp + bob.rtcp)
    quality = engine.delete("call")
    assert quality["a"].packets > 150
    assert quality["a"].lost > 5
    assert quality["b"].lost == 0
    assert quality["a"].mos is not None
    assert quality["b"].mos is not None
    assert quality["a"].mos < quality["b"].mos
    assert quality["b"].jitter_ms == 10


def test_ports_come_back(tmp_path: Path) -> None:
    with running_engine(tmp_path, count=16) as engine, RtpPhone(ANNA) as anna, RtpPhone(BOB) as bob:
        first, _, last = engine.ports.partition("-")
        most = 0
        for most in range(1, 10):
            if isinstance(engine.try_offer(f"fill{most}", "a", "b", anna.sdp()), RelayError):
                break
        assert 3 <= most <= 8
        for number in range(1, most + 1):
            engine.delete(f"fill{number}")
        for number in range(20):
            connect(engine, anna, bob, f"call{number}")
            engine.delete(f"call{number}")
        free = 0
        for port in range(int(first), int(last) + 1):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.bind(("127.0.0.1", port))
                free += 1
        assert free == 16


def test_a_killed_engine_is_back_within_two_seconds_and_calls_are_built_anew(
    engine: RunningEngine, anna: RtpPhone, bob: RtpPhone
) -> None:
    connect(engine, anna, bob)
    bob.wait_to_hear(ANNA)
    time.sleep(2)
    began = time.monotonic()
    os.kill(engine.pid(), signal.SIGKILL)
    assert engine.lost.wait(5)
    assert time.monotonic() - began < 3.5
    assert engine.relay.up
    anna.forget()
    connect(engine, anna, bob)
    anna.wait_to_hear(BOB)


def test_a_phone_that_goes_silent_is_noticed(tmp_path: Path, anna: RtpPhone, bob: RtpPhone) -> None:
    with running_engine(tmp_path, dead_seconds=3) as engine:
        connect(engine, anna, bob)
        engine.watch("call", ("a", "b"))
        anna.wait_to_hear(BOB)
        time.sleep(3.5)
        assert engine.silent == []
        bob.talk_to(None)
        engine.until(lambda: engine.silent == [("call", "b")])


def test_it_ends_within_a_second_and_its_child_with_it(tmp_path: Path) -> None:
    with running_engine(tmp_path) as engine:
        pid = engine.pid()
    assert engine.ended_in_seconds < 1
    assert not Path(f"/proc/{pid}").exists()


def test_nonsense_from_a_phone_is_an_error_and_nothing_more(engine: RunningEngine) -> None:
    for bad in (b"", b"v=0\r\n" + b"\xff" * 200, b"v=0\r\nm=audio 99999999 RTP/AVP 0\r\n"):
        result = engine.try_offer("call", "a", "b", bad)
        assert isinstance(result, RelayError) or result.startswith(b"v=0")
    assert isinstance(engine.try_offer("call2", "a", "b", b"garbage"), RelayError)
    assert engine.relay.up


def test_what_got_lost_on_the_way_from_anna_is_told_from_what_got_lost_on_the_way_to_bob(
    tmp_path: Path, anna: RtpPhone, bob: RtpPhone
) -> None:
    with running_engine(tmp_path, dead_seconds=3) as engine:
        connect(engine, anna, bob)
        engine.watch("call", ("a", "b"))
        anna.loses_every = 10
        bob.reports_loss_of = 0.2
        time.sleep(13)
        of_anna = engine.delete("call")["a"]
    sent = of_anna.packets + of_anna.lost
    assert of_anna.lost_before is not None
    assert 0.07 < of_anna.lost_before / sent < 0.11, of_anna
    assert of_anna.lost > of_anna.lost_before * 1.4
