"""Several people in one room: each hears the others, never itself, in whatever codec; nobody is clipped."""

from __future__ import annotations

import numpy as np
import pytest
from tests.media.voice.studio import Studio
from tests.peers import sound

from svara.media.voice import rtp
from svara.media.voice.codecs import Pcm
from svara.media.voice.mixing import mix
from svara.media.voice.port import Finished, Playing, Sound


def test_three_with_three_codecs_hear_each_other_and_not_themselves(studio: Studio) -> None:
    anna = studio.phone("anna.v", "pcma", frequency_hz=440)
    bob = studio.phone("bob.v", "g722", frequency_hz=660)
    cecilie = studio.phone("cecilie.v", "opus", frequency_hz=880)
    everybody = {"anna.v": anna, "bob.v": bob, "cecilie.v": cecilie}
    for leg in everybody:
        studio.engine.hears("calls", leg, tuple(everybody))
    studio.pass_time(2.0)
    for own, phone in everybody.items():
        for other, its in everybody.items():
            share = phone.strength(its.frequency_hz, 1.0)
            assert share < 0.01 if other == own else share > 0.4, (own, other, share)


def test_a_supervisor_who_listens_is_not_heard(studio: Studio) -> None:
    customer = studio.phone("customer.v", frequency_hz=440)
    agent = studio.phone("agent.v", frequency_hz=660)
    supervisor = studio.phone("supervisor.v", frequency_hz=880)
    studio.engine.hears("calls", "customer.v", ("agent.v",))
    studio.engine.hears("calls", "agent.v", ("customer.v",))
    studio.engine.hears("calls", "supervisor.v", ("customer.v", "agent.v"))
    studio.pass_time(1.0)
    assert supervisor.strength(440) > 0.4
    assert supervisor.strength(660) > 0.4
    assert customer.strength(660) > 0.98
    assert agent.strength(440) > 0.98
    # whispering: the agent hears the supervisor, the customer does not
    studio.engine.hears("calls", "agent.v", ("customer.v", "supervisor.v"))
    studio.pass_time(1.0)
    assert agent.strength(880) > 0.4
    assert customer.strength(880) < 0.01


def test_an_announcement_is_heard_with_the_voices_under_it(studio: Studio) -> None:
    anna = studio.phone("anna.v")
    studio.phone("bob.v", frequency_hz=660)
    studio.engine.hears("calls", "anna.v", ("bob.v",))
    studio.pass_time(0.5)
    studio.engine.play("calls", "anna.v", Playing("join", (Sound(studio.tone_file("joined.wav", 1200, 0.6)),)))
    studio.pass_time(0.5)
    assert anna.strength(1200, 0.3) > 0.4
    assert 0.01 < anna.strength(660, 0.3) < 0.1, "quieter than what is announced"
    studio.pass_time(0.6)
    assert anna.strength(660, 0.3) > 0.98
    assert studio.events == [Finished("anna.v", "join")]


def test_music_goes_on_in_its_place_when_others_are_heard_and_when_that_ends(studio: Studio) -> None:
    anna = studio.phone("anna.v", "g722")
    studio.phone("bob.v")
    sound.write_wav(studio.sounds / "m.wav", np.concatenate([sound.tone(f, 1.0, 16000) for f in (500, 600, 700)]), 16000)
    studio.engine.play("calls", "anna.v", Playing("m", (Sound("m.wav"),), loop=True))
    studio.pass_time(0.6)
    studio.engine.hears("calls", "anna.v", ("bob.v",))
    studio.pass_time(1.0)
    assert abs(anna.tone(0.4) - 600) < 8
    studio.engine.hears("calls", "anna.v", ())
    studio.pass_time(0.9)
    assert abs(anna.tone(0.3) - 700) < 8


