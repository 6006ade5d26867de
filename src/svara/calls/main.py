"""The role `svara serve calls`: signalling of all calls, in one process on one core.

Settings, from the environment:

- `SVARA_SIP_ADDRESS`: the address that phones reach us by, where it is not that of the socket (one-to-one NAT).
- `SVARA_SIP_HOSTS`: further names of this server, separated by commas, that phones may dial at.
- `SVARA_TLS_CERT`, `SVARA_TLS_KEY`: certificate chain and key (PEM) for SIP over TLS.
- `SVARA_SIP_TLS`: HOST:PORT to listen on for TLS, where no socket was inherited for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import secrets
import socket
import ssl
import time
from collections.abc import Callable
from functools import partial

import msgspec

from svara import bus, log
from svara.bus.port import Bus, BusError, Event
from svara.calls import recovery
from svara.calls.boxes import TOPIC_MESSAGE
from svara.calls.commands import SERVICE
from svara.calls.desk import Desk
from svara.calls.exchange import renew
from svara.calls.journal import Journal, JournalBusyError
from svara.calls.kept import Kept, Key
from svara.calls.live import News
from svara.calls.queue.hall import Hall
from svara.calls.service import Service
from svara.calls.silence import relay_silent
from svara.calls.stops.paging import Paging
from svara.calls.switch import Switch
from svara.calls.talks.objecting import silence
from svara.calls.whenfree.room import WhenFree
from svara.clock import LoopClock
from svara.data import DataFolder
from svara.media.direct import NoRelay
from svara.media.relay import RelayError
from svara.media.rtpengine import RtpEngine
from svara.media.voice.client import VoiceClient
from svara.people.browserphone import TOPIC_ENDED, Ended, key_of
from svara.people.office import TOPIC_OFFICE
from svara.sip.digest import Nonces
from svara.sip.locate import Locator
from svara.sip.registrar import Registrar
from svara.sip.tokens import Tokens
from svara.sip.transaction import Transactions
from svara.sip.transport import Transports

OFFICE_POLL_SECONDS = 1.0
TIDY_SECONDS = 5.0
TIDY_PAUSE_SECONDS = 60.0
TIDY_AT_LEAST_SECONDS = 900.0
TIDY_ALLOCATED = 20_000
MOST_ALLOCATED = 20_000_000
"""Objects made and not freed since the last collection: below the first nothing is worth a pass, above the second it runs
whatever goes on."""
ASK_SECONDS = 3.0
"""How long somebody on the phone waits for another process of the house."""
LAST_WORDS_SECONDS = 0.3
"""How long hang-ups and news have to leave the house when it closes."""

_logger = log.get("calls.main")


async def main(
    data: DataFolder,
    sockets: dict[str, socket.socket],
    stop: asyncio.Event,
    ready: Callable[[], None],
    *,
    role_key: Key,
) -> None:
    """Serve calls until `stop`. Raises SystemExit with a plain line when it cannot work here.

    `role_key` gives the key of what is kept on the disk (`svara.calls.kept`).
    """
    loop = asyncio.get_running_loop()
    clock = LoopClock(loop)
    try:
        kept = Kept(data, await asyncio.to_thread(role_key), partial(loop.run_in_executor, None))
    except JournalBusyError:
        raise SystemExit(f"another process serves calls from {data.root}") from None
    line = bus.connect(data)
    relay = RtpEngine(clock, data)
    transports = Transports(clock)
    news = News(clock, line.publish)
    registrar = Registrar(clock, kept.bindings)
    tokens = Tokens()
    switch = Switch(
        clock=clock,
        journal=kept.journal,
        news=news,
        registrar=registrar,
        relay=relay,
        direct=NoRelay(clock),
        transports=transports,
        new_id=lambda: new_call_id(tokens),
        new_tag=lambda: tokens.take(16),
        random=random.SystemRandom(),
        has_sound=lambda file: (data.sounds / file).is_file(),
    )
    key = _key(data)
    desk = Desk(switch, Nonces(key, clock), hosts=_names("SVARA_SIP_HOSTS"))
    registrar.on_change = lambda login, count: phone_changed(desk, login, count)
    switch.transactions = Transactions(clock, transports, None, desk.on_request, desk.on_ack, load=transports.load)
    locator = Locator(clock)
    switch.trunks.locate, switch.trunks.key = locator.locate, key
    relay.on_lost = lambda: relay_lost(switch)
    relay.on_silent = lambda session, _leg: relay_silent(switch, session)
    hall = Hall(switch, kept.queues, line.publish)
    service = Service(switch, data.root, hall=hall, when_free=WhenFree(switch, kept.queues))
    look = partial(look_at_changes, switch, service, kept, data)
    switch.browsers.key = key_of(key)
    look()
    relay.start()
    voice = await _voice(line, switch)
    await _listen(transports, sockets, data)
    switch.trunks.start()
    recovery.trust_the_registered(switch)
    recovery.take_up(switch, kept.left_open)
    await line.serve(SERVICE, service.handle)
    works = (
        _follow_changes(line, look),
        _follow_sign_outs(line, switch),
        _poll_changes(look, kept.journal),
        _tidy(switch),
        kept.wait_for(role_key, switch, hall),
    )
    following = [asyncio.create_task(work) for work in works]
    ready()
    try:
        await stop.wait()
    finally:
        await _close(switch, following)
        voice.leave()
        await line.close()
        relay.close()
        locator.close()
        for closing in list(switch.closing):
            closing.measured(RelayError("the server was stopped"))
        transports.close()
        registrar.close()
        kept.journal.close()


async def _voice(line: Bus, switch: Switch) -> VoiceClient:
    """The way to the voice process, for all calls of the switch."""
    voice = VoiceClient(line, switch.clock)
    voice.on_event, voice.on_lost, voice.on_away = switch.heard, switch.voice_lost, switch.voice_away
    switch.voice = voice
    switch.ask = partial(_ask, line, set())
    await voice.start()
    return voice


def look_at_changes(switch: Switch, service: Service, kept: Kept, data: DataFolder) -> None:
    """Take what others have written meanwhile: the office, who is not recorded, and how many voice messages wait."""
    before = switch.office
    service.look_at_office()
    service.look_at_meetings()
    heard = kept.objectors.look()
    switch.unrecorded = kept.objectors.known
    if heard or switch.office is not before:
        silence(switch)
    switch.lamps.look(data.root)
    service.look_at_meetings()


def _ask(
    line: Bus, asking: set[asyncio.Task[None]], service: str, payload: bytes, done: Callable[[bytes | None], object]
) -> None:
    """Ask a service of the bus; `asking` keeps what is under way."""

    async def ask() -> None:
        try:
            answer = await line.request(service, payload, ASK_SECONDS)
        except BusError:
            done(None)
        else:
            done(answer)

    task = asyncio.get_running_loop().create_task(ask())
    asking.add(task)
    task.add_done_callback(asking.discard)


async def _close(switch: Switch, following: list[asyncio.Task[None]]) -> None:
    """When the whole office closes, talks end with it, since the relay goes too. A process that is alone leaves them to its
    successor."""
    for task in following:
        task.cancel()
    if os.environ.get("SVARA_SUPERVISOR"):
        for call in list(switch.calls.values()):
            call.guarded(call.end, "system", "the server was stopped")
        switch.trunks.close()
        if switch.transactions.open or switch.calls:
            await asyncio.sleep(LAST_WORDS_SECONDS)
    switch.news.flush()
    if switch.queues is not None:
        switch.queues.close()


def phone_changed(desk: Desk, login: str, count: int) -> None:
    """A phone has `count` bindings now."""
    desk.switch.news.phone(login, count > 0)
    if desk.switch.queues is not None:
        desk.switch.queues.phone(login)
    desk.switch.lamps.phone(login, count)
    if count:
        desk.switch.left.registered(login)
        desk.switch.late.phone(login)


def relay_lost(switch: Switch) -> None:
    """The relay was restarted: build the sound of every talk anew."""
    for call in list(switch.calls.values()):
        if call.relay is switch.relay:
            if call.room is not None:
                call.guarded(call.room.lost)
            call.guarded(renew, call, "media relay lost")
            page = call.setup if isinstance(call.setup, Paging) else None
            for hearer in (page, call.guest, call.recorder, *call.keys):
                if hearer is not None:
                    call.guarded(hearer.reconnect)


def new_call_id(tokens: Tokens) -> str:
    """Sortable by time, and not to be guessed."""
    return f"{int(time.time() * 1000):011x}{tokens.take(12)}"


async def _listen(transports: Transports, sockets: dict[str, socket.socket], data: DataFolder) -> None:
    advertised = os.environ.get("SVARA_SIP_ADDRESS") or None
    await transports.udp(sockets["sip-udp"], advertised=advertised)
    await transports.tcp(sockets["sip-tcp"], advertised=advertised)
    certificate, key = os.environ.get("SVARA_TLS_CERT"), os.environ.get("SVARA_TLS_KEY")
    if certificate and key:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise SystemExit(f"the certificate {certificate} with the key {key} cannot be used: {error}") from None
        where = sockets.get("sip-tls") or _address(os.environ.get("SVARA_SIP_TLS", ""))
        if where is not None:
            await transports.tls(where, context, advertised=advertised)
    await transports.websocket(data.sip_websocket, advertised=advertised)


def _address(text: str) -> tuple[str, int] | None:
    host, _, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if host and port.isdigit() else None


def _names(variable: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in os.environ.get(variable, "").split(",") if name.strip())


def _key(data: DataFolder) -> bytes:
    """The installation's secret; one of this process's own where none was made (a test)."""
    try:
        return data.secret_key.read_bytes()
    except OSError:
        return secrets.token_bytes(32)


async def _tidy(switch: Switch) -> None:
    """Collect garbage only now and then, when nobody is dialling.

    What a call leaves behind is free without the collector, and the collector's passes over thousands of living calls would
    cost a sixth of the time and hold up messages for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    waited = 0.0
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        waited += TIDY_SECONDS
        allocated = gc.get_count()[0]
        busy = any(call.setup is not None for call in switch.calls.values())
        quiet = waited >= TIDY_PAUSE_SECONDS and (not busy or waited > TIDY_AT_LEAST_SECONDS)
        if allocated > MOST_ALLOCATED or (allocated > TIDY_ALLOCATED and quiet):
            gc.collect()
            waited = 0.0


async def _follow_changes(line: Bus, look: Callable[[], None]) -> None:
    while True:
        try:
            async with line.subscribe(TOPIC_OFFICE, TOPIC_MESSAGE) as changes:
                async for _ in changes:
                    look()
        except Exception:
            _logger.exception("following the office's changes failed")
        await asyncio.sleep(OFFICE_POLL_SECONDS)


async def _follow_sign_outs(line: Bus, switch: Switch) -> None:
    while True:
        try:
            async with line.subscribe(TOPIC_ENDED) as events:
                async for event in events:
                    if isinstance(event, Event):
                        switch.browsers.end(msgspec.msgpack.decode(event.payload, type=Ended).sessions)
        except Exception:
            _logger.exception("following who signs out failed")
        await asyncio.sleep(OFFICE_POLL_SECONDS)


async def _poll_changes(look: Callable[[], None], journal: Journal) -> None:
    while True:
        await asyncio.sleep(OFFICE_POLL_SECONDS)
        journal.renew()
        with contextlib.suppress(Exception):
            look()
