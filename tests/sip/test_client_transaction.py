"""We send a request to Bob's phone, and the network does what networks do (RFC 3261 17.1, on virtual time)."""

from __future__ import annotations

import random
import weakref

import pytest
from tests.sip.net import FakeFlow, FakeTransports, answer

from svara.clock import VirtualClock
from svara.sip.message import Request, Response, new_request
from svara.sip.transaction import ClientTransaction, Transactions


class Anna:
    """The user of the layer: what she is told, in order."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.net = FakeTransports()
        self.stray: list[int] = []
        self.layer = Transactions(self.clock, self.net, random.Random(7), self._unexpected, self._unexpected, self._stray)
        self.heard: list[int | str] = []
        self.responses: list[Response] = []

    def _stray(self, response: Response, _: object) -> None:
        self.stray.append(response.status)

    def _unexpected(self, *_: object) -> None:
        raise AssertionError

    def send(self, method: str, flow: FakeFlow) -> ClientTransaction:
        request = new_request(
            method,
            "sip:bob@192.0.2.20",
            [
                ("Max-Forwards", "70"),
                ("From", "<sip:anna@svara.test>;tag=a"),
                ("To", "<sip:bob@svara.test>"),
                ("Call-ID", "c1"),
                ("CSeq", f"5 {method}"),
                ("Contact", "<sip:anna@198.51.100.1:5060>"),
            ],
        )
        return self.layer.request(request, flow, on_response=self._response, on_failure=self.heard.append)

    def _response(self, response: Response) -> None:
        self.heard.append(response.status)
        self.responses.append(response)

    def hears(self, flow: FakeFlow, status: int, request: Request | None = None, *, to_tag: str = "bob-tag") -> None:
        first = flow.messages()[0] if request is None else request
        assert isinstance(first, Request)
        self.net.arrive(answer(first, status, to_tag=to_tag), flow)


@pytest.fixture
def anna() -> Anna:
    return Anna()


@pytest.fixture
def udp() -> FakeFlow:
    return FakeFlow("UDP", ("192.0.2.20", 5060))


@pytest.fixture
def tcp() -> FakeFlow:
    return FakeFlow("TCP", ("192.0.2.20", 5060))


def sending_times(anna: Anna, flow: FakeFlow, seconds: float) -> list[float]:
    """When something was sent on the flow during the next seconds (to the eighth)."""
    times, sent = [], len(flow.sent)
    for eighth in range(1, round(seconds * 8) + 1):
        anna.clock.advance(0.125)
        times += [eighth / 8] * (len(flow.sent) - sent)
        sent = len(flow.sent)
    return times


def test_a_request_carries_our_via_with_a_fresh_branch_and_asks_for_rport(anna: Anna, udp: FakeFlow) -> None:
    first = anna.send("OPTIONS", udp).request.via
    second = anna.send("OPTIONS", udp).request.via
    assert (first.transport, first.host, first.port) == ("UDP", "198.51.100.1", 5060)
    assert "rport" in first.params
    assert first.branch
    assert first.branch.startswith("z9hG4bK")
    assert first.branch != second.branch
    assert udp.sent[0].split(b"\r\n")[1].startswith(b"Via: ")


class TestInvite:
    def test_timers_a_and_b_over_udp(self, anna: Anna, udp: FakeFlow) -> None:
        anna.send("INVITE", udp)
        assert sending_times(anna, udp, 31.875) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
        assert len(set(udp.sent)) == 1, "retransmissions are the same bytes"
        assert anna.heard == []
        anna.clock.advance(0.2)
        assert anna.heard == ["timeout"]
        assert anna.layer.open == 0

    def test_timer_b_over_tcp_without_any_retransmission(self, anna: Anna, tcp: FakeFlow) -> None:
        anna.send("INVITE", tcp)
        anna.clock.advance(31.9)
        assert (len(tcp.sent), anna.heard) == (1, [])
        anna.clock.advance(0.2)
        assert anna.heard == ["timeout"]

    def test_a_ringing_phone_may_ring_for_minutes(self, anna: Anna, udp: FakeFlow) -> None:
        anna.send("INVITE", udp)
        anna.hears(udp, 180)
        assert sending_times(anna, udp, 200) == []
        anna.hears(udp, 200)
        assert anna.heard == [180, 200]

    def test_timer_d_every_repeated_busy_is_acknowledged_for_32_seconds(self, anna: Anna, udp: FakeFlow) -> None:
        invite = anna.send("INVITE", udp).request
        udp.sent.clear()
        anna.hears(udp, 486, invite)
        ack = udp.take_request("ACK")
        assert ack.via.branch == invite.via.branch
        assert ack.to.tag == "bob-tag"
        assert (ack.cseq.number, ack.uri, ack.call_id) == (5, invite.uri, "c1")
        anna.clock.advance(31.9)
        anna.hears(udp, 486, invite)
        assert udp.take_request("ACK").to_bytes() == ack.to_bytes()
        assert anna.heard == [486]
        anna.clock.advance(0.2)
        anna.hears(udp, 486, invite)
        assert udp.sent == []
        assert anna.stray == [486]

    def test_over_tcp_timer_d_is_zero(self, anna: Anna, tcp: FakeFlow) -> None:
        invite = anna.send("INVITE", tcp).request
        tcp.sent.clear()
        anna.hears(tcp, 603, invite)
        tcp.take_request("ACK")
        anna.hears(tcp, 603, invite)
        assert tcp.sent == []
        assert anna.layer.open == 0

    def test_timer_m_each_fork_is_reported_and_a_repeated_2xx_gets_its_ack_again(self, anna: Anna, udp: FakeFlow) -> None:
        invite = anna.send("INVITE", udp).request
        udp.sent.clear()
        anna.hears(udp, 200, invite, to_tag="desk")
        ack = new_request(
            "ACK",
            "sip:bob@192.0.2.20",
            [
                ("From", "<sip:anna@svara.test>;tag=a"),
                ("To", "<sip:bob@svara.test>;tag=desk"),
                ("Call-ID", "c1"),
                ("CSeq", "5 ACK"),
            ],
        )
        anna.layer.send_ack(ack, udp)
        sent = udp.take_request("ACK")
        assert sent.via.branch != invite.via.branch, "the ACK to a 2xx is a transaction of its own"
        anna.hears(udp, 200, invite, to_tag="desk")
        assert udp.take_request("ACK").to_bytes() == sent.to_bytes()
        anna.hears(udp, 200, invite, to_tag="mobile")
        assert anna.heard == [200, 200]
        assert [one.to.tag for one in anna.responses] == ["desk", "mobile"]
        anna.clock.advance(32.1)
        anna.hears(udp, 200, invite, to_tag="desk")
        assert (anna.heard, anna.stray) == ([200, 200], [200])

    def test_route_headers_are_repeated_in_the_ack_to_a_refusal(self, anna: Anna, udp: FakeFlow) -> None:
        request = new_request(
            "INVITE",
            "sip:bob@192.0.2.20",
            [
                ("Route", "<sip:edge-1;lr>"),
                ("Route", "<sip:edge-2;lr>"),
                ("From", "<sip:a@x>;tag=1"),
                ("To", "<sip:b@x>"),
                ("Call-ID", "c9"),
                ("CSeq", "1 INVITE"),
            ],
        )
        anna.layer.request(request, udp, on_response=lambda _: None, on_failure=anna.heard.append)
        udp.sent.clear()
        anna.hears(udp, 404, request)
        assert [str(route.uri) for route in udp.take_request("ACK").routes] == ["sip:edge-1;lr", "sip:edge-2;lr"]


class TestMemory:
    def test_a_call_that_is_over_is_not_kept_alive_by_its_transaction(self, anna: Anna, udp: FakeFlow) -> None:
        class Call:
            def hear(self, response: Response) -> None: ...

        call = Call()
        template = anna.send("OPTIONS", udp).request
        request = new_request("INVITE", template.uri, [])
        request.copy_from(template, "from", "to", "call-id")
        request.set("CSeq", "6 INVITE")
        anna.layer.request(request, udp, on_response=call.hear, on_failure=anna.heard.append)
        anna.hears(udp, 200, request, to_tag="desk")
        gone = weakref.ref(call)
        del call
        assert gone() is None
        anna.hears(udp, 200, request, to_tag="mobile")
        assert anna.stray == [200]


class TestCancel:
    def test_it_waits_for_a_provisional_response(self, anna: Anna, udp: FakeFlow) -> None:
        transaction = anna.send("INVITE", udp)
        udp.sent.clear()
        transaction.cancel([("Reason", 'SIP;cause=200;text="Call completed elsewhere"')])
        assert udp.sent == []
        anna.hears(udp, 180, transaction.request)
        cancel = udp.take_request("CANCEL")
        assert cancel.via.branch == transaction.request.via.branch
        assert (cancel.cseq.number, cancel.uri, cancel.to.tag) == (5, transaction.request.uri, None)
        assert cancel.first("reason") == 'SIP;cause=200;text="Call completed elsewhere"'
        anna.hears(udp, 200, cancel)
        anna.hears(udp, 487, transaction.request)
        udp.take_request("ACK")
        assert anna.heard == [180, 487]

    def test_the_answer_that_crossed_the_cancel_is_still_reported(self, anna: Anna, udp: FakeFlow) -> None:
        transaction = anna.send("INVITE", udp)
        anna.hears(udp, 180, transaction.request)
        transaction.cancel()
        anna.hears(udp, 200, transaction.request)
        assert anna.heard == [180, 200]

    def test_after_a_final_response_there_is_nothing_to_cancel(self, anna: Anna, udp: FakeFlow) -> None:
        transaction = anna.send("INVITE", udp)
        anna.hears(udp, 486, transaction.request)
        udp.sent.clear()
        transaction.cancel()
        assert udp.sent == []

    def test_a_lost_cancel_is_repeated_and_a_silent_phone_given_up_after_64_t1(self, anna: Anna, udp: FakeFlow) -> None:
        transaction = anna.send("INVITE", udp)
        anna.hears(udp, 180, transaction.request)
        transaction.cancel()
        transaction.cancel()
        udp.sent.clear()
        assert sending_times(anna, udp, 8) == [0.5, 1.5, 3.5, 7.5]
        anna.clock.advance(24.1)
        assert anna.heard == [180, "timeout"]


class TestOtherRequests:
    def test_timers_e_and_f_over_udp(self, anna: Anna, udp: FakeFlow) -> None:
        anna.send("BYE", udp)
        assert sending_times(anna, udp, 31.875) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        anna.clock.advance(0.2)
        assert anna.heard == ["timeout"]

    def test_after_a_provisional_response_timer_e_is_t2(self, anna: Anna, udp: FakeFlow) -> None:
        anna.send("OPTIONS", udp)
        anna.hears(udp, 100)
        assert sending_times(anna, udp, 9) == [0.5, 4.5, 8.5]

    def test_timer_f_over_tcp(self, anna: Anna, tcp: FakeFlow) -> None:
        anna.send("BYE", tcp)
        anna.clock.advance(32.1)
        assert (len(tcp.sent), anna.heard) == (1, ["timeout"])

    def test_timer_k_repeated_answers_are_absorbed_for_t4(self, anna: Anna, udp: FakeFlow) -> None:
        anna.send("BYE", udp)
        anna.hears(udp, 200)
        anna.clock.advance(4.9)
        anna.hears(udp, 200)
        assert (anna.heard, anna.stray) == ([200], [])
        anna.clock.advance(0.2)
        anna.hears(udp, 200)
        assert (anna.heard, anna.stray) == ([200], [200])
        anna.clock.advance(60)
        assert anna.clock.pending == 0


class TestTransportErrors:
    @pytest.mark.parametrize("method", ["INVITE", "BYE"])
    def test_a_request_that_cannot_be_sent_fails_but_not_within_the_call(self, anna: Anna, method: str) -> None:
        anna.send(method, FakeFlow(works=False))
        assert anna.heard == []
        anna.clock.advance(0)
        assert anna.heard == ["transport"]

    @pytest.mark.parametrize("method", ["INVITE", "BYE"])
    def test_a_connection_that_closes_fails_what_waits_on_it(self, anna: Anna, tcp: FakeFlow, method: str) -> None:
        anna.send(method, tcp)
        tcp.close()
        anna.clock.advance(0)
        assert anna.heard == ["transport"]
        anna.clock.advance(60)
        assert anna.heard == ["transport"]

    def test_an_answer_to_somebody_elses_request_is_a_stray(self, anna: Anna, udp: FakeFlow) -> None:
        transaction = anna.send("BYE", udp)
        other = transaction.request.copy()
        other.set("Via", "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKforged")
        anna.hears(udp, 200, other)
        assert (anna.heard, anna.stray) == ([], [200])

    def test_a_callback_that_fails_does_not_reach_the_socket(self, anna: Anna, udp: FakeFlow) -> None:
        def broken(_: Response) -> None:
            raise RuntimeError

        request = anna.send("BYE", udp).request.copy()
        anna.layer.request(request, udp, on_response=broken, on_failure=anna.heard.append)
        anna.hears(udp, 200, request)
        anna.clock.advance(60)
        assert "timeout" in anna.heard  # the other one, unharmed
