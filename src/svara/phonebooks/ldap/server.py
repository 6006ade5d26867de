"""The LDAP server: an asyncio listener in the web process, one task a connection.

What comes in is hostile: messages of at most 16 KiB, one after the other; who does not say who they are within ten
seconds, or is wrong three times, is let go; so many connections and no more, of one source fewer; whoever does not read
what is sent is cut off. Whether a password still holds is looked up for each search.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.db import connection

from svara import log
from svara.people.throttle import source_of
from svara.phonebooks import door
from svara.phonebooks.access import access_phonebook
from svara.phonebooks.ldap import directory, messages
from svara.phonebooks.ldap.ber import SEQUENCE, BerError, length_of
from svara.phonebooks.ldap.messages import MAX_MESSAGE_BYTES, Bind, Message, Result, Search
from svara.privacy.errors import Forbidden

MAX_CONNECTIONS = 1000
MAX_OF_ONE_SOURCE = 200
"""Of a company's phones behind one address."""
BIND_SECONDS = 10.0
IDLE_SECONDS = 300.0
READ_SECONDS = 10.0
WRITE_SECONDS = 20.0
MAX_WRONG = 3
SEARCHES_AT_ONCE = 4
_PORTION_BYTES = 64 * 1024

_log = log.get("phonebooks.ldap")
T = TypeVar("T")


