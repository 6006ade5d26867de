"""My data: the functions that use it, switched by nobody but myself, with receipts; and, for privacy officers, counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from svara.people.access import directory
from svara.people.models import Account, PublicNumber, QueueMember
from svara.privacy.functions import access, port
from svara.privacy.functions.registry import CALL_RECORDING, FUNCTIONS, Text
from svara.web.forms.kinds import TITLES
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import account_of
from svara.web.words import DECISIONS


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
        "titles": TITLES,
        "section": "privacy",
        "here": "functions",
    }
    return render(request, "web/privacy/function_counts.html", page)


def _recorded(actor: Account) -> dict[str, Any]:
    """What the company records of which this person hears here: it is no choice of theirs, but they are to know."""
    queues = QueueMember.of(actor).filter(account=actor, queue__record=True)
    return {
        "asked_for": actor.record,
        "queues": list(queues.order_by("queue__name").values_list("queue__name", flat=True)),
        "numbers": PublicNumber.of(actor).filter(record=True).count(),
    }
