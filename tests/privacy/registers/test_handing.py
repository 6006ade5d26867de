"""An authority gets exactly what two persons approved, after the entry that says so; and whom it is about learns of it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.history.stories import NOON, call, happened
from tests.web.office import Company, a_message

from svara.calls.events import Party
from svara.data import DataFolder
from svara.privacy.audit.models import Entry
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions.outside import subject_of
from svara.privacy.registers import disclosures, handing
from svara.privacy.registers.models import Disclosure
from svara.privacy.rights.jobs import run_next
from svara.privacy.rights.port import capabilities
from svara.privacy.subject import Subject, person

KARI, OLE = "+4722000001", "+4722000002"
DAY = date(2026, 10, 30)
"""Of NOON."""


@pytest.fixture
def asked(acme: Company) -> Disclosure:
    """The police want Kari's calls of one day."""
    for number, at in ((KARI, NOON), (KARI, NOON - 5 * 86400), (OLE, NOON)):
        happened(call(acme, Party(number=number), "bob", at=at, direction="inbound"))  # type: ignore[arg-type]
    a_message(acme, "bob")
    return disclosures.do_open(
        acme["anna"],
        "Oslo politidistrikt",
        "17/26",
        "strpl. § 210",
        "Calls of one day",
        subjects=[subject_of(acme.tenant.id, KARI)],
        chapters=["history"],
        since=DAY,
        until=DAY,
    )


def approve(company: Company, found: Disclosure) -> None:
    for who in ("anna", "cecilie"):
        disclosures.do_approve(company[who], found.id)