class LdapServer:
    """All listeners of one process. `entrance` is the door that its other ways use too."""

    def __init__(self, entrance: door.Door) -> None:
        self._door = entrance
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.Task[None]] = set()
        self._sources: Counter[str] = Counter()
        self._searching = asyncio.Semaphore(SEARCHES_AT_ONCE)

    async def listen(self, bound: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Serve on a socket: LDAPS with a context, in the clear without."""

        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._accepted(reader, writer, encrypted=tls is not None)

        seconds = None if tls is None else BIND_SECONDS
        self._servers.append(
            await asyncio.start_server(accepted, sock=bound, ssl=tls, limit=MAX_MESSAGE_BYTES, ssl_handshake_timeout=seconds)
        )

    async def close(self) -> None:
        """End everything."""
        for server in self._servers:
            server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, encrypted: bool) -> None:
        peer = writer.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        source = source_of(address)
        task = asyncio.current_task()
        if task is None or len(self._open) >= MAX_CONNECTIONS or self._sources[source] >= MAX_OF_ONE_SOURCE:
            writer.transport.abort()
            return
        self._open.add(task)
        self._sources[source] += 1
        try:
            await Conversation(self._door, self._searching, address, encrypted=encrypted).run(reader, writer)
        except (OSError, EOFError, TimeoutError):
            pass
        except asyncio.CancelledError:
            with suppress(Exception):
                writer.write(messages.disconnection(Result.UNAVAILABLE, "the server stops"))
        except Exception:
            _log.error("an LDAP connection failed", exc_info=True)
        finally:
            self._open.discard(task)
            self._sources[source] -= 1
            if not self._sources[source]:
                del self._sources[source]
            with suppress(Exception):
                writer.close()


class Conversation:
    """One connection: who it is, and one message after the other."""

    def __init__(self, entrance: door.Door, searching: asyncio.Semaphore, address: str, *, encrypted: bool) -> None:
        self._door, self._searching = entrance, searching
        self._address, self._encrypted = address, encrypted
        self._reader: door.Reader | None = None
        self._wrong = 0

    async def run(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        """Until it is over. Raises OSError, EOFError, TimeoutError."""
        while True:
            patience = IDLE_SECONDS if self._reader is not None else BIND_SECONDS
            async with asyncio.timeout(patience):
                data = await _receive(incoming)
            try:
                message = messages.read(data)
            except BerError:
                await _send(outgoing, messages.disconnection(Result.PROTOCOL_ERROR, "this is no message of LDAP"))
                return
            if isinstance(message.operation, messages.Unbind):
                return
            for portion in await self._answer(message):
                await _send(outgoing, portion)
            if self._wrong >= MAX_WRONG:
                return

    async def _answer(self, message: Message) -> list[bytes]:
        id_ = message.id
        match message.operation:
            case messages.Abandon():
                return []
            case Bind() as bind:
                return [await self._bind(id_, bind)]
            case Search() as search if not message.critical:
                return await self._search(id_, search)
            case Search():
                return [messages.searched(id_, Result.UNAVAILABLE_CRITICAL_EXTENSION)]
            case messages.Extended():
                return [messages.extended(id_, Result.PROTOCOL_ERROR, "there are no extended operations here")]
            case messages.Writing(answer):
                return [
                    messages.refused(id_, answer, Result.UNWILLING_TO_PERFORM, "phonebooks are read here, and not written")
                ]
            case _:
                return []

    async def _bind(self, id_: int, asked: Bind) -> bytes:
        self._reader = None
        if asked.version != 3:
            return messages.bound(id_, Result.PROTOCOL_ERROR, "LDAP version 3 is spoken here")
        if asked.password is None:
            return messages.bound(id_, Result.AUTH_METHOD_NOT_SUPPORTED, "bind with a phonebook password")
        if not asked.name or not asked.password:
            return messages.bound(id_, Result.INAPPROPRIATE_AUTHENTICATION, "bind with a login and a phonebook password")
        login, secret = directory.login_of(asked.name), asked.password
        found = await _in_database(lambda: self._door.enter(login, secret, self._address, "ldap"))
        result, why = _meaning(found)
        if isinstance(found, door.Reader):
            if not self._encrypted and not found.in_clear:
                return messages.bound(id_, Result.CONFIDENTIALITY_REQUIRED, "the company wants LDAP over TLS")
            self._reader = found
        else:
            self._wrong += 1
        return messages.bound(id_, result, why)

    async def _search(self, id_: int, asked: Search) -> list[bytes]:
        if self._reader is None:
            if not asked.base and asked.scope == 0:
                return [directory.root(id_), messages.searched(id_, Result.SUCCESS)]
            return [messages.searched(id_, Result.INSUFFICIENT_ACCESS_RIGHTS, "bind first")]
        known = self._reader
        async with self._searching:
            return await _in_database(lambda: self._found(id_, asked, known))

    def _found(self, id_: int, asked: Search, known: door.Reader) -> list[bytes]:
        """What a search finds, in portions to send."""
        reader = self._door.again(known, "ldap")
        if not isinstance(reader, door.Reader):
            result, why = _meaning(reader)
            return [messages.searched(id_, result, why)]
        if not self._encrypted and not reader.in_clear:
            return [messages.searched(id_, Result.CONFIDENTIALITY_REQUIRED, "the company wants LDAP over TLS")]
        account = reader.account
        try:
            book = directory.Directory(access_phonebook(account), account.tenant.slug, account.tenant.name)
        except Forbidden:
            return [messages.searched(id_, Result.INSUFFICIENT_ACCESS_RIGHTS)]
        told, result = book.search(id_, asked)
        return _portions([*told, messages.searched(id_, result)])


def _meaning(found: door.Reader | door.Throttled | door.Closed | None) -> tuple[Result, str]:
    if isinstance(found, door.Reader):
        return Result.SUCCESS, ""
    if isinstance(found, door.Throttled):
        return Result.BUSY, f"that was too often: try again in {found.retry_after_seconds} seconds"
    if isinstance(found, door.Closed):
        return Result.UNWILLING_TO_PERFORM, "the company does not give its phonebook by LDAP"
    return Result.INVALID_CREDENTIALS, ""


async def _receive(incoming: asyncio.StreamReader) -> bytes:
    """One whole message, b"" for what is none. Its rest has to follow its beginning soon."""
    head = await incoming.readexactly(1)
    if head[0] != SEQUENCE:
        return b""
    async with asyncio.timeout(READ_SECONDS):
        try:
            while (found := length_of(head)) is None:
                head += await incoming.readexactly(1)
        except BerError:
            return b""
        size = found[1]
        return head + await incoming.readexactly(size) if size <= MAX_MESSAGE_BYTES else b""


async def _send(outgoing: asyncio.StreamWriter, data: bytes) -> None:
    outgoing.write(data)
    async with asyncio.timeout(WRITE_SECONDS):
        await outgoing.drain()


def _portions(parts: list[bytes]) -> list[bytes]:
    """Many small messages as few larger pieces."""
    pieces: list[bytes] = []
    held: list[bytes] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= _PORTION_BYTES:
            pieces.append(b"".join(held))
            held, size = [], 0
    return [*pieces, b"".join(held)] if held else pieces


async def _in_database(work: Callable[[], T]) -> T:
    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    return await asyncio.to_thread(run)
