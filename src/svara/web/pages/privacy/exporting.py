"""Everything that is stored about oneself, to take along; and, for officers, about somebody who asked them."""

from __future__ import annotations

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from svara.people import access
from svara.people.subjects import entered_by
from svara.privacy import words
from svara.privacy.catalogue import Source, Subject, items
from svara.privacy.errors import Forbidden
from svara.privacy.rights import exporting, jobs
from svara.privacy.rights.models import Job
from svara.web.pages.privacy.erasing import wanted
from svara.web.pages.viewing import account_of, fragment

SHOWN = 20


@require_GET
def exports(request: HttpRequest) -> HttpResponse:
    """What one asked for of late."""
    asked = Job.of(account_of(request)).filter(asked_by=account_of(request).id, kind=exporting.KIND).order_by("-asked_at")
    me = account_of(request)
    page = {"jobs": asked[:SHOWN], "here": "exports", "me": me, "entered_by": entered_by(me), "sources": _sources()}
    return render(request, "web/privacy/exports.html", page)


def _sources() -> list[tuple[str, list[str]]]:
    """Where what is kept about people of the company comes from, as the catalogue says, with the kinds of data."""
    about = (Subject.EMPLOYEE, Subject.ANYONE)
    stored = [item.declaration for item in items() if item.declaration.subject in about]
    return [
        (words.source(source), sorted({words.category(each.category) for each in stored if each.source is source}))
        for source in Source
        if any(each.source is source for each in stored)
    ]


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for everything about oneself, or (officers) about whom the form names."""
    actor = account_of(request)
    try:
        named = wanted(request)
        subject = named[0] if named else None
        asked = exporting.do_ask(actor, get_language() or settings.LANGUAGE_CODE, subject)
    except (access.NotFound, Forbidden):
        raise Http404 from None
    return redirect("export-job", asked.id)


@require_GET
def job(request: HttpRequest, job_id: str) -> HttpResponse:
    """How far it is."""
    try:
        page = {"job": jobs.access_job(account_of(request), job_id), "here": "exports"}
    except access.NotFound:
        raise Http404 from None
    if request.headers.get("HX-Request"):
        return fragment(request, "web/privacy/_export_job.html", page)
    return render(request, "web/privacy/export_job.html", page)


@require_GET
def fetch(request: HttpRequest, job_id: str) -> FileResponse:
    """The file, for whoever asked for it."""
    try:
        found = exporting.access_export(account_of(request), job_id)
    except access.NotFound:
        raise Http404 from None
    return FileResponse(found.file, as_attachment=True, filename=found.name, content_type="application/zip")
