"""When its time is over a call goes with all that hangs on it, and every figure stays as it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from tests.history.stories import Company, agreed, call, company, happened, queue_call, queue_of

from svara.calls.events import CallRecorded, Party
from svara.data import DataFolder
from svara.history import expiry
from svara.history.access import access_call
from svara.history.counts import AgentCount, CallCount, QueueCount, TalkCount
from svara.history.models import Call, Mention, MissedCaller, OutsideParty, Participant, QueueOffer, QueueWait
from svara.history.statistics import Statistics, access_statistics
from svara.people.access import NotFound
from svara.people.models import Account, Queue
from svara.privacy.figures import council
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.port import do_erase_collected
from svara.privacy.functions.registry import STATISTICS
from svara.privacy.rights import erasing, holds, retention
from svara.privacy.rights.models import RetentionRun
from svara.privacy.subject import person

pytestmark = pytest.mark.django_db
OSLO = ZoneInfo("Europe/Oslo")
FIRST = datetime(2026, 10, 19, tzinfo=OSLO)
"""Ten days, in the midst of which the clocks go back: a day of 25 hours."""
DAYS = 10
KARI = Party(number="+4722000001", name="Kari Nordmann")
LATER = FIRST + timedelta(days=500)
DETAIL = (Call, Participant, Mention, OutsideParty, QueueWait, QueueOffer, MissedCaller)


def no_rest(_seconds: float) -> None:
    """Nobody waits for the database here."""


def expire(acme: Company, now: datetime = LATER) -> retention.Run:
    return retention.run(acme.tenant.id, now, dry=False, rest=no_rest)


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Company:
    """Three hundred calls of ten days, of every kind; a queue that was removed since; one agent who did not agree."""
    monkeypatch.setattr(expiry, "PORTION", 40)
    acme = company("acme")
    queue_of(acme, "bob", "dag", "anna", service_seconds=20)
    queue_of(acme, "dag", name="sales", service_seconds=60)
    agreed(acme, STATISTICS, "bob", "dag")
    dice = random.Random(4)
    told = []
    for number in range(300):
        at = round(FIRST.timestamp() + dice.uniform(0, DAYS * 86_400 + 3600), 3)
        caller = Party(number=f"+47220{number % 70:05}", name=f"Caller {number % 70}")
        kind = dice.choice(["queue", "queue", "queue", "internal", "missed"])
        if kind == "queue":
            offered: list[Any] = [(dice.choice(["bob", "dag", "anna"]), dice.choice(["no answer", "withdrawn"]))]
            offered *= dice.randrange(4)
            if dice.random() < 0.6:
                offered.append((dice.choice(["bob", "dag", "anna"]), "answered"))
            queue = dice.choice(["support", "sales", "closed-down"])
            why = dice.choice(["abandoned", "timeout"])
            told.append(queue_call(acme, caller, offered, at=at, queue=queue, talks=round(dice.uniform(1, 600), 3), why=why))
        else:
            talks = round(dice.uniform(1, 600), 3) if kind == "internal" else None
            told.append(call(acme, "anna", "bob", at=at, talks=talks, outcome="missed"))
    happened(*told)
    retention_rule(acme, "history.agents", 3000)
    return acme


def retention_rule(acme: Company, key: str, days: int) -> None:
    retention.do_choose(acme.anna, {key: days})


def asked(actor: Account) -> Iterator[Statistics]:
    """Everything that the page can be asked for."""
    spans = [(FIRST, DAYS), *((FIRST + timedelta(days=day), 1) for day in range(DAYS))]
    for begin, days in spans:
        for queue in (None, "support", "sales"):
            yield access_statistics(actor, since=begin, until=begin + timedelta(days=days), queue=queue)


def exported(acme: Company, client: Client) -> str:
    client.force_login(acme.anna)
    page = client.get("/statistics/export.csv?since=2026-10-19&until=2026-10-28")
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.claim("PHO-12")
def test_every_figure_is_the_same_before_and_after(acme: Company, client: Client) -> None:
    before, file = list(asked(acme.anna)), exported(acme, client)
    assert before[0].total.offered > 100
    assert {agent.username for agent in before[0].agents} == {"bob", "dag"}
    assert {each.name for each in before[0].queues} == {"closed-down", "sales", "support"}
    halfway = FIRST + timedelta(days=400 + DAYS / 2)
    part = expire(acme, halfway)
    assert 0 < Call.all_tenants.count() < 300
    assert list(asked(acme.anna)) == before, "half of it is calls, half of it figures"
    rest = expire(acme)
    assert not any(table._default_manager.exists() for table in DETAIL)
    assert list(asked(acme.anna)) == before
    assert exported(acme, client) == file
    gone = [each.count for run in (part, rest) for each in run.gone if each.table == "history.Call"]
    assert sum(gone) == 300
    assert expire(acme).count == 0, "nothing is counted twice"
    assert list(asked(acme.anna)) == before


def test_what_is_shown_beforehand_is_what_goes_and_each_portion_leaves_its_proof(acme: Company) -> None:
    shown = retention.run(acme.tenant.id, LATER, dry=True)
    assert Call.all_tenants.count() == 300, "only counted"
    assert not CallCount.all_tenants.exists()
    done = expire(acme)
    assert {each.table: each.count for each in done.gone} == {each.table: each.count for each in shown.gone}
    proofs = list(RetentionRun.all_tenants.filter(tenant=acme.tenant))
    assert len(proofs) == 1 + 8, "missed callers, then 300 calls in portions of 40"
    for proof in proofs:
        assert proof.digest == retention.digest_of(acme.tenant.id, proof.at, proof.gone)
    assert sum(each["count"] for proof in proofs for each in proof.gone if each["table"] == "history.Call") == 300


def test_killed_in_the_middle_of_a_portion_nothing_is_lost_or_doubled(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(asked(acme.anna))
    done = 0

    class KilledError(Exception):
        pass

    add_up = expiry._add_up

    def dies(*args: Any) -> None:
        nonlocal done
        add_up(*args)
        done += 1
        if done == 3:
            raise KilledError

    monkeypatch.setattr(expiry, "_add_up", dies)
    with pytest.raises(KilledError):
        expire(acme)
    assert Call.all_tenants.count() == 300 - 2 * 40, "two portions are done, the third never was"
    assert list(asked(acme.anna)) == before
    expire(acme)
    assert not Call.all_tenants.exists()
    assert list(asked(acme.anna)) == before


def test_only_so_many_portions_go_at_once(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MOST_PORTIONS", 2)
    rested: list[float] = []
    retention.run(acme.tenant.id, LATER, dry=False, rest=rested.append)
    assert Call.all_tenants.count() == 300 - 2 * 40
    assert len(rested) == 2, "others have the database between two portions"


def test_an_agents_own_figures_go_when_their_time_is_over_and_nobody_elses(acme: Company) -> None:
    before = list(asked(acme.anna))
    expire(acme)
    assert AgentCount.all_tenants.exists()
    retention_rule(acme, "history.agents", 30)
    expire(acme)
    assert not AgentCount.all_tenants.exists()
    assert list(asked(acme.anna)) == [replace(each, agents=()) for each in before]


def test_who_withdraws_is_in_no_figure_by_name_and_the_queues_stay_as_they_were(acme: Company) -> None:
    before = list(asked(acme.anna))
    expire(acme)
    do_erase_collected(acme.bob, STATISTICS)
    after = list(asked(acme.anna))
    assert {agent.username for each in after for agent in each.agents} == {"dag"}
    assert [each.queues for each in after] == [each.queues for each in before]


def test_somebody_who_was_erased_stays_counted(acme: Company) -> None:
    caller = subject_of(acme.tenant.id, "+4722000003")
    before = [replace(each, agents=()) for each in asked(acme.anna)]
    erasing.erase(acme.tenant.id, caller, reason="asked for it", by=acme.anna.id)
    erasing.erase(acme.tenant.id, person(acme.bob.id), reason="left", by=acme.anna.id)
    expire(acme)
    assert [replace(each, agents=()) for each in asked(acme.anna)] == before


def test_recordings_and_everything_else_of_a_call_go_with_it(
    acme: Company, data_folder: DataFolder, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    tapes = data_folder.recordings / "calls"
    tapes.mkdir()
    (tapes / "q1.wav").write_bytes(b"RIFF talk")
    at = FIRST.timestamp() + 100
    happened(
        [
            *queue_call(acme, KARI, [("bob", "no answer"), ("dag", "answered")], call="q1", at=at),
            CallRecorded("q1", at + 30, file="calls/q1.wav", seconds=9.0, why="queue:support"),
        ]
    )
    assert access_call(acme.anna, "q1")
    with django_capture_on_commit_callbacks(execute=True):
        done = expire(acme)
    assert "files:recordings" in {each.table for each in done.gone}
    assert not list(tapes.iterdir())
    with pytest.raises(NotFound):
        access_call(acme.anna, "q1")
    client.force_login(acme.anna)
    assert client.get("/history/q1/").status_code == 404


@pytest.mark.claim("K2-7")
def test_a_legal_hold_keeps_the_calls_of_its_person_and_the_figures_are_right(acme: Company) -> None:
    before = list(asked(acme.anna))
    kept = subject_of(acme.tenant.id, "+4722000003")
    for subject in (kept, person(acme.bob.id)):
        holds.do_hold(acme.anna, subject=subject, reason="court", until=LATER + timedelta(days=1))
    expire(acme)
    left = Call.all_tenants.count()
    assert 0 < left < 300
    held = Call.all_tenants.exclude(outside__index=kept.partition(":")[2]).values_list("pk", flat=True)
    named = {*Participant.objects.values_list("call", "person"), *Mention.objects.values_list("call", "person")}
    assert all((each, acme.bob.id) in named for each in held), "whatever else stays, Bob has part in it"
    assert list(asked(acme.anna)) == before
    expire(acme, LATER + timedelta(days=2))
    assert not Call.all_tenants.exists()


def test_a_hold_on_a_kind_keeps_the_calls_on_which_it_hangs(acme: Company) -> None:
    offers, missed = QueueOffer.all_tenants.count(), MissedCaller.all_tenants.count()
    for period in ("history.agents", "history.missed"):
        holds.do_hold(acme.anna, period=period, reason="court", until=LATER + timedelta(days=1))
    expire(acme)
    assert QueueOffer.all_tenants.count() == offers
    assert MissedCaller.all_tenants.count() == missed
    assert 0 < Call.all_tenants.count() < 300
    holds.do_hold(acme.anna, period="history.calls", reason="court", until=LATER + timedelta(days=1))
    assert expire(acme).count == 0


def test_the_talk_times_of_groups_stay_when_nobody_is_known_any_more(acme: Company) -> None:
    """Six people take calls for support on one day; works-council mode shows their talk time together, for ever."""
    council.do_choose(acme.anna, usage=False, council=True, auditors=[acme.bob.id, acme.dag.id])
    waits = list(QueueWait.all_tenants.filter(queue="acme-support", why="answered").order_by("entered_at"))
    for number, wait in enumerate(waits):
        QueueWait.all_tenants.filter(pk=wait.pk).update(answered_person=f"somebody-{number % 6}")
    before = list(asked(acme.anna))
    assert before[0].total.talk_seconds is not None
    assert all(each.talk_seconds is None for each in before[0].calls)
    retention_rule(acme, "history.agents", 30)
    expire(acme, FIRST + timedelta(days=100))
    assert not QueueWait.all_tenants.exclude(answered_person="").exists()
    assert TalkCount.all_tenants.exists()
    assert list(asked(acme.anna)) == before
    expire(acme)
    assert not Call.all_tenants.exists()
    assert list(asked(acme.anna)) == before


def test_a_company_keeps_its_own_calls_for_its_own_time(acme: Company) -> None:
    beta = company("beta")
    happened(call(beta, "anna", "bob", at=FIRST.timestamp()))
    retention_rule(acme, "history.calls", 10)
    expire(acme, FIRST + timedelta(days=30))
    expire(beta, FIRST + timedelta(days=30))
    assert list(Call.all_tenants.values_list("tenant", flat=True)) == [beta.tenant.id]
    assert set(QueueCount.all_tenants.values_list("tenant", flat=True)) == {acme.tenant.id}


def test_the_promise_of_a_queue_is_that_of_the_day_on_which_its_calls_went(acme: Company) -> None:
    expire(acme)
    before = [each.total.service_level for each in asked(acme.anna)]
    Queue.of(acme.tenant).update(service_level_seconds=1)
    assert [each.total.service_level for each in asked(acme.anna)] == before


def test_figures_are_about_hours_of_the_companys_clock() -> None:
    """An office in Kathmandu, which is 5:45 ahead of UTC."""
    office = company("nepal", timezone="Asia/Kathmandu")
    queue_of(office, "bob")
    begin = datetime(2026, 10, 19, tzinfo=ZoneInfo("Asia/Kathmandu"))
    happened(*(queue_call(office, KARI, [], at=begin.timestamp() + 1800 * number) for number in range(48)))
    before = access_statistics(office.anna, since=begin, until=begin + timedelta(days=1))
    expire(office)
    assert access_statistics(office.anna, since=begin, until=begin + timedelta(days=1)) == before
    assert {each.hour.astimezone(UTC).minute for each in QueueCount.all_tenants.all()} == {15}
