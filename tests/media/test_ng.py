"""The control protocol: what is asked, asked again, given up, and what of the answers is believed."""

import asyncio
import contextlib
import socket

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from svara.clock import LoopClock, VirtualClock
from svara.media import ng
from svara.media.relay import RelayError


class Wire:
    """An engine that keeps what it gets."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, datagram: bytes) -> None:
        self.sent.append(datagram)

    def close(self) -> None:
        pass


class Asked:
    """One question to that engine."""

    def __init__(self, command: dict[str, ng.Plain] | None = None) -> None:
        self.clock = VirtualClock()
        self.client = ng.NgClient(self.clock)
        self.wire = self.client.wire = Wire()
        self.answers: list[dict[str, ng.Value] | RelayError] = []
        self.client.ask(command or {"command": "ping"}, self.answers.append)
        self.cookie = self.wire.sent[0].split(b" ")[0]


def test_a_ping_and_its_pong_as_on_the_wire() -> None:
    asked = Asked()
    assert asked.wire.sent[0].endswith(b" d7:command4:pinge")
    asked.client.received(asked.cookie + b" d6:result4:ponge")
    assert asked.answers == [{"result": b"pong"}]
    assert asked.clock.pending == 0


def test_lists_and_numbers_are_bencoded() -> None:
    asked = Asked({"command": "offer", "flags": ("a", "bc"), "delete-delay": 0, "sdp": b"v=0\r\n"})
    body = asked.wire.sent[0].split(b" ", 1)[1]
    assert body == b"d7:command5:offer5:flagsl1:a2:bce12:delete-delayi0e3:sdp5:v=0\r\ne"


def test_a_lost_question_is_repeated_under_the_same_cookie_and_its_answer_counts_once() -> None:
    asked = Asked()
    asked.clock.advance(0.3)
    assert asked.wire.sent == [asked.wire.sent[0]] * 2
    asked.client.received(asked.cookie + b" d6:result2:oke")
    asked.client.received(asked.cookie + b" d6:result2:oke")
    asked.clock.advance(60)
    assert len(asked.answers) == 1
    assert len(asked.wire.sent) == 2


def test_a_silent_engine_is_given_up_after_two_seconds_and_nothing_stays() -> None:
    asked = Asked()
    asked.clock.advance(ng.TIMEOUT_SECONDS - 0.01)
    assert asked.answers == []
    asked.clock.advance(0.02)
    assert isinstance(asked.answers[0], RelayError)
    assert ng.TIMEOUT_SECONDS == 2.0
    assert asked.client.in_flight == asked.clock.pending == 0


def test_an_error_is_told_in_the_engines_words_and_a_lost_session_is_known() -> None:
    asked = Asked()
    asked.client.received(asked.cookie + b" d6:result5:error12:error-reason15:Unknown call-ide")
    error = asked.answers[0]
    assert isinstance(error, RelayError)
    assert error.session_lost
    assert error.reason == "Unknown call-id"


@pytest.mark.parametrize(
    "body", [b"", b"i1e", b"d", b"d6:result", b"d6:result99999999:ok", b"d6:resulti", b"l" * 100, b"d6:result2:oke!"]
)
def test_broken_answers_are_dropped_and_the_question_goes_on(body: bytes) -> None:
    asked = Asked()
    asked.client.received(asked.cookie + b" " + body)
    asked.client.received(b"somebody-else d6:result2:oke")
    assert asked.answers == []
    assert asked.client.in_flight == 1


def test_no_more_questions_are_kept_than_the_bound() -> None:
    asked = Asked()
    for _ in range(ng.MAX_IN_FLIGHT):
        asked.client.ask({"command": "ping"}, asked.answers.append)
    assert len(asked.answers) == 1
    assert isinstance(asked.answers[0], RelayError)
    assert asked.client.in_flight == ng.MAX_IN_FLIGHT


def test_values_have_bounds() -> None:
    with pytest.raises(ValueError, match="too"):
        ng.decode(b"l" * 50 + b"e" * 50)
    with pytest.raises(ValueError, match="too"):
        ng.decode(b"l" + b"le" * (ng.MAX_VALUES + 1) + b"e")


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_value_or_a_value_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        ng.decode(data)


@given(
    st.dictionaries(
        st.text(max_size=10), st.one_of(st.integers(-(2**63), 2**63), st.binary(), st.lists(st.text(max_size=5)))
    )
)
def test_what_is_encoded_reads_back(command: dict[str, ng.Plain]) -> None:
    wanted = {k: [i.encode() for i in v] if isinstance(v, list) else v for k, v in command.items()}
    assert ng.decode(ng.encode(command)) == wanted


def test_over_a_real_socket() -> None:
    uvloop.run(_over_a_real_socket())


async def _over_a_real_socket() -> None:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as engine:
        engine.bind(("127.0.0.1", 0))
        engine.settimeout(2)
        client = ng.NgClient(LoopClock(loop))
        client.wire = wire = ng.UdpWire(engine.getsockname(), client.received)
        answered: asyncio.Future[object] = loop.create_future()
        client.ask({"command": "ping"}, answered.set_result)
        datagram, source = await asyncio.to_thread(engine.recvfrom, 2048)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody_else:
            somebody_else.sendto(datagram.split(b" ")[0] + b" d6:result5:errore", source)
        engine.sendto(datagram.split(b" ")[0] + b" d6:result4:ponge", source)
        assert await asyncio.wait_for(answered, 2) == {"result": b"pong"}
        wire.close()


def test_an_engine_that_comes_only_now_is_heard() -> None:
    uvloop.run(_an_engine_that_comes_late())


async def _an_engine_that_comes_late() -> None:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = gone.getsockname()
    client = ng.NgClient(LoopClock(loop))
    client.wire = wire = ng.UdpWire(address, client.received)
    answered: asyncio.Future[object] = loop.create_future()
    client.ask({"command": "ping"}, answered.set_result)
    await asyncio.sleep(0.05)  # by now the system has said that nobody listens there
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as engine:
        engine.bind(address)
        engine.settimeout(2)
        datagram, source = await asyncio.to_thread(engine.recvfrom, 2048)
        engine.sendto(datagram.split(b" ")[0] + b" d6:result4:ponge", source)
        assert await asyncio.wait_for(answered, 2) == {"result": b"pong"}
    wire.close()
