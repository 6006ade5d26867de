"""Work that takes long: done once, followed by whoever asked, taken up again after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.history.stories import Company, company

from svara.people.actions import do_create_token
from svara.privacy.errors import NotFound, PlainError
from svara.privacy.rights import jobs
from svara.privacy.rights.jobs import MAX_ATTEMPTS, Running
from svara.privacy.rights.models import Job

NOW = 1_793_358_000.0


@pytest.fixture
def acme(db: None) -> Company:
    return company("acme")


@pytest.fixture(autouse=True)
def own_works() -> Iterator[None]:
    before = dict(jobs._works)
    yield
    jobs._works.clear()
    jobs._works.update(before)


def count_to_three(job: Running) -> dict[str, Any]:
    job.progress(0.5)
    return {"counted": job.arguments["to"]}


def test_anna_asks_and_sees_the_result(acme: Company) -> None:
    jobs.register("count", count_to_three)
    asked = jobs.do_ask(acme.tenant.id, acme.anna.id, "count", {"to": 3})
    assert (asked.state, asked.progress) == ("waiting", 0.0)
    done = jobs.run_next(NOW)
    assert done is not None
    assert (done.id, done.state, done.progress, done.result) == (asked.id, "done", 1.0, {"counted": 3})
    assert jobs.access_job(acme.anna, asked.id).state == "done"
    assert jobs.run_next(NOW) is None


def test_progress_is_seen_while_it_goes_on(acme: Company) -> None:
    seen = []

    def slow(job: Running) -> dict[str, Any]:
        job.progress(0.4)
        seen.append(Job.all_tenants.get(pk=job.id).progress)
        return {}

    jobs.register("slow", slow)
    jobs.do_ask(acme.tenant.id, acme.anna.id, "slow", {})
    jobs.run_next(NOW)
    assert seen == [0.4]


def test_what_cannot_be_done_says_why_and_what_breaks_does_not(acme: Company) -> None:
    def cannot(_job: Running) -> dict[str, Any]:
        raise PlainError("There is nobody of that name.")

    def breaks(_job: Running) -> dict[str, Any]:
        raise ZeroDivisionError("secret +4790000001")

    jobs.register("cannot", cannot)
    jobs.register("breaks", breaks)
    for kind, error in (
        ("cannot", "There is nobody of that name."),
        ("breaks", "It failed for a reason that stands in the log."),
    ):
        jobs.do_ask(acme.tenant.id, acme.anna.id, kind, {})
        done = jobs.run_next(NOW)
        assert done is not None
        assert (done.state, done.error, done.result) == ("failed", error, None)


def test_a_job_whose_runner_died_is_taken_up_when_its_lease_is_over(acme: Company) -> None:
    jobs.register("count", count_to_three)
    asked = jobs.do_ask(acme.tenant.id, acme.anna.id, "count", {"to": 3})
    assert jobs._claim(NOW, "who will die") is not None
    assert jobs.run_next(NOW + jobs.LEASE_SECONDS - 1) is None
    done = jobs.run_next(NOW + jobs.LEASE_SECONDS + 1)
    assert done is not None
    assert (done.id, done.state, done.attempts) == (asked.id, "done", 2)


def test_a_job_that_kills_every_runner_has_failed_at_last(acme: Company) -> None:
    jobs.register("count", count_to_three)
    asked = jobs.do_ask(acme.tenant.id, acme.anna.id, "count", {"to": 3})
    for attempt in range(MAX_ATTEMPTS):
        assert jobs._claim(NOW + attempt * 60, "who will die") is not None
    assert jobs.run_next(NOW + MAX_ATTEMPTS * 60) is None
    asked.refresh_from_db()
    assert (asked.state, asked.error) == ("failed", "It was begun several times and never ended.")


def test_only_who_asked_and_officers_see_a_job(acme: Company) -> None:
    jobs.register("count", count_to_three)
    beta = company("beta")
    beta.anna.roles = ["privacy-officer"]
    acme.cecilie.roles = ["privacy-officer"]
    asked = jobs.do_ask(acme.tenant.id, acme.bob.id, "count", {"to": 3})
    assert jobs.access_job(acme.bob, asked.id) == jobs.access_job(acme.cecilie, asked.id) == asked
    for other in (acme.anna, acme.dag, beta.anna):
        with pytest.raises(NotFound):
            jobs.access_job(other, asked.id)


def test_the_api_tells_how_far_a_job_is_and_guessed_ids_find_nothing(acme: Company, client: Client) -> None:
    jobs.register("count", count_to_three)
    asked = jobs.do_ask(acme.tenant.id, acme.bob.id, "count", {"to": 3})
    jobs.run_next(NOW)
    tokens = {name: do_create_token(acme.people[name], "test") for name in ("bob", "dag")}

    def get(who: str, job: str) -> Any:
        return client.get(f"/api/v1/jobs/{job}", headers={"authorization": f"Bearer {tokens[who]}"})

    answer = get("bob", asked.id)
    assert answer.status_code == 200
    assert answer.json()["state"] == "done"
    assert answer.json()["progress"] == 1.0
    assert answer.json()["result"] == {"counted": 3}
    assert answer.json()["error"] is None
    for who, job in (("dag", asked.id), ("bob", "0" * 32), ("bob", asked.id[:-1]), ("bob", "%00"), ("bob", "x" * 500)):
        assert get(who, job).status_code == 404, job
    assert client.get(f"/api/v1/jobs/{asked.id}").status_code == 401


def test_old_jobs_are_forgotten(acme: Company) -> None:
    jobs.register("count", count_to_three)
    asked = jobs.do_ask(acme.tenant.id, acme.bob.id, "count", {"to": 3})
    assert jobs.forget_jobs(datetime.now(UTC) + timedelta(days=29)) == 0
    assert jobs.forget_jobs(datetime.now(UTC) + timedelta(days=31)) == 1
    assert not Job.all_tenants.filter(pk=asked.pk).exists()


KILLED = """
import time
from pathlib import Path
import django
django.setup()
from svara.privacy.rights import jobs

def never_ends(job):
    Path({marker!r}).write_text("begun")
    time.sleep(600)

jobs.register("count", never_ends)
jobs.run_next()
"""


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_leaves_a_job_that_the_next_one_does(tmp_path: Path) -> None:
    """The runner is a process of its own, killed by SIGKILL in the middle of the work."""
    if connection.vendor != "sqlite":
        pytest.skip("the other process is pointed at this test's SQLite file")
    acme = company("acme")
    jobs.register("count", count_to_three)
    asked = jobs.do_ask(acme.tenant.id, acme.anna.id, "count", {"to": 3})
    marker = tmp_path / "begun"
    environment = os.environ | {
        "SVARA_DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "svara.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    process = subprocess.Popen([sys.executable, "-c", KILLED.format(marker=str(marker))], env=environment)
    try:
        deadline = time.monotonic() + 30
        while not marker.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    asked.refresh_from_db()
    assert (asked.state, asked.attempts) == ("running", 1)
    assert jobs.run_next(time.time()) is None, "its lease still runs"
    done = jobs.run_next(time.time() + jobs.LEASE_SECONDS + 5)
    assert done is not None
    assert (done.id, done.state, done.result) == (asked.id, "done", {"counted": 3})
