"""Real sockets on the loopback: one phone per transport sends a request and gets its answer; hostile ones get nothing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop
from tests.sip.net import request_bytes
from websockets.asyncio.client import connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from svara.clock import LoopClock
from svara.sip.message import Malformed, Message, Request, new_response, parse
from svara.sip.transaction import Transactions
from svara.sip.transport import Flow, FlowError, Limits, Target, Transports

OPTIONS = request_bytes("OPTIONS")


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(story(), 20))


class Server:
    """Answers every request 200, and remembers what came over which flow."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.heard: list[tuple[Message | Malformed, Flow]] = []
        self.transports = Transports(LoopClock(), self._message, limits)

    def _message(self, message: Message | Malformed, flow: Flow) -> None:
        self.heard.append((message, flow))
        if isinstance(message, Request):
            flow.send(new_response(message, 200, to_tag="t").to_bytes())

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.transports.close()
        await asyncio.sleep(0)


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def udp_flow(transports: Transports, address: tuple[str, int]) -> Flow:
    found: list[Flow | FlowError] = []
    transports.flow_for(Target("UDP", *address), found.append)
    assert isinstance(found[0], Flow)
    return found[0]


async def exchange(sock: socket.socket, data: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, data)
    return await asyncio.wait_for(loop.sock_recv(sock, 65_536), 5)


def udp_phone(host: str = "127.0.0.1") -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.setblocking(False)
    return sock


def ipv6() -> bool:
    try:
        udp_phone("::1").close()
    except OSError:
        return False
    return True


HOSTS = ["127.0.0.1", pytest.param("::1", marks=pytest.mark.skipif(not ipv6(), reason="no IPv6 here"))]


class TestUdp:
    @pytest.mark.parametrize("host", HOSTS)
    def test_a_phone_gets_its_answer_and_can_be_reached_later(self, host: str) -> None:
        async def story() -> None:
            async with Server() as server:
                address = await server.transports.udp((host, 0))
                with udp_phone(host) as phone:
                    phone.connect(address)
                    assert (await exchange(phone, OPTIONS)).startswith(b"SIP/2.0 200 OK")
                    flow = server.heard[0][1]
                    assert flow.remote == phone.getsockname()[:2]
                    assert flow.local == address
                    assert not flow.reliable
                    again = server.transports.flow_by_id(flow.id)
                    assert again is not None
                    assert again.send(b"hello")
                    assert await asyncio.get_running_loop().sock_recv(phone, 100) == b"hello"

        run(story)

    def test_bound_to_all_addresses_we_name_the_one_the_phone_sees(self) -> None:
        async def story() -> None:
            async with Server() as server:
                address = await server.transports.udp(("0.0.0.0", 0))
                with udp_phone() as phone:
                    phone.connect(("127.0.0.1", address[1]))
                    await exchange(phone, OPTIONS)
                    assert server.heard[0][1].local == ("127.0.0.1", address[1])
                    assert server.heard[0][1].contact_uri("bob") == f"sip:bob@127.0.0.1:{address[1]}"

        run(story)

    def test_keep_alives_are_ignored_and_a_burst_arrives_whole(self) -> None:
        async def story() -> None:
            async with Server(Limits(messages_burst=1000)) as server:
                address = await server.transports.udp(("127.0.0.1", 0))
                with udp_phone() as phone:
                    phone.connect(address)
                    for keep_alive in (b"\r\n\r\n", b"\r\n", b"\0\0\0\0"):
                        phone.send(keep_alive)
                    for number in range(200):
                        phone.send(request_bytes("OPTIONS", branch=f"z9hG4bK{number}"))
                    await until(lambda: len(server.heard) == 200)

        run(story)

    def test_an_inherited_socket_and_what_waits_in_it(self) -> None:
        async def story() -> None:
            inherited = udp_phone()
            with udp_phone() as phone:
                phone.connect(inherited.getsockname())
                phone.send(OPTIONS)  # while nobody serves
                async with Server() as server:
                    await server.transports.udp(inherited)
                    await until(lambda: server.heard)

        run(story)

    def test_after_a_restart_on_the_same_port_phones_are_reached_by_the_flow_that_was_kept(self) -> None:
        async def story() -> None:
            with udp_phone() as phone:
                async with Server() as server:
                    address = await server.transports.udp(("127.0.0.1", 0))
                    phone.connect(address)
                    await exchange(phone, OPTIONS)
                    kept = server.heard[0][1].id
                async with Server() as server:
                    await server.transports.udp(address)
                    flow = server.transports.flow_by_id(kept)
                    assert flow is not None
                    flow.send(b"are you there?")
                    assert await asyncio.get_running_loop().sock_recv(phone, 100) == b"are you there?"
                    assert server.transports.flow_by_id("udp/1/192.0.2.1/5060") is None
                    assert server.transports.flow_by_id("tcp/0123456789abcdef") is None

        run(story)

    def test_a_stranger_who_sends_too_much_is_not_heard_but_a_phone_that_authenticated_is(self) -> None:
        async def story() -> None:
            async with Server(Limits(messages_per_second=1, messages_burst=10)) as server:
                address = await server.transports.udp(("127.0.0.1", 0))
                with udp_phone() as stranger, udp_phone() as phone:
                    stranger.connect(address)
                    for _ in range(300):
                        stranger.send(OPTIONS)
                    await until(lambda: len(server.heard) == 10)
                    await asyncio.sleep(0.05)
                    assert len(server.heard) == 10
                    server.transports.trust("127.0.0.1")
                    phone.connect(address)
                    for _ in range(1000):
                        phone.send(OPTIONS)
                    await until(lambda: len(server.heard) == 1010)

        run(story)

    def test_garbage_harms_nobody(self) -> None:
        async def story() -> None:
            async with Server() as server:
                address = await server.transports.udp(("127.0.0.1", 0))
                with udp_phone() as phone:
                    phone.connect(address)
                    for garbage in (b"\xff" * 60_000, b"INVITE" * 50, b"\0" * 400, b"SIP/2.0 200 OK\r\n\r\n", OPTIONS[:80]):
                        phone.send(garbage)
                    assert (await exchange(phone, OPTIONS)).startswith(b"SIP/2.0 200 OK")
                    assert sum(isinstance(message, Request) for message, _ in server.heard) == 1

        run(story)


