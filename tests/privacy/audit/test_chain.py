"""The log can only grow, and whoever tampers with it is found."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from tests.privacy.audit import offices

from svara.people.models import Account, Tenant
from svara.privacy import subject
from svara.privacy.appendonly import Unchangeable, guard, removing, trigger_names
from svara.privacy.audit import anchors, port, retention
from svara.privacy.audit.chain import Facts, checked, genesis, link
from svara.privacy.audit.models import GUARDED, KEPT_DAYS, Chain, Concerned, Entry, Pruned
from svara.privacy.audit.port import record, record_views, verify

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def three_entries(tenant: Tenant, anna: Account, bob: Account) -> None:
    record(tenant.id, anna.id, "hear", subject.person(bob.id), "recording", "call-1", "supervisor")
    record_views(tenant.id, anna.id, [subject.person(bob.id), subject.person(anna.id)], "calls", count=50)
    record(tenant.id, anna.id, "change", subject.person(bob.id), "roles")


@pytest.mark.claim("ONC-2")
def test_who_heard_what_is_written_down(acme: Tenant, anna: Account, bob: Account) -> None:
    three_entries(acme, anna, bob)
    assert offices.written(acme) == [("hear", "recording"), ("view", "calls"), ("change", "roles")]
    assert Concerned.of(acme).filter(subject=f"person:{bob.id}").count() == 3
    assert verify(acme.id) is None


def test_a_company_without_entries_is_whole(acme: Tenant) -> None:
    assert verify(acme.id) is None


def test_companies_have_chains_of_their_own(acme: Tenant, anna: Account, bob: Account) -> None:
    beta = offices.company("beta")
    three_entries(acme, anna, bob)
    record(beta.id, "system", "change", None, "office")
    assert [Chain.of(each).get().number for each in (acme, beta)] == [3, 1]
    assert verify(beta.id) is None


def test_an_entry_goes_back_with_what_it_tells_of(acme: Tenant, anna: Account, bob: Account) -> None:
    three_entries(acme, anna, bob)
    with transaction.atomic():
        record(acme.id, anna.id, "change", None, "office")
        transaction.set_rollback(True)
    assert len(offices.written(acme)) == 3
    assert verify(acme.id) is None


@pytest.mark.parametrize("field", ["actor", "what", "ref", "why"])
def test_the_log_holds_no_content(field: str) -> None:
    facts = {"actor": "a", "act": "view", "what": "calls", "ref": "", "why": "", "count": 1, "subjects": ()}
    for content in ("Kari Nordmann", "kari@example.com", "+4722000001", "x" * 81, "наш клиент", "a\nb"):
        with pytest.raises(ValueError, match=field):
            checked(Facts(**facts | {field: content}))


def test_the_models_refuse_to_change(acme: Tenant, anna: Account, bob: Account) -> None:
    three_entries(acme, anna, bob)
    entry = Entry.of(acme).order_by("number").first()
    assert entry is not None
    for change in (entry.save, entry.delete, Entry.of(acme).delete, lambda: Entry.of(acme).update(act="view")):
        with pytest.raises(Unchangeable):
            change()


@pytest.mark.claim("ONC-7")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'somebody-else'",
        "UPDATE audit_concerned SET subject = 'person:nobody'",
        "UPDATE audit_pruned SET up_to = 2",
        "DELETE FROM audit_entry WHERE number = 3",
        "DELETE FROM audit_concerned",
        "DELETE FROM audit_pruned",
    ],
)
def test_the_database_refuses_as_well(acme: Tenant, anna: Account, bob: Account, statement: str) -> None:
    three_entries(acme, anna, bob)
    Pruned(tenant=acme, up_to=1, hash="", at=NOW, seal="").save()
    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def unguarded(*statements: str) -> None:
    """What somebody does who may do anything with the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for table in GUARDED:
                for name in trigger_names(table):
                    cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        if connection.vendor != "sqlite":
            cursor.execute("SET session_replication_role = DEFAULT")
    guard(GUARDED)


def without(number: int) -> str:
    one = f"(SELECT id FROM audit_entry WHERE number = {number})"
    return f"DELETE FROM audit_concerned WHERE entry_id = {one}; DELETE FROM audit_entry WHERE number = {number}"


