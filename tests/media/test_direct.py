"""Direct media: the phones' own addresses pass, and nothing else about the other side."""

from svara.clock import VirtualClock
from svara.media.direct import NoRelay
from svara.media.relay import RelayError

ANNAS_PHONE = (
    b"v=0\r\n"
    b"o=anna.berg 2890844526 2890844526 IN IP4 10.1.2.3\r\n"
    b"s=Anna's desk phone\r\n"
    b"e=anna@acme.test\r\n"
    b"c=IN IP4 10.1.2.3\r\n"
    b"t=0 0\r\n"
    b"a=tool:deskphone 4.2\r\n"
    b"m=audio 4000 RTP/AVP 8\r\n"
    b"a=rtpmap:8 PCMA/8000\r\n"
    b"a=sendrecv\r\n"
)


def offered(relay: NoRelay, sdp: bytes, to_leg: str = "b") -> bytes:
    got: list[bytes | RelayError] = []
    relay.offer("call", "a", to_leg, sdp, got.append)
    assert isinstance(got[0], bytes)
    return got[0]


def test_bob_learns_where_to_send_and_not_who_anna_is() -> None:
    seen = offered(NoRelay(VirtualClock()), ANNAS_PHONE)
    assert b"c=IN IP4 10.1.2.3\r\n" in seen
    assert b"m=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n" in seen
    assert b"anna" not in seen.lower()
    assert b"deskphone" not in seen
    assert seen.split(b"\r\n")[:3][0] == b"v=0"
    assert seen.split(b"\r\n")[1].startswith(b"o=- ")
    assert b"\r\ns=-\r\n" in seen


def origin(sdp: bytes) -> tuple[int, int]:
    line = next(line for line in sdp.split(b"\r\n") if line.startswith(b"o="))
    return int(line.split()[1]), int(line.split()[2])


def test_the_version_grows_by_one_when_the_description_changes_and_only_then() -> None:
    relay = NoRelay(VirtualClock())
    first = origin(offered(relay, ANNAS_PHONE))
    assert origin(offered(relay, ANNAS_PHONE.replace(b" 2890844526 IN", b" 2890844527 IN"))) == first
    held = origin(offered(relay, ANNAS_PHONE.replace(b"sendrecv", b"sendonly")))
    assert held == (first[0], first[1] + 1)
    assert origin(offered(relay, ANNAS_PHONE)) == (first[0], first[1] + 2)


def test_after_a_restart_the_origin_is_the_same_and_its_version_higher() -> None:
    clock = VirtualClock()
    before = origin(offered(NoRelay(clock), ANNAS_PHONE))
    clock.advance(3)
    after = origin(offered(NoRelay(clock), ANNAS_PHONE.replace(b"sendrecv", b"sendonly")))
    assert after[0] == before[0]
    assert after[1] > before[1]


def test_each_phone_has_an_origin_of_its_own() -> None:
    relay = NoRelay(VirtualClock())
    assert origin(offered(relay, ANNAS_PHONE, "b1"))[0] != origin(offered(relay, ANNAS_PHONE, "b2"))[0]


def test_what_is_no_description_or_far_too_long_is_refused() -> None:
    for bad in (b"", b"GET / HTTP/1.1", ANNAS_PHONE + b"a=x:y\r\n" * 10_000):
        got: list[bytes | RelayError] = []
        NoRelay(VirtualClock()).answer("call", "b", "a", bad, got.append)
        assert isinstance(got[0], RelayError)


def test_a_deleted_session_leaves_nothing_behind() -> None:
    relay = NoRelay(VirtualClock())
    offered(relay, ANNAS_PHONE)
    ended: list[object] = []
    relay.delete("call", ended.append)
    assert ended == [()]
    assert not relay._origins._legs