class TestNobodyThere:
    def test_a_call_to_a_phone_that_was_switched_off_fails_at_once_and_we_go_on_hearing_the_others(self) -> None:
        async def story() -> None:
            clock = LoopClock()
            transports = Transports(clock)
            heard: list[str] = []
            layer = Transactions(clock, transports, None, lambda asked: asked.reply(200), lambda *_: None)
            address = await transports.udp(("127.0.0.1", 0))
            with udp_phone() as gone:
                dead = gone.getsockname()
            with udp_phone() as phone:
                phone.connect(address)
                for number in range(5):
                    request = parse(request_bytes("INVITE", call_id=f"{number}"))
                    assert isinstance(request, Request)
                    flow = udp_flow(transports, dead)
                    layer.request(request, flow, on_response=lambda _: None, on_failure=heard.append)
                    await until(lambda number=number: len(heard) == number + 1, 1)  # type: ignore[misc]
                    assert (await exchange(phone, request_bytes("OPTIONS", branch=f"z9hG4bK{number}"))).startswith(
                        b"SIP/2.0 200"
                    )
                assert heard == ["transport"] * 5
            transports.close()

        run(story)

    def test_errors_and_datagrams_all_at_once_leave_nobody_deaf(self) -> None:
        async def story() -> None:
            async with Server() as server:
                address = await server.transports.udp(("127.0.0.1", 0))
                server.transports.trust("127.0.0.1")
                with udp_phone() as gone:
                    dead = udp_flow(server.transports, gone.getsockname())
                with udp_phone() as phone:
                    phone.connect(address)
                    for number in range(200):
                        dead.send(OPTIONS)
                        phone.send(request_bytes("OPTIONS", branch=f"z9hG4bK{number}"))
                        dead.send(OPTIONS)
                        if number % 20 == 0:
                            await asyncio.sleep(0)
                    await until(lambda: sum(isinstance(one, Request) for one, _ in server.heard) == 200)

        run(story)


