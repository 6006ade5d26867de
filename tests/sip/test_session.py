"""How long two phones believe in each other, and ringing that must arrive (RFC 4028, RFC 3262)."""

from __future__ import annotations

import random

import pytest
from tests.sip.net import FakeFlow, FakeTransports, request_bytes

from svara.clock import VirtualClock
from svara.sip.message import Request, Response, SipError, new_request, new_response, parse
from svara.sip.provisional import Heard, ReliableReceiver, ReliableSender
from svara.sip.session import (
    SessionTimer,
    TimerPolicy,
    answer_timer,
    ask_timer,
    glare_retry_seconds,
    timer_agreed,
    wanted_min_seconds,
)
from svara.sip.transaction import ServerTransaction, Transactions


def received(data: bytes) -> Request:
    request = parse(data)
    assert isinstance(request, Request)
    return request


class TestGlare:
    def test_after_a_glare_the_two_sides_never_try_at_the_same_time(self) -> None:
        rng = random.Random(1)
        owner = {glare_retry_seconds(owns_call_id=True, randomness=rng) for _ in range(500)}
        other = {glare_retry_seconds(owns_call_id=False, randomness=rng) for _ in range(500)}
        assert 2.1 <= min(owner) <= max(owner) <= 4.0
        assert 0.0 <= min(other) <= max(other) <= 2.0
        assert all(round(one * 100) == pytest.approx(one * 100) for one in owner | other)


POLICY = TimerPolicy(seconds=1800, min_seconds=120)


def invite(*extra: str) -> Request:
    return received(request_bytes(extra=extra))


class TestSessionTimer:
    def test_a_phone_that_knows_nothing_of_it(self) -> None:
        assert answer_timer(invite(), POLICY).timer is None

    def test_a_phone_that_could_but_did_not_ask(self) -> None:
        answer = answer_timer(invite("Supported: timer"), POLICY)
        assert answer.timer == SessionTimer(1800, we_refresh=False)
        assert answer.headers == (("Session-Expires", "1800;refresher=uac"), ("Require", "timer"))

    @pytest.mark.parametrize(
        ("asked", "agreed", "we_refresh"),
        [
            ("600", 600, False),
            ("7200", 1800, False),
            ("600;refresher=uas", 600, True),
            ("600;refresher=uac", 600, False),
            ("120", 120, False),
        ],
    )
    def test_what_is_asked_is_granted_within_our_bounds(self, asked: str, agreed: int, we_refresh: bool) -> None:
        answer = answer_timer(invite("Supported: timer", f"Session-Expires: {asked}"), POLICY)
        assert answer.timer == SessionTimer(agreed, we_refresh=we_refresh)

    def test_too_short_is_refused_with_what_we_would_take(self) -> None:
        answer = answer_timer(invite("Supported: timer", "Session-Expires: 90"), POLICY)
        assert (answer.timer, answer.refuse_headers) == (None, (("Min-SE", "120"),))

    def test_the_other_sides_least_is_respected(self) -> None:
        answer = answer_timer(invite("Supported: timer", "Session-Expires: 7200", "Min-SE: 3600"), POLICY)
        assert answer.timer == SessionTimer(3600, we_refresh=False)

    def test_a_proxy_asked_for_a_phone_that_cannot_so_we_refresh(self) -> None:
        answer = answer_timer(invite("Session-Expires: 600"), POLICY)
        assert answer.timer == SessionTimer(600, we_refresh=True)
        assert ("Require", "timer") not in answer.headers

    def test_asking_ourselves(self) -> None:
        assert dict(ask_timer(TimerPolicy()))["Session-Expires"] == "1800"
        assert dict(ask_timer(TimerPolicy(), min_seconds=3600)) == {
            "Supported": "timer",
            "Session-Expires": "3600",
            "Min-SE": "3600",
        }
        assert (
            dict(ask_timer(TimerPolicy(), current=SessionTimer(600, we_refresh=True)))["Session-Expires"]
            == "600;refresher=uac"
        )
        assert (
            dict(ask_timer(TimerPolicy(), current=SessionTimer(600, we_refresh=False)))["Session-Expires"]
            == "600;refresher=uas"
        )

    def test_what_the_other_side_made_of_it(self) -> None:
        def ok(*headers: tuple[str, str], status: int = 200) -> Response:
            return new_response(invite(), status, headers=headers, to_tag="t")

        assert timer_agreed(ok()) is None
        assert timer_agreed(ok(("Session-Expires", "900;refresher=uas"))) == SessionTimer(900, we_refresh=False)
        assert timer_agreed(ok(("Session-Expires", "900;refresher=uac"))) == SessionTimer(900, we_refresh=True)
        assert wanted_min_seconds(ok(("Min-SE", "500"), status=422)) == 500
        with pytest.raises(SipError):
            timer_agreed(ok(("Session-Expires", "soon")))

    def test_we_refresh_at_half_time_and_hang_up_before_the_end(self) -> None:
        assert SessionTimer(1800, we_refresh=True).refresh_seconds == 900
        assert SessionTimer(1800, we_refresh=False).expire_seconds == 1768
        assert SessionTimer(90, we_refresh=False).expire_seconds == 60, "90 s less a third"


