"""Anna's phone sends us requests, over networks that lose and repeat (RFC 3261 17.2, RFC 6026, on virtual time)."""

from __future__ import annotations

import random

import pytest
from tests.sip.net import FakeFlow, FakeTransports, request_bytes

from svara.clock import VirtualClock
from svara.sip.message import Request, new_response
from svara.sip.transaction import ServerTransaction, Transactions


class Office:
    """The user of the layer: answers when a test says so."""

    def __init__(self, **options: int) -> None:
        self.clock = VirtualClock()
        self.net = FakeTransports()
        self.requests: list[ServerTransaction] = []
        self.acks: list[Request] = []
        self.layer = Transactions(
            self.clock, self.net, random.Random(7), self.requests.append, lambda ack, _: self.acks.append(ack), **options
        )

    def receive(self, data: bytes, flow: FakeFlow) -> ServerTransaction:
        before = len(self.requests)
        self.net.arrive(data, flow)
        assert len(self.requests) == before + 1
        return self.requests[-1]

    def answer(self, transaction: ServerTransaction, status: int, tag: str = "bob-tag") -> None:
        headers = [("Contact", "<sip:bob@198.51.100.1>")] if status < 300 else []
        transaction.respond(new_response(transaction.request, status, headers=headers, to_tag=tag))


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def udp() -> FakeFlow:
    return FakeFlow()


@pytest.fixture
def tcp() -> FakeFlow:
    return FakeFlow("TCP")


def sending_times(office: Office, flow: FakeFlow, seconds: float) -> list[float]:
    times, sent = [], len(flow.sent)
    for eighth in range(1, round(seconds * 8) + 1):
        office.clock.advance(0.125)
        times += [eighth / 8] * (len(flow.sent) - sent)
        sent = len(flow.sent)
    return times