class TestTcp:
    @pytest.mark.parametrize("host", HOSTS)
    def test_a_phone_gets_its_answer_on_its_connection(self, host: str) -> None:
        async def story() -> None:
            async with Server() as server:
                address = await server.transports.tcp((host, 0))
                reader, writer = await asyncio.open_connection(*address)
                writer.write(OPTIONS[:50])
                await asyncio.sleep(0.02)
                writer.write(OPTIONS[50:] + OPTIONS)
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200 OK")
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200 OK")
                flow = server.heard[0][1]
                assert flow.transport == "TCP"
                assert server.transports.flow_by_id(flow.id) is flow
                closed: list[bool] = []
                flow.on_close(lambda: closed.append(True))
                writer.close()
                await until(lambda: closed)
                assert not flow.send(b"too late")
                assert server.transports.flow_by_id(flow.id) is None
                assert server.transports.sources.connections == 0

        run(story)

    def test_a_double_crlf_is_answered_with_one(self) -> None:
        async def story() -> None:
            async with Server() as server:
                reader, writer = await asyncio.open_connection(*await server.transports.tcp(("127.0.0.1", 0)))
                writer.write(b"\r\n\r\n")
                assert await reader.readexactly(2) == b"\r\n"
                writer.write(b"\r\n")
                await asyncio.sleep(0.02)
                writer.write(b"\r\n" + OPTIONS)
                assert await reader.readexactly(2) == b"\r\n"
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200 OK")
                writer.close()

        run(story)

    def test_we_connect_once_and_use_it_again(self) -> None:
        async def story() -> None:
            async with Server() as ours, Server() as theirs:
                await ours.transports.tcp(("127.0.0.1", 0))
                host, port = await theirs.transports.tcp(("127.0.0.1", 0))
                found: list[Flow | FlowError] = []
                ours.transports.flow_for(Target("TCP", host, port), found.append)
                ours.transports.flow_for(Target("TCP", host, port), found.append)
                await until(lambda: len(found) == 2)
                ours.transports.flow_for(Target("TCP", host, port), found.append)
                first = found[0]
                assert isinstance(first, Flow)
                assert all(one is first for one in found)
                assert first.local[1] == ours.transports.listening_port("TCP", socket.AF_INET)
                assert first.send(OPTIONS)
                await until(lambda: theirs.heard and ours.heard)

        run(story)

    def test_a_phone_that_authenticated_may_have_its_connection_used_for_requests_to_it(self) -> None:
        async def story() -> None:
            async with Server() as server:
                address = await server.transports.tcp(("127.0.0.1", 0))
                _reader, writer = await asyncio.open_connection(*address)
                writer.write(OPTIONS)
                await until(lambda: server.heard)
                flow = server.heard[0][1]
                found: list[Flow | FlowError] = []
                server.transports.alias(flow, 5070)
                server.transports.flow_for(Target("TCP", "127.0.0.1", 5070), found.append)
                await until(lambda: found)
                assert isinstance(found[0], FlowError), "a stranger's connection is not used"
                server.transports.trust("127.0.0.1")
                server.transports.alias(flow, 5070)
                server.transports.flow_for(Target("TCP", "127.0.0.1", 5070), found.append)
                assert found[1] is flow
                writer.close()

        run(story)

    def test_nobody_there(self) -> None:
        async def story() -> None:
            async with Server() as server:
                with socket.socket() as closed:
                    closed.bind(("127.0.0.1", 0))
                    found: list[Flow | FlowError] = []
                    server.transports.flow_for(Target("TCP", *closed.getsockname()), found.append)
                    await until(lambda: found)
                    assert isinstance(found[0], FlowError)
                    assert server.transports.sources.connections == 0

        run(story)

    def test_a_large_request_goes_by_tcp_where_the_peer_listens_and_by_udp_else(self) -> None:
        async def story() -> None:
            async with Server() as server, Server() as peer:
                await server.transports.udp(("127.0.0.1", 0))
                host, port = await peer.transports.tcp(("127.0.0.1", 0))
                found: list[Flow | FlowError] = []
                server.transports.flow_for(Target("UDP", host, port), found.append, size=1300)
                server.transports.flow_for(Target("UDP", host, port), found.append, size=1301)
                await until(lambda: len(found) == 2)
                server.transports.flow_for(Target("UDP", host, 9), found.append, size=1301)
                await until(lambda: len(found) == 3)
                server.transports.flow_for(Target("UDP", host, 9), found.append, size=1301)
                assert [one.transport for one in found if isinstance(one, Flow)] == ["UDP", "TCP", "UDP", "UDP"]

        run(story)