def unpacked(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return {name: json.loads(zipped.read(name)) for name in zipped.namelist() if name.endswith(".json")}


def chapter(company: Company, subject: Subject, key: str = "disclosures") -> list[Any]:
    rows = (
        list(section.rows)
        for room in capabilities()
        for section in room.export(company.tenant.id, subject)
        if section.key == key
    )
    return next(rows)


@pytest.mark.claim("ONC-6")
def test_a_package_holds_what_was_approved_and_nothing_else(acme: Company, asked: Disclosure) -> None:
    approve(acme, asked)
    handing.do_hand_out(acme["anna"], asked.id, "en", told=True)
    assert Disclosure.all_tenants.get().state == "disclosed", "the entry is there before anything is made"
    job = run_next()
    assert job is not None
    assert job.state == "done", job.error
    download = handing.access_package(acme["anna"], asked.id)
    content = download.file.read()
    assert len(content) == download.size
    there = unpacked(content)
    [row] = there["1/calls.json"]
    assert row["from"] == KARI
    assert row["started_at"].startswith("2026-10-30")
    assert "1/messages-left.json" not in there
    assert there["1/about.json"]["authority"] == "Oslo politidistrikt"
    assert Disclosure.all_tenants.get().digest == hashlib.sha256(content).hexdigest()
    acts = list(Entry.of(acme["anna"]).filter(act="disclose").values_list("what", flat=True))
    assert acts == ["disclosure", "package"]
    with pytest.raises(NotFound):
        handing.access_package(acme["cecilie"], asked.id)


@pytest.mark.claim("ONC-6")
def test_nothing_leaves_before_two_have_approved(acme: Company, asked: Disclosure) -> None:
    for step in range(2):
        with pytest.raises(Invalid):
            handing.do_hand_out(acme["anna"], asked.id, "en", told=True)
        if not step:
            disclosures.do_approve(acme["anna"], asked.id)
    assert run_next() is None
    disclosures.do_approve(acme["cecilie"], asked.id)
    with pytest.raises(Invalid, match="which law"):
        handing.do_hand_out(acme["anna"], asked.id, "en", told=False)
    with pytest.raises(Forbidden):
        handing.do_hand_out(acme["bob"], asked.id, "en", told=True)
    assert run_next() is None
    assert Disclosure.all_tenants.get().state == "approved"


def test_an_entry_without_a_scope_makes_no_package(acme: Company) -> None:
    found = disclosures.do_open(acme["anna"], "Oslo politidistrikt", "", "strpl. § 210", "A letter")
    approve(acme, found)
    with pytest.raises(Invalid, match="whose data"):
        handing.do_hand_out(acme["anna"], found.id, "en", told=True)
    disclosures.do_disclose(acme["anna"], found.id, told=True)
    with pytest.raises(Invalid):
        disclosures.do_open(acme["anna"], "P", "", "§", "x", since=DAY, until=DAY - timedelta(days=1))


@pytest.mark.claim("ONC-6")
@pytest.mark.claim("PHO-11")
def test_whom_it_is_about_finds_it_in_the_export_unless_a_law_forbids_it(acme: Company) -> None:
    bob, today = person(acme["bob"].id), timezone.localdate()
    told = disclosures.do_open(acme["anna"], "Skatteetaten", "1", "§ 10-2", "Calls of May", subjects=[bob])
    secret = disclosures.do_open(acme["anna"], "PST", "2", "§ 222 d", "Calls of June", subjects=[bob])
    over = disclosures.do_open(acme["anna"], "Kripos", "3", "§ 210", "Calls of July", subjects=[bob])
    for found in (told, secret, over):
        approve(acme, found)
    disclosures.do_disclose(acme["anna"], told.id, told=True)
    disclosures.do_disclose(acme["anna"], secret.id, told=False, why_not_told="§ 216 i")
    disclosures.do_disclose(
        acme["anna"], over.id, told=False, why_not_told="§ 242 a", silent_until=today - timedelta(days=1)
    )
    assert [row["authority"] for row in chapter(acme, bob)] == ["Skatteetaten", "Kripos"]
    stays = [each for room in capabilities() for each in room.holdings(acme.tenant.id, bob) if not each.goes]
    assert [each.count for each in stays if each.table == "registers.DisclosedPerson"] == [2], "nothing hints at a third"
    disclosures.do_tell(acme["cecilie"], secret.id)
    assert [row["authority"] for row in chapter(acme, bob)] == ["Skatteetaten", "PST", "Kripos"]
    assert chapter(acme, person(acme["dag"].id)) == []


def test_sounds_go_along_only_where_they_were_approved(acme: Company, data_folder: DataFolder) -> None:
    bob = person(acme["bob"].id)
    message = a_message(acme, "bob")
    place = data_folder.recordings / message.file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"RIFF")
    for chapters, sounds in ((["voicemail"], 0), (["voicemail", "sounds"], 1)):
        found = disclosures.do_open(acme["anna"], "P", "", "§ 1", "messages", subjects=[bob], chapters=chapters)
        approve(acme, found)
        handing.do_hand_out(acme["anna"], found.id, "en", told=True)
        run_next()
        with zipfile.ZipFile(io.BytesIO(handing.access_package(acme["anna"], found.id).file.read())) as zipped:
            assert len([name for name in zipped.namelist() if name.endswith(".wav")]) == sounds


def test_a_package_that_could_not_be_made_is_made_again(
    acme: Company, asked: Disclosure, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(acme, asked)
    with monkeypatch.context() as broken:
        broken.setattr(handing, "place_of", lambda _job: 1 / 0)
        handing.do_hand_out(acme["anna"], asked.id, "en", told=True)
        failed = run_next()
    assert failed is not None
    assert failed.state == "failed"
    with pytest.raises(NotFound):
        handing.access_package(acme["anna"], asked.id)
    handing.do_make_again(acme["cecilie"], asked.id, "en")
    run_next()
    assert handing.access_package(acme["cecilie"], asked.id).size > 0
    with pytest.raises(Invalid, match="made once"):
        handing.do_make_again(acme["anna"], asked.id, "en")


def test_another_companys_entries_are_not_there(acme: Company, beta: Company, asked: Disclosure) -> None:
    approve(acme, asked)
    for call_ in (
        lambda: handing.do_hand_out(beta["anna"], asked.id, "en", told=True),
        lambda: handing.access_package(beta["anna"], asked.id),
        lambda: disclosures.do_tell(beta["anna"], asked.id),
    ):
        with pytest.raises(NotFound):
            call_()