@pytest.mark.claim("ONC-7")
@pytest.mark.parametrize(
    ("statement", "entry"),
    [
        ("UPDATE audit_entry SET actor = 'somebody-else' WHERE number = 2", 2),
        ("UPDATE audit_entry SET subjects = '[]' WHERE number = 1", 1),
        ("UPDATE audit_entry SET count = 1 WHERE number = 2", 2),
        ("DELETE FROM audit_concerned WHERE entry_id = (SELECT id FROM audit_entry WHERE number = 3)", 3),
        (without(2), 2),
        (without(3), 3),
        ("UPDATE audit_chain SET number = 2", 3),
        ("UPDATE audit_entry SET number = 9 WHERE number = 3", 3),
    ],
)
def test_whoever_tampers_is_found(acme: Tenant, anna: Account, bob: Account, statement: str, entry: int) -> None:
    three_entries(acme, anna, bob)
    unguarded(*statement.split(";"))
    found = verify(acme.id)
    assert found is not None
    assert found.entry == entry
    assert str(found).startswith(f"tampered at entry {entry}: ")


def test_a_database_without_its_guards_is_found(acme: Tenant, anna: Account, bob: Account) -> None:
    three_entries(acme, anna, bob)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_entry_no_update" + (" ON audit_entry" if connection.vendor != "sqlite" else ""))
    found = verify(acme.id)
    assert found is not None
    assert "does not guard" in found.why


def rewritten(tenant: Tenant, upto: int) -> None:
    """Somebody writes the whole chain anew, with right hashes, as if Anna had heard nothing."""
    previous, statements = genesis(tenant.id), []
    for entry in Entry.of(tenant).order_by("number"):
        facts = Facts("nobody", entry.act, entry.what, entry.ref, entry.why, entry.count, tuple(entry.subjects))
        if entry.number <= upto:
            previous = link(previous, tenant.id, entry.number, entry.at, facts)
            statements.append(f"UPDATE audit_entry SET actor = 'nobody', hash = '{previous}' WHERE id = {entry.id}")
        else:
            statements.append(f"DELETE FROM audit_concerned WHERE entry_id = {entry.id}")
            statements.append(f"DELETE FROM audit_entry WHERE id = {entry.id}")
    unguarded(*statements, f"UPDATE audit_chain SET number = {upto}, hash = '{previous}'")


@pytest.mark.claim("ONC-7")
def test_a_chain_written_anew_is_found_by_what_was_noted_outside(acme: Tenant, anna: Account, bob: Account) -> None:
    three_entries(acme, anna, bob)
    anchors.note(settings.DATA, NOW.timestamp())
    rewritten(acme, 3)
    found = verify(acme.id)
    assert found is not None
    assert found.entry == 3
    assert "anew" in found.why


def test_an_end_that_was_cut_off_is_found_by_what_was_noted_outside(acme: Tenant, anna: Account, bob: Account) -> None:
    three_entries(acme, anna, bob)
    anchors.note(settings.DATA, NOW.timestamp())
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM audit_entry WHERE number = 2")
        second = cursor.fetchone()[0]
    unguarded(*without(3).split(";"), f"UPDATE audit_chain SET number = 2, hash = '{second}'")
    found = verify(acme.id)
    assert found is not None
    assert (found.entry, found.why) == (3, "the end is missing: there was an entry 3")


def test_ends_are_noted_once_and_told_once_a_day(acme: Tenant, anna: Account, bob: Account, caplog: Any) -> None:
    three_entries(acme, anna, bob)
    now = NOW.timestamp()
    assert [anchor.number for anchor in anchors.note(settings.DATA, now)] == [3]
    assert anchors.note(settings.DATA, now + 3600) == []
    record(acme.id, anna.id, "change", None, "office")
    assert [anchor.number for anchor in anchors.note(settings.DATA, now + 7200)] == [4]
    assert set(anchors.of(settings.DATA, acme.id)) == {3, 4}
    assert settings.DATA.audit_anchors.stat().st_mode & 0o777 == 0o600


def test_a_note_that_a_power_cut_left_unfinished_hinders_nobody(acme: Tenant, anna: Account, bob: Account) -> None:
    three_entries(acme, anna, bob)
    settings.DATA.audit_anchors.write_bytes(b'{"tenant":"x","num')
    anchors.note(settings.DATA, NOW.timestamp())
    assert set(anchors.of(settings.DATA, acme.id)) == {3}
    assert verify(acme.id) is None


