"""How the relay is asked and watched, with an engine of paper and virtual time."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from svara.clock import VirtualClock
from svara.data import DataFolder
from svara.media import ng
from svara.media.addresses import facing
from svara.media.relay import LegQuality, RelayError
from svara.media.rtpengine import RtpEngine

SDP = b"v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"


class Engine:
    """Knows sessions by name, and answers at once."""

    def __init__(self, tmp_path: Path, names: str = "127.0.0.1") -> None:
        self.clock = VirtualClock()
        self.born = self.clock.monotonic()
        self.away = False
        self.sent = 0
        self.deaf_to: set[str] = set()
        """Commands that get no answer."""
        self.commands: list[dict[str, ng.Value]] = []
        self.sessions: dict[str, dict[str, ng.Value]] = {}
        data = DataFolder(tmp_path).create()
        data.media_ng.write_text(f"127.0.0.1 2223 {names}\n")
        self.relay = RtpEngine(self.clock, data, open_wire=self.open)
        self.lost = 0
        self.silent: list[tuple[str, str]] = []
        self.relay.on_lost = self._count_lost
        self.relay.on_silent = lambda session, leg: self.silent.append((session, leg))
        self.relay.start()

    def _count_lost(self) -> None:
        self.lost += 1

    def open(self, address: tuple[str, int], received: object) -> "Engine":
        assert address == ("127.0.0.1", 2223)
        self.received = received
        return self

    def close(self) -> None:
        pass

    def send(self, datagram: bytes) -> None:
        self.sent += 1
        if self.away:
            return
        cookie, _, body = datagram.partition(b" ")
        command = ng.decode(body)
        assert isinstance(command, dict)
        self.commands.append(command)
        if str(command["command"], "ascii") in self.deaf_to:  # type: ignore[arg-type]
            return
        self.received(cookie + b" " + self.answer(command))  # type: ignore[operator]

    def answer(self, command: dict[str, ng.Value]) -> bytes:
        name = command["command"]
        session = command.get("call-id", b"").decode()  # type: ignore[union-attr]
        if name == b"statistics":
            uptime = str(int(self.clock.monotonic() - self.born))
            return bencode({"result": "ok", "statistics": {"totalstatistics": {"uptime": uptime}}})
        if name in (b"offer", b"answer"):
            self.sessions.setdefault(session, {})
            return bencode({"result": "ok", "sdp": SDP})
        if session not in self.sessions:
            return bencode({"result": "error", "error-reason": "Unknown call-id"})
        return bencode({"result": "ok", **self.sessions[session]})

    def heard(self, session: str, *, a: float, b: float, direction: tuple[str, ...] = ("send", "recv")) -> None:
        """Set when each leg was last heard, in seconds before now."""

        def leg(ago: float, ssrc: int) -> dict[str, object]:
            streams = [{"last packet": int(self.clock.now() - ago), "stats": {"packets": 1000}, "SSRC": ssrc}]
            return {"medias": [{"flags": list(direction), "streams": streams}]}

        self.sessions[session] = {"last signal": 1, "tags": {"a": leg(a, 7), "b": leg(b, 8)}}  # type: ignore[dict-item]

    def asked(self, name: str) -> list[dict[str, ng.Value]]:
        return [command for command in self.commands if command["command"] == name.encode()]


def bencode(value: object) -> bytes:
    if isinstance(value, dict):
        return b"d" + b"".join(bencode(k) + bencode(v) for k, v in value.items()) + b"e"
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    if isinstance(value, int):
        return b"i%de" % value
    data = value.encode() if isinstance(value, str) else value
    assert isinstance(data, bytes)
    return b"%d:%s" % (len(data), data)


def test_a_desk_phone_is_offered_plain_rtp_and_a_browser_what_browsers_need(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    got: list[bytes | RelayError] = []
    engine.relay.offer("call", "a", "desk", SDP, got.append)
    engine.relay.offer("call", "a", "browser", SDP, got.append, to="webrtc")
    desk, browser = engine.asked("offer")
    assert (desk["transport-protocol"], desk["ICE"], desk["rtcp-mux"]) == (b"RTP/AVP", b"remove", [b"demux"])
    assert (browser["transport-protocol"], browser["ICE"]) == (b"RTP/SAVPF", b"force")
    assert browser["rtcp-mux"] == [b"require"]
    assert (desk["call-id"], desk["from-tag"], desk["to-tag"]) == (b"call", b"a", b"desk")
    assert all(isinstance(sdp, bytes) and b"s=-" in sdp for sdp in got)


def test_in_an_answer_the_one_who_offered_stays_first(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    got: list[bytes | RelayError] = []
    engine.relay.answer("call", "b", "a", SDP, got.append)
    command = engine.asked("answer")[0]
    assert (command["from-tag"], command["to-tag"]) == (b"a", b"b")
    assert "transport-protocol" not in command


def test_each_phone_gets_the_interface_that_faces_it(tmp_path: Path) -> None:
    engine = Engine(tmp_path, names="192.0.2.77 127.0.0.1")
    engine.relay.offer("call", "a", "b", SDP, lambda _: None, from_address="127.0.0.1", to_address="203.0.113.200")
    assert engine.asked("offer")[0]["direction"] == [b"127.0.0.1", b"192.0.2.77"]


def test_a_phone_whose_address_is_not_known_is_where_the_other_is(tmp_path: Path) -> None:
    engine = Engine(tmp_path, names="192.0.2.77 127.0.0.1")
    engine.relay.offer("call", "a", "b", SDP, lambda _: None, from_address="127.0.0.1")
    assert engine.asked("offer")[0]["direction"] == [b"127.0.0.1", b"127.0.0.1"]


@pytest.mark.parametrize(
    ("names", "remote", "given"),
    [
        ("127.0.0.1 192.0.2.77", "203.0.113.200", "192.0.2.77"),
        ("192.0.2.78 192.0.2.77", "203.0.113.200", "192.0.2.78"),
        ("127.0.0.1 2001:db8::7 192.0.2.77", "203.0.113.200", "192.0.2.77"),
        ("127.0.0.1 192.0.2.77 2001:db8::7", "2001:db8::200", "2001:db8::7"),
        ("192.0.2.77 127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("192.0.2.77 192.0.2.78", "127.0.0.1", "192.0.2.77"),
        ("127.0.0.1 127.0.0.2", "203.0.113.200", "127.0.0.1"),
    ],
)
def test_who_comes_by_a_network_of_which_no_address_was_named_is_not_led_to_themselves(
    names: str, remote: str, given: str
) -> None:
    """127.0.0.1 before the address in the network: a browser that moved to another network got the first, and no sound."""
    assert facing(names.split(), remote) == given


def test_the_engine_goes_and_comes_back_without_its_sessions(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    assert engine.relay.up
    engine.clock.advance(100)
    assert engine.lost == 0
    engine.away = True
    engine.clock.advance(5)
    assert not engine.relay.up
    engine.away, engine.born = False, engine.clock.monotonic()
    engine.clock.advance(3)
    assert engine.relay.up
    assert engine.lost == 1
    engine.clock.advance(100)
    assert engine.lost == 1


def test_a_restart_too_quick_to_be_missed_is_noticed_all_the_same(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.clock.advance(10)
    engine.born = engine.clock.monotonic()
    engine.clock.advance(2)
    assert engine.lost == 1


def test_an_engine_that_only_paused_lost_nothing(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.clock.advance(10)
    engine.away = True
    engine.clock.advance(5)
    engine.away = False
    engine.clock.advance(5)
    assert engine.relay.up
    assert engine.lost == 0


def test_annas_cable_is_pulled_and_the_call_learns_it_after_thirty_seconds(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.heard("call", a=0, b=0)
    engine.relay.watch("call", ("a", "b"))
    last_of_a = engine.clock.now()
    for _ in range(29):
        engine.clock.advance(1)
        engine.heard("call", a=engine.clock.now() - last_of_a, b=0)
    assert engine.silent == []
    for _ in range(3):
        engine.clock.advance(1)
        engine.heard("call", a=engine.clock.now() - last_of_a, b=0)
    assert engine.silent == [("call", "a")]
    engine.clock.advance(300)
    assert len(engine.silent) == 1


def test_a_call_on_hold_may_be_silent_for_an_hour(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.heard("call", a=0, b=0, direction=("recv",))
    engine.relay.watch("call", ("a", "b"))
    engine.clock.advance(3600)
    assert engine.silent == []


def test_taken_off_hold_the_silence_counts_from_then_on(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.heard("call", a=500, b=500)
    engine.sessions["call"]["last signal"] = int(engine.clock.now())
    engine.relay.watch("call", ("a", "b"))
    engine.clock.advance(25)
    assert engine.silent == []
    engine.clock.advance(10)
    assert len(engine.silent) == 1


def test_when_the_engine_stays_away_the_talk_is_over(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.heard("call", a=0, b=0)
    engine.relay.watch("call", ("a", "b"))
    engine.clock.advance(5)
    engine.away = True
    engine.clock.advance(60)
    assert engine.silent == [("call", "a")]


def test_a_question_that_finds_no_answer_is_not_silence(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.heard("call", a=0, b=0)
    engine.relay.watch("call", ("a", "b"))
    engine.deaf_to = {"query"}
    engine.clock.advance(300)
    assert engine.relay.up
    assert engine.silent == []
    engine.deaf_to = set()
    engine.heard("call", a=0, b=100)
    engine.clock.advance(20)
    assert engine.silent == [("call", "b")]


def test_only_the_two_who_talk_are_asked_about(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.heard("call", a=0, b=0)
    engine.relay.watch("call", ("a", "b"))
    engine.clock.advance(15)
    engine.relay.delete("call", lambda _: None)
    assert {query["from-tag"] for query in engine.asked("query")} == {b"b"}


def of_legs(engine: Engine) -> list[tuple[str, ...]]:
    """What the engine was told of legs, in order."""
    told = []
    for command in engine.commands:
        tags = (command[key].decode() for key in ("from-tag", "to-tag") if key in command)  # type: ignore[union-attr]
        if command["command"] not in (b"statistics", b"query"):
            told.append((command["command"].decode(), *tags))  # type: ignore[union-attr]
    return told


def test_who_waits_is_connected_with_our_sound_again_when_phones_ring_for_them(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.relay.offer("call", "a", "v", SDP, lambda _: None)
    engine.relay.answer("call", "v", "a", SDP, lambda _: None)
    engine.relay.watch("call", ("a",), hearer="v")
    engine.commands.clear()
    engine.deaf_to = {"offer"}
    for phone in ("b1", "b2"):
        engine.relay.offer("call", "a", phone, SDP, lambda _: None)
    engine.relay.free("call", ["b1"])
    assert of_legs(engine) == [("offer", "a", "b1"), ("offer", "a", "b2")], "the offers may still part the two"
    engine.deaf_to = set()
    engine.clock.advance(1)
    assert [one for one in of_legs(engine) if one[0] != "offer"] == [
        ("unsubscribe", "a"),
        ("answer", "v", "a"),
        ("delete", "b1"),
    ]
    engine.relay.answer("call", "b2", "a", SDP, lambda _: None)
    engine.relay.watch("call", ("a", "b2"))
    engine.relay.free("call", ["v"])
    assert of_legs(engine)[-2:] == [("answer", "a", "b2"), ("delete", "v")]


def test_a_leg_without_company_keeps_the_phones_that_rang_for_it_until_it_has_some(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    for phone in ("b1", "b2"):
        engine.relay.offer("call", "a", phone, SDP, lambda _: None)
    engine.relay.free("call", ["b1"])
    assert engine.asked("delete") == []
    engine.relay.answer("call", "b2", "a", SDP, lambda _: None)
    engine.relay.watch("call", ("a", "b2"))
    assert of_legs(engine)[-1] == ("delete", "b1")


def test_a_session_costs_one_question_in_ten_seconds(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    for number in range(50):
        engine.relay.watch(f"call{number}", ("a", "b"))
    for _ in range(60):
        for number in range(50):
            engine.heard(f"call{number}", a=0, b=0)
        engine.clock.advance(1)
    assert 250 <= len(engine.asked("query")) <= 310


def test_at_the_end_the_quality_of_both_ways_is_told(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.heard("call", a=0, b=0)
    report = {"average MOS": {"jitter": 12, "round-trip time": 40_000, "packet loss": 4}, "cumulative loss": 40}
    engine.sessions["call"]["SSRC"] = {"8": report}  # type: ignore[dict-item]
    engine.relay.watch("call", ("a", "b"))
    told: list[object] = []
    engine.relay.delete("call", told.append)
    assert told == [(LegQuality("a", 1000, 40, 12.0, 4.01), LegQuality("b", 1000, 0, 0.0, None))]  # too short for more
    assert engine.asked("delete")[0]["call-id"] == b"call"
    engine.clock.advance(120)
    assert engine.silent == []
    assert engine.asked("query")[1:] == []


def test_at_the_end_it_is_told_on_which_side_of_us_sound_was_lost(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.heard("call", a=0, b=0)
    engine.relay.watch("call", ("a", "b"))
    streams = {leg: engine.sessions["call"]["tags"][leg]["medias"][0]["streams"][0] for leg in "ab"}  # type: ignore[index,call-overload]
    for seconds in range(1, 31):
        for leg, a_second in (("a", 45), ("b", 50)):
            sent = seconds * a_second
            streams[leg] |= {"last packet": int(engine.clock.now()), "stats": {"packets": sent, "bytes": sent * 172}}
        engine.clock.advance(1)
    report = {"average MOS": {"jitter": 2, "round-trip time leg": 180_000}, "cumulative loss": 200}
    engine.sessions["call"]["SSRC"] = {"8": report}  # type: ignore[dict-item]
    told: list[tuple[LegQuality, ...]] = []
    engine.relay.delete("call", told.append)  # type: ignore[arg-type]
    [(anna, bob)] = told
    assert (anna.packets, anna.lost, anna.lost_before, anna.round_trip_ms) == (1350, 200, 150, 0.0)
    assert (bob.lost, bob.lost_before, bob.round_trip_ms) == (0, None, 180.0)


def test_a_call_that_was_never_answered_is_deleted_without_asking(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    told: list[object] = []
    engine.relay.offer("call", "a", "b", SDP, lambda _: None)
    engine.relay.delete("call", told.append)
    assert told == [()]
    assert engine.asked("query") == []


def test_without_an_engine_a_call_gets_an_error_in_two_seconds(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.away = True
    got: list[bytes | RelayError] = []
    engine.relay.offer("call", "a", "b", SDP, got.append)
    engine.clock.advance(2.1)
    assert isinstance(got[0], RelayError)


def test_while_it_is_known_that_no_engine_answers_calls_are_refused_at_once(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.clock.advance(5)
    engine.away = True
    engine.clock.advance(5)
    sent = engine.sent
    with capture_logs() as logs:
        for number in range(50):
            got: list[bytes | RelayError] = []
            engine.relay.offer(f"call{number}", "a", "b", SDP, got.append)
            engine.relay.free(f"call{number}", ["b"])
            assert isinstance(got[0], RelayError)
    assert engine.sent == sent
    assert logs == []
    engine.away = False
    engine.clock.advance(1)
    engine.relay.offer("call", "a", "b", SDP, got.append)
    assert isinstance(got[-1], bytes)


def test_fifty_questions_without_an_answer_are_logged_once(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.away = True
    with capture_logs() as logs:
        for number in range(50):
            engine.relay.offer("call", "a", f"b{number}", SDP, lambda _: None)
        engine.clock.advance(10)
    assert [line["event"] for line in logs].count("the media relay does not answer") <= 2, "of questions, and of its health"


def test_that_it_answers_is_news_only_after_it_did_not(tmp_path: Path) -> None:
    with capture_logs() as logs:
        engine = Engine(tmp_path)
        engine.clock.advance(20)
        assert engine.relay.up
        assert logs == []
        engine.away = True
        engine.clock.advance(20)
        engine.away = False
        engine.clock.advance(20)
    said = [line["event"] for line in logs]
    assert said.count("the media relay answers again") == 1
    assert said.index("the media relay answers again") > said.index("the media relay does not answer")


def test_closed_it_leaves_no_timer(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.relay.close()
    assert engine.clock.pending == 0
