"""Statistics that tell of groups: what the company chose, how the system is used, requests to see one person's."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from svara.people import access
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.figures import council, usage
from svara.web.pages.privacy.officers import ROLES
from svara.web.pages.viewing import account_of


@require_http_methods(["GET", "POST"])
def figures(request: HttpRequest) -> HttpResponse:
    """For administrators, the privacy officer and auditors."""
    actor = account_of(request)
    auditor, officer = council.is_auditor(actor), actor.has_role(*ROLES)
    if not (auditor or officer):
        raise PermissionDenied
    if request.method == "POST":
        usage_wanted, council_wanted = "usage" in request.POST, "council" in request.POST
        try:
            council.do_choose(
                actor, usage=usage_wanted, council=council_wanted, auditors=request.POST.getlist("auditors")[:100]
            )
        except Invalid as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Saved. It is in effect now."))
        return redirect("privacy-figures")
    names = {person.id: person.name for person in access.directory(actor)}
    page = {
        "choice": council.choice_of(actor),
        "people": names.items(),
        "figures": usage.figures(actor) if officer else [],
        "reveals": [
            (each, names.get(each.asked_by, "–"), names.get(each.person, "–"), actor.id not in (each.asked_by, each.person))
            for each in council.reveals(actor)
        ],
        "auditor": auditor,
        "section": "privacy",
        "here": "figures",
    }
    return render(request, "web/privacy/figures.html", page)


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """A manager asks for the figures of one person."""
    try:
        council.do_ask(account_of(request), request.POST.get("person", ""), request.POST.get("reason", "")[:1000])
    except Forbidden:
        raise PermissionDenied from None
    except NotFound:
        raise Http404 from None
    except Invalid as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("An auditor decides on it. You see the figures here for a week once they agree."))
    return redirect("statistics")


@require_POST
def decide(request: HttpRequest, reveal_id: str) -> HttpResponse:
    """An auditor agrees to a request, or refuses it."""
    try:
        council.do_decide(account_of(request), reveal_id, agree=request.POST.get("agree") == "yes")
    except Forbidden:
        raise PermissionDenied from None
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Your decision is noted."))
    return redirect("privacy-figures")
