"""Asking and complaining: from one's own page, from a public one without a login, and the officers' work with it."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.people import access
from svara.people.access import people_by_id
from svara.people.models import Account, Tenant
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.registers import cases, disclosures, handing, parties
from svara.privacy.registers.authorities import authority
from svara.privacy.rights.models import Job
from svara.privacy.subject import Subject, person
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import account_of
from svara.web.words import sentences

KINDS: dict[str, Promise] = {
    "question": gettext_lazy("A question about personal data"),
    "complaint": gettext_lazy("A complaint"),
    "access": gettext_lazy("I want to know what is stored about me"),
    "rectify": gettext_lazy("Something about me is wrong"),
    "erase": gettext_lazy("I want to be erased"),
    "restrict": gettext_lazy("My data shall not be used for the time being"),
    "object": gettext_lazy("I object to a use of my data"),
}
STATES: dict[str, Promise] = {
    "asked": pgettext_lazy("disclosure", "waits for approval"),
    "approved": pgettext_lazy("disclosure", "approved"),
    "refused": pgettext_lazy("disclosure", "refused"),
    "disclosed": pgettext_lazy("disclosure", "disclosed"),
}
STEPS = {"approve": disclosures.do_approve, "refuse": disclosures.do_refuse, "tell": disclosures.do_tell}
CHAPTERS: dict[str, Promise] = {
    "people": gettext_lazy("Profile and settings"),
    "history": gettext_lazy("Calls"),
    "voicemail": gettext_lazy("Voice messages"),
    handing.SOUNDS: gettext_lazy("The sounds too: recordings and messages"),
}


@require_http_methods(["GET", "POST"])
def my_requests(request: HttpRequest) -> HttpResponse:
    """What I asked, and asking."""
    actor = account_of(request)
    problems: list[str] = []
    if request.method == "POST":
        try:
            cases.do_open(actor, _office(actor.tenant), request.POST.get("kind", ""), request.POST.get("text", ""))
        except Invalid as error:
            problems = sentences(error.messages)
        else:
            messages.success(request, _("Your request is with the privacy officer."))
            return redirect("my-requests")
    page = {
        "cases": [_shown(case) for case in cases.access_my_cases(actor)],
        "here": "requests",
        **_asking(request, actor.tenant, problems),
    }
    return render(request, "web/privacy/requests.html", page, status=422 if problems else 200)


@login_not_required
@require_http_methods(["GET", "POST"])
def public(request: HttpRequest, slug: str) -> HttpResponse:
    """For anybody: no login, no third party's puzzle. A field that only programs fill in catches the simplest of them."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise Http404
    problems: list[str] = []
    sent = False
    if request.method == "POST":
        given = {key: request.POST.get(key, "") for key in ("kind", "text", "name", "contact", "form")}
        sent = bool(request.POST.get("website"))
        try:
            if not sent:
                cases.open_outside(_office(tenant), **given)
            sent = True
        except Invalid as error:
            problems = sentences(error.messages)
    page = {"tenant": tenant, "sent": sent, "form": cases.new_form(), **_asking(request, tenant, problems)}
    return render(request, "web/privacy/ask.html", page, status=422 if problems else 200)


@require_GET
@for_privacy_officers
def register(request: HttpRequest) -> HttpResponse:
    """Every case, the most urgent first."""
    actor = account_of(request)
    today = timezone.localdate()
    found = cases.access_cases(actor)
    known = people_by_id(actor, {case.person for case in found})
    shown = [
        _shown(case)
        | {"who": known[case.person].name if case.person in known else case.name or "–", "late": case.due_on < today}
        for case in found
    ]
    page = {
        "open": [one for one in shown if not one["case"].answered_at],
        "done": [one for one in shown if one["case"].answered_at],
    }
    return render(request, "web/privacy/cases.html", page | _tab("cases") | {"tenant": actor.tenant})


@require_POST
@for_privacy_officers
def answer(request: HttpRequest, case_id: str) -> HttpResponse:
    """Answer, or take more time."""
    actor, text = account_of(request), request.POST.get("text", "")
    try:
        if request.POST.get("how") == "extend":
            cases.do_extend(actor, _office(actor.tenant), case_id, text)
        else:
            cases.do_answer(actor, case_id, text)
    except NotFound:
        raise Http404 from None
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
    return redirect("privacy-cases")


