"""What people said in a call: its recordings and messages are sealed for them as soon as the record says who they are.

Until then they lie sealed with the intake's public key. It is done in the transaction in which history writes its records,
so it is done for every call; what could not be (the file was completed later, the company's key was away) is tried again
every hour. Also here: who plays a sealed sound asks for its key (`svara.media.voice.keys`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection

from svara import log
from svara.bus.port import Bus
from svara.calls.events import Party
from svara.data import DataFolder
from svara.history.models import Call, OutsideParty
from svara.history.outside import NOBODY
from svara.history.record import CallRecord
from svara.history.rows import details_of
from svara.media.voice.keys import SERVICE, AskKey, Key
from svara.people.models import Account
from svara.privacy.functions.outside import subject_of
from svara.privacy.subject import Subject, outside, person
from svara.privacy.vault import tapes
from svara.privacy.vault.errors import VaultError
from svara.sealing.errors import Unreadable

FOLDERS = ("calls", "voicemail")
"""Below the recordings: of talks, and messages. The name of a file begins with the id of its call."""
AGAIN_SECONDS = 3600.0
YOUNG_SECONDS = 300.0
"""Not to be looked at yet: the call may go on."""
_PERSON_BOX = "person:"

_log = log.get("history.tapes")
_decode = msgspec.msgpack.Decoder(AskKey).decode


def write(records: Sequence[CallRecord]) -> None:
    """Seal what was recorded in these calls."""
    for record in records:
        if not (record.tapes or record.messages):
            continue
        others = _others(record)
        for tape in record.tapes:
            _seal(record.tenant, record.id, tape.file, _sides(record, record.caller, *others))
        for message in record.messages:
            owner = Party(number="", person=_owner(message.box))
            _seal(record.tenant, record.id, message.file, _sides(record, record.caller, owner))


def _others(record: CallRecord) -> list[Party]:
    """Who is heard beside the caller: the other side, or those in the conference."""
    met = [met.who for one in record.conferences for met in one.met if met.taped]
    return met if record.conferences else [record.answered_by or record.callee]


async def run(data: DataFolder, bus: Bus) -> None:
    """Give out keys, and seal what was left over; until cancelled."""
    await bus.serve(SERVICE, _answer)
    while True:
        await asyncio.sleep(AGAIN_SECONDS)
        await asyncio.to_thread(_step, data)


def seal_the_rest(data: DataFolder, now: float) -> int:
    """Seal what was not when its record was written; gives how many files."""
    done = 0
    try:
        for folder in FOLDERS:
            for place in sorted((data.recordings / folder).glob("*.wav")):
                if place.stat().st_mtime < now - YOUNG_SECONDS and not tapes.is_sealed(place):
                    call = Call.all_tenants.filter(pk=place.name.rpartition("-")[0]).first()
                    done += call is not None and _seal_of(call, f"{folder}/{place.name}")
    except (DatabaseError, OSError):
        _log.warning("recordings that wait to be sealed could not be looked at; trying again later", exc_info=True)
    return done


def _step(data: DataFolder) -> None:
    try:
        seal_the_rest(data, time.time())
    finally:
        connection.close()


def _seal_of(call: Call, file: str) -> bool:
    details = details_of(call)
    owner = next((_owner(message.box) for message in details.messages if message.file == file), None)
    people = [call.caller_person, call.answered_person or call.callee_person if owner is None else owner]
    if owner is None:
        people += [met.who.person or "" for one in details.conferences for met in one.met if met.taped]
    parts = ("caller", "callee", "other") if owner is None else ("caller",)
    met = OutsideParty.all_tenants.filter(call=call, part__in=parts).order_by("n").values_list("index", flat=True)
    return _seal(call.tenant_id, call.id, file, owners(call.tenant_id, call.id, people, map(outside, met)))


def _seal(tenant: str, call: str, file: str, owned: Sequence[Subject]) -> bool:
    recordings: Path = settings.DATA.recordings
    place = (recordings / file).resolve()
    if not place.is_relative_to(recordings.resolve()):
        _log.error("the place of a recording is outside of the recordings", call=call)
        return False
    if not owned:
        return False  # the company's key is away: later
    try:
        return tapes.seal(settings.DATA, place, tenant, owned)
    except FileNotFoundError:
        return False
    except (OSError, Unreadable, VaultError):
        _log.warning("a recording could not be sealed for those who are heard in it; trying again later", call=call)
        return False


def _sides(record: CallRecord, *sides: Party) -> list[Subject]:
    numbers = [side.number for side in sides if not side.person and side.number not in NOBODY]
    try:
        met = [subject_of(record.tenant, number) for number in numbers]
    except (Unreadable, VaultError):
        return []
    return owners(record.tenant, record.id, [side.person or "" for side in sides], met)


def owners(tenant: str, call: str, people: Iterable[str], met: Iterable[Subject]) -> list[Subject]:
    """Whom the sound of a call is about: colleagues, and people outside; where nobody is known, the call itself."""
    wanted = [account for account in people if account]
    here = set(Account.all_tenants.filter(tenant_id=tenant, id__in=wanted).values_list("id", flat=True))
    found = [person(account) for account in wanted if account in here]
    return list(dict.fromkeys([*found, *met])) or [outside(f"call-{call}")]


def _owner(box: str) -> str:
    return box.removeprefix(_PERSON_BOX) if box.startswith(_PERSON_BOX) else ""


async def _answer(payload: bytes) -> bytes:
    try:
        question = _decode(payload)
    except msgspec.DecodeError:
        return msgspec.msgpack.encode(Key())
    return msgspec.msgpack.encode(await sync_to_async(_key)(question))


def _key(question: AskKey) -> Key:
    try:
        return Key(tapes.key_of(settings.DATA, question.file, question.head))
    except (OSError, ValueError, Unreadable, VaultError) as error:
        why = error.why.value if isinstance(error, Unreadable) else ""
        _log.warning("the key of a sound was asked for and is not given out", reason=why)
        return Key()
