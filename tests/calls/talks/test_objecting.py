"""Nobody is recorded who said no, whatever a queue, a number or a colleague asks for; and they are not asked again."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.calls import offices
from tests.calls.phones import Office, Phone
from tests.calls.trunks.carriers import BOBS, MAIN, OSLO, Carrier, open_lines
from tests.keys import keys_in

from svara.calls.commands import Done, PauseRecording, Refused
from svara.calls.events import CallRecorded, RecordingAnswered
from svara.calls.service import Service
from svara.calls.talks.objecting import Objectors, silence
from svara.people import unrecorded
from svara.people.office import Member, PublicNumber, Queue
from svara.people.unrecorded import INDEX_BYTES, NOBODY, UNKNOWN, Company, Unrecorded

KEY = bytes(range(32))
RECORDED = "builtin/nb/recorded.wav"
WORDS = (RECORDED, "builtin/nb/recorded-consent.wav")


def index(number: str) -> bytes:
    return hmac.digest(KEY, f"number:{number}".encode(), "sha256")[:INDEX_BYTES]


def objecting(*numbers: str, tenant: str = "t-acme") -> Unrecorded:
    return Unrecorded({tenant: Company(KEY, frozenset(map(index, numbers)))})


def acme(office: Office, carrier: Carrier, rule: str = "announce", **people: dict[str, Any]) -> None:
    """Calls to Acme's main number go to the queue, which is recorded; so is Bob's number, and what Anna calls outside."""
    line = Queue("q", "support", "600", members=(Member("p-acme-bob"),), strategy="ring-all", record=True)
    numbers = (PublicNumber(MAIN, "itsp", "queue:support"), PublicNumber(BOBS, "itsp", "person:bob", record=True))
    people = {"anna": {"record": True} | people.pop("anna", {})} | people
    open_lines(office, carrier.trunk(), people=people, queues=(line,), numbers=numbers, recording_rule=rule)
    office.hall.office(office.snapshot)
    office.settle()


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, offices.office())
    yield office
    office.wait(40)
    assert office.switch.counters.calls_crashed_total == 0
    assert office.switch.guests == office.voice.legs == {}
    assert office.relay.sessions == set()
    office.close()


@pytest.fixture
def carrier(at_work: Office) -> Carrier:
    return Carrier(at_work)


def said(office: Office) -> list[str]:
    legs = office.voice.legs | office.voice.closed
    return [sound for leg in legs.values() for sound in leg.all_sounds if sound in WORDS]


def is_recorded(office: Office) -> bool:
    return any(leg.recording is not None for leg in office.voice.legs.values())


@pytest.mark.claim("ADV-13")
@pytest.mark.parametrize("rule", ["announce", "consent"])
@pytest.mark.parametrize("called", [MAIN, BOBS])
def test_a_caller_who_objected_is_put_through_unasked_and_unrecorded(
    at_work: Office, bob: Phone, carrier: Carrier, rule: str, called: str
) -> None:
    acme(at_work, carrier, rule)
    at_work.switch.unrecorded = objecting(OSLO)
    carrier.call(called)
    at_work.wait(0.2)
    assert bob.rings, "there are no words to wait for"
    bob.answer()
    at_work.wait(5)
    assert said(at_work) == []
    assert not is_recorded(at_work)
    carrier.hang_up()
    at_work.wait(5)
    assert at_work.told(CallRecorded) == at_work.told(RecordingAnswered) == []

    at_work.switch.unrecorded = objecting("+4790000002")
    carrier.call(called)
    at_work.wait(1)
    assert said(at_work) != [], "who did not object is told or asked as ever"
    carrier.hang_up()


@pytest.mark.parametrize("rule", ["announce", "consent"])
def test_whoever_objected_is_called_unasked_and_unrecorded(
    at_work: Office, anna: Phone, carrier: Carrier, rule: str
) -> None:
    acme(at_work, carrier, rule)
    at_work.switch.unrecorded = objecting(OSLO)
    anna.call(OSLO)
    carrier.answer()
    at_work.wait(5)
    assert said(at_work) == []
    assert not is_recorded(at_work)
    carrier.hang_up()


@pytest.mark.parametrize("called", [MAIN, BOBS])
def test_a_colleague_who_objected_is_not_recorded_where_a_queue_or_number_is(
    at_work: Office, bob: Phone, carrier: Carrier, called: str
) -> None:
    acme(at_work, carrier, bob={"unrecorded": True})
    carrier.call(called)
    at_work.wait(3)
    bob.answer()
    at_work.wait(5)
    assert not is_recorded(at_work)
    if called == BOBS:
        assert said(at_work) == [], "whom it rings is known, and nothing is said in vain"
    at_work.kill()
    at_work.start()
    at_work.wait(5)
    assert not is_recorded(at_work), "nor after a kill"
    carrier.hang_up()


def test_a_colleague_who_objected_is_not_recorded_by_whom_they_call(at_work: Office, anna: Phone, bob: Phone) -> None:
    people = {"anna": {"unrecorded": True}, "bob": {"record": True}}
    at_work.snapshot = at_work.switch.office = offices.office(**people)
    anna.call("102")
    at_work.wait(0.2)
    bob.answer()
    at_work.wait(5)
    assert said(at_work) == []
    assert not is_recorded(at_work)
    bob.hang_up()


def test_a_no_in_the_middle_of_a_talk_ends_what_is_kept_of_it(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    acme(at_work, carrier)
    carrier.call(BOBS)
    at_work.wait(3)
    bob.answer()
    at_work.wait(1)
    assert is_recorded(at_work)
    [call] = at_work.calls
    silence(at_work.switch)
    assert call.live().recording == "on", "nobody said no"
    at_work.switch.unrecorded = objecting(OSLO)
    silence(at_work.switch)
    assert call.live().recording == "paused"
    service = Service(at_work.switch, at_work.folder)
    answer = service.answer(PauseRecording("t-acme", call.id, paused=False))
    assert isinstance(answer, Refused)
    assert "objected" in answer.message
    assert service.answer(PauseRecording("t-acme", call.id, paused=True)) == Done()
    carrier.hang_up()


def test_another_company_s_objectors_are_none_of_this_one(at_work: Office, carrier: Carrier) -> None:
    acme(at_work, carrier)
    at_work.switch.unrecorded = objecting(OSLO, tenant="t-beta")
    carrier.call(MAIN)
    at_work.wait(1)
    assert said(at_work) == [RECORDED]
    carrier.hang_up()


@given(st.lists(st.from_regex(r"\A\+[1-9][0-9]{5,13}\Z"), min_size=1, unique=True), st.integers(0))
def test_exactly_those_who_objected_are_known(numbers: list[str], some: int) -> None:
    cut = some % (len(numbers) + 1)
    known = objecting(*numbers[:cut])
    assert [known.has("t-acme", number) for number in numbers] == [True] * cut + [False] * (len(numbers) - cut)
    assert not any(known.has("t-beta", number) for number in numbers)
    assert not known.has("t-acme", ""), "who shows no number is nobody"
    assert all(UNKNOWN.has("t-acme", number) for number in numbers)
    assert not any(NOBODY.has("t-acme", number) for number in numbers)


def test_the_file_is_sealed_anew_each_time_and_followed(tmp_path: Path) -> None:
    place, keys = tmp_path / "unrecorded", keys_in(tmp_path)
    followed = Objectors(place, keys)
    assert followed.known == NOBODY
    for numbers in ((OSLO,), (OSLO, MAIN)):
        unrecorded.write(place, keys, objecting(*numbers))
        content = place.read_bytes()
        for secret in (KEY, index(OSLO), OSLO.encode(), b"t-acme"):
            assert secret not in content
        assert len(keys.names()) == 1, "the key of the file before is gone"
        assert followed.look()
        assert followed.known == objecting(*numbers)
        assert not followed.look()
    place.unlink()
    assert followed.look()
    assert followed.known == NOBODY


def test_as_long_as_nobody_knows_who_objected_nobody_outside_is_recorded(tmp_path: Path) -> None:
    place, keys = tmp_path / "unrecorded", keys_in(tmp_path)
    unrecorded.write(place, keys, objecting(OSLO))
    followed = Objectors(place, None)
    assert followed.known.has("t-acme", MAIN)
    followed.unlock(keys)
    assert followed.known == objecting(OSLO)
    content = place.read_bytes()
    place.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert not followed.look()
    assert followed.known == objecting(OSLO), "what was known stays, and it is tried again"
    assert Objectors(place, keys).known == UNKNOWN
    place.write_bytes(content)
    assert not followed.look()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(followed.known.companies))
