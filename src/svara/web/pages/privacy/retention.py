"""How long data are kept, what must stay although its time is over, and the proof of what went."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from svara.people import access
from svara.people.actions import Invalid
from svara.privacy.rights import holds
from svara.privacy.rights import retention as keeping
from svara.privacy.rights.profiles import profile
from svara.privacy.subject import person
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import account_of
from svara.web.words import sentences


@require_GET
@for_privacy_officers
def retention(request: HttpRequest) -> HttpResponse:
    """The rules, what would go now, holds and proofs."""
    actor = account_of(request)
    page = {
        "rules": [(each, _(each.period.title)) for each in keeping.chosen(actor.tenant_id)],
        "would_go": keeping.run(actor.tenant_id, timezone.now(), dry=True),
        "holds": holds.access_holds(actor),
        "runs": keeping.access_runs(actor),
        "now": timezone.now(),
        "profile": profile(actor.tenant.country),
        "country": actor.tenant.country,
    }
    return render(request, "web/privacy/retention.html", page | {"section": "privacy", "here": "retention"})


@require_POST
@for_privacy_officers
def choose(request: HttpRequest) -> HttpResponse:
    """Save the rules of the form, or go back to those of the country and the defaults."""
    actor = account_of(request)
    wishes: dict[str, int | None] = {}
    for each in keeping.chosen(actor.tenant_id):
        typed = request.POST.get(each.period.key, "")
        wishes[each.period.key] = int(typed) if typed.isdecimal() and "profile" not in request.POST else None
    try:
        keeping.do_choose(actor, wishes)
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
    else:
        messages.success(request, _("Saved. It is in effect now."))
    return redirect("privacy-retention")


@require_POST
@for_privacy_officers
def hold(request: HttpRequest) -> HttpResponse:
    """Keep everything about a person, or everything of a kind."""
    actor = account_of(request)
    username, period = request.POST.get("username", "").strip(), request.POST.get("period", "")
    try:
        day = date.fromisoformat(request.POST.get("until", ""))
        until = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
        subject = person(access.person(actor, username).id) if username else ""
        holds.do_hold(actor, subject=subject, period=period, reason=request.POST.get("reason", ""), until=until)
    except (ValueError, OverflowError):
        messages.error(request, _("That is not a day."))
    except access.NotFound:
        messages.error(request, _("There is nobody of that user name."))
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
    return redirect("privacy-retention")


@require_POST
@for_privacy_officers
def lift(request: HttpRequest, hold_id: str) -> HttpResponse:
    """End a hold now."""
    try:
        holds.do_lift(account_of(request), hold_id)
    except access.NotFound:
        raise Http404 from None
    return redirect("privacy-retention")