def years_ago(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    monkeypatch.setattr(port, "_now", lambda: NOW - timedelta(days=days))


def test_the_oldest_go_and_the_rest_still_holds(
    acme: Tenant, anna: Account, bob: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    years_ago(monkeypatch, KEPT_DAYS + 1)
    three_entries(acme, anna, bob)
    anchors.note(settings.DATA, NOW.timestamp())
    years_ago(monkeypatch, 1)
    three_entries(acme, anna, bob)
    assert retention.keep(NOW.timestamp()) == 3
    assert offices.written(acme) == [("hear", "recording"), ("view", "calls"), ("change", "roles"), ("prune", "audit")]
    assert verify(acme.id) is None
    assert retention.keep(NOW.timestamp()) == 0
    assert set(anchors.of(settings.DATA, acme.id)) == {3, 7}
    record(acme.id, anna.id, "change", None, "office")
    assert verify(acme.id) is None


def test_a_log_that_is_all_old_goes_whole_and_goes_on(
    acme: Tenant, anna: Account, bob: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    years_ago(monkeypatch, KEPT_DAYS + 1)
    three_entries(acme, anna, bob)
    years_ago(monkeypatch, 0)
    retention.keep(NOW.timestamp())
    assert offices.written(acme) == [("prune", "audit")]
    assert verify(acme.id) is None


def test_a_log_that_was_tampered_with_is_kept_as_evidence(
    acme: Tenant, anna: Account, bob: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    years_ago(monkeypatch, KEPT_DAYS + 1)
    three_entries(acme, anna, bob)
    unguarded("UPDATE audit_entry SET actor = 'somebody-else' WHERE number = 2")
    assert retention.keep(NOW.timestamp()) == 0
    assert len(offices.written(acme)) == 3


def test_a_forged_row_that_lets_entries_go_is_found(acme: Tenant, anna: Account, bob: Account) -> None:
    """With the database alone somebody makes the triggers let go; the seal needs the installation's key."""
    three_entries(acme, anna, bob)
    second = Entry.of(acme).get(number=2)
    Pruned(tenant=acme, up_to=2, hash=second.hash, at=NOW, seal="0" * 64).save()
    with removing():
        Concerned.of(acme).filter(entry__number__lte=2).delete()
        Entry.of(acme).filter(number__lte=2).delete()
    found = verify(acme.id)
    assert found is not None
    assert "forged" in found.why


def test_a_company_that_is_removed_takes_its_log_along(acme: Tenant, anna: Account, bob: Account) -> None:
    beta = offices.company("beta")
    record(beta.id, "system", "change", None, "office")
    three_entries(acme, anna, bob)
    anchors.note(settings.DATA, NOW.timestamp())
    acme.delete()
    assert set(Entry.all_tenants.values_list("tenant_id", flat=True)) == {beta.id}
    assert not Pruned.all_tenants.exists()
    anchors.forget_pruned(settings.DATA)
    assert anchors.of(settings.DATA, acme.id) == {}
    assert set(anchors.of(settings.DATA, beta.id)) == {1}


@pytest.mark.django_db(transaction=True)
def test_many_write_at_once_and_it_stays_one_chain() -> None:
    tenant = offices.company()

    def write(who: int) -> None:
        for number in range(10):
            record(tenant.id, f"person-{who}", "change", None, "office", str(number))
        connection.close()

    writers = [threading.Thread(target=write, args=[who]) for who in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert list(Entry.of(tenant).order_by("number").values_list("number", flat=True)) == list(range(1, 41))
    assert verify(tenant.id) is None


def test_a_page_that_brings_itself_up_to_date_is_one_view(
    acme: Tenant, anna: Account, bob: Account, django_capture_on_commit_callbacks: Any
) -> None:
    seen = [subject.person(bob.id)]
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            record_views(acme.id, anna.id, seen, "calls", count=50)
    assert offices.written(acme) == [("view", "calls")]
    with django_capture_on_commit_callbacks(execute=True):  # somebody else comes into view
        record_views(acme.id, anna.id, [*seen, subject.person("somebody")], "calls", count=51)
    assert offices.written(acme) == [("view", "calls")] * 2


def test_the_same_view_later_is_another() -> None:
    now = [0.0]
    recent = port.Recent(lambda: now[0])
    facts = Facts("anna", "view", "calls", "", "", 1, ("person:bob",))
    assert not recent.covers("acme", facts)
    recent.remember("acme", facts)
    assert recent.covers("acme", facts)
    assert not recent.covers("beta", facts)
    now[0] = port.SAME_VIEW_SECONDS
    assert not recent.covers("acme", facts)


def test_a_view_of_very_many_is_several_entries(acme: Tenant, anna: Account) -> None:
    record_views(acme.id, anna.id, [subject.person(f"{n:032x}") for n in range(1200)], "calls", count=1200)
    assert [len(entry.subjects) for entry in Entry.of(acme).order_by("number")] == [500, 500, 200]
    assert verify(acme.id) is None


KEYS = st.text("abcz09_.:-", min_size=1, max_size=20)
FACTS = st.builds(Facts, KEYS, KEYS, KEYS, KEYS, KEYS, st.integers(0, 9), st.tuples(KEYS) | st.tuples(KEYS, KEYS))


@trying(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FACTS, FACTS)
def test_two_different_entries_never_have_one_hash(one: Facts, other: Facts) -> None:
    hashes = [link(genesis("acme"), "acme", 1, NOW, facts) for facts in (one, other)]
    assert (hashes[0] == hashes[1]) is (one == other)