class Ringing:
    """An INVITE that we answer with reliable provisional responses."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.net = FakeTransports()
        self.flow = FakeFlow()
        found: list[ServerTransaction] = []
        layer = Transactions(self.clock, self.net, random.Random(3), found.append, lambda *_: None)
        self.net.arrive(request_bytes(extra=("Supported: 100rel",)), self.flow)
        self.flow.sent.clear()
        self.invite = found[0]
        self.failed: list[str] = []
        self.sender = ReliableSender(layer.timers, self.invite, random.Random(3), lambda: self.failed.append("no PRACK"))

    def ring(self, status: int = 183) -> None:
        self.sender.send(new_response(self.invite.request, status, to_tag="t", headers=[("Contact", "<sip:b@x>")]))

    def prack(self, rack: str) -> bool:
        return self.sender.receive_prack(received(request_bytes("PRACK", cseq=2, to_tag="t", extra=(f"RAck: {rack}",))))


class TestReliableProvisional:
    def test_it_is_repeated_until_its_prack(self) -> None:
        call = Ringing()
        call.ring()
        call.clock.advance(3.6)
        assert len(call.flow.sent) == 4  # 0, 0.5, 1.5, 3.5
        assert len(set(call.flow.sent)) == 1
        sent = call.flow.messages()[0]
        assert "100rel" in sent.require
        rseq = sent.first("rseq")
        assert not call.prack(f"{rseq} 1 BYE")
        assert not call.prack("1 1 INVITE")
        assert call.prack(f"{rseq} 1 INVITE")
        assert not call.prack(f"{rseq} 1 INVITE"), "a second PRACK acknowledges nothing"
        call.clock.advance(60)
        assert len(call.flow.sent) == 4
        assert call.failed == []

    def test_the_next_waits_for_the_prack_of_the_first(self) -> None:
        call = Ringing()
        call.ring(183)
        call.ring(180)
        first = call.flow.take_response(183)
        assert call.sender.pending
        assert call.prack(f"{first.first('rseq')} 1 INVITE")
        second = call.flow.take_response(180)
        assert int(second.first("rseq") or 0) == int(first.first("rseq") or 0) + 1

    def test_without_prack_the_call_fails_after_64_t1(self) -> None:
        call = Ringing()
        call.ring()
        call.clock.advance(31.9)
        assert call.failed == []
        call.clock.advance(0.2)
        assert call.failed == ["no PRACK"]

    def test_a_final_response_ends_the_repeating(self) -> None:
        call = Ringing()
        call.ring()
        call.invite.reply(486)
        call.flow.sent.clear()
        call.clock.advance(0.4)
        call.net.arrive(request_bytes("ACK", to_tag="t"), call.flow)
        call.clock.advance(60)
        assert call.flow.sent == []
        assert call.failed == []

    def test_as_caller_we_acknowledge_each_once_and_in_order(self) -> None:
        ours = new_request(
            "INVITE", "sip:b@x", [("From", "<sip:a@x>;tag=1"), ("To", "<sip:b@x>"), ("Call-ID", "c"), ("CSeq", "7 INVITE")]
        )
        ours.set("Via", "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1")
        receiver = ReliableReceiver()

        def heard(rseq: int, tag: str = "desk", *, reliable: bool = True) -> tuple[Heard, str]:
            headers = [("Require", "100rel"), ("RSeq", str(rseq))] if reliable else []
            verdict, rack = receiver.hear(new_response(ours, 183, headers=headers, to_tag=tag))
            return verdict, str(rack or "")

        assert heard(0, reliable=False) == (Heard.PLAIN, "")
        assert heard(100) == (Heard.NEW, "100 7 INVITE")
        assert heard(100) == (Heard.DROP, "")
        assert heard(102) == (Heard.DROP, "")
        assert heard(101) == (Heard.NEW, "101 7 INVITE")
        assert heard(5, "mobile") == (Heard.NEW, "5 7 INVITE")