class TestInvite:
    def test_100_is_sent_after_200_ms_and_again_for_a_repeated_invite(self, office: Office, udp: FakeFlow) -> None:
        office.receive(request_bytes(), udp)
        office.clock.advance(0.199)
        assert udp.sent == []
        office.clock.advance(0.002)
        trying = udp.take_response(100)
        assert trying.to.tag is None
        office.net.arrive(request_bytes(), udp)
        assert udp.take_response(100).to_bytes() == trying.to_bytes()
        assert len(office.requests) == 1

    def test_a_user_who_answers_soon_needs_no_100(self, office: Office, udp: FakeFlow) -> None:
        office.answer(office.receive(request_bytes(), udp), 180)
        udp.take_response(180)
        office.clock.advance(0.3)
        assert udp.sent == []

    def test_a_user_who_answers_at_once_needs_no_100(self, udp: FakeFlow) -> None:
        office = Office()
        office.layer._on_request = lambda transaction: transaction.reply(404)
        office.net.arrive(request_bytes(), udp)
        udp.take_response(404)

    def test_the_latest_provisional_response_is_repeated(self, office: Office, udp: FakeFlow) -> None:
        office.answer(office.receive(request_bytes(), udp), 180)
        udp.sent.clear()
        office.net.arrive(request_bytes(), udp)
        udp.take_response(180)

    def test_timers_g_and_h_a_refusal_is_repeated_until_its_ack_or_32_seconds(self, office: Office, udp: FakeFlow) -> None:
        office.answer(office.receive(request_bytes(), udp), 486)
        assert sending_times(office, udp, 33) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        assert office.layer.open == 0

    def test_over_tcp_a_refusal_is_sent_once_and_timer_h_ends_it(self, office: Office, tcp: FakeFlow) -> None:
        office.answer(office.receive(request_bytes(transport="TCP"), tcp), 486)
        tcp.sent.clear()
        assert sending_times(office, tcp, 31.9) == []
        assert office.layer.open == 1
        office.clock.advance(0.2)
        assert office.layer.open == 0

    def test_timer_i_the_ack_to_a_refusal_goes_no_further_nor_do_repeats_for_t4(self, office: Office, udp: FakeFlow) -> None:
        office.answer(office.receive(request_bytes(), udp), 486)
        udp.sent.clear()
        ack = request_bytes("ACK", to_tag="bob-tag")
        office.net.arrive(ack, udp)
        assert sending_times(office, udp, 4.9) == []
        office.net.arrive(ack, udp)
        office.net.arrive(request_bytes(), udp)
        assert (office.acks, len(office.requests), udp.sent) == ([], 1, [])
        office.clock.advance(0.2)
        office.net.arrive(ack, udp)
        assert len(office.acks) == 1, "after timer I it is nobody's"

    def test_a_2xx_is_repeated_until_its_ack(self, office: Office, udp: FakeFlow) -> None:
        transaction = office.receive(request_bytes(), udp)
        acked: list[Request] = []
        transaction.on_ack = acked.append
        office.answer(transaction, 200)
        assert sending_times(office, udp, 4) == [0.5, 1.5, 3.5]
        ack = request_bytes("ACK", branch="z9hG4bKother", to_tag="bob-tag")
        office.net.arrive(ack, udp)
        office.net.arrive(ack, udp)
        assert sending_times(office, udp, 40) == []
        assert len(acked) == 1
        assert office.acks == []

    def test_without_ack_the_user_is_told_after_64_t1(self, office: Office, udp: FakeFlow) -> None:
        transaction = office.receive(request_bytes(), udp)
        told: list[float] = []
        transaction.on_no_ack = lambda: told.append(office.clock.monotonic())
        office.answer(transaction, 200)
        assert sending_times(office, udp, 40) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        assert told == [pytest.approx(32, abs=0.01)]

    def test_over_tcp_a_2xx_is_not_repeated_but_its_ack_is_waited_for(self, office: Office, tcp: FakeFlow) -> None:
        transaction = office.receive(request_bytes(transport="TCP"), tcp)
        told: list[str] = []
        transaction.on_no_ack = lambda: told.append("no ack")
        office.answer(transaction, 200)
        assert sending_times(office, tcp, 40) == []
        assert told == ["no ack"]

    def test_over_tcp_through_a_proxy_a_2xx_is_repeated_because_a_later_hop_may_be_udp(
        self, office: Office, tcp: FakeFlow
    ) -> None:
        extra = ("Via: SIP/2.0/UDP 203.0.113.7;branch=z9hG4bKfar",)
        office.answer(office.receive(request_bytes(transport="TCP", extra=extra), tcp), 200)
        assert sending_times(office, tcp, 2) == [0.5, 1.5]

    def test_timer_l_invites_that_come_after_the_2xx_are_absorbed_for_64_t1(self, office: Office, udp: FakeFlow) -> None:
        office.answer(office.receive(request_bytes(), udp), 200)
        office.net.arrive(request_bytes("ACK", branch="z9hG4bKother", to_tag="bob-tag"), udp)
        udp.sent.clear()
        office.clock.advance(31.9)
        office.net.arrive(request_bytes(), udp)
        assert (len(office.requests), udp.sent) == (1, [])
        office.clock.advance(0.2)
        office.net.arrive(request_bytes(), udp)
        assert len(office.requests) == 2

    def test_an_ack_for_a_call_from_before_a_restart_goes_to_the_user(self, office: Office, udp: FakeFlow) -> None:
        office.net.arrive(request_bytes("ACK", to_tag="before"), udp)
        assert [ack.to.tag for ack in office.acks] == ["before"]

    def test_nothing_can_follow_a_final_response(self, office: Office, udp: FakeFlow) -> None:
        transaction = office.receive(request_bytes(), udp)
        office.answer(transaction, 486)
        udp.sent.clear()
        office.answer(transaction, 200)
        assert udp.sent == []


