"""More calls come than can be handled: new ones are refused at once, the others go on (on virtual time)."""

from __future__ import annotations

import asyncio
import random
import socket
import time

import pytest
import uvloop
from tests.sip.net import FakeFlow, FakeTransports, request_bytes

from svara.clock import VirtualClock
from svara.sip.message import Malformed, Message, Request, Response, new_response, parse
from svara.sip.transaction import ServerTransaction, Transactions
from svara.sip.transport import Flow, Transports
from svara.sip.transport.load import BUSY_SECONDS, FULL_SECONDS, LATE_SECONDS, Load

CREDENTIALS = 'Proxy-Authorization: Digest username="anna", realm="svara", nonce="n", uri="sip:bob@svara.test"'


class Office:
    """Takes what the layer lets through; its socket's queue is what a test says it is."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.load = Load(self.clock)
        self.net = FakeTransports()
        self.requests: list[ServerTransaction] = []
        self.acks: list[Request] = []
        self.layer = Transactions(
            self.clock,
            self.net,
            random.Random(7),
            self.requests.append,
            lambda ack, _: self.acks.append(ack),
            load=self.load,
        )

    def fall_behind(self, seconds: float) -> None:
        self.load.behind(self, self.clock.now() - LATE_SECONDS)
        self.clock.advance(seconds)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def anna() -> FakeFlow:
    return FakeFlow()


class TestTheQueue:
    def test_its_age_counts_from_when_it_began_to_stand(self) -> None:
        clock = VirtualClock()
        load = Load(clock)
        assert load.behind_seconds == 0.0
        for _ in range(3):
            load.behind("socket", clock.now() - 1)
            clock.advance(0.05)
        assert load.behind_seconds == pytest.approx(0.15)
        load.caught_up("socket")
        assert load.behind_seconds == 0.0

    def test_a_queue_that_moves_fast_is_none_however_long_it_stands(self) -> None:
        """A server near its capacity is hardly ever without something to read; what matters is how long that waited."""
        clock = VirtualClock()
        load = Load(clock)
        for _ in range(100):
            load.behind("socket", clock.now() - LATE_SECONDS / 2)
            clock.advance(0.05)
        load.behind("socket", None)
        assert load.behind_seconds == 0.0

    def test_the_oldest_of_several_counts_and_each_catches_up_for_itself(self) -> None:
        clock = VirtualClock()
        load = Load(clock)
        load.behind("IPv4", clock.now() - 1)
        clock.advance(1)
        load.behind("IPv6", clock.now() - 1)
        clock.advance(1)
        assert load.behind_seconds == 2
        load.caught_up("IPv4")
        assert load.behind_seconds == 1


class TestRefusing:
    def test_a_burst_is_no_reason(self, office: Office, anna: FakeFlow) -> None:
        office.fall_behind(BUSY_SECONDS / 2)
        office.net.arrive(request_bytes(), anna)
        assert len(office.requests) == 1

    def test_a_new_call_gets_503_and_when_to_try_again_and_nothing_is_kept(self, office: Office, anna: FakeFlow) -> None:
        office.fall_behind(BUSY_SECONDS)
        office.net.arrive(request_bytes(), anna)
        refusal = anna.take_response(503)
        assert refusal.first("retry-after") == "5"
        ack = request_bytes("ACK", to_tag=refusal.to.tag)
        office.net.arrive(ack, anna)
        assert (office.requests, office.layer.open, office.layer.timers.waiting) == ([], 0, 0)
        assert office.layer.counts.shed == 1
        office.clock.advance(40)
        assert anna.sent == []  # the refusal is not repeated

    def test_who_was_challenged_before_may_still_call_for_a_while(self, office: Office, anna: FakeFlow) -> None:
        office.fall_behind(BUSY_SECONDS)
        office.net.arrive(request_bytes(extra=(CREDENTIALS,)), anna)
        assert len(office.requests) == 1
        office.clock.advance(FULL_SECONDS - BUSY_SECONDS)
        office.net.arrive(request_bytes(branch="z9hG4bKlater", call_id="later", extra=(CREDENTIALS,)), anna)
        assert len(office.requests) == 1
        assert [one.status for one in anna.messages() if isinstance(one, Response)] == [100, 503]

    def test_when_the_queue_has_run_empty_calls_are_taken_again(self, office: Office, anna: FakeFlow) -> None:
        office.fall_behind(FULL_SECONDS)
        office.load.caught_up(office)
        office.net.arrive(request_bytes(), anna)
        assert len(office.requests) == 1

    @pytest.mark.parametrize("method", ["INVITE", "BYE", "UPDATE", "PRACK", "INFO"])
    def test_what_belongs_to_a_call_is_served(self, office: Office, anna: FakeFlow, method: str) -> None:
        office.fall_behind(10)
        office.net.arrive(request_bytes(method, to_tag="bob-tag"), anna)
        assert [one.request.method for one in office.requests] == [method]

    def test_registrations_are_served(self, office: Office, anna: FakeFlow) -> None:
        office.fall_behind(10)
        office.net.arrive(request_bytes("REGISTER"), anna)
        assert len(office.requests) == 1

    def test_a_call_that_was_taken_before_can_be_answered_cancelled_and_acknowledged(
        self, office: Office, anna: FakeFlow
    ) -> None:
        office.net.arrive(request_bytes(), anna)
        cancelled: list[Request] = []
        office.requests[0].on_cancel = cancelled.append
        office.fall_behind(10)
        office.net.arrive(request_bytes(), anna)  # sent again: known, so not refused
        office.net.arrive(request_bytes("CANCEL"), anna)
        assert len(cancelled) == 1
        office.requests[0].reply(487)
        assert 503 not in [one.status for one in anna.messages() if isinstance(one, Response)]
        office.net.arrive(request_bytes("ACK", to_tag=office.requests[0].to_tag), anna)
        anna.sent.clear()
        office.clock.advance(40)
        assert anna.sent == []


def test_a_socket_that_is_not_read_empty_sheds_and_recovers() -> None:
    """Each message takes 20 ms to handle and 150 come at once: those after the first full batch have waited too long."""
    clock = VirtualClock(time.time())
    transports = Transports(clock)
    ages: list[float] = []

    def handle(message: Message | Malformed, flow: Flow) -> None:
        ages.append(transports.load.behind_seconds)
        clock.advance(0.02)
        assert isinstance(message, Request)
        flow.send(new_response(message, 200, to_tag="t").to_bytes())

    transports.on_message = handle

    async def story() -> None:
        address = await transports.udp(("127.0.0.1", 0))
        transports.trust("127.0.0.1")
        anna = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        anna.bind(("127.0.0.1", 0))
        anna.setblocking(False)
        try:
            for number in range(150):
                via = f"Via: SIP/2.0/UDP 127.0.0.1:{anna.getsockname()[1]};rport;branch=z9hG4bK{number}"
                anna.sendto(request_bytes("OPTIONS", via=via), address)
            answers: set[str | None] = set()
            async with asyncio.timeout(10):
                while len(answers) < 150:
                    answer = parse(await asyncio.get_running_loop().sock_recv(anna, 65_536))
                    assert isinstance(answer, Response)
                    answers.add(answer.via.branch)
        finally:
            anna.close()
            transports.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story())
    assert max(ages) > FULL_SECONDS
    assert ages[0] == 0.0
    assert transports.load.behind_seconds == 0.0
