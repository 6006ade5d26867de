"""Erasing somebody: look at what would go, confirm by typing who it is, follow the job, keep the receipt."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from svara.people import access
from svara.people.actions import Invalid
from svara.people.models import Account
from svara.privacy.functions.outside import subject_of
from svara.privacy.rights import erasing, jobs
from svara.privacy.subject import Subject, person
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import account_of, fragment
from svara.web.words import sentences

MAX_WHO_LENGTH = 320
_PLACE = {"section": "privacy", "here": "erase"}


@require_GET
@for_privacy_officers
def erase(request: HttpRequest) -> HttpResponse:
    """Whom to erase, and the receipts so far."""
    return _choose(request)


@require_POST
@for_privacy_officers
def preview(request: HttpRequest) -> HttpResponse:
    """What erasing somebody would do. By POST: whom it is about stands in no address and no log."""
    try:
        found = wanted(request)
    except access.NotFound:
        return _choose(request, [_("There is nobody of that user name.")])
    if found is None:
        return _choose(request, [_("Say whom.")])
    subject, words = found
    page = words | {"preview": erasing.access_preview(account_of(request), subject)}
    return render(request, "web/privacy/erase_preview.html", page | _PLACE)


@require_POST
@for_privacy_officers
def start(request: HttpRequest) -> HttpResponse:
    """Erase, when who it is was typed once more."""
    try:
        found = wanted(request)
    except access.NotFound:
        raise Http404 from None
    if found is None:
        raise Http404
    subject, words = found
    faults = []
    if request.POST.get("confirm", "").strip().casefold() != words["who"].casefold():
        faults = [_("What you typed is not the same.")]
    else:
        try:
            job = erasing.do_ask(account_of(request), subject, request.POST.get("reason", ""))
        except Invalid as error:
            faults = sentences(error.messages)
        else:
            return redirect("privacy-erase-job", job.id)
    page = words | {
        "preview": erasing.access_preview(account_of(request), subject),
        "faults": faults,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "web/privacy/erase_preview.html", page | _PLACE, status=422)


@require_GET
@for_privacy_officers
def job(request: HttpRequest, job_id: str) -> HttpResponse:
    """How far it is."""
    try:
        page: dict[str, Any] = {"job": jobs.access_job(account_of(request), job_id)}
    except access.NotFound:
        raise Http404 from None
    if request.headers.get("HX-Request"):
        return fragment(request, "web/privacy/_job.html", page)
    return render(request, "web/privacy/erase_job.html", page | _PLACE)


@require_GET
@for_privacy_officers
def receipt(request: HttpRequest, erasure_id: str) -> HttpResponse:
    """A receipt, to be kept."""
    try:
        found = erasing.access_receipt(account_of(request), erasure_id)
    except access.NotFound:
        raise Http404 from None
    content = {"receipt": found.receipt, "sha256": found.digest, "key": found.key}
    answer = HttpResponse(json.dumps(content, indent=2, sort_keys=True), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="erasure-{found.id}.json"'
    return answer


def wanted(request: HttpRequest) -> tuple[Subject, dict[str, str]] | None:
    """Whom the form is about, and how the page calls them; None where nothing was filled in. Raises NotFound."""
    actor = account_of(request)
    username = request.POST.get("username", "").strip()[:MAX_WHO_LENGTH]
    number = request.POST.get("number", "").strip()[:MAX_WHO_LENGTH].replace(" ", "")
    if username:
        found: Account = access.person(actor, username)
        return person(found.id), {"kind": "username", "who": found.username, "name": found.name}
    if number:
        return subject_of(actor.tenant_id, number), {"kind": "number", "who": number, "name": number}
    return None


def _choose(request: HttpRequest, faults: list[str] | None = None) -> HttpResponse:
    page = {"receipts": erasing.access_receipts(account_of(request)), "faults": faults}
    for fault in faults or []:
        messages.error(request, fault)
    return render(request, "web/privacy/erase.html", page | _PLACE, status=422 if faults else 200)