def test_who_leaves_is_not_heard_and_who_comes_later_is(studio: Studio) -> None:
    anna = studio.phone("anna.v")
    studio.engine.hears("calls", "anna.v", ("bob.v",))
    studio.pass_time(0.5)
    assert anna.tone() == 0
    studio.phone("bob.v", frequency_hz=660)
    studio.pass_time(1.0)
    assert anna.strength(660) > 0.98
    studio.engine.close("calls", "bob.v")
    studio.pass_time(1.0)
    assert anna.tone() == 0


def test_the_sum_is_limited_softly_and_what_is_quiet_stays_as_it_is() -> None:
    quiet = np.full(160, 3000, np.int16)
    assert (mix([quiet, quiet]) == 6000).all()
    loud = np.full(160, 30000, np.int16)
    assert (mix([loud, loud, loud]) > 32000).all()
    assert (mix([-loud, -loud, -loud]) < -32000).all()
    ramp = np.arange(-16000, 16000, 200).astype(np.int16)
    limited = mix([ramp, ramp]).astype(int)
    assert (np.diff(limited) > 0).all(), "what was louder stays louder"
    assert np.abs(limited).max() < 32000


@pytest.mark.parametrize("late_ms", [0, 30, 90])
def test_uneven_packets_are_evened_out(studio: Studio, late_ms: int) -> None:
    """Every packet is up to that much later than it should be, by chance and in any order."""
    anna = studio.phone("anna.v")
    bob = studio.phone("bob.v", frequency_hz=660)
    bob.talks = False
    studio.engine.hears("calls", "anna.v", ("bob.v",))
    random = np.random.default_rng(5)
    for step in range(400):
        delay = float(random.uniform(0, late_ms / 1000)) if late_ms else 0.0
        stamp = bob._timestamp
        payload = bob._encoder.encode(_tone_at(660, step))
        studio.clock.call_later(delay, lambda payload=payload, stamp=stamp: bob.send(8, payload, timestamp=stamp))
        bob._timestamp += 160
        studio.clock.advance(0.02)
    assert anna.strength(660, 2.0) > 0.98


def _tone_at(frequency_hz: float, step: int) -> Pcm:
    return (10_000 * np.sin(2 * np.pi * frequency_hz * (step * 160 + np.arange(160)) / 8000)).astype(np.int16)


def test_keys_go_on_as_events_in_place_of_sound(studio: Studio) -> None:
    """What is pressed while two talk through the mixer reaches the other phone as it would without it (RFC 4733)."""
    agent = studio.phone("agent.v")
    studio.phone("bank.v", frequency_hz=660)
    studio.engine.hears("calls", "agent.v", ("bank.v",))
    studio.pass_time(0.5)
    for key in "5#5":
        studio.engine.send_key("calls", "agent.v", key)
    agent.forget()
    studio.pass_time(1.0)
    packets = [packet for packet in (rtp.read(data) for data in agent.packets) if packet is not None]
    events = [packet for packet in packets if packet.payload_type == 101]
    keys = rtp.KeyReceiver()
    assert "".join(filter(None, map(keys.received, events))) == "5#5"
    assert [packet.marker for packet in events].count(True) == 3
    assert {int.from_bytes(packet.payload[2:4], "big") for packet in events if packet.payload[1] & 0x80} == {960}
    assert [one.sequence for one in packets] == [(packets[0].sequence + n) & 0xFFFF for n in range(len(packets))]
    assert agent.strength(660, 0.3) > 0.98


@pytest.mark.parametrize("codec", ["pcmu", "opus"])
def test_who_takes_no_events_hears_the_tones(studio: Studio, codec: str) -> None:
    agent = studio.phone("agent.v", codec, events=False)
    studio.phone("bank.v")
    studio.engine.hears("calls", "agent.v", ("bank.v",))
    studio.pass_time(0.2)
    agent.forget()
    studio.engine.send_key("calls", "agent.v", "7")
    studio.pass_time(0.12)
    assert agent.strength(852, 0.1) > 0.35
    assert agent.strength(1209, 0.1) > 0.35
    studio.pass_time(0.3)
    assert agent.tone(0.2) == 0