@require_http_methods(["GET", "POST"])
@for_privacy_officers
def authorities(request: HttpRequest) -> HttpResponse:
    """Authorities that want data, and the figures of this year."""
    actor = account_of(request)
    if request.method == "POST":
        given = {key: request.POST.get(key, "") for key in ("authority", "reference", "basis", "scope")}
        try:
            disclosures.do_open(
                actor,
                **given,
                subjects=_whose(actor, request.POST.get("whose", "")),
                chapters=[each for each in request.POST.getlist("chapters") if each in CHAPTERS],
                since=parse_date(request.POST.get("since", "")),
                until=parse_date(request.POST.get("until", "")),
            )
        except Invalid as error:
            messages.error(request, " ".join(sentences(error.messages)))
        except ValueError:
            messages.error(request, _("There is no such day."))
        return redirect("privacy-disclosures")
    today = timezone.localdate()
    found = disclosures.access_disclosures(actor)
    people = disclosures.people_of(actor)
    jobs = {job.id: job for job in Job.of(actor).filter(pk__in=[row.job for row in found if row.job], asked_by=actor.id)}
    shown = [
        {
            "row": row,
            "state": STATES[row.state],
            "mine": actor.id in row.approvals,
            "people": people[row.id],
            "chapters": [CHAPTERS[each] for each in row.chapters if each in CHAPTERS],
            "silent": row.state == "disclosed" and not row.told,
            "over": not disclosures.is_silent(row, today),
            "job": jobs.get(row.job),
        }
        for row in found
    ]
    year = disclosures.access_report(actor, timezone.localdate().year)
    return render(
        request, "web/privacy/disclosures.html", {"shown": shown, "year": year, "chapters": CHAPTERS} | _tab("disclosures")
    )


def _whose(actor: Account, lines: str) -> list[Subject]:
    """Whom lines name: user names of the company, numbers and addresses of others. Raises Invalid."""
    found = []
    for line in filter(None, map(str.strip, lines.splitlines()[: disclosures.MAX_CONCERNED + 1])):
        try:
            found.append(person(access.person(actor, line).id))
        except NotFound:
            found.append(parties.find(actor.tenant_id, line)[0])
    return found


@require_GET
@for_privacy_officers
def package(request: HttpRequest, disclosure_id: str) -> HttpResponse:
    """What was made for an authority, for whoever hands it out."""
    try:
        found = handing.access_package(account_of(request), disclosure_id)
    except NotFound:
        raise Http404 from None
    answer: Any = FileResponse(found.file, as_attachment=True, filename=found.name, content_type="application/zip")
    return cast("HttpResponse", answer)


@require_POST
@for_privacy_officers
def step(request: HttpRequest, disclosure_id: str, how: str) -> HttpResponse:
    """Approve, refuse, or disclose."""
    actor = account_of(request)
    try:
        if how in ("disclose", "hand-out"):
            told, why = request.POST.get("told") == "yes", request.POST.get("why", "")
            until = parse_date(request.POST.get("silent_until", ""))
            if how == "disclose":
                disclosures.do_disclose(actor, disclosure_id, told=told, why_not_told=why, silent_until=until)
            else:
                language = get_language() or settings.LANGUAGE_CODE
                handing.do_hand_out(actor, disclosure_id, language, told=told, why_not_told=why, silent_until=until)
        elif how == "make-again":
            handing.do_make_again(actor, disclosure_id, get_language() or settings.LANGUAGE_CODE)
        elif how in STEPS:
            STEPS[how](actor, disclosure_id)
        else:
            raise Http404
    except NotFound:
        raise Http404 from None
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
    except ValueError:
        messages.error(request, _("There is no such day."))
    return redirect("privacy-disclosures")


def _office(tenant: Tenant) -> cases.Office:
    return cases.Office(tenant.id, tenant.country, tenant.timezone)


def _shown(case: Any) -> dict[str, Any]:
    return {"case": case, "kind": KINDS.get(case.kind, case.kind)}


def _asking(request: HttpRequest, tenant: Tenant, problems: list[str]) -> dict[str, Any]:
    return {
        "kinds": KINDS,
        "problems": problems,
        "text": request.POST.get("text", ""),
        "authority": authority(tenant.country),
    }


def _tab(here: str) -> dict[str, Any]:
    return {"section": "privacy", "here": here}
