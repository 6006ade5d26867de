"""What Bob and Kari forbade or allowed after a backup was made is so after it was brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from tests.history.stories import Company
from tests.privacy.rights.conftest import KARI

from svara.data import DataFolder
from svara.people.models import Account
from svara.privacy.appendonly import removing
from svara.privacy.catalogue import Purpose
from svara.privacy.errors import PlainError
from svara.privacy.functions import ledger as consents
from svara.privacy.functions import outside, receipts
from svara.privacy.functions.models import OptIn, Reader
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.port import do_switch, enabled
from svara.privacy.functions.registry import NEWS, PRODUCT_UPDATES, RECORDED_CALL, STATISTICS
from svara.privacy.rights import corrections, decisions, delivering, keycopy, objections, redoing, restriction, wishes
from svara.privacy.rights.asked import Correction, Objection
from svara.privacy.rights.models import Undelivered
from svara.privacy.subject import Subject, person
from svara.privacy.tenancy import TenantOwned

WHY = "It is mine to say."
Backup = list[tuple[type[TenantOwned], list[TenantOwned]]]


def backup() -> Backup:
    """What a backup would hold of decisions."""
    return [(table, list(table.all_tenants.all())) for table in delivering.KINDS.values()]


def bring_back(copy: Backup) -> None:
    """The tables are those of the backup."""
    for table, rows in copy:
        with removing():
            table.all_tenants.all().delete()
        for row in rows:
            row.save_base(raw=True, force_insert=True)
    Undelivered.all_tenants.all().delete()


def everything() -> dict[str, dict[str, Any]]:
    """Every decision that stands in the database."""
    return {f"{table.__name__} {row.pk}": delivering.fields_of(row) for table, rows in backup() for row in rows}


def entries(data: DataFolder) -> list[decisions.Entry]:
    delivering.deliver()
    return decisions.read(data.root / decisions.NAME)


@pytest.fixture
def acme(acme: Company) -> Company:
    """Bob agreed to figures of his own."""
    do_switch(acme.bob, STATISTICS, True)
    return acme


@pytest.fixture
def kari(acme: Company) -> Subject:
    return subject_of(acme.tenant.id, KARI.number)


def test_what_was_forbidden_after_the_backup_stays_forbidden(acme: Company, kari: Subject, data_folder: DataFolder) -> None:
    tenant, bob = acme.tenant.id, person(acme.bob.id)
    outside.do_record(tenant, kari, RECORDED_CALL, agreed=True, how="key press")
    night = backup()
    objections.do_object(acme.bob, Purpose.HISTORY, WHY)
    objections.object_(tenant, kari, Purpose.RECORDING, WHY, by="")
    restriction.do_restrict(acme.anna, kari, "accuracy", WHY)
    wishes.ask(tenant, kari, WHY)
    receipt = do_switch(acme.bob, STATISTICS, False)
    outside.do_record(tenant, kari, RECORDED_CALL, agreed=False, how="one-time link")
    written = entries(data_folder)
    stood = everything()

    bring_back(night)
    assert enabled(acme.bob.id, STATISTICS), "the backup does not know of it"
    assert not restriction.is_restricted(tenant, kari)
    done = redoing.redo(written)
    assert not enabled(acme.bob.id, STATISTICS)
    assert objections.objected(tenant, Purpose.HISTORY) == {bob}
    assert objections.objected(tenant, Purpose.RECORDING) == {kari}
    assert restriction.is_restricted(tenant, kari)
    assert not outside.agreed(tenant, kari, RECORDED_CALL)
    [mine] = objections.access_own_objections(acme.bob)
    assert mine.reason == WHY, "why it was said can still be read by whom it is about"
    assert done == {"rights.Restriction": 1, "rights.Objection": 2, "rights.ErasureWish": 1, "functions.Consent": 2}
    assert everything() == stood
    assert receipts.check(receipt.document).outcome == "genuine"
    assert list(consents.broken(tenant)) == []
    assert redoing.redo(written) == {}, "a second time changes nothing"


def test_what_was_lifted_after_the_backup_stays_lifted(acme: Company, kari: Subject, data_folder: DataFolder) -> None:
    tenant = acme.tenant.id
    objection = objections.do_object(acme.bob, Purpose.STATISTICS, WHY)
    limit = restriction.do_restrict(acme.anna, kari, "accuracy", WHY)
    do_switch(acme.bob, STATISTICS, False)
    night = backup()
    objections.do_withdraw(acme.bob, objection.id)
    restriction.do_lift(acme.anna, limit.id, told="By telephone")
    restriction.lift_due(timezone.now() + timedelta(days=4))
    do_switch(acme.bob, STATISTICS, True)
    written = entries(data_folder)
    bring_back(night)
    assert restriction.is_restricted(tenant, kari)
    redoing.redo(written)
    assert not restriction.is_restricted(tenant, kari)
    assert enabled(acme.bob.id, STATISTICS)


def test_a_correction_is_made_again(acme: Company, data_folder: DataFolder) -> None:
    night, before = backup(), acme.bob.name
    corrections.do_correct(acme.bob, "people.name", "Bob Lie-Hansen")
    withdrawn = corrections.do_correct(acme.bob, "people.extension", "777", why=WHY)
    corrections.do_take_back(acme.bob, withdrawn.id)
    written = entries(data_folder)
    bring_back(night)
    Account.of(acme.bob).filter(pk=acme.bob.pk).update(name=before)
    assert redoing.redo(written) == {"rights.Correction": 2}
    assert Account.of(acme.bob).get(pk=acme.bob.pk).name == "Bob Lie-Hansen"
    assert {row.state for row in Correction.of(acme.bob)} == {"done", "withdrawn"}


def test_who_wanted_no_news_any_more_is_no_reader_again(acme: Company, data_folder: DataFolder) -> None:
    tenant = acme.tenant.id
    ole = subject_of(tenant, "ole@outside.test")
    outside.do_record(tenant, ole, NEWS, agreed=True, how="double opt-in")
    reader = {"tenant_id": tenant, "subject": ole, "sealed": b"x", "language": "nb", "since": timezone.now()}
    Reader.all_tenants.create(**reader)
    night = backup()
    outside.do_record(tenant, ole, NEWS, agreed=False, how="mail")
    written = entries(data_folder)
    bring_back(night)
    Reader.all_tenants.create(**reader)
    redoing.redo(written)
    assert not Reader.all_tenants.filter(subject=ole).exists()
    assert not OptIn.all_tenants.exists()


def test_where_people_decided_anew_in_between_the_later_no_still_counts(acme: Company, data_folder: DataFolder) -> None:
    """The office was restored without the ledger, people went on deciding, and then the ledger is found."""
    night = backup()
    do_switch(acme.bob, PRODUCT_UPDATES, True)
    do_switch(acme.bob, STATISTICS, False)
    written = entries(data_folder)
    bring_back(night)
    earlier = timezone.now() - timedelta(days=1)
    do_switch(acme.bob, PRODUCT_UPDATES, True, now=earlier)
    redoing.redo(written)
    assert not enabled(acme.bob.id, STATISTICS)
    assert list(consents.broken(acme.tenant.id)) == []


def test_people_and_companies_that_the_backup_does_not_know_are_left_out(
    acme: Company, beta: Company, data_folder: DataFolder
) -> None:
    objections.do_object(acme.bob, Purpose.HISTORY, WHY)
    objections.do_object(beta.bob, Purpose.HISTORY, WHY)
    written = entries(data_folder)
    Objection.all_tenants.all().delete()
    unknown = [
        each.__class__(each.at, each.of, each.row, each.fields | change, each.before)
        for each, change in zip(written[-2:], ({"subject": "person:" + "0" * 32}, {"tenant": "0" * 32}), strict=True)
    ]
    assert redoing.redo(unknown) == {}


def test_a_ledger_of_a_newer_version_is_not_half_followed(acme: Company, data_folder: DataFolder) -> None:
    objections.do_object(acme.bob, Purpose.HISTORY, WHY)
    [*_, last] = entries(data_folder)
    with pytest.raises(PlainError, match="newer version"):
        redoing.redo([decisions.Entry(last.at, "rights.Veto", last.row, last.fields, last.before)])


def test_the_ledger_says_nothing_in_clear(acme: Company, kari: Subject, data_folder: DataFolder) -> None:
    objections.object_(acme.tenant.id, kari, Purpose.RECORDING, "Because of my neighbour Ole", by="")
    corrections.do_correct(acme.bob, "people.mobile", "+4790012345")
    entries(data_folder)
    content = (data_folder.root / decisions.NAME).read_bytes()
    assert b"rights.Objection" in content
    for word in (b"neighbour", b"Ole", b"90012345", KARI.number.encode(), b"Bob Lie"):
        assert word not in content, word


@contextmanager
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(delivering.chained, "append", refuse)
        yield


@pytest.mark.django_db(transaction=True)
def test_it_is_written_once_it_is_certain_and_a_full_disk_only_delays_it(
    acme: Company, data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = data_folder.root / decisions.NAME

    def written() -> int:
        return len([entry for entry in decisions.read(place) if entry.of == "rights.Objection"])

    with full(monkeypatch):
        row = objections.do_object(acme.bob, Purpose.HISTORY, WHY)
    assert written() == 0
    assert Undelivered.all_tenants.count() == 1
    with transaction.atomic():
        objections.do_withdraw(acme.bob, row.id)
        transaction.set_rollback(True)
    assert written() == 0, "what was not committed is in no ledger"
    delivering.deliver()
    assert written() == 1
    objections.do_withdraw(acme.bob, row.id)
    assert written() == 2
    assert not Undelivered.all_tenants.exists()


def test_demo_companies_are_in_no_ledger(acme: Company, data_folder: DataFolder) -> None:
    entries(data_folder)
    acme.tenant.demo = True
    acme.tenant.save()
    before = len(entries(data_folder))
    objections.do_object(acme.bob, Purpose.HISTORY, WHY)
    assert len(entries(data_folder)) == before
    assert not Undelivered.all_tenants.exists()


def test_after_three_years_lines_go_as_their_rows_do(acme: Company, data_folder: DataFolder) -> None:
    objections.do_object(acme.bob, Purpose.HISTORY, WHY)
    count = len(entries(data_folder))
    assert delivering.forget(timezone.now()) == 0
    assert delivering.forget(timezone.now() + timedelta(days=3 * 365 + 1)) == count
    assert entries(data_folder) == []


def test_the_copy_beside_the_backups_grows_with_it(acme: Company, data_folder: DataFolder, tmp_path: Path) -> None:
    objections.do_object(acme.bob, Purpose.HISTORY, WHY)
    entries(data_folder)
    beside = tmp_path / "backups"
    beside.mkdir()
    keys = keycopy.copy(data_folder, beside)
    place = beside / keycopy.DECISIONS
    stands = (data_folder.root / decisions.NAME).read_bytes
    assert place.read_bytes() == stands()
    objections.do_object(acme.bob, Purpose.STATISTICS, WHY)
    entries(data_folder)
    assert place.read_bytes() == stands()
    assert len(keycopy.decisions_of(keys)) == len(decisions.read(data_folder.root / decisions.NAME))
    place.write_bytes(b"something else\n" * 9)
    objections.do_object(acme.bob, Purpose.RECORDING, WHY)
    entries(data_folder)
    assert place.read_bytes() == stands(), "a copy that is none is made anew"
    assert place.stat().st_mode & 0o777 == 0o600


ACTS = ("object", "take back", "decide", "restrict", "lift", "free", "switch", "outside", "correct", "backup")


@given(story=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 5)), max_size=14))
@trying(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happened_after_the_backup_is_so_after_it_was_brought_back(
    acme: Company, kari: Subject, data_folder: DataFolder, story: list[tuple[str, int]]
) -> None:
    tenant = acme.tenant.id
    with transaction.atomic():
        night = backup()
        for act, number in story:
            if act == "backup":
                night = backup()
                continue
            try:
                with transaction.atomic():
                    happen(acme, tenant, kari, act, number)
            except PlainError:
                continue  # it cannot be done now, as a page would say
        written, stood = entries(data_folder), everything()
        bring_back(night)
        redoing.redo(written)
        assert everything() == stood
        assert list(consents.broken(tenant)) == []
        transaction.set_rollback(True)
    (data_folder.root / decisions.NAME).unlink(missing_ok=True)


def happen(acme: Company, tenant: str, kari: Subject, act: str, number: int) -> object:
    """One thing that people do, chosen by a number."""
    who = (acme.bob, acme.dag)[number % 2]
    purpose = (Purpose.HISTORY, Purpose.STATISTICS, Purpose.RECORDING)[number % 3]
    about = (kari, person(who.id))[number % 2]
    stopped = Objection.all_tenants.filter(state__in=("stopped", "upheld")).order_by("id")
    limits = restriction.Restriction.all_tenants.filter(state="in-force").order_by("id")
    does: dict[str, Callable[[], object]] = {
        "object": lambda: objections.do_object(who, purpose, WHY),
        "take back": lambda: [objections.withdraw(tenant, Subject(row.subject), row.id, by="") for row in stopped[:1]],
        "decide": lambda: [
            objections.do_decide(acme.anna, row.id, uphold=number > 2, grounds=WHY)
            for row in stopped.filter(state="stopped")[:1]
        ],
        "restrict": lambda: restriction.do_restrict(acme.anna, about, "claims", WHY),
        "lift": lambda: [restriction.do_lift(acme.anna, row.id, told="By telephone") for row in limits[:1]],
        "free": lambda: restriction.lift_due(timezone.now() + timedelta(days=9)),
        "switch": lambda: do_switch(who, STATISTICS, number > 2),
        "outside": lambda: outside.do_record(tenant, kari, RECORDED_CALL, agreed=number > 2, how="one-time link"),
        "correct": lambda: corrections.do_correct(who, "people.mobile", f"+479000000{number}"),
    }
    return does[act]()
