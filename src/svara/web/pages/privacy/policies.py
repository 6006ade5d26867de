"""What the company says about data: its particulars, documents, the policy with its versions, and accepting it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.privacy.errors import Invalid, NotFound
from svara.privacy.policies import access, actions
from svara.privacy.policies.document import Document, difference
from svara.privacy.policies.models import Version
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import account_of
from svara.web.printing import pdf
from svara.web.words import policy_change


@require_http_methods(["GET", "POST"])
@for_privacy_officers
def documents(request: HttpRequest) -> HttpResponse:
    """The company's particulars, and the documents that are written with them."""
    actor = account_of(request)
    faults: tuple[str, ...] = ()
    if request.method == "POST":
        try:
            actions.do_save_particulars(actor, request.POST)
        except Invalid as error:
            faults = error.messages
        else:
            messages.success(request, _("Saved. It is in effect now."))
            return redirect("privacy-documents")
    particulars = access.access_particulars(actor)
    given = request.POST if faults else {name: getattr(particulars, name) for name in actions.TEXTS}
    page = {
        "particulars": {name: given.get(name, "") for name in actions.TEXTS},
        "missing": access.missing(particulars),
        "provider": particulars.provider_name,
        "faults": faults,
    }
    return _page(request, "documents", page, status=422 if faults else 200)


@require_GET
@for_privacy_officers
def document(request: HttpRequest, kind: str, form: str) -> HttpResponse:
    """The record of processing or the processor's annex, in a language: as a page ("html") or on paper ("pdf")."""
    with translation.override(_language(request)):
        try:
            found = access.access_record(account_of(request), kind)
        except NotFound:
            raise Http404 from None
        return _printed(request, found, kind, form)


@require_GET
@for_privacy_officers
def policy(request: HttpRequest) -> HttpResponse:
    """The draft, what is different from the policy in force, and all versions."""
    actor = account_of(request)
    draft, newest = access.access_draft(actor), access.newest_version(actor.tenant_id)
    language = _language(request)
    page = {
        "document": draft.texts[language],
        "missing": draft.missing,
        "changes": [(change, policy_change(change)) for change in draft.changes],
        "difference": difference(access.document_of(newest, language), draft.texts[language]) if newest else (),
        "newest": newest,
        "versions": access.versions(actor.tenant_id),
        "accepted": access.acceptances(actor),
    }
    return _page(request, "policy", page)


@require_POST
@for_privacy_officers
def publish(request: HttpRequest) -> HttpResponse:
    """Publish the draft."""
    try:
        version = actions.do_publish(account_of(request))
    except Invalid as error:
        messages.error(request, " ".join(error.messages))
        return redirect("privacy-policy")
    if version.material:
        told = _("Version %(number)d is published and in force. Everybody is asked to accept it.")
    else:
        told = _("Version %(number)d is published and in force.")
    messages.success(request, told % {"number": version.number})
    return redirect("privacy-policy")


@login_not_required
@require_GET
def public(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """A published policy, for anybody: the newest, or an earlier one by its number."""
    try:
        version = access.published(slug, number)
    except NotFound:
        raise Http404 from None
    language = _language(request)
    with translation.override(language):
        if request.GET.get("form") == "pdf":
            return _printed(request, access.document_of(version, language), f"policy-{version.number}", "pdf")
        earlier = _earlier(request, version)
        page = {
            "document": access.document_of(version, language),
            "version": version,
            "versions": access.versions(version.tenant_id),
            "slug": slug,
            "earlier": earlier,
            "difference": difference(access.document_of(earlier, language), access.document_of(version, language))
            if earlier
            else (),
            "languages": settings.LANGUAGES,
        }
        return render(request, "web/privacy/public.html", page)


@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """The policy in force, to be read and accepted."""
    actor = account_of(request)
    language = _language(request)
    if request.method == "POST":
        try:
            actions.do_accept(actor, int(request.POST.get("number", "0")[:9] or 0), language)
        except (NotFound, ValueError):
            return redirect("policy-accept")
        messages.success(request, _("Thank you. That you accepted the policy is noted, with the day."))
        return redirect("home")
    version = access.newest_version(actor.tenant_id)
    if version is None:
        raise Http404
    page = {
        "document": access.document_of(version, language),
        "version": version,
        "asked": access.to_accept(actor) is not None,
        "changes": [policy_change(change) for change in access.changes_of(version)],
        "slug": actor.tenant.slug,
    }
    return render(request, "web/privacy/accept.html", page)


def _earlier(request: HttpRequest, version: Version) -> Version | None:
    """The version that a reader wants this one compared with."""
    wanted = request.GET.get("since", "")
    if not (wanted.isascii() and wanted.isdigit()) or len(wanted) > 9:
        return None
    try:
        return access.published(version.tenant.slug, int(wanted))
    except NotFound:
        return None


def _language(request: HttpRequest) -> str:
    """The language that was asked for; without one, the reader's."""
    wanted = request.GET.get("lang") or translation.get_language() or "en"
    return wanted if wanted in access.LANGUAGES else "en"


def _printed(request: HttpRequest, found: Document, name: str, form: str) -> HttpResponse:
    page = {"document": found}
    if form == "pdf":
        answer = HttpResponse(pdf(render_to_string("web/privacy/print.html", page)), content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
        return answer
    if form != "html":
        raise Http404
    return _page(request, "documents", page, template="document")


def _page(
    request: HttpRequest, here: str, page: dict[str, Any], *, status: int = 200, template: str | None = None
) -> HttpResponse:
    common = {"section": "privacy", "here": here, "languages": settings.LANGUAGES}
    return render(request, f"web/privacy/{template or here}.html", page | common, status=status)
