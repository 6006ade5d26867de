"""The officers' work with corrections, restrictions and objections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from svara.people.access import people_by_id
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.registers import deadlines
from svara.privacy.registers.cases import Office
from svara.privacy.rights import corrections, links, objections, restriction, wishes
from svara.privacy.rights.asked import WAITING, Asked
from svara.privacy.subject import Subject
from svara.privacy.subject import account_of as person_of
from svara.web.pages.privacy import asked
from svara.web.pages.privacy.erasing import wanted
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import account_of
from svara.web.words import sentences


@require_GET
@for_privacy_officers
def rights(request: HttpRequest) -> HttpResponse:
    """What waits, and what was decided."""
    return _page(request)


@require_POST
@for_privacy_officers
def link(request: HttpRequest) -> HttpResponse:
    """A code for somebody outside, shown this once."""
    try:
        code = links.do_give(account_of(request), _whom(request), request.POST.get("verified", ""))
    except NotFound:
        raise Http404 from None
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
        return redirect("privacy-rights")
    return _page(request, code)


@require_POST
@for_privacy_officers
def wish(request: HttpRequest, wish_id: str, how: str) -> HttpResponse:
    """Erase somebody who wants it, or refuse."""
    actor, answer = account_of(request), request.POST.get("answer", "")
    steps: dict[str, Callable[[], object]] = {
        "agree": lambda: wishes.do_decide(actor, wish_id, agree=True, answer=answer),
        "refuse": lambda: wishes.do_decide(actor, wish_id, agree=False, answer=answer),
    }
    return _step(request, steps, how)


def _page(request: HttpRequest, code: str = "") -> HttpResponse:
    actor = account_of(request)
    fixed, limits = corrections.access_corrections(actor), restriction.access_restrictions(actor)
    against = objections.access_objections(actor)
    rows: list[Asked] = [*(one.row for one in fixed), *(one.row for one in limits), *(one.row for one in against)]
    ids = {row.decided_by for row in rows} | {person_of(Subject(row.subject)) or "" for row in rows}
    given = links.access_links(actor)
    ids |= {each.made_by for each in given}
    ids |= {got.who for each in fixed for got in each.got if got.act}
    names = {key: each.name for key, each in people_by_id(actor, ids - {""}).items()}

    office = Office(actor.tenant_id, actor.tenant.country, actor.tenant.timezone)

    def whose(row: Any) -> dict[str, Any]:
        account = person_of(Subject(row.subject))
        due = deadlines.due(office.day(row.asked_at), office.country) if row.state in WAITING else None
        return {
            "whose": names.get(account, "–") if account else _("Somebody outside"),
            "index": row.subject[-8:],
            "due": due,
        }

    wanted_gone = wishes.access_wishes(actor)
    page = {
        "wishes": [asked.shown_wish(each, names) | whose(each.row) for each in wanted_gone],
        "links": [{"link": each, "by": names.get(each.made_by, "")} for each in given],
        "code": code,
        "corrections": [asked.shown_correction(each, names) | whose(each.row) for each in fixed],
        "restrictions": [asked.shown_restriction(each, names) | whose(each.row) for each in limits],
        "objections": [asked.shown_objection(each, names) | whose(each.row) for each in against],
        "grounds": asked.GROUNDS,
        "rules": [
            {"key": key, "title": _(corrections.title_of(key)), "allowed": allowed}
            for key, allowed in corrections.at_once(actor.tenant_id).items()
        ],
        "keys": [(key, _(corrections.title_of(key))) for key in corrections.known()],
    }
    return render(request, "web/privacy/rights.html", page | {"section": "privacy", "here": "rights"})


@require_POST
@for_privacy_officers
def rules(request: HttpRequest) -> HttpResponse:
    """What people correct by themselves."""
    return _done(request, lambda: corrections.do_allow(account_of(request), request.POST.getlist("allowed")))


@require_POST
@for_privacy_officers
def correct(request: HttpRequest) -> HttpResponse:
    """Correct a value of somebody."""
    given = {key: request.POST.get(key, "") for key in ("key", "value", "why", "ref")}

    def do() -> None:
        subject, key = _whom(request), given.pop("key")
        corrections.do_correct_of(account_of(request), subject, key, given["value"], why=given["why"], ref=given["ref"])

    return _done(request, do)


@require_POST
@for_privacy_officers
def correction(request: HttpRequest, correction_id: str, how: str) -> HttpResponse:
    """Apply, refuse, or write down that recipients were told."""
    actor, answer = account_of(request), request.POST.get("answer", "")
    steps: dict[str, Callable[[], object]] = {
        "apply": lambda: corrections.do_decide(actor, correction_id, apply=True, answer=answer),
        "refuse": lambda: corrections.do_decide(actor, correction_id, apply=False, answer=answer),
        "told": lambda: corrections.do_tell(actor, correction_id),
    }
    return _step(request, steps, how)


@require_POST
@for_privacy_officers
def restrict(request: HttpRequest) -> HttpResponse:
    """Restrict somebody's data."""
    until = _day(request.POST.get("until", ""))

    def do() -> None:
        ground, reason = request.POST.get("ground", ""), request.POST.get("reason", "")
        restriction.do_restrict(account_of(request), _whom(request), ground, reason, until)

    return _done(request, do)


@require_POST
@for_privacy_officers
def restriction_(request: HttpRequest, restriction_id: str, how: str) -> HttpResponse:
    """Agree, refuse, or lift."""
    actor, answer = account_of(request), request.POST.get("answer", "")
    steps: dict[str, Callable[[], object]] = {
        "agree": lambda: restriction.do_decide(actor, restriction_id, agree=True, answer=answer),
        "refuse": lambda: restriction.do_decide(actor, restriction_id, agree=False, answer=answer),
        "lift": lambda: restriction.do_lift(actor, restriction_id, answer),
    }
    return _step(request, steps, how)


@require_POST
@for_privacy_officers
def objection(request: HttpRequest, objection_id: str, how: str) -> HttpResponse:
    """Uphold, or refuse on compelling grounds."""
    actor, grounds = account_of(request), request.POST.get("answer", "")
    steps: dict[str, Callable[[], object]] = {
        "uphold": lambda: objections.do_decide(actor, objection_id, uphold=True, grounds=grounds),
        "refuse": lambda: objections.do_decide(actor, objection_id, uphold=False, grounds=grounds),
    }
    return _step(request, steps, how)


def _step(request: HttpRequest, steps: dict[str, Callable[[], object]], how: str) -> HttpResponse:
    if how not in steps:
        raise Http404
    return _done(request, steps[how])


def _done(request: HttpRequest, do: Callable[[], object]) -> HttpResponse:
    try:
        do()
    except NotFound:
        raise Http404 from None
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
    else:
        messages.success(request, _("Done."))
    return redirect("privacy-rights")


def _whom(request: HttpRequest) -> Subject:
    try:
        found = wanted(request)
    except NotFound:
        raise Invalid(_("There is nobody of that user name.")) from None
    if found is None:
        raise Invalid(_("Say whom."))
    return found[0]


def _day(text: str) -> datetime | None:
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(text), time.max)) if text else None
    except (ValueError, OverflowError):
        return None
