"""What people may demand of their data, and the jobs that do it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from svara.api.auth import account_of
from svara.privacy.rights import jobs
from svara.privacy.rights.models import Job

router = Router(tags=["privacy"])


class JobState(Schema):
    """Work that takes long. `result` is there when it is done, `error` when it has failed."""

    id: str
    kind: str
    state: Literal["waiting", "running", "done", "failed"]
    progress: Annotated[float, Field(description="From 0 to 1")]
    result: dict[str, Any] | None
    error: str | None
    asked_at: datetime
    ended_at: datetime | None


@router.get("/jobs/{job_id}", response=JobState, operation_id="getJob", summary="How far a job is")
def job(request: HttpRequest, job_id: str) -> dict[str, Any]:
    """For whoever asked for it, and for privacy officers; 404 for everybody else."""
    return shown(jobs.access_job(account_of(request), job_id))


def shown(found: Job) -> dict[str, Any]:
    """A job as the API tells it."""
    return {
        "id": found.id,
        "kind": found.kind,
        "state": found.state,
        "progress": found.progress,
        "result": found.result,
        "error": found.error or None,
        "asked_at": found.asked_at,
        "ended_at": found.ended_at,
    }
