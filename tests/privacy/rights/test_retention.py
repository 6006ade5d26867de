"""Data go when their time is over by the company's rules, not before, not while held, and it can be proven."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from tests.history.stories import NOON, Company

from svara.data import DataFolder
from svara.history.models import AgentMoment, Call, MissedCaller
from svara.history.retention import forget_history
from svara.people.models import Tenant
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.registers.authorities import AUTHORITIES
from svara.privacy.rights import holds, profiles, retention
from svara.privacy.rights.models import RetentionRun
from svara.privacy.subject import person
from svara.voicemail.models import Message

DAY = timedelta(days=1)
THEN = datetime.fromtimestamp(NOON, UTC)


def counts(run: retention.Run) -> dict[str, int]:
    return {each.table: each.count for each in run.gone}


@pytest.mark.claim("PHO-12")
@pytest.mark.claim("ADV-11")
def test_by_its_own_rule_a_company_keeps_less_and_proves_what_went(
    traces: Company, data_folder: DataFolder, django_capture_on_commit_callbacks: Any
) -> None:
    tenant = traces.tenant.id
    at = THEN + 20 * DAY
    assert retention.run(tenant, at, dry=True).count == 0
    retention.do_choose(
        traces.anna, {"history.agents": 10, "history.missed": 10, "history.recordings": 10, "voicemail.messages": 10}
    )
    shown = retention.run(tenant, at, dry=True)
    expected = {
        "history.AgentMoment": 3,
        "history.QueueOffer": 3,
        "history.QueueWait": 1,
        "history.MissedCaller": 1,
        "files:recordings": 2,
        "voicemail.Message": 3,
    }
    assert counts(shown) == expected
    assert AgentMoment.all_tenants.count() == 3, "only counted"
    assert not RetentionRun.all_tenants.exists()
    with django_capture_on_commit_callbacks(execute=True):
        done = retention.run(tenant, at, dry=False)
    assert done.gone == shown.gone, "what was shown is what went, to the digest"
    assert not AgentMoment.all_tenants.exists()
    assert not MissedCaller.all_tenants.exists()
    assert not Message.all_tenants.exists()
    assert not list((data_folder.recordings / "calls").iterdir())
    assert not list((data_folder.recordings / "voicemail").iterdir())
    assert Call.all_tenants.exists()
    proof = RetentionRun.all_tenants.get()
    assert proof.digest == retention.digest_of(tenant, proof.at, proof.gone)
    assert retention.run(tenant, at, dry=False).count == 0


def test_the_hourly_clean_up_works_by_the_rules_of_each_company(traces: Company, beta: Company) -> None:
    retention.do_choose(traces.anna, {"history.missed": 180})
    forget_history((THEN + 120 * DAY).timestamp())
    assert MissedCaller.all_tenants.count() == 1, "a longer rule holds, too"
    forget_history((THEN + 181 * DAY).timestamp())
    assert not MissedCaller.all_tenants.exists()


@pytest.mark.claim("K2-7")
def test_a_legal_hold_stops_what_it_names_and_nothing_else(traces: Company) -> None:
    tenant, at = traces.tenant.id, THEN + 500 * DAY
    everything = counts(retention.run(tenant, at, dry=True))
    holds.do_hold(traces.anna, period="history.missed", reason="court", until=at + DAY)
    assert counts(retention.run(tenant, at, dry=True)) == {
        table: count for table, count in everything.items() if table != "history.MissedCaller"
    }
    held = holds.do_hold(traces.anna, subject=person(traces.bob.id), reason="court", until=at + DAY)
    left = counts(retention.run(tenant, at, dry=True))
    assert "history.AgentMoment" not in left, "they are Bob's"
    assert left["history.QueueOffer"] == 1, "Dag's"
    assert left["voicemail.Message"] == 1, "neither in his box nor by him"
    holds.do_lift(traces.anna, held.id)
    assert counts(retention.run(tenant, at + 2 * DAY, dry=True)) == everything, "the other hold has ended"


def test_profiles_and_limits(traces: Company) -> None:
    known = {each.key: each for each in retention.periods()}
    for country, profile in profiles.PROFILES.items():
        assert profile.law, country
        assert profile.read.startswith("http"), country
        for key, rule in profile.rules.items():
            assert 1 <= rule.days <= known[key].longest_days, (country, key)
            assert rule.law, (country, key)
            assert rule.read.startswith("http"), (country, key)
    for wish in ({"history.missed": 0}, {"history.missed": 99_999}, {"voicemail.messages": 91}, {"nothing": 5}):
        with pytest.raises(Invalid):
            retention.do_choose(traces.anna, wish)
    with pytest.raises(Forbidden):
        retention.do_choose(traces.dag, {"history.missed": 5})


@pytest.mark.claim("ADV-11")
def test_the_law_of_its_country_holds_for_a_company_from_its_first_day(traces: Company, data_folder: DataFolder) -> None:
    """Recordings of three weeks and of five: the company moves from Norway to Lisbon, and later chooses for itself."""
    tenant, at = traces.tenant.id, THEN + 35 * DAY

    def kept(country: str, key: str) -> int:
        Tenant.objects.filter(id=tenant).update(country=country)
        return retention.rules(tenant, at).days[key]

    assert kept("NO", "history.recordings") == 90
    assert "files:recordings" not in counts(retention.run(tenant, at, dry=True))
    assert kept("FR", "history.calls") == kept("FR", "history.agents") == 365
    assert kept("BR", "history.calls") == 400, "of a country of which we know nothing the defaults hold"
    assert kept("PT", "history.recordings") == 30
    assert counts(retention.run(tenant, at, dry=True))["files:recordings"] == 2
    law = next(each.law for each in retention.chosen(tenant) if each.period.key == "history.recordings")
    assert law is not None
    assert "629/2010" in law.law
    retention.do_choose(traces.anna, {"history.recordings": 60})
    assert kept("PT", "history.recordings") == 60, "its own choice goes before"
    retention.do_choose(traces.anna, {"history.recordings": 90})
    assert kept("PT", "history.recordings") == 90, "also when it is what others have by default"
    retention.do_choose(traces.anna, {"history.recordings": None})
    assert kept("PT", "history.recordings") == 30


def test_what_is_said_of_an_authority_was_read_on_its_own_pages() -> None:
    for country, one in AUTHORITIES.items():
        if one.mail or one.post or one.complain:
            assert urlsplit(one.read).hostname in (urlsplit(one.site).hostname, f"www.{urlsplit(one.site).hostname}"), (
                country
            )


def test_the_officers_page(traces: Company, client: Client) -> None:
    client.force_login(traces.anna)
    base = "/administration/privacy/retention/"
    assert "What agents did in queues" in client.get(base).content.decode()
    client.post(base + "rules/", {each.key: "30" for each in retention.periods()})
    assert {each.days for each in retention.chosen(traces.tenant.id)} == {30}
    client.post(base + "rules/", {"profile": "yes"})
    days = {each.period.key: each.days for each in retention.chosen(traces.tenant.id)}
    assert days["history.agents"] == 400
    assert "names no number of days" in client.get(base).content.decode()
    Tenant.objects.update(country="FR")
    assert "norme simplifiée n° 47" in client.get(base).content.decode()
    Tenant.objects.update(country="BR")
    assert "We know no rules of this country" in client.get(base).content.decode()
    client.post(base + "holds/", {"username": "bob", "reason": "court 7", "until": "2099-01-01"})
    client.post(base + "holds/", {"period": "history.missed", "reason": "court 8", "until": "no day"})
    page = client.get(base).content.decode()
    assert "court 7" in page
    assert "court 8" not in page
    (hold,) = holds.access_holds(traces.anna)
    assert client.post(f"{base}holds/{hold.id}/lift/").status_code == 302
    assert client.post(f"{base}holds/{hold.id}/lift/").status_code == 404
    client.force_login(traces.dag)
    assert client.get(base).status_code == 403
    assert client.post(base + "rules/", {"history.missed": "1"}).status_code == 403
