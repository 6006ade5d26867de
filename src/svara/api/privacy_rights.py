"""What people may demand of their data, and the jobs that do it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import FileResponse, HttpRequest
from django.utils import translation
from ninja import Router, Schema, Status
from pydantic import Field

from svara.api.auth import account_of
from svara.api.problems import ApiError
from svara.people import access
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.rights import erasing, exporting, jobs
from svara.privacy.rights.models import Job
from svara.privacy.subject import person

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


class Asked(Schema):
    """Work that was asked for: `GET /jobs/{id}` follows it."""

    id: str


class EraseWish(Schema):
    reason: Annotated[str, Field(min_length=1, max_length=500, description="Stands on the receipt; names nobody")]


@router.post(
    "/people/{username}/erase",
    response={202: Asked},
    operation_id="erasePerson",
    summary="Erase a person of the company, for good",
)
def erase(request: HttpRequest, username: str, wish: EraseWish) -> Status[dict[str, str]]:
    """For administrators and privacy officers. All that is theirs goes; what is about others too stays without them."""
    actor = account_of(request)
    if not erasing.may_erase(actor):
        raise Forbidden
    try:
        asked = erasing.do_ask(actor, person(access.person(actor, username).id), wish.reason)
    except Invalid as error:
        raise ApiError(409, "not-now", " ".join(error.messages)) from error
    return Status(202, {"id": asked.id})


@router.post(
    "/me/export", response={202: Asked}, operation_id="exportMe", summary="Ask for everything that is stored about you"
)
def export(request: HttpRequest) -> Status[dict[str, str]]:
    """A ZIP with a page to read, JSON and the sounds, in the language of your profile. `GET /me/export/{id}` fetches it."""
    actor = account_of(request)
    asked = exporting.do_ask(actor, actor.language or translation.get_language() or settings.LANGUAGE_CODE)
    return Status(202, {"id": asked.id})


@router.get(
    "/me/export/{job_id}",
    operation_id="getExport",
    summary="An export that is done",
    openapi_extra={
        "responses": {200: {"description": "ZIP", "content": {"application/zip": {"schema": {"type": "string"}}}}}
    },
)
def fetch(request: HttpRequest, job_id: str) -> FileResponse:
    """For whoever asked for it, for 24 hours; 404 for everybody else, and before it is done."""
    found = exporting.access_export(account_of(request), job_id)
    return FileResponse(found.file, as_attachment=True, filename=found.name, content_type="application/zip")


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
