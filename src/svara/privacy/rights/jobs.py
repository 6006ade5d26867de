"""Work that takes longer than a request may: asked for here, done in the jobs process, followed by whoever asked.

A job is claimed with a lease that its runner renews. When the runner is killed the lease runs out and the next one takes the
job up again from its beginning, so every kind of work is such that doing it twice is doing it once. A job that was taken up
too often without an end has failed.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q

from svara import log
from svara.privacy.errors import NotFound, PlainError
from svara.privacy.rights.models import JOB_DAYS, Job
from svara.privacy.tenancy import Person, id_in

LEASE_SECONDS = 20.0
BEAT_SECONDS = 4.0
MAX_ATTEMPTS = 5
SAY_SECONDS = 0.3
"""Progress is written no more often."""
OFFICER = "privacy-officer"
MAX_ERROR_LENGTH = 500

_log = log.get("rights.jobs")


class Asker(Person, Protocol):
    """Whoever asks: `svara.people.models.Account`."""

    def has_role(self, *roles: str) -> bool: ...


class Running:
    """A job that is being done, for the function that does it."""

    def __init__(self, job: Job) -> None:
        self.id, self.tenant_id, self.asked_by = job.id, job.tenant_id, job.asked_by
        self.arguments: dict[str, Any] = job.arguments
        self._said_at = 0.0

    def progress(self, share: float) -> None:
        """How much is done, 0 to 1. Not within a transaction of the work: others would see it only at its end."""
        if time.monotonic() - self._said_at >= SAY_SECONDS:
            self._said_at = time.monotonic()
            Job.all_tenants.filter(pk=self.id).update(progress=min(max(share, 0.0), 0.99))


Work = Callable[[Running], dict[str, Any]]
_works: dict[str, Work] = {}


def register(kind: str, work: Work) -> None:
    """Make a kind of work known: a function that gives the job's result, and raises PlainError where it cannot be done."""
    _works[kind] = work


def do_ask(tenant_id: str, asked_by: str, kind: str, arguments: dict[str, Any]) -> Job:
    """Ask for work; it begins once the caller's transaction is committed. Raises KeyError for an unknown kind."""
    _works[kind]
    return Job.all_tenants.create(tenant_id=tenant_id, asked_by=asked_by, kind=kind, arguments=arguments)


def access_job(actor: Asker, job_id: str) -> Job:
    """A job that the actor asked for; officers see all of their company. Raises NotFound."""
    job = Job.of(actor).filter(pk=id_in(job_id)).first()
    if job is None or not (job.asked_by == actor.id or actor.has_role(OFFICER)):
        raise NotFound
    return job


def run_next(now: float | None = None, runner: str = "") -> Job | None:
    """Do the job that has waited longest, to its end; None where there is none."""
    job = _claim(time.time() if now is None else now, runner or secrets.token_hex(16))
    if job is None:
        return None
    return run(job)


def run(job: Job) -> Job:
    """Do a job here and now; gives it as it is afterwards."""
    work = _works.get(job.kind)
    try:
        if work is None:
            raise PlainError("this version knows no such work")
        with _beating(job):
            result = work(Running(job))
    except PlainError as error:
        _end(job, "failed", error=str(error))
    except DatabaseError:
        _log.error("the database did not let a job be done; it is tried again", kind=job.kind, exc_info=True)
        raise
    except Exception:
        _log.error("a job has failed", kind=job.kind, exc_info=True)
        _end(job, "failed", error="It failed for a reason that stands in the log.")
    else:
        _end(job, "done", result=result)
    job.refresh_from_db()
    return job


def forget_jobs(now: datetime) -> int:
    """Delete what was asked for too long ago."""
    return Job.all_tenants.filter(asked_at__lt=now - timedelta(days=JOB_DAYS)).delete()[0]


def _claim(now: float, runner: str) -> Job | None:
    due = Q(state="waiting") | Q(state="running", alive_at__lt=now - LEASE_SECONDS)
    if not Job.all_tenants.filter(due).exists():  # no lock is taken where nothing is to be done
        return None
    with transaction.atomic():
        given_up = Job.all_tenants.filter(due, attempts__gte=MAX_ATTEMPTS)
        given_up.update(state="failed", error="It was begun several times and never ended.", ended_at=_moment(now))
        job = Job.all_tenants.filter(due).order_by("asked_at", "id").first()
        if job is None:
            return None
        mine = Job.all_tenants.filter(due, pk=job.pk)
        if not mine.update(state="running", runner=runner, alive_at=now, attempts=F("attempts") + 1):
            return None  # another runner was faster
    job.refresh_from_db()
    return job


def _end(job: Job, state: str, *, result: dict[str, Any] | None = None, error: str = "") -> None:
    Job.all_tenants.filter(pk=job.pk).update(
        state=state,
        result=result,
        error=error[:MAX_ERROR_LENGTH],
        progress=1.0 if state == "done" else F("progress"),
        ended_at=_moment(time.time()),
    )


@contextmanager
def _beating(job: Job) -> Iterator[None]:
    """Renew the lease while the work goes on. A beat that the database does not take now is made up for by the next."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            try:
                Job.all_tenants.filter(pk=job.pk, state="running").update(alive_at=time.time())
            except DatabaseError:
                _log.warning("the lease of a job could not be renewed now", kind=job.kind)
            finally:
                connection.close()

    thread = threading.Thread(target=beat, name="job-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def _moment(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)