class TestCancel:
    def test_the_caller_hangs_up_before_the_answer(self, office: Office, udp: FakeFlow) -> None:
        transaction = office.receive(request_bytes(), udp)
        reasons: list[str | None] = []
        transaction.on_cancel = lambda cancel: reasons.append(cancel.first("reason"))
        udp.sent.clear()
        cancel = request_bytes("CANCEL", extra=("Reason: SIP;cause=487",))
        office.net.arrive(cancel, udp)
        ok = udp.take_response(200)
        assert ok.cseq.method == "CANCEL"
        assert ok.to.tag == transaction.to_tag
        office.net.arrive(cancel, udp)
        assert udp.take_response(200).to_bytes() == ok.to_bytes()
        assert reasons == ["SIP;cause=487"]
        office.answer(transaction, 487)
        udp.take_response(487)

    def test_a_caller_whose_connection_closes_has_given_up(self, office: Office, tcp: FakeFlow) -> None:
        answered = office.receive(request_bytes(branch="z9hG4bK1", call_id="1", transport="TCP"), tcp)
        office.answer(answered, 200)
        waiting = office.receive(request_bytes(branch="z9hG4bK2", call_id="2", transport="TCP"), tcp)
        told: list[str] = []
        waiting.on_cancel = lambda cancel: told.append(f"{cancel.cseq} {cancel.first('reason')}")
        answered.on_cancel = lambda _: pytest.fail("that call goes on")
        tcp.close()
        office.clock.advance(0)
        assert told == ['1 CANCEL SIP;cause=408;text="Connection lost"']
        office.answer(waiting, 487)
        office.clock.advance(60)
        assert (office.layer.open, office.clock.pending) == (0, 0)

    def test_the_layer_answers_487_where_nobody_cares(self, office: Office, udp: FakeFlow) -> None:
        office.receive(request_bytes(), udp)
        udp.sent.clear()
        office.net.arrive(request_bytes("CANCEL"), udp)
        assert [(r.status, r.cseq.method) for r in udp.messages()] == [(200, "CANCEL"), (487, "INVITE")]  # type: ignore[attr-defined]

    def test_too_late(self, office: Office, udp: FakeFlow) -> None:
        transaction = office.receive(request_bytes(), udp)
        transaction.on_cancel = lambda _: pytest.fail("the call was answered")
        office.answer(transaction, 200)
        udp.sent.clear()
        office.net.arrive(request_bytes("CANCEL"), udp)
        udp.take_response(200)

    def test_a_cancel_for_nothing_gets_481(self, office: Office, udp: FakeFlow) -> None:
        office.net.arrive(request_bytes("CANCEL"), udp)
        udp.take_response(481)

    def test_a_cancel_from_elsewhere_does_not_match(self, office: Office, udp: FakeFlow) -> None:
        office.receive(request_bytes(), udp)
        udp.sent.clear()
        office.net.arrive(request_bytes("CANCEL", branch="z9hG4bKguess"), udp)
        udp.take_response(481)


class TestOtherRequests:
    def test_timer_j_the_same_answer_for_32_seconds(self, office: Office, udp: FakeFlow) -> None:
        transaction = office.receive(request_bytes("OPTIONS"), udp)
        office.net.arrive(request_bytes("OPTIONS"), udp)
        assert udp.sent == [], "nothing to repeat yet"
        office.answer(transaction, 200)
        ok = udp.take_response(200).to_bytes()
        office.clock.advance(31.9)
        office.net.arrive(request_bytes("OPTIONS"), udp)
        assert udp.take_response(200).to_bytes() == ok
        assert len(office.requests) == 1
        office.clock.advance(0.2)
        office.net.arrive(request_bytes("OPTIONS"), udp)
        assert len(office.requests) == 2

    def test_over_tcp_timer_j_is_zero(self, office: Office, tcp: FakeFlow) -> None:
        office.answer(office.receive(request_bytes("OPTIONS", transport="TCP"), tcp), 200)
        office.receive(request_bytes("OPTIONS", transport="TCP"), tcp)

    @pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
    def test_a_repeated_request_gets_the_same_challenge_and_its_ack_goes_no_further(
        self, office: Office, udp: FakeFlow, method: str
    ) -> None:
        transaction = office.receive(request_bytes(method), udp)
        udp.sent.clear()
        transaction.respond(new_response(transaction.request, 401, to_tag="t", headers=[("X-Nonce", "1")]), stateless=True)
        challenge = udp.take_response(401).to_bytes()
        office.net.arrive(request_bytes(method), udp)
        assert udp.take_response(401).to_bytes() == challenge
        if method == "INVITE":
            office.net.arrive(request_bytes("ACK", to_tag="t"), udp)
        assert (len(office.requests), udp.sent, office.acks) == (1, [], [])
        assert sending_times(office, udp, 40) == []
        assert office.clock.pending == 0

    def test_a_flood_of_requests_without_credentials_costs_little(self, office: Office, udp: FakeFlow) -> None:
        for number in range(25_000):
            transaction = office.receive(request_bytes("REGISTER", branch=f"z9hG4bK{number}"), udp)
            transaction.respond(new_response(transaction.request, 401, to_tag="t"), stateless=True)
            udp.sent.clear()
        assert office.layer.open == 0
        assert len(office.layer._answered) == 0
        assert len(office.layer._challenged) == 20_000
        office.clock.advance(5.1)
        assert len(office.layer._challenged) == 0

    def test_nothing_is_left_in_the_end(self, office: Office, udp: FakeFlow) -> None:
        office.answer(office.receive(request_bytes(), udp), 200)
        office.answer(office.receive(request_bytes("OPTIONS"), udp), 200)
        office.answer(office.receive(request_bytes(branch="z9hG4bKx", call_id="2"), udp), 486)
        office.clock.advance(100)
        assert office.clock.pending == 0
        assert office.layer.open == 0


