"""The part of the role `svara serve jobs` that wakes browsers: hears over the bus who is rung, and sends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final, TypeVar

import msgspec
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone

from svara import log
from svara.bus.port import Bus, BusError, Event, Gap
from svara.calls import commands
from svara.calls.boxes import TOPIC_CHANGED, BoxChanged, read_counts
from svara.calls.commands import TOPIC_CALL, AskLive, Recorded
from svara.data import DataFolder
from svara.history.models import Participant
from svara.people import waking
from svara.people.models import PushDevice
from svara.people.office import TOPIC_OFFICE
from svara.push.access import opened
from svara.push.post import Parcel, Post, What
from svara.push.ringing import Rung, Watch, Wish
from svara.push.sending import Answered, Message, send
from svara.push.services import Place
from svara.push.trial import SERVICE, serve
from svara.push.vapid import authorization
from svara.push.words import content, topic_of
from svara.sealing.errors import Unreadable

NEWS_SECONDS: Final = 3600.0
"""So long a missed call or a voice message is news."""
ASK_SECONDS: Final = 2.0
USED_RESOLUTION: Final = timedelta(minutes=1)
"""That a browser was woken is written no more often."""
MISSED: Final = ("missed", "abandoned", "voicemail", "busy")
RECORDED: Final = f"{TOPIC_CALL}.recorded"

_log = log.get("push.work")
T = TypeVar("T")
_rung = msgspec.msgpack.Decoder(Rung).decode
_recorded = msgspec.msgpack.Decoder(Recorded).decode
_box = msgspec.msgpack.Decoder(BoxChanged).decode


class _Live(msgspec.Struct, tag="live"):
    """What of `svara.calls.commands.Live` matters here."""

    calls: tuple[Rung, ...] = ()


_live = msgspec.msgpack.Decoder(_Live).decode


async def run(data: DataFolder, bus: Bus) -> None:
    """Until cancelled."""
    waker = Waker(data, bus)
    await bus.serve(SERVICE, lambda payload: serve(payload, hand_over))
    try:
        async with bus.subscribe(TOPIC_CALL, TOPIC_CHANGED, TOPIC_OFFICE) as events:
            await waker.ask()
            async for event in events:
                await (waker.ask() if isinstance(event, Gap) else waker.take(event))
    finally:
        await waker.post.close()


class Waker:
    """From news to messages."""

    def __init__(self, data: DataFolder, bus: Bus) -> None:
        self._bus = bus
        self._people: frozenset[str] = frozenset()
        """Who has a browser that may be woken."""
        self.post = Post(hand_over, time.time, ended)
        try:
            counts = read_counts(data.root)
        except (OSError, msgspec.DecodeError):
            counts = {}
        self.watch = Watch(counts)

    async def ask(self) -> None:
        """News were lost, or none were heard yet: how is it now?"""
        await self._look()
        try:
            state = _live(await self._bus.request(commands.SERVICE, msgspec.msgpack.encode(AskLive()), ASK_SECONDS))
        except (BusError, msgspec.DecodeError):
            return  # it tells of its calls when it is back
        await self._wake(self.watch.all_calls(state.calls, time.time()))

    async def take(self, event: Event) -> None:
        """One of the news."""
        now = time.time()
        try:
            if event.topic == TOPIC_OFFICE:
                await self._look()
            elif event.topic == TOPIC_CHANGED:
                await self._wake(self.watch.box(_box(event.payload), now, NEWS_SECONDS))
            elif event.topic == RECORDED:
                await self._missed(_recorded(event.payload), now)
            else:
                await self._wake(self.watch.call(_rung(event.payload), now))
        except msgspec.DecodeError:
            _log.warning("news that cannot be read", topic=event.topic)

    async def _look(self) -> None:
        self._people = await asyncio.to_thread(_guarded, waking.people, self._people)

    async def _missed(self, call: Recorded, now: float) -> None:
        await self._wake(self.watch.recorded(call.id, call.tenant, now))
        caller = self.watch.caller_of(call.id)
        mine = self._people.intersection(call.people)
        if mine:
            who = await asyncio.to_thread(_guarded, lambda: who_missed(call.id, mine), frozenset())
            await self._wake([Wish("missed", call.tenant, each, call.id, now + NEWS_SECONDS, caller) for each in who])

    async def _wake(self, wishes: Iterable[Wish]) -> None:
        due = [wish for wish in wishes if wish.person in self._people]
        if due:
            for parcel in await asyncio.to_thread(_guarded, lambda: parcels(due), []):
                self.post.put(parcel)


async def hand_over(place: Place, message: Message) -> Answered:
    """To the push service, in our name."""
    return await send(place, message, authorization(settings.PUSH_SEED, place.origin, contact(), time.time()))


def contact() -> str:
    """Whom the people of a push service may ask (RFC 8292 section 2.1)."""
    if settings.ADDRESS.scheme == "https":
        return f"https://{settings.ADDRESS.netloc}"
    return f"mailto:{settings.DEFAULT_FROM_EMAIL}"


def parcels(wishes: Iterable[Wish]) -> list[Parcel]:
    """The messages by which these wishes come to the browsers of their people."""
    listed = list(wishes)
    by_person: dict[str, list[PushDevice]] = {}
    for device in waking.devices(frozenset(wish.person for wish in listed)):
        by_person.setdefault(device.account_id, []).append(device)
    found = []
    for wish in listed:
        for device in by_person.get(wish.person, ()):
            if (wish.kind == "missed" and not device.missed) or (wish.kind == "message" and not device.messages):
                continue
            try:
                place, keys = opened(device)
            except (Unreadable, ValueError):
                _log.warning("a browser cannot be woken: its address is not readable, or not allowed any more")
                continue
            topic = topic_of(device, wish.kind, wish.about)
            found.append(Parcel(device.id, place, keys, wish.kind, topic, content(device, wish), wish.until))
    return found


def who_missed(call: str, people: frozenset[str]) -> frozenset[str]:
    """Who of these was called and not reached: nobody took the call, nor did they decline it."""
    called = Q(call_id=call, person__in=people, part="called", call__outcome__in=MISSED)
    return frozenset(Participant.objects.filter(called).values_list("person", flat=True))


async def ended(parcel: Parcel, what: What) -> None:
    """What became of a message."""
    if what in ("taken", "gone"):
        await asyncio.to_thread(_guarded, lambda: _note(parcel.device, what), None)


def _note(device: str, what: What) -> None:
    rows = PushDevice.all_tenants.filter(pk=device)
    if what == "gone":
        for row in rows:
            row.delete()
        _log.info("a browser is not to be woken any more, its push service says")
        return
    now = timezone.now()
    rows.filter(Q(last_at=None) | Q(last_at__lt=now - USED_RESOLUTION)).update(last_at=now)


def _guarded(work: Callable[[], T], otherwise: T) -> T:
    """Do something with the database in a thread."""
    try:
        return work()
    except (DatabaseError, OSError):
        _log.warning("the database is of no use for waking browsers now", exc_info=True)
        return otherwise
    finally:
        connection.close()
