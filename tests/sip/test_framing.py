"""However a stream is cut into pieces, the same messages come out, and nothing else ever happens."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sip.net import request_bytes

from svara.sip.transport.framing import PING, Framer, FramingError

ONE = request_bytes("OPTIONS")
TWO = request_bytes("INVITE", body=b"v=0\r\n\r\nlooks like an end\r\n\r\n")


def cut(pieces: list[bytes], limit: int = 65_536) -> list[bytes]:
    framer = Framer(limit)
    return [message for piece in pieces for message in framer.feed(piece)]


@given(st.lists(st.integers(0, len(ONE + TWO + ONE)), max_size=12))
def test_any_cut_gives_the_same_messages(cuts: list[int]) -> None:
    stream = ONE + b"\r\n\r\n" + TWO + b"\r\n" + ONE
    edges = [0, *sorted(cuts), len(stream)]
    assert cut([stream[a:b] for a, b in itertools.pairwise(edges)]) == [ONE, PING, TWO, ONE]


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_garbage_costs_the_connection_at_most(pieces: list[bytes]) -> None:
    with contextlib.suppress(FramingError):
        cut(pieces)


def test_byte_by_byte() -> None:
    assert cut([bytes([one]) for one in TWO + ONE]) == [TWO, ONE]


@pytest.mark.parametrize("header", ["Content-Length: 4", "l: 4", "CONTENT-LENGTH :  4", "Content-Length:\r\n 4", "L:4 "])
def test_the_length_in_all_its_spellings(header: str) -> None:
    message = f"OPTIONS sip:x SIP/2.0\r\n{header}\r\nX: y\r\n\r\nbody".encode()
    assert cut([message + ONE]) == [message, ONE]


def test_without_a_length_there_is_no_body() -> None:
    message = b"OPTIONS sip:x SIP/2.0\r\nX-Content-Length: 9\r\n\r\n"
    assert cut([message + ONE]) == [message, ONE]


@pytest.mark.parametrize(
    "data",
    [
        b"A" * 1001,
        b"OPTIONS sip:x SIP/2.0\r\nl: 990\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\nl: +1\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\nl: 9999999999\r\n\r\n",
        b"\rX",
    ],
)
def test_what_cannot_be_cut(data: bytes) -> None:
    with pytest.raises(FramingError):
        cut([data], limit=1000)


def test_memory_is_bounded_by_the_limit() -> None:
    framer = Framer(1000)
    for _ in range(10):
        framer.feed(b"a" * 100)
    with pytest.raises(FramingError):
        framer.feed(b"a" * 100)
    assert len(framer._buffer) <= 1100
