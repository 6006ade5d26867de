"""The LDAP server holds its ground: garbage, trickles, crowds and floods, before anybody has said who they are."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from svara.cli.roles import sockets_for
from svara.cli.sockets import AddressError
from svara.phonebooks import door
from svara.phonebooks.ldap import ber, server
from svara.phonebooks.ldap.messages import DISCONNECTION, MAX_MESSAGE_BYTES, Result
from svara.web.main import certificate

BASE_SEARCH = bytes.fromhex("3025020101632004000a01000a0100020100020100010100870b6f626a656374436c6173733000")
SUBTREE_SEARCH = BASE_SEARCH.replace(b"\x04\x00\x0a\x01\x00", b"\x04\x00\x0a\x01\x02", 1)

Story = Callable[[int, server.LdapServer], Awaitable[None]]


class NobodysDoor(door.Door):
    """Knows nobody, and needs no database for it."""

    def enter(self, login: str, secret: str, address: str, way: door.Way) -> None:
        del login, secret, address, way


def served(story: Story) -> None:
    """Tell a story with a server that listens."""

    async def whole() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        ldap = server.LdapServer(NobodysDoor())
        await ldap.listen(listener)
        try:
            async with asyncio.timeout(20):
                await story(listener.getsockname()[1], ldap)
        finally:
            await ldap.close()

    uvloop.run(whole())


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


def bind(password: str, id_: int = 1) -> bytes:
    wish = ber.encode_number(3) + ber.encode_text("anna") + ber.encode_text(password, 0x80)
    return ber.encode(ber.SEQUENCE, ber.encode_number(id_) + ber.encode(0x60, wish))


async def answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Tag and result code of the next message."""
    data = await reader.readexactly(2)
    data += await reader.readexactly(data[1])
    [(_sequence, whole)] = ber.values(data)
    _id, (tag, content) = ber.values(whole)
    return tag, next(iter(ber.values(content)))[1][0]


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x30\x84\x7f\xff\xff\xff" + b"a" * 100,
        b"\x30\x80",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10,
        b"\x00" * 1000,
        b"\x30\x03\x02\x01\x00",
    ],
)
def test_garbage_gets_a_notice_and_the_door(data: bytes) -> None:
    async def story(port: int, _ldap: server.LdapServer) -> None:
        reader, writer = await connect(port)
        writer.write(data)
        told = await reader.read()
        assert DISCONNECTION.encode() in told
        assert bytes((ber.ENUMERATED, 1, Result.PROTOCOL_ERROR)) in told

    served(story)


def test_a_message_that_trickles_in_or_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BIND_SECONDS", 0.3)
    monkeypatch.setattr(server, "READ_SECONDS", 0.1)

    async def story(port: int, _ldap: server.LdapServer) -> None:
        for data in (b"", b"\x30", b"\x30\x82\x10", bind("x")[:-1]):
            reader, writer = await connect(port)
            writer.write(data)
            assert await reader.read() == b""

    served(story)


def test_who_is_wrong_three_times_is_let_go() -> None:
    async def story(port: int, _ldap: server.LdapServer) -> None:
        reader, writer = await connect(port)
        for _try in range(server.MAX_WRONG):
            writer.write(bind("0000-0000-0000-0000-0000"))
            assert await answer(reader) == (0x61, Result.INVALID_CREDENTIALS)
        assert await reader.read() == b""

    served(story)


def test_nobody_searches_before_they_said_who_they_are() -> None:
    async def story(port: int, _ldap: server.LdapServer) -> None:
        reader, writer = await connect(port)
        writer.write(bind(""))
        assert await answer(reader) == (0x61, Result.INAPPROPRIATE_AUTHENTICATION)
        writer.write(SUBTREE_SEARCH)
        assert await answer(reader) == (0x65, Result.INSUFFICIENT_ACCESS_RIGHTS)
        writer.write(BASE_SEARCH)
        data = await reader.read(1000)
        assert b"supportedLDAPVersion" in data
        assert b"namingContexts" not in data, "no company is named to strangers"

    served(story)


def test_a_crowd_of_one_source_is_bounded_and_its_end_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_OF_ONE_SOURCE", 3)

    async def story(port: int, ldap: server.LdapServer) -> None:
        inside = [await connect(port) for _phone in range(3)]
        for reader, writer in inside:
            writer.write(bind("x"))
            assert (await answer(reader))[0] == 0x61
        reader, _writer = await connect(port)
        with pytest.raises(OSError):  # noqa: PT011  reset, or broken
            assert await reader.read() != b"" or _raise()
        inside[0][1].close()
        while len(ldap._open) > 2:
            await asyncio.sleep(0.01)
        reader, writer = await connect(port)
        writer.write(bind("x"))
        assert (await answer(reader))[0] == 0x61

    served(story)


def _raise() -> bool:
    raise ConnectionResetError


def test_what_waits_in_the_pipe_is_bounded() -> None:
    assert MAX_MESSAGE_BYTES <= 64 * 1024

    async def story(port: int, ldap: server.LdapServer) -> None:
        reader, writer = await connect(port)
        writer.write(b"\x30\x82\x3f\xff" + b"\x00" * 0x3FFF + bind("x") * 1000)
        assert DISCONNECTION.encode() in await reader.read()
        del ldap

    served(story)


def test_a_stop_tells_those_who_are_connected() -> None:
    async def story(port: int, ldap: server.LdapServer) -> None:
        reader, writer = await connect(port)
        writer.write(bind("x"))
        await answer(reader)
        await ldap.close()
        assert DISCONNECTION.encode() in await reader.read()

    served(story)


def test_the_web_role_listens_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVARA_LDAPS", "127.0.0.1:0")
    bound = sockets_for("web", "127.0.0.1:0", "127.0.0.1:0")
    for each in bound.values():
        each.close()
    assert sorted(bound) == ["http", "ldaps"]
    monkeypatch.setenv("SVARA_LDAP", "everywhere")
    with pytest.raises(AddressError, match="everywhere"):
        sockets_for("web", "127.0.0.1:0", "127.0.0.1:0")


def test_without_a_certificate_there_is_no_ldaps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SVARA_TLS_CERT", raising=False)
    with pytest.raises(SystemExit, match="SVARA_LDAPS needs a certificate"):
        certificate()
    (tmp_path / "cert.pem").write_text("no certificate")
    monkeypatch.setenv("SVARA_TLS_CERT", str(tmp_path / "cert.pem"))
    monkeypatch.setenv("SVARA_TLS_KEY", str(tmp_path / "cert.pem"))
    with pytest.raises(SystemExit, match="cannot be used"):
        certificate()
