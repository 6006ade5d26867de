"""Descriptions between the voice process and the relay."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.voice.studio import Phone, Studio

from svara.media.relay import RelayError
from svara.media.voice import sdp
from svara.media.voice.port import Key, Playing, Tone

DESK_PHONE = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 30000 RTP/AVP 18 9 8 0 101\r\na=rtpmap:18 G729/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)
BROWSER = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=video 30002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
    b"m=audio 30000 RTP/AVP 111 63 9 0 8 13 110 126\r\na=rtpmap:111 opus/48000/2\r\n"
    b"a=fmtp:111 minptime=10;useinbandfec=1\r\n"
    b"a=rtpmap:63 red/48000/2\r\na=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n"
)


def lines(description: bytes) -> list[str]:
    return description.decode().split("\r\n")


def test_the_answer_is_the_first_codec_that_we_speak_with_its_keys(studio: Studio) -> None:
    answer = lines(studio.engine.open("calls", "1.v", DESK_PHONE))
    assert "m=audio 40000 RTP/AVP 9 101" in answer
    assert "a=rtpmap:9 G722/8000" in answer
    assert "a=rtpmap:101 telephone-event/8000" in answer
    assert "a=fmtp:101 0-15" in answer
    assert "c=IN IP4 127.0.0.1" in answer
    assert "a=sendrecv" in answer


def test_a_browser_gets_opus_keys_of_its_clock_rate_and_no_video(studio: Studio) -> None:
    answer = lines(studio.engine.open("calls", "1.v", BROWSER))
    assert "m=video 0 RTP/AVP 0" in answer
    assert "m=audio 40000 RTP/AVP 111 110" in answer
    assert "a=rtpmap:111 opus/48000/2" in answer
    assert answer.index("m=video 0 RTP/AVP 0") < answer.index("m=audio 40000 RTP/AVP 111 110")


@pytest.mark.parametrize(
    ("offered", "answered"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_the_direction_is_mirrored(studio: Studio, offered: str, answered: str) -> None:
    assert f"a={answered}" in lines(studio.engine.open("calls", "1.v", DESK_PHONE.replace(b"sendrecv", offered.encode())))


def test_a_later_description_has_the_same_origin_and_a_higher_version(studio: Studio) -> None:
    first = lines(studio.engine.open("calls", "1.v", DESK_PHONE))[1].split()
    second = lines(studio.engine.open("calls", "1.v", DESK_PHONE))[1].split()
    assert first[1] == second[1]
    assert int(second[2]) == int(first[2]) + 1


def test_our_own_offer_has_every_codec_and_its_answer_connects(studio: Studio) -> None:
    offer = studio.engine.offer("calls", "1.v")
    read = sdp.read(offer)
    assert [each.name for each in read.formats if each.name != sdp.EVENTS] == ["opus", "g722", "pcma", "pcmu"]
    agent = Phone(studio)
    studio.engine.play("calls", "1.v", Playing("r", (Tone("ringback"),)))
    studio.pass_time(0.5)
    assert agent.packets == []
    studio.engine.answered("calls", "1.v", agent.sdp())
    studio.pass_time(0.5)
    assert abs(agent.tone() - 425) < 8


@pytest.mark.parametrize(
    "offer",
    [
        b"",
        b"v=0\r\ns=-\r\n",
        b"nonsense",
        DESK_PHONE.replace(b"18 9 8 0 101", b"18"),
        DESK_PHONE.replace(b"127.0.0.1", b"phone.example"),
        DESK_PHONE.replace(b"127.0.0.1", b"::1"),
        DESK_PHONE.replace(b"m=audio 30000", b"m=audio 0"),
        DESK_PHONE.replace(b"m=audio 30000", b"m=audio 99999"),
        DESK_PHONE.replace(b"RTP/AVP", b"UDP/TLS/RTP/SAVPF"),
        DESK_PHONE + b"a=x\r\n" * 10_000,
    ],
)
def test_what_cannot_be_used_is_refused_and_leaves_nothing(studio: Studio, offer: bytes) -> None:
    with pytest.raises(RelayError, match="cannot use the offer"):
        studio.engine.open("calls", "1.v", offer)
    assert len(studio.engine) == 0
    assert studio.clock.pending == 0


def test_a_bad_new_offer_leaves_the_leg_as_it_was(studio: Studio) -> None:
    studio.engine.open("calls", "1.v", DESK_PHONE)
    with pytest.raises(RelayError):
        studio.engine.open("calls", "1.v", b"nonsense")
    assert len(studio.engine) == 1


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda rest: DESK_PHONE[:120] + rest)))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        audio = sdp.read(data)
    except sdp.SdpError:
        return
    assert 0 <= audio.port < 65536


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60), st.integers(0, 12))
def test_any_line_in_any_place_is_read_or_refused(line: str, place: int) -> None:
    parts = DESK_PHONE.split(b"\r\n")
    parts.insert(place, line.encode())
    with contextlib.suppress(sdp.SdpError):
        sdp.read(b"\r\n".join(parts))


def test_a_relay_behind_nat_is_spoken_with_where_it_sends_from(studio: Studio) -> None:
    caller = Phone(studio)
    studio.engine.open("calls", "1.v", caller.sdp(host="203.0.113.7"))
    studio.engine.play("calls", "1.v", Playing("r", (Tone("ringback"),), interruptible=False))
    studio.pass_time(0.2)
    assert caller.packets == []
    caller.press("5")
    studio.pass_time(0.5)
    assert abs(caller.tone() - 425) < 8
    assert studio.events == [Key("1.v", "5")]
    # from then on nobody else is believed, whatever port it has
    studio.engine.received(b"\x80" * 20, ("127.0.0.9", caller.port))
    studio.pass_time(0.2)
    caller.forget()
    studio.pass_time(0.2)
    assert len(caller.packets) == 10


def test_who_sends_from_where_it_said_cannot_be_replaced(studio: Studio) -> None:
    caller = studio.phone("1.v")
    caller.press("1")
    stranger = Phone(studio)
    stranger.address = ("127.0.0.9", caller.port)
    stranger.press("9")
    assert studio.events == [Key("1.v", "1")]


def test_there_is_an_end_of_legs(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svara.media.voice.engine.MAX_LEGS", 3)
    for number in range(3):
        studio.phone(f"{number}.v")
    with pytest.raises(RelayError, match="no room"):
        studio.phone("4.v")
    studio.engine.close("calls", "0.v")
    studio.phone("4.v")


def test_closing_all_legs_leaves_nothing_behind(studio: Studio) -> None:
    for number in range(30):
        studio.phone(f"{number}.v", events=False, frequency_hz=440)
        studio.engine.hears("calls", f"{number}.v", (f"{number - 1}.v",))
    studio.pass_time(0.1)
    for number in range(30):
        studio.engine.close("calls", f"{number}.v")
    assert studio.engine._by_remote == {}
    assert studio.engine._unheard == {}
    assert studio.clock.pending == 0
