"""Session descriptions: offers, holds, and what the other side must not learn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.sip.sdp import (
    Codec,
    Origin,
    Sdp,
    SdpError,
    answer,
    inactive_offer,
    is_hold,
    next_version,
    parse_sdp,
    reverse,
)

OFFER = b"""\
v=0\r
o=anna 2890844526 2890842807 IN IP4 192.168.1.20\r
s=Anna's laptop\r
i=A call from home\r
e=anna@home.test (Anna Berg)\r
c=IN IP4 192.168.1.20\r
b=AS:512\r
t=0 0\r
a=tool:phone 1.0\r
m=audio 49170 RTP/AVP 96 8 0 101\r
a=rtpmap:96 opus/48000/2\r
a=fmtp:96 useinbandfec=1;minptime=10\r
a=rtpmap:101 telephone-event/8000\r
a=fmtp:101 0-16\r
a=ptime:20\r
a=x-unknown:kept as it is\r
m=video 51372 RTP/AVP 97\r
c=IN IP6 2001:db8::7\r
a=rtpmap:97 H264/90000\r
a=recvonly\r
"""


def offer(old: bytes = b"", new: bytes = b"") -> Sdp:
    assert old in OFFER
    return parse_sdp(OFFER.replace(old, new))


def test_annas_offer_is_read() -> None:
    sdp = offer()
    assert sdp.origin == Origin("anna", "2890844526", 2890842807, "192.168.1.20")
    assert (sdp.name, sdp.connection, sdp.direction) == ("Anna's laptop", "192.168.1.20", "sendrecv")
    audio, video = sdp.media
    assert (audio.kind, audio.port, audio.proto, audio.formats) == ("audio", 49170, "RTP/AVP", ("96", "8", "0", "101"))
    assert (audio.connection, video.connection) == ("192.168.1.20", "2001:db8::7")
    assert (audio.direction, video.direction) == ("sendrecv", "recvonly")
    assert audio.codecs == (
        Codec(96, "opus", 48000, 2, "useinbandfec=1;minptime=10"),
        Codec(8, "PCMA", 8000),
        Codec(0, "PCMU", 8000),
        Codec(101, "telephone-event", 8000, 1, "0-16"),
    )
    assert audio.telephone_events == (101,)
    assert audio.rtpmaps[8].is_same_as(Codec(8, "pcma", 8000))
    assert (audio.attribute("ptime"), audio.attribute("absent"), video.attribute("recvonly")) == ("20", None, "")
    assert sdp.attributes == [("tool", "phone 1.0")]
    assert sdp.audio is audio
    assert sdp.to_bytes() == OFFER


def test_line_ends_may_be_short() -> None:
    assert parse_sdp(OFFER.replace(b"\r\n", b"\n")).to_bytes() == OFFER
    assert parse_sdp(OFFER.rstrip()).to_bytes() == OFFER


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
def test_hold_by_direction_for_the_call_or_for_the_stream(direction: str) -> None:
    line = f"a={direction}\r\n".encode()
    assert is_hold(offer(b"a=ptime:20\r\n", line))
    for_all = offer(b"a=tool:phone 1.0\r\n", line)
    assert is_hold(for_all)
    assert for_all.direction == for_all.media[0].direction == direction
    assert for_all.media[1].direction == "recvonly", "a stream's own direction wins"


def test_hold_as_phones_did_before() -> None:
    assert is_hold(offer(b"c=IN IP4 192.168.1.20", b"c=IN IP4 0.0.0.0"))


def test_what_is_no_hold() -> None:
    assert not is_hold(offer())
    assert not is_hold(offer(b"a=ptime:20", b"a=recvonly"))
    assert not is_hold(offer(b"m=audio 49170", b"m=audio 0")), "a refused stream is not held"
    assert not is_hold(parse_sdp(b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n"))
    assert not is_hold(
        offer(b"m=video 51372 RTP/AVP 97", b"a=inactive\r\nm=audio 51372 RTP/AVP 0"),
    ), "one of two audio streams goes on"


def test_the_other_side_learns_nothing_of_annas_network_and_person() -> None:
    hidden = offer(b"c=IN IP4 192.168.1.20", b"c=IN IP4 198.51.100.1").without_topology("77", 3)
    text = hidden.to_bytes()
    assert text.startswith(b"v=0\r\no=- 77 3 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\n")
    for secret in (b"192.168.1.20", b"anna", b"Anna", b"home", b"phone 1.0"):
        assert secret not in text
    assert b"a=x-unknown:kept as it is\r\n" in text
    assert b"b=AS:512\r\n" in text


def test_versions_grow() -> None:
    assert next_version(offer()).origin.version == 2890842808
    assert offer().next_version().media == offer().media


def test_a_call_is_set_aside_while_its_relay_is_replaced() -> None:
    aside = inactive_offer(offer(b"m=video 51372", b"m=video 0"))
    assert aside.origin.version == 2890842808
    assert [media.direction for media in aside.media] == ["inactive", "recvonly"]
    assert parse_sdp(aside.to_bytes()) == aside
    assert aside.to_bytes().count(b"a=inactive") == 1
    back = aside.with_direction("sendrecv")
    assert back.direction == "sendrecv"


def test_directions_seen_from_the_other_side() -> None:
    assert [reverse(each) for each in ("sendrecv", "sendonly", "recvonly", "inactive")] == [
        *("sendrecv", "recvonly", "sendonly", "inactive")
    ]


def test_a_refused_stream() -> None:
    refused = offer().media[1].rejected()
    assert refused.to_lines() == ["m=video 0 RTP/AVP 97"]


ORIGIN = Origin("-", "1", 1, "198.51.100.1")
PCMA, PCMU, OPUS = Codec(8, "PCMA", 8000), Codec(0, "PCMU", 8000), Codec(111, "opus", 48000, 2)


def test_an_answer_takes_what_both_know_and_refuses_the_rest() -> None:
    reply = answer(offer(), ORIGIN, "198.51.100.1", 30000, [PCMU, PCMA])
    assert reply.to_bytes() == (
        b"v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n"
        b"m=audio 30000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
        b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
        b"m=video 0 RTP/AVP 97\r\n"
    )
    assert parse_sdp(reply.to_bytes()) == reply


def test_an_answer_keeps_the_offers_numbers_for_dynamic_codecs() -> None:
    reply = answer(offer(), ORIGIN, "2001:db8::1", 30000, [OPUS])
    assert reply.media[0].formats == ("96", "101")
    assert b"c=IN IP6 2001:db8::1\r\n" in reply.to_bytes()
    assert b"a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1;minptime=10\r\n" in reply.to_bytes()


def test_a_held_call_is_answered_in_kind() -> None:
    held = offer(b"a=ptime:20", b"a=sendonly")
    assert answer(held, ORIGIN, "198.51.100.1", 30000, [PCMA]).direction == "recvonly"
    assert answer(held, ORIGIN, "198.51.100.1", 30000, [PCMA], direction="sendonly").direction == "inactive"


def test_nothing_in_common_is_not_acceptable_here() -> None:
    with pytest.raises(SdpError) as caught:
        answer(offer(), ORIGIN, "198.51.100.1", 30000, [Codec(18, "G729", 8000)])
    assert caught.value.status == 488
    with pytest.raises(SdpError):
        answer(offer(b"m=audio 49170", b"m=audio 0"), ORIGIN, "198.51.100.1", 30000, [PCMA])


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"v=0", b"v=1\r\no=- 1 1 IN IP4 a\r\n", b"o=- 1 1 IN IP4 a\r\nv=0\r\n", b"v=0\r\no=- 1 IN IP4 a\r\n"),
        *(b"v=0\r\no=- 1 -1 IN IP4 a\r\n", b"v=0\r\no=- 1 x IN IP4 a\r\n", b"v=0\r\no=- 1 1 IN ATM a\r\n", b"hello\r\n"),
        *(b"v=0\r\no=- 1 1 IN IP4 a\r\nc=IN IP4\r\n", OFFER + b"x", OFFER + b"\x00=\r\n", OFFER + b"a=\x00\r\n"),
        *(OFFER + b"m=audio 70000 RTP/AVP 0\r\n", OFFER + b"m=audio -1 RTP/AVP 0\r\n", OFFER + b"m=audio 1/0 RTP/AVP 0\r\n"),
        *(OFFER + b"m=audio 1 RTP/AVP 0\r\n" * 40, OFFER + b"a=x\r\n" * 1000, OFFER + b"a=" + b"x" * 40_000),
        OFFER + b"m=audio 1 RTP/AVP\r\n",
    ],
)
def test_what_is_no_description_is_refused(data: bytes) -> None:
    with pytest.raises(SdpError) as caught:
        parse_sdp(data)
    assert caught.value.status in (400, 413)


def test_odd_streams() -> None:
    sdp = parse_sdp(
        OFFER + b"m=image 4000 udptl t38\r\nm=audio 6000/2 RTP/SAVPF 0 8 x 999 35\r\na=rtpmap:8\r\na=rtpmap:zz x/1\r\n"
    )
    fax, pair = sdp.media[2:]
    assert (fax.is_rtp, fax.codecs, fax.formats) == (False, (), ("t38",))
    assert (pair.port_count, pair.proto, [codec.payload for codec in pair.codecs]) == (2, "RTP/SAVPF", [0])
    assert sdp.to_bytes().endswith(b"m=audio 6000/2 RTP/SAVPF 0 8 x 999 35\r\na=rtpmap:8\r\na=rtpmap:zz x/1\r\n")


texts = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=20)
line = st.builds("{}={}".format, st.sampled_from("abikz"), texts)
media = st.from_regex(r"m=(audio|video) (0|[1-9][0-9]{0,3}) RTP/AVP( [0-9]{1,2}){1,5}", fullmatch=True)


@given(st.lists(line, max_size=8), st.lists(st.tuples(media, st.lists(line, max_size=5)), max_size=3))
def test_any_description_is_written_back_as_it_came(session: list[str], streams: list[tuple[str, list[str]]]) -> None:
    lines = ["v=0", "o=- 1 2 IN IP4 a", "s=x", *session, *(each for head, rest in streams for each in (head, *rest))]
    data = "".join(f"{each}\r\n" for each in lines).encode()
    sdp = parse_sdp(data)
    assert sdp.to_bytes() == data
    assert parse_sdp(sdp.to_bytes()) == sdp
    assert parse_sdp(sdp.with_direction("inactive").to_bytes()).direction == (
        "inactive" if any(each.port for each in sdp.media) else "sendrecv"
    )


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: OFFER[: len(tail) * 4] + tail))
def test_any_bytes_are_a_description_or_are_refused(data: bytes) -> None:
    try:
        sdp = parse_sdp(data)
    except SdpError:
        return
    is_hold(sdp)
    assert parse_sdp(sdp.to_bytes()) == sdp