class TestRouting:
    def test_rport_and_received_are_filled_in(self, office: Office) -> None:
        translated = FakeFlow(remote=("203.0.113.9", 41234))
        via = "Via: SIP/2.0/UDP 192.168.1.5:5060;rport;branch=z9hG4bKnat"
        transaction = office.receive(request_bytes("OPTIONS", via=via), translated)
        office.answer(transaction, 200)
        answered = translated.take_response(200)
        assert answered.via.rport == 41234
        assert answered.via.received == "203.0.113.9"
        assert answered.via.branch == "z9hG4bKnat"

    def test_without_rport_the_answer_goes_to_the_port_in_the_via(self, office: Office) -> None:
        flow = FakeFlow(remote=("192.0.2.10", 40000))
        office.answer(office.receive(request_bytes("OPTIONS"), flow), 200)
        assert flow.sent == []
        flow.neighbours[5060].take_response(200)

    def test_behind_address_translation_the_answer_goes_where_the_request_came_from(self, office: Office) -> None:
        flow = FakeFlow(remote=("203.0.113.9", 40000))
        office.answer(office.receive(request_bytes("OPTIONS"), flow), 200)
        assert flow.take_response(200).via.received == "203.0.113.9"


class TestHostile:
    def test_the_same_request_over_two_ways_is_merged(self, office: Office, udp: FakeFlow) -> None:
        office.receive(request_bytes(branch="z9hG4bKway1"), udp)
        udp.sent.clear()
        office.net.arrive(request_bytes(branch="z9hG4bKway2"), udp)
        udp.take_response(482)
        assert len(office.requests) == 1

    def test_a_new_attempt_after_a_challenge_is_not_merged(self, office: Office, udp: FakeFlow) -> None:
        office.answer(office.receive(request_bytes(), udp), 401)
        office.receive(request_bytes(branch="z9hG4bKagain", cseq=2), udp)

    def test_above_the_limit_new_requests_get_503_with_retry_after_and_bye_still_works(self, udp: FakeFlow) -> None:
        office = Office(limit=3)
        for number in range(3):
            office.receive(request_bytes(branch=f"z9hG4bK{number}", call_id=f"{number}"), udp)
        udp.sent.clear()
        office.net.arrive(request_bytes(branch="z9hG4bKmore", call_id="more"), udp)
        refusal = udp.take_response(503)
        assert refusal.first("retry-after") == "5"
        office.receive(request_bytes("BYE", branch="z9hG4bKbye", to_tag="x"), udp)

    def test_a_failing_user_costs_one_request_a_500(self, office: Office, udp: FakeFlow) -> None:
        def broken(_: ServerTransaction) -> None:
            raise RuntimeError("secret text")

        office.layer._on_request = broken
        office.net.arrive(request_bytes("OPTIONS"), udp)
        assert b"secret" not in udp.take_response(500).to_bytes()

    def test_phones_of_the_last_century_without_a_branch(self, office: Office, udp: FakeFlow) -> None:
        old = request_bytes(via="Via: SIP/2.0/UDP 192.0.2.10:5060")
        office.answer(office.receive(old, udp), 486)
        office.net.arrive(old, udp)
        office.net.arrive(request_bytes("ACK", via="Via: SIP/2.0/UDP 192.0.2.10:5060", to_tag="bob-tag"), udp)
        udp.sent.clear()
        assert sending_times(office, udp, 5) == []
        assert (len(office.requests), office.acks) == (1, [])

    def test_what_is_malformed_is_answered_once_and_never_an_ack(self, office: Office, udp: FakeFlow) -> None:
        office.net.arrive(request_bytes("OPTIONS").replace(b"Content-Length: 0", b"Content-Length: 9"), udp)
        udp.take_response(400)
        office.net.arrive(request_bytes("ACK").replace(b"Content-Length: 0", b"Content-Length: 9"), udp)
        assert udp.sent == []
        office.net.arrive(b"\x00\x01\x02garbage" * 20, udp)
        assert udp.sent == []
        assert office.layer.counts.malformed == 3
