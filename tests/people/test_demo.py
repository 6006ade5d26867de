"""A demo company is wiped every two weeks, with everything of it, provably; others never are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from tests.history.stories import NOON, Company, call, company, happened
from tests.voicemail.stories import happen, left

from svara.calls.events import CallRecorded, Party
from svara.cli import demo as office
from svara.cli import demo_wipes
from svara.data import DataFolder
from svara.history.models import Call, Participant
from svara.people import demo
from svara.people.models import Account, DemoWipe, Tenant
from svara.privacy import vault
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import STATISTICS
from svara.privacy.rights import exporting
from svara.privacy.subject import person
from svara.privacy.vault.port import Unreadable

pytestmark = [pytest.mark.django_db, pytest.mark.claim("K2-6")]
KARI = Party(number="+4722000001", name="Kari Nordmann")
TWO_WEEKS = timedelta(days=14)


@pytest.fixture
def demo_company(data_folder: DataFolder) -> Company:
    """The demo office after a day of use: calls, a recording, a message, a decision, somebody signed in, an export."""
    assert office.install()
    tenant = Tenant.objects.get(demo=True)
    return Company(tenant, {each.username: each for each in Account.of(tenant)})


@pytest.fixture
def used(demo_company: Company, data_folder: DataFolder, client: Client) -> Company:
    tapes = data_folder.recordings / "calls"
    tapes.mkdir()
    (tapes / "d1.wav").write_bytes(b"RIFF talk with Kari")
    happened([*call(demo_company, KARI, "ingrid", call="d1", direction="inbound"), taped("d1")])
    happen(left(demo_company, f"person:{demo_company.ingrid.id}", caller=KARI))
    do_switch(demo_company.ingrid, STATISTICS, True)
    client.force_login(demo_company.ingrid)
    return demo_company


def taped(call_id: str) -> CallRecorded:
    return CallRecorded(call_id, NOON + 30, file=f"calls/{call_id}.wav", seconds=9.0, why="person")


def rows_with(text: str) -> list[str]:
    """Every table in which a text stands anywhere, in clear."""
    found = []
    for table in apps.get_models():
        for row in table._default_manager.values_list():
            if text in repr(row):
                found.append(table._meta.label)
                break
    return found


def files_of(root: Path) -> set[str]:
    places = [place for folder in ("recordings", "exports") for place in (root / folder).rglob("*")]
    return {place.relative_to(root).as_posix() for place in places if place.is_file()}


@pytest.fixture
def anew(data_folder: DataFolder) -> Callable[[], object]:
    return lambda: demo_wipes.make_anew(data_folder)


def test_on_the_day_everything_goes_and_the_office_is_as_on_its_first_day(
    used: Company, data_folder: DataFolder, client: Client, anew: Callable[[], object]
) -> None:
    beta = company("beta")
    happened(call(beta, "anna", "bob", call="b1"))
    sealed = vault.current().seal(used.tenant.id, [person(used.ingrid.id)], b"hello", context=b"test")
    (data_folder.root / "demo-calls-placed").touch()
    job = exporting.ask(used.tenant.id, used.ingrid.id, person(used.ingrid.id), "en")
    exporting.place_of(job.id).parent.mkdir(exist_ok=True)
    exporting.place_of(job.id).write_bytes(b"PK everything about Ingrid")
    assert len(files_of(data_folder.root)) == 3
    calls, parts = Call.all_tenants.filter(tenant=used.tenant).count(), Participant.objects.count() - 2
    begun = used.tenant.created_at
    assert demo.next_wipe(used.tenant) == begun + TWO_WEEKS
    assert demo.wipe_due(begun + TWO_WEEKS - timedelta(seconds=1), anew) == []
    assert Call.all_tenants.filter(tenant=used.tenant).exists()

    now = begun + TWO_WEEKS
    [receipt] = demo.wipe_due(now, anew)

    assert set(rows_with(used.tenant.id)) == {"people.DemoWipe"}
    assert not rows_with(used.ingrid.id)
    assert not files_of(data_folder.root)
    assert not (data_folder.root / "demo-calls-placed").exists(), "its phones call each other again"
    with pytest.raises(Unreadable):
        vault.current().open(used.tenant.id, sealed, context=b"test")
    again = Tenant.objects.get(slug=used.tenant.slug)
    assert again.demo
    assert again.id != used.tenant.id
    assert Account.of(again).count() == len(used.people)
    assert not Call.all_tenants.filter(tenant=again).exists()
    assert Call.all_tenants.filter(tenant=beta.tenant).count() == 1, "nobody else's"
    assert client.get("/").status_code == 302, "who was signed in is not any more"
    assert demo.next_wipe(again) == now + TWO_WEEKS

    told = {each["table"]: each["count"] for each in receipt.gone}
    assert told["history.Call"] == calls >= 1
    assert told["history.Participant"] == parts >= 1, "tables that know the company only through others count, too"
    assert told["people.Account"] == len(used.people)
    assert told["sessions.Session"] == 1
    assert told["files"] >= 3
    assert receipt.keys > 2
    stored = DemoWipe.objects.get()
    assert (stored.digest, stored.files, stored.finished) == (demo.digest_of(stored), [], True)
    stored.gone[0]["count"] += 1
    assert demo.digest_of(stored) != stored.digest, "a receipt that was changed shows it"


def test_and_again_two_weeks_after_each_wipe(demo_company: Company, anew: Callable[[], object]) -> None:
    at = demo_company.tenant.created_at + TWO_WEEKS
    for number in range(3):
        assert len(demo.wipe_due(at + number * TWO_WEEKS - timedelta(minutes=1), anew)) == 0
        assert len(demo.wipe_due(at + number * TWO_WEEKS, anew)) == 1
    assert len(demo.wipes_of(demo_company.tenant.slug)) == 3


def test_killed_between_the_rows_and_the_keys_it_is_finished_later(
    used: Company, data_folder: DataFolder, anew: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        pass

    def dies(_receipt: DemoWipe) -> None:
        raise KilledError

    sealed = vault.current().seal(used.tenant.id, [person(used.ingrid.id)], b"hello", context=b"test")
    now = used.tenant.created_at + TWO_WEEKS
    with monkeypatch.context() as patch:
        patch.setattr(demo, "_finish", dies)
        with pytest.raises(KilledError):
            demo.wipe_due(now, anew)
    assert not Tenant.objects.filter(demo=True).exists()
    assert files_of(data_folder.root)
    assert demo.wipe_due(now + timedelta(minutes=10), anew) == []
    assert not files_of(data_folder.root)
    with pytest.raises(Unreadable):
        vault.current().open(used.tenant.id, sealed, context=b"test")
    assert Tenant.objects.filter(demo=True).count() == 1, "the office is there again"


def test_a_company_that_is_no_demo_is_never_wiped(anew: Callable[[], object]) -> None:
    beta = company("beta")
    assert demo.next_wipe(beta.tenant) is None
    with pytest.raises(ValueError, match="only a demo"):
        demo.wipe(beta.tenant, datetime.now(UTC), anew)
    assert demo.wipe_due(datetime.now(UTC) + 100 * TWO_WEEKS, anew) == []


def test_everybody_in_it_sees_when_and_what_went(
    demo_company: Company, client: Client, anew: Callable[[], object], settings: Any
) -> None:
    client.force_login(demo_company.ingrid)
    page = client.get("/demo/").content.decode()
    assert "Nothing has gone yet." in page
    assert "not encrypted" in page
    [receipt] = demo.wipe_due(demo_company.tenant.created_at + TWO_WEEKS, anew)
    client.force_login(Account.all_tenants.get(username="ingrid"))
    settings.ENCRYPTED = True
    page = client.get("/demo/").content.decode()
    assert receipt.digest in page
    assert "not encrypted" not in page
    assert 'href="/demo/"' in client.get("/profile/").content.decode(), "the mark is on every page"
    client.force_login(company("beta").anna)
    assert client.get("/demo/").status_code == 404
    assert 'href="/demo/"' not in client.get("/profile/").content.decode()


def test_the_command_tells_and_wipes(
    demo_company: Company, data_folder: DataFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_wipes, "open_data", lambda _data: None)
    demo_wipes.command(wipe_now=True, data=data_folder.root)
    told = capsys.readouterr().out
    receipt = DemoWipe.objects.get()
    assert receipt.digest in told
    assert f"people.Account: {len(demo_company.people)}, SHA-256" in told
    assert "everything goes at" in told
