"""Everything about somebody to take along: whole, in their language, for nobody else, and only for a day."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from tests.history.stories import Company
from tests.privacy.rights.conftest import KARI, OLE

from svara.data import DataFolder
from svara.people.actions import do_create_token
from svara.privacy import vault
from svara.privacy.errors import Forbidden, NotFound
from svara.privacy.functions.outside import subject_of
from svara.privacy.rights import exporting, jobs, port
from svara.privacy.rights.models import Job
from svara.privacy.rights.port import ExportFile, Section
from svara.privacy.subject import person
from svara.web.build import compile_catalogues


def export_of(company: Company, subject: Any, language: str = "en") -> zipfile.ZipFile:
    file = io.BytesIO()
    exporting.write(company.tenant.id, subject, language, file)
    return zipfile.ZipFile(file)


def fetched(company: Company, who: str, job: Job) -> bytes:
    found = exporting.access_export(company.people[who], job.id)
    content = found.file.read()
    found.file.close()
    assert len(content) == found.size
    return content


@pytest.mark.claim("PHO-11")
@pytest.mark.claim("ADV-13")
def test_bob_gets_all_that_there_is_about_him_with_purposes_sources_and_recipients(traces: Company) -> None:
    archive = export_of(traces, person(traces.bob.id))
    about = json.loads(archive.read("about.json"))
    for section in about["sections"]:
        assert section["purpose"], section
        assert section["source"], section
        assert section["recipients"], section
    keys = {section["key"] for section in about["sections"]}
    assert {
        "profile",
        "phones",
        "queues",
        "access",
        "calls",
        "queue-work",
        "messages",
        "messages-left",
        "views",
        "consents",
    } <= keys
    (profile,) = json.loads(archive.read("profile.json"))
    assert (profile["name"], profile["email"], profile["extension"]) == ("Bob Lie", "bob@acme.test", "102")
    assert "password" not in profile
    assert {row["id"] for row in json.loads(archive.read("calls.json"))} >= {"c1", "c2", "c3", "q1", "q2"}
    assert archive.read("calls/c2-0.wav") == b"RIFF talk"
    assert archive.read("profile/greeting-general.wav").startswith(b"RIFF hello")
    assert len([name for name in archive.namelist() if name.startswith("messages/")]) == 1
    assert len([name for name in archive.namelist() if name.startswith("messages-left/")]) == 1
    page = archive.read("index.html").decode()
    for text in ("Bob Lie", "Who sees it", "Supervisors and administrators of the company", "calls/c2-0.wav"):
        assert text in page
    assert "acme-bob" in page
    assert "0000000000" not in page, "no hash of a secret"


def test_what_is_about_others_alone_is_not_in_it(traces: Company) -> None:
    archive = export_of(traces, person(traces.bob.id))
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert OLE.name.encode() not in everything, "his message was for Dag"
    assert OLE.number.encode() not in everything
    assert b"calls/q1-0.wav" not in everything, "Bob only let it ring"


def test_kari_from_outside_gets_hers(traces: Company) -> None:
    archive = export_of(traces, subject_of(traces.tenant.id, KARI.number))
    assert {row["id"] for row in json.loads(archive.read("calls.json"))} >= {"c3", "q1", "q2"}
    assert archive.read("calls/q1-0.wav") == b"RIFF talk"
    assert len(json.loads(archive.read("messages-left.json"))) == 1
    assert b"Bob Lie" not in b"".join(archive.read(name) for name in archive.namelist())


@pytest.fixture(scope="module")
def translations() -> None:
    compile_catalogues()


@pytest.mark.usefixtures("translations")
@pytest.mark.parametrize("language", ["cs", "lv", "nb", "ru", "sv"])
def test_it_is_written_in_their_language(traces: Company, language: str) -> None:
    page = export_of(traces, person(traces.bob.id), language).read("index.html").decode()
    assert f'<html lang="{language}">' in page
    assert "What is stored about you" not in page
    assert "Who sees it" not in page
    assert translation.get_language() != language or language == "en"


def test_the_job_seals_it_and_only_bob_fetches_it_for_a_day(
    traces: Company, data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = exporting.do_ask(traces.bob, "nb")
    done = jobs.run_next()
    assert done is not None
    assert (done.state, done.error) == ("done", "")
    stored = exporting.place_of(job.id).read_bytes()
    assert b"bob@acme.test" not in stored
    assert b"index.html" not in stored, "not even the names of files"
    assert zipfile.ZipFile(io.BytesIO(fetched(traces, "bob", job))).testzip() is None
    for other in (traces.anna, traces.cecilie, traces.dag):
        with pytest.raises(NotFound):
            exporting.access_export(other, job.id)
    Job.all_tenants.update(ended_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(NotFound):
        exporting.access_export(traces.bob, job.id)
    assert exporting.forget_exports(timezone.now()) == 0
    assert exporting.forget_exports(timezone.now() + timedelta(hours=25)) == 1


def test_only_an_officer_exports_somebody_else(traces: Company) -> None:
    with pytest.raises(Forbidden):
        exporting.do_ask(traces.cecilie, "en", person(traces.bob.id))
    traces.cecilie.roles = ["privacy-officer"]
    job = exporting.do_ask(traces.cecilie, "en", person(traces.bob.id))
    jobs.run_next()
    assert fetched(traces, "cecilie", job)[:2] == b"PK"
    with pytest.raises(NotFound):
        exporting.access_export(traces.bob, job.id)


def test_the_persons_key_destroyed_the_export_is_unreadable(traces: Company) -> None:
    job = exporting.do_ask(traces.bob, "en")
    jobs.run_next()
    vault.current().destroy(traces.tenant.id, person(traces.bob.id))
    with pytest.raises(vault.port.Unreadable):
        exporting.access_export(traces.bob, job.id)


def test_names_of_files_lead_nowhere_else(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a caller's phone made a room call its files, unpacking the ZIP stays in its folder."""

    class Evil:
        name, tables, periods = "evil", frozenset[str](), ()

        def holdings(self, *_args: object) -> Any:
            return ()

        def export(self, *_args: object) -> Any:
            names = ("../../x.wav", "/etc/passwd", "..", "a\\..\\b", "C:x", ".ssh", "a\0b")
            files = [ExportFile(name, lambda: io.BytesIO(b"x")) for name in names]
            yield Section("../evil", "t", "p", "s", "r", [{"<script>": "<script>alert(1)</script>"}], files)

    monkeypatch.setitem(port._capabilities, "evil", Evil())
    archive = export_of(acme, person(acme.bob.id))
    for name in archive.namelist():
        assert not name.startswith(("/", ".")), name
        assert ".." not in name.split("/"), name
        assert not set(name) & set("\\:\0"), name
    assert "<script>" not in archive.read("index.html").decode()


def test_the_api_exports_oneself(traces: Company, client: Client) -> None:
    tokens = {who: do_create_token(traces.people[who], "test") for who in ("bob", "dag")}

    def bearer(who: str) -> dict[str, str]:
        return {"authorization": f"Bearer {tokens[who]}"}

    asked = client.post("/api/v1/me/export", headers=bearer("bob"))
    assert asked.status_code == 202
    job = asked.json()["id"]
    assert client.get(f"/api/v1/me/export/{job}", headers=bearer("bob")).status_code == 404, "not done yet"
    jobs.run_next()
    assert client.get(f"/api/v1/jobs/{job}", headers=bearer("bob")).json()["state"] == "done"
    answer = client.get(f"/api/v1/me/export/{job}", headers=bearer("bob"))
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    assert "profile.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    for who, guess in (("dag", job), ("bob", "0" * 32), ("bob", "..%2f..%2fsecret-key"), ("bob", job + "0")):
        assert client.get(f"/api/v1/me/export/{guess}", headers=bearer(who)).status_code == 404, guess
