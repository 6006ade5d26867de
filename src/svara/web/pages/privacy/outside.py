"""One person outside: what there is about a number or address, on which basis, and what can be done. By POST alone: whom it
is about stands in no address and no log of the web server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.people.access import people_by_id
from svara.privacy import words
from svara.privacy.catalogue import Basis, Retention
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.functions.registry import OUTSIDE
from svara.privacy.policies.facts import PERIODS
from svara.privacy.registers import cases, parties
from svara.privacy.rights.retention import rules
from svara.web.pages.privacy.asked import GROUNDS
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.privacy.requests import KINDS, STATES
from svara.web.pages.viewing import account_of
from svara.web.words import sentences

REASONS: dict[str, Promise] = {
    "request": gettext_lazy("They asked what is stored, or for something to be done"),
    "complaint": gettext_lazy("They complained"),
    "correction": gettext_lazy("Something is to be corrected"),
    "security": gettext_lazy("Misuse is suspected"),
    "check": gettext_lazy("The company checks its own data"),
}
_PLACE = {"section": "privacy", "here": "outside"}


@require_http_methods(["GET", "POST"])
@for_privacy_officers
def outside(request: HttpRequest) -> HttpResponse:
    """Ask for a number or address, and all there is about it."""
    if request.method == "GET":
        return render(request, "web/privacy/outside.html", {"reasons": REASONS} | _PLACE)
    return _shown(request)


@require_POST
@for_privacy_officers
def basis(request: HttpRequest) -> HttpResponse:
    """Choose the legal basis of a contact."""
    given = request.POST
    try:
        parties.do_choose_basis(account_of(request), given.get("number", ""), given.get("basis", ""), given.get("note", ""))
    except Invalid as error:
        return _shown(request, sentences(error.messages))
    messages.success(request, _("Saved. It is in effect now."))
    return _shown(request)


@require_POST
@for_privacy_officers
def case(request: HttpRequest) -> HttpResponse:
    """Write down what somebody outside asked."""
    actor, given = account_of(request), request.POST
    office = cases.Office(actor.tenant_id, actor.tenant.country, actor.tenant.timezone)
    try:
        _subject, who = parties.find(actor.tenant_id, given.get("number", ""))
        cases.do_enter(actor, office, given.get("kind", ""), given.get("text", ""), who)
    except Invalid as error:
        return _shown(request, sentences(error.messages))
    messages.success(request, _("The request stands in the register, with the day by which it is to be answered."))
    return _shown(request)


@require_GET
@for_privacy_officers
def receipt(request: HttpRequest, consent_id: str) -> HttpResponse:
    """The receipt of a consent, to hand over."""
    try:
        found = parties.access_party_receipt(account_of(request), consent_id)
    except NotFound:
        raise Http404 from None
    answer = HttpResponse(json.dumps(found.document, ensure_ascii=False, indent=2), content_type="application/ld+json")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{found.id}.jsonld"'
    return answer


def _shown(request: HttpRequest, faults: list[str] | None = None) -> HttpResponse:
    actor, given = account_of(request), request.POST
    page: dict[str, Any] = {"reasons": REASONS, "typed": given.get("number", ""), "reason": given.get("reason", "")}
    try:
        party = parties.access_party(actor, given.get("number", ""), reason=given.get("reason", ""))
    except Invalid as error:
        page |= {"faults": [*(faults or ()), *sentences(error.messages)]}
        return render(request, "web/privacy/outside.html", page | _PLACE, status=422)
    names = {one.id: one.name for one in people_by_id(actor, {each.by for each in party.chosen}).values()}
    days = rules(actor.tenant_id, datetime.now(UTC)).days
    page |= {
        "party": party,
        "held": [_held(each, dict(days)) for each in party.held],
        "consents": [
            {"row": row, "title": OUTSIDE[row.purpose].read().title if row.purpose in OUTSIDE else row.purpose}
            for row in party.consents
        ],
        "basis": words.basis(Basis(party.basis)) if party.basis else "",
        "defaults": [words.basis(each) for each in party.defaults],
        "chosen": [
            {"row": each, "basis": words.basis(Basis(each.basis)) if each.basis else "", "by": names.get(each.by, "–")}
            for each in party.chosen
        ],
        "bases": [(key, words.basis(Basis(key))) for key in parties.BASES],
        "cases": [{"row": row, "kind": KINDS.get(row.kind, row.kind)} for row in party.cases],
        "disclosures": [{"row": row, "state": STATES[row.state]} for row in party.disclosures],
        "kinds": KINDS,
        "grounds": GROUNDS,
        "faults": faults,
        "given": given if faults else {},
    }
    return render(request, "web/privacy/outside.html", page | _PLACE, status=422 if faults else 200)


def _held(each: parties.Held, days: dict[str, int]) -> dict[str, Any]:
    """One row: the words of the catalogue, with the days that the company chose."""
    declared, until = each.declaration, each.holding.until
    if declared is not None and not until:
        rule = declared.retention
        chosen = days.get(PERIODS.get(each.holding.table.replace("files:", "files."), ""), rule.days or 0)
        until = words.retention(Retention(rule.owner, chosen or None, rule.since))
    return {
        "text": each.holding.text,
        "count": each.holding.count,
        "category": words.category(each.holding.category),
        "purpose": each.purpose,
        "basis": words.basis(declared.basis) if declared is not None else "",
        "until": until,
    }
