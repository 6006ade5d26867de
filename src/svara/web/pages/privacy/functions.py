"""My data: the functions that use it, switched by nobody but myself, with receipts; and, for privacy officers, counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.people.access import directory
from svara.people.models import Account, PublicNumber, QueueMember
from svara.privacy.functions import access, notices, port
from svara.privacy.functions.models import NOTICES
from svara.privacy.functions.registry import CALL_RECORDING, FUNCTIONS, Text
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import account_of
from svara.web.words import DECISIONS, NOTICE_TITLES


@dataclass(frozen=True, slots=True)
class Shown:
    """A function as its person sees it; `collected`: how much is kept because of it."""

    state: port.State
    text: Text
    collected: int


@require_GET
def my_functions(request: HttpRequest) -> HttpResponse:
    """What may be switched on, what is, and what I decided so far."""
    actor = account_of(request)
    shown = [Shown(state, state.function.read(), port.collected(actor, state.function.key)) for state in port.states(actor)]
    decisions = [
        {
            "entry": entry,
            "title": FUNCTIONS[entry.purpose].read().title if entry.purpose in FUNCTIONS else entry.purpose,
            "decision": DECISIONS[entry.decision],
        }
        for entry in access.access_decisions(actor)
    ]
    page = {
        "shown": [one for one in shown if one.state.function.available],
        "absent": [one for one in shown if not one.state.function.available],
        "decisions": decisions,
        "recording": CALL_RECORDING,
        "recorded": _recorded(actor),
        "here": "functions",
    }
    return render(request, "web/privacy/functions.html", page)


@require_POST
def switch(request: HttpRequest, key: str) -> HttpResponse:
    """One of my functions, on or off: in force with the answer."""
    wanted = request.POST.get("enabled") == "yes"
    try:
        port.do_switch(account_of(request), key, wanted, how="page")
    except (port.UnknownFunction, port.NotInstalled):
        raise Http404 from None
    title = FUNCTIONS[key].read().title
    words = _("“%(title)s” is on.") if wanted else _("“%(title)s” is off.")
    messages.success(request, words % {"title": title})
    return redirect("my-functions")


@require_POST
def erase(request: HttpRequest, key: str) -> HttpResponse:
    """What was collected because of a function goes."""
    try:
        gone = port.do_erase_collected(account_of(request), key)
    except port.UnknownFunction:
        raise Http404 from None
    messages.success(
        request, ngettext("%(count)s record is erased.", "%(count)s records are erased.", gone) % {"count": gone}
    )
    return redirect("my-functions")


@require_GET
def receipt(request: HttpRequest, receipt_id: str) -> HttpResponse:
    """The receipt of one of my decisions, to keep."""
    found = access.access_receipt(account_of(request), receipt_id)
    if found is None:
        raise Http404
    content = json.dumps(found.document, ensure_ascii=False, indent=2).encode()
    answer = HttpResponse(content, content_type="application/ld+json")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{found.id}.jsonld"'
    return answer


@require_GET
@for_privacy_officers
def counts(request: HttpRequest) -> HttpResponse:
    """How many agreed to what; nobody is named, and no group is shown that is too small."""
    actor = account_of(request)
    page = {
        "counts": access.access_counts(actor, [person.id for person in directory(actor)]),
        "least": access.LEAST_GROUP,
        "section": "privacy",
        "here": "functions",
    }
    return render(request, "web/privacy/function_counts.html", page)


@require_http_methods(["GET", "POST"])
@for_privacy_officers
def own_notices(request: HttpRequest) -> HttpResponse:
    """What the company says in its own words; a POST says one of them anew."""
    tenant = account_of(request).tenant
    languages = [(code, name) for code, name in settings.LANGUAGES if code in tenant.languages] or [("en", "English")]
    status = 200
    if request.method == "POST":
        kind, language = request.POST.get("kind", ""), request.POST.get("language", "")
        try:
            if language not in dict(languages):
                raise ValueError
            notices.do_say(tenant, kind, language, request.POST.get("text", ""))
        except ValueError:
            status = 422
        else:
            messages.success(request, _("Saved. It is in effect now."))
            return redirect("privacy-notices")
    history = notices.versions(tenant)
    said = {(notice.kind, notice.language): notice.text for notice in reversed(history)}
    page = {
        "forms": [
            (kind, NOTICE_TITLES[kind], code, name, said.get((kind, code), ""))
            for kind in NOTICES
            for code, name in languages
        ],
        "history": [(notice, NOTICE_TITLES[notice.kind]) for notice in history],
        "most": notices.MAX_CHARACTERS,
        "faulty": status != 200,
        "tenant": tenant,
        "section": "privacy",
        "here": "notices",
    }
    return render(request, "web/privacy/notices.html", page, status=status)


def _recorded(actor: Account) -> dict[str, Any]:
    """What the company records of which this person hears here: it is no choice of theirs, but they are to know."""
    queues = QueueMember.of(actor).filter(account=actor, queue__record=True)
    notice = notices.current(actor, "recording", get_language() or "en")
    return {
        "asked_for": actor.record,
        "notice": notice.text if notice else "",
        "queues": list(queues.order_by("queue__name").values_list("queue__name", flat=True)),
        "numbers": PublicNumber.of(actor).filter(record=True).count(),
    }