class TestHostileConnections:
    def test_a_header_that_does_not_end_is_cut_off(self) -> None:
        async def story() -> None:
            async with Server(Limits(message_seconds=0.2, idle_seconds=5)) as server:
                reader, writer = await asyncio.open_connection(*await server.transports.tcp(("127.0.0.1", 0)))
                writer.write(OPTIONS)
                await reader.readuntil(b"\r\n\r\n")
                started = asyncio.get_running_loop().time()
                with contextlib.suppress(RuntimeError, ConnectionError):  # the end may show while we still write
                    for byte in OPTIONS[:-1]:
                        writer.write(bytes([byte]))
                        await asyncio.sleep(0.01)
                        if reader.at_eof():
                            break
                    assert await reader.read() == b""
                assert asyncio.get_running_loop().time() - started < 2
                writer.close()

        run(story)

    def test_silence_is_cut_off(self) -> None:
        async def story() -> None:
            async with Server(Limits(message_seconds=0.1, idle_seconds=0.3)) as server:
                address = await server.transports.tcp(("127.0.0.1", 0))
                mute, _mute_writer = await asyncio.open_connection(*address)
                once, writer = await asyncio.open_connection(*address)
                writer.write(OPTIONS)
                assert await mute.read() == b""
                assert (await once.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200")
                assert await once.read() == b""
                assert server.transports.sources.connections == 0

        run(story)

    @pytest.mark.parametrize(
        "data",
        [
            b"OPTIONS sip:x SIP/2.0\r\nX: " + b"a" * 70_000,
            b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 70000\r\n\r\n",
            b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 5\r\nl: 6\r\n\r\n",
            b"OPTIONS sip:x SIP/2.0\r\nContent-Length: -5\r\n\r\n",
            b"\rGET",
        ],
    )
    def test_a_stream_that_cannot_be_cut_into_messages_is_closed(self, data: bytes) -> None:
        async def story() -> None:
            async with Server() as server:
                reader, writer = await asyncio.open_connection(*await server.transports.tcp(("127.0.0.1", 0)))
                writer.write(data)
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
                assert server.heard == []
                writer.close()

        run(story)

    def test_more_connections_than_one_source_may_have_are_refused_and_others_still_served(self) -> None:
        async def story() -> None:
            async with Server(Limits(connections_per_source=50, message_seconds=0.5)) as server:
                address = await server.transports.tcp(("127.0.0.1", 0))
                crowd = []
                for _ in range(1000):
                    sock = socket.socket()
                    sock.setblocking(False)
                    await asyncio.get_running_loop().sock_connect(sock, address)
                    crowd.append(sock)
                await until(lambda: server.transports.sources.connections == 50)
                other = socket.socket()
                other.setblocking(False)
                other.bind(("127.0.0.2", 0))
                await asyncio.get_running_loop().sock_connect(other, address)
                assert (await exchange(other, OPTIONS)).startswith(b"SIP/2.0 200")
                await until(lambda: server.transports.sources.connections == 1)  # half-open ones do not last
                for sock in (*crowd, other):
                    sock.close()

        run(story)

    def test_a_peer_that_does_not_read_loses_its_connection(self) -> None:
        async def story() -> None:
            async with Server(Limits(send_buffer_bytes=100_000)) as server:
                address = await server.transports.tcp(("127.0.0.1", 0))
                with socket.socket() as deaf:
                    deaf.setblocking(False)
                    await asyncio.get_running_loop().sock_connect(deaf, address)
                    await asyncio.get_running_loop().sock_sendall(deaf, OPTIONS)
                    await until(lambda: server.heard)
                    flow = server.heard[0][1]
                    for _ in range(1000):
                        if not flow.send(b"x" * 60_000):
                            break
                    assert flow.closed

        run(story)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=svara"
        f" -addext subjectAltName=IP:127.0.0.1 -keyout {folder}/key.pem -out {folder}/certificate.pem".split(),
        check=True,
        capture_output=True,
    )
    path = folder / "server.pem"
    path.write_bytes((folder / "key.pem").read_bytes() + (folder / "certificate.pem").read_bytes())
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def client_context(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


class TestTls:
    def test_a_phone_and_ourselves_as_client(self, certificate: Path) -> None:
        async def story() -> None:
            async with Server() as server, Server() as client:
                host, port = await server.transports.tls(("127.0.0.1", 0), server_context(certificate))
                client.transports.use_tls_client(client_context(certificate))
                found: list[Flow | FlowError] = []
                client.transports.flow_for(Target("TLS", host, port), found.append)
                await until(lambda: found)
                flow = found[0]
                assert isinstance(flow, Flow)
                flow.send(OPTIONS)
                await until(lambda: client.heard)
                assert server.heard[0][1].transport == "TLS"

        run(story)

    def test_a_server_with_the_wrong_certificate_is_not_talked_to(self, certificate: Path) -> None:
        async def story() -> None:
            async with Server() as server, Server() as client:
                host, port = await server.transports.tls(("127.0.0.1", 0), server_context(certificate))
                found: list[Flow | FlowError] = []
                client.transports.flow_for(Target("TLS", host, port), found.append)
                await until(lambda: found)
                assert isinstance(found[0], FlowError)

        run(story)

    def test_a_handshake_that_does_not_come_is_given_up(self, certificate: Path) -> None:
        async def story() -> None:
            async with Server(Limits(message_seconds=0.3)) as server:
                address = await server.transports.tls(("127.0.0.1", 0), server_context(certificate))
                reader, writer = await asyncio.open_connection(*address)
                await until(lambda: server.transports.sources.connections == 1)
                assert await reader.read() == b""
                await until(lambda: server.transports.sources.connections == 0)
                writer.close()

        run(story)

    def test_hundreds_that_never_shake_hands_are_bounded_and_a_phone_is_still_served(self, certificate: Path) -> None:
        async def story() -> None:
            async with Server(Limits(message_seconds=1, connections_per_source=40)) as server:
                address = await server.transports.tls(("127.0.0.1", 0), server_context(certificate))
                crowd = []
                for _ in range(300):
                    sock = socket.socket()
                    sock.setblocking(False)
                    await asyncio.get_running_loop().sock_connect(sock, address)
                    crowd.append(sock)
                await until(lambda: server.transports.sources.connections == 40)
                reader, writer = await asyncio.open_connection(
                    *address, ssl=client_context(certificate), local_addr=("127.0.0.2", 0)
                )
                writer.write(OPTIONS)
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200")
                await until(lambda: server.transports.sources.connections == 1)
                for sock in crowd:
                    sock.close()
                writer.close()

        run(story)


class TestWebSocket:
    def test_a_browser_gets_its_answer_and_its_keep_alive(self) -> None:
        async def story() -> None:
            async with Server() as server:
                host, port = await server.transports.websocket(("127.0.0.1", 0))
                async with connect(f"ws://{host}:{port}/sip", subprotocols=[Subprotocol("sip")]) as browser:
                    assert browser.subprotocol == "sip"
                    await browser.send(OPTIONS.decode())
                    answer = await browser.recv()
                    assert isinstance(answer, str)
                    assert answer.startswith("SIP/2.0 200 OK")
                    await browser.send(OPTIONS)  # binary frames are as good
                    await browser.recv()
                    await browser.send("\r\n\r\n")
                    assert await browser.recv() == "\r\n"
                    flow = server.heard[0][1]
                    assert flow.transport == "WS"
                    await (await browser.ping())
                await until(lambda: flow.closed)
                assert server.transports.sources.connections == 0

        run(story)

    def test_over_tls(self, certificate: Path) -> None:
        async def story() -> None:
            async with Server() as server:
                host, port = await server.transports.websocket(("127.0.0.1", 0), server_context(certificate))
                url = f"wss://{host}:{port}/sip"
                async with connect(url, subprotocols=[Subprotocol("sip")], ssl=client_context(certificate)) as browser:
                    await browser.send(OPTIONS.decode())
                    await browser.recv()
                assert server.heard[0][1].transport == "WSS"

        run(story)

    def test_the_web_process_says_whom_it_speaks_for(self, tmp_path: Path) -> None:
        async def story() -> None:
            async with Server() as server:
                await server.transports.websocket(tmp_path / "ws")
                headers = {"X-Forwarded-For": "10.0.0.1, 203.0.113.5", "X-Forwarded-Proto": "https"}
                async with unix_connect(
                    str(tmp_path / "ws"), "ws://svara/sip", subprotocols=[Subprotocol("sip")], additional_headers=headers
                ) as browser:
                    await browser.send(OPTIONS.decode())
                    await browser.recv()
                flow = server.heard[0][1]
                assert flow.remote[0] == "203.0.113.5"
                assert flow.transport == "WSS"
                assert flow.contact_uri("bob").endswith(";transport=ws")

        run(story)

    def test_from_the_network_nobody_may_speak_for_others(self) -> None:
        async def story() -> None:
            async with Server() as server:
                host, port = await server.transports.websocket(("127.0.0.1", 0))
                async with connect(
                    f"ws://{host}:{port}",
                    subprotocols=[Subprotocol("sip")],
                    additional_headers={"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"},
                ) as browser:
                    await browser.send(OPTIONS.decode())
                    await browser.recv()
                assert server.heard[0][1].remote[0] == "127.0.0.1"
                assert server.heard[0][1].transport == "WS"

        run(story)

    def test_without_the_subprotocol_there_is_no_connection(self) -> None:
        async def story() -> None:
            async with Server() as server:
                host, port = await server.transports.websocket(("127.0.0.1", 0))
                with pytest.raises(InvalidHandshake):
                    await connect(f"ws://{host}:{port}/sip")
                await until(lambda: server.transports.sources.connections == 0)

        run(story)

    def test_a_message_over_the_limit_closes_the_connection(self) -> None:
        async def story() -> None:
            async with Server() as server:
                host, port = await server.transports.websocket(("127.0.0.1", 0))
                async with connect(f"ws://{host}:{port}/sip", subprotocols=[Subprotocol("sip")]) as browser:
                    await browser.send("x" * 70_000)
                    with pytest.raises(ConnectionClosed):
                        await browser.recv()
                assert server.heard == []

        run(story)

    def test_fragments_are_put_together(self) -> None:
        async def story() -> None:
            async with Server() as server:
                host, port = await server.transports.websocket(("127.0.0.1", 0))
                async with connect(f"ws://{host}:{port}/sip", subprotocols=[Subprotocol("sip")]) as browser:
                    text = OPTIONS.decode()
                    await browser.send([text[:10], text[10:50], text[50:]])
                    await browser.recv()

        run(story)

    def test_a_frame_that_does_not_end_is_cut_off(self) -> None:
        async def story() -> None:
            async with Server(Limits(message_seconds=0.3, idle_seconds=10)) as server:
                host, port = await server.transports.websocket(("127.0.0.1", 0))
                async with connect(f"ws://{host}:{port}/sip", subprotocols=[Subprotocol("sip")]) as browser:
                    await browser.send(OPTIONS.decode())
                    await browser.recv()
                    browser.transport.write(b"\x81\xfe\x01")  # the head of a text frame
                    started = asyncio.get_running_loop().time()
                    with pytest.raises(ConnectionClosed):
                        await browser.recv()
                    assert asyncio.get_running_loop().time() - started < 2

        run(story)

    def test_http_without_upgrade_and_slow_handshakes_end(self) -> None:
        async def story() -> None:
            async with Server(Limits(message_seconds=0.2)) as server:
                address = await server.transports.websocket(("127.0.0.1", 0))
                reader, writer = await asyncio.open_connection(*address)
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert b" 426 " in await reader.read()
                slow, _slow_writer = await asyncio.open_connection(*address)
                _slow_writer.write(b"GET /sip HT")
                assert await slow.read() == b""
                await until(lambda: server.transports.sources.connections == 0)

        run(story)
