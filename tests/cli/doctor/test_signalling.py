"""What strangers learn from the SIP port, and what the doctor makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.doctor.patients import patient, serving, states

from svara.cli.doctor import ask, signalling
from svara.cli.doctor.ask import NoAnswer, Way
from svara.clock import VirtualClock
from svara.sip.digest import Nonces, challenge
from svara.sip.message import Request, Response, new_response, parse

Answer = Callable[[Request], Response]


class Server(asyncio.DatagramProtocol):
    """Answers every datagram as it is told."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Request] = []

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = parse(data)
        assert isinstance(request, Request), data
        self.asked.append(request)
        self.transport.sendto(new_response(request, 100).to_bytes(), addr)
        self.transport.sendto(self.answer(request).to_bytes(), addr)


async def served(answer: Answer) -> tuple[Server, Way]:
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Server(answer), local_addr=("127.0.0.1", 0)
    )
    return server, Way("UDP", transport.get_extra_info("sockname"))


def test_the_final_answer_counts() -> None:
    async def story() -> None:
        server, way = await served(lambda request: new_response(request, 200, headers=[("Allow", "INVITE")], to_tag="x"))
        answer = await ask.ask(way)
        assert (answer.status, answer.first("allow")) == (200, "INVITE")
        assert server.asked[0].method == "OPTIONS"
        finding = await signalling._options(way)
        assert finding.state == "ok"
        server.transport.close()

    asyncio.run(story())


def test_a_server_that_tells_what_it_is() -> None:
    async def story() -> None:
        server, way = await served(lambda request: new_response(request, 200, headers=[("Server", "Svara 0.1")], to_tag="x"))
        finding = await signalling._options(way)
        assert finding.state == "warning"
        assert "server" in finding.found
        server.transport.close()

    asyncio.run(story())


def test_nobody_listens() -> None:
    async def story() -> None:
        for transport in ("UDP", "TCP", "TLS"):
            with pytest.raises(NoAnswer):
                await ask.ask(Way(transport, ("127.0.0.1", 9)))  # type: ignore[arg-type]
        with pytest.raises(NoAnswer):
            await ask.ask(Way("WS", ("127.0.0.1", 9), "ws://127.0.0.1:9/sip"))
        finding = await signalling._options(Way("TCP", ("127.0.0.1", 9)))
        assert finding.state == "fault"
        assert "127.0.0.1:9 does not answer: nobody listens there" in finding.found

    asyncio.run(story())


def test_what_is_no_sip_is_no_answer() -> None:
    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(chatter, "127.0.0.1", 0)
        with pytest.raises(NoAnswer, match="no answer to a SIP request"):
            await ask.ask(Way("TCP", server.sockets[0].getsockname()))
        server.close()

    asyncio.run(story())


def refusing(known: str = "acme-anna", *, lets_in: bool = False, tells: bool = False) -> Answer:
    nonces = Nonces(b"key", VirtualClock())

    def answer(request: Request) -> Response:
        if request.has("authorization") and lets_in:
            return new_response(request, 200, to_tag="x")
        if tells and known not in (request.from_.uri.user or ""):
            return new_response(request, 404, to_tag="x")
        return new_response(request, 401, headers=challenge(nonces, "svara", proxy=False), to_tag="x")

    return answer


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (refusing(), "ok", "strangers learn nothing"),
        (refusing(lets_in=True), "fault", "registered with a wrong password"),
        (refusing(tells=True), "warning", "404"),
    ],
)
def test_a_wrong_password(answer: Answer, state: str, words: str) -> None:
    async def story() -> None:
        server, way = await served(answer)
        answers = [await ask.register(way, login, "wrong") for login in ("acme-anna", "nobody-1")]
        finding = signalling.refused(*answers)
        assert finding.state == state
        assert words in finding.found
        assert "acme-anna" not in finding.found
        server.transport.close()

    asyncio.run(story())


def test_logins_that_can_be_told_apart() -> None:
    async def story() -> None:
        nonces = Nonces(b"key", VirtualClock())

        def answer(request: Request) -> Response:
            status = 403 if request.has("authorization") and "acme-anna" in (request.from_.uri.user or "") else 401
            return new_response(request, status, headers=challenge(nonces, "svara", proxy=False), to_tag="x")

        server, way = await served(answer)
        known, unknown = [await ask.register(way, login, "wrong") for login in ("acme-anna", "nobody-1")]
        assert signalling.refused(known, unknown).state == "warning"
        assert signalling.refused(None, unknown).state == "ok"  # an office without phones
        server.transport.close()

    asyncio.run(story())


def test_every_transport_that_is_on(tmp_path: Path) -> None:
    office = serving(tls="192.0.2.10:5061")
    found = [(way.transport, str(way)) for way in signalling.ways(patient(tmp_path, serving=office))]
    assert found == [
        ("UDP", "192.0.2.10:5060"),
        ("TCP", "192.0.2.10:5060"),
        ("TLS", "192.0.2.10:5061"),
        ("WS", "ws://127.0.0.1:8080/sip"),
    ]
    assert len(signalling.ways(patient(tmp_path, serving=serving()))) == 3
    assert states(asyncio.run(signalling.transports(patient(tmp_path)))) == ["none"]


def test_a_listener_on_all_addresses_is_tried_at_the_one_that_others_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signalling, "own_addresses", lambda: ["192.0.2.10", "2001:db8::5", "127.0.0.1"])
    assert signalling.outward("0.0.0.0:5060") == ("192.0.2.10", 5060)
    assert signalling.outward("[::]:5060") == ("2001:db8::5", 5060)
    assert signalling.outward("127.0.0.1:5060") == ("127.0.0.1", 5060)
