"""Anna and Bob confer with a caller from Oslo: what each one's record tells, and whose voice is in which recording."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.history.stories import NOON, Company, company, record_of
from tests.history.test_tapes import said

from svara.calls.events import (
    AnyEvent,
    CallEnded,
    CallRecorded,
    CallStarted,
    ConferenceJoined,
    ConferenceLeft,
    ConferenceMet,
    LegAnswered,
    LegEnded,
    LegOffered,
    Party,
)
from svara.data import DataFolder
from svara.history import tapes as work
from svara.history.access import access_call
from svara.history.models import Call
from svara.history.record import Met
from svara.history.recordings import there_to_hear
from svara.history.rows import details_of, write_records
from svara.history.subjects import HistoryCapability
from svara.people.access import NotFound
from svara.privacy import vault
from svara.privacy.functions.outside import subject_of
from svara.privacy.rights import restriction
from svara.privacy.subject import person
from svara.privacy.vault import tapes
from svara.sealing.errors import Unreadable
from svara.web.pages.story import steps

pytestmark = pytest.mark.django_db
KARI = Party(number="+4722000001", name="Kari Nordmann")


@pytest.fixture
def acme() -> Company:
    vault.current()
    return company("acme")


def conferred(acme: Company, file: str = "", *, why: str = "ended") -> list[AnyEvent]:
    """Anna's call: she came first, Bob from +60 to +300, Kari from +120 to the end at +600."""
    anna, room = acme.party("anna"), Party(number="800")
    own: list[AnyEvent] = [
        CallStarted(
            "a1", NOON, tenant=acme.tenant.id, caller=anna, dialled="800", callee=Party(number="800", name="monday")
        ),
        LegOffered("a1", NOON + 1, leg="v", to=room),
        LegAnswered("a1", NOON + 1, leg="v", to=room),
        ConferenceJoined("a1", NOON + 10, conference="r1", name="monday", moderator=True),
        ConferenceMet("a1", NOON + 300, conference="r1", who=acme.party("bob"), since=NOON + 60, taped=True),
        ConferenceMet("a1", NOON + 600, conference="r1", who=KARI, since=NOON + 120, taped=True),
        ConferenceLeft("a1", NOON + 600, conference="r1", why=why),  # type: ignore[arg-type]
    ]
    tape = [CallRecorded("a1", NOON + 600, file=file, seconds=540.0, why="conference:r1")] if file else []
    end = [
        LegEnded("a1", NOON + 600, leg="v", status=200, reason="hung up"),
        CallEnded("a1", NOON + 600, outcome="answered", by="callee", end_reason="the conference was ended"),
    ]
    return [*own, *tape, *end]


def test_the_record_tells_who_was_there_when(acme: Company) -> None:
    [one] = record_of(*conferred(acme)).conferences
    assert (one.name, one.moderator, one.why) == ("monday", True, "ended")
    assert (one.joined_at, one.left_at) == (NOON + 10, NOON + 600)
    assert one.met == (
        Met(acme.party("bob"), NOON + 60, NOON + 300, taped=True),
        Met(KARI, NOON + 120, NOON + 600, taped=True),
    )


def test_a_conference_of_which_nobody_tells_the_end_lasts_as_long_as_the_call(acme: Company) -> None:
    events = [event for event in conferred(acme) if not isinstance(event, ConferenceLeft)]
    [one] = record_of(*events).conferences
    assert (one.left_at, one.why, len(one.met)) == (NOON + 600, "", 2)


def test_the_story_is_told_in_words(acme: Company) -> None:
    write_records([record_of(*conferred(acme))])
    told = [step.text for step in steps(access_call(acme.anna, "a1"))]
    assert [text for text in told if "conference" in text] == [
        "Anna Berg joined the conference monday as its moderator",
        "Bob Lie joined the conference monday",
        "Kari Nordmann joined the conference monday",
        "Bob Lie left the conference monday",
        "The conference monday was ended for all",
        "The call ended: the conference was ended",
    ]


def test_a_caller_from_outside_is_sealed_in_the_record_of_others(acme: Company) -> None:
    write_records([record_of(*conferred(acme))])
    details = Call.all_tenants.get(pk="a1").details
    assert KARI.number not in details
    assert "Nordmann" not in details
    assert vault.current().destroy(acme.tenant.id, subject_of(acme.tenant.id, KARI.number)) is not None
    names = [met.who.name for met in access_call(acme.anna, "a1").conferences[0].met]
    assert names[0] == "Bob Lie"
    assert "Nordmann" not in names[1]


@pytest.fixture
def taped(acme: Company, data_folder: DataFolder) -> Path:
    """Anna's own recording."""
    place = said(data_folder, "calls/a1-abc.wav")
    records = [record_of(*conferred(acme, "calls/a1-abc.wav"))]
    write_records(records)
    work.write(records)
    return place


@pytest.mark.parametrize("whose", ["anna", "bob", "kari"])
def test_a_recording_is_sealed_for_all_who_are_heard_and_goes_with_any_of_them(
    acme: Company, taped: Path, data_folder: DataFolder, whose: str
) -> None:
    assert tapes.is_sealed(taped)
    assert tapes.content(data_folder, taped).startswith(b"RIFF")
    subject = subject_of(acme.tenant.id, KARI.number) if whose == "kari" else person(acme.people[whose].id)
    assert vault.current().destroy(acme.tenant.id, subject) is not None
    with pytest.raises(Unreadable):
        tapes.content(data_folder, taped)


def test_each_hears_their_own_recording_and_not_that_of_others(acme: Company, taped: Path) -> None:
    """Bob left before the end: what was said then is not his to hear."""
    assert there_to_hear(acme.anna, "a1") == (0,)
    assert there_to_hear(acme.people["cecilie"], "a1") == (0,), "a supervisor hears all"
    with pytest.raises(NotFound):
        there_to_hear(acme.bob, "a1")


def test_who_is_restricted_is_heard_by_nobody(acme: Company, taped: Path) -> None:
    restriction.Restriction.all_tenants.create(
        tenant=acme.tenant, subject=person(acme.bob.id), ground="accuracy", state="in-force", asked_at=datetime.now(UTC)
    )
    assert there_to_hear(acme.anna, "a1") == ()


def test_whoever_is_erased_is_gone_from_the_recordings_and_records_of_others(
    acme: Company, taped: Path, django_capture_on_commit_callbacks: object
) -> None:
    capability = HistoryCapability()
    held = {one.table: one.count for one in capability.holdings(acme.tenant.id, person(acme.bob.id))}
    assert held["files:recordings"] == 1
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        list(capability.erase(acme.tenant.id, person(acme.bob.id), reason="asked"))
    assert not taped.exists()
    details = details_of(Call.all_tenants.get(pk="a1"))
    assert details.tapes == ()
    assert [met.who.person for met in details.conferences[0].met] == [None, None]
