"""The register of recipients: who outside gets what, what is not said of them yet, and what was shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from svara.history import anonymised
from svara.privacy import words
from svara.privacy.catalogue import Purpose, Recipient
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.policies.access import particulars_of
from svara.privacy.registers import recipients
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import account_of
from svara.web.words import sentences

WHATS: dict[str, Promise] = {
    "figures": gettext_lazy("Figures of each day and queue"),
    "calls": gettext_lazy("Single calls, under pseudonyms that change with every file"),
}
_PLACE = {"section": "privacy", "here": "recipients"}


@require_GET
@for_privacy_officers
def register(request: HttpRequest) -> HttpResponse:
    """Everybody outside, what is open, and who got what when."""
    return _page(request)


@require_POST
@for_privacy_officers
def change(request: HttpRequest) -> HttpResponse:
    """Complete an entry, add one, close one or open it again."""
    actor, given = account_of(request), request.POST.dict()
    key = given.get("key", "")
    steps: dict[str, Callable[[], object]] = {
        "save": lambda: recipients.do_describe(actor, key, given),
        "add": lambda: recipients.do_add(actor, given),
        "close": lambda: recipients.do_close(actor, key),
        "open": lambda: recipients.do_close(actor, key, closed=False),
    }
    try:
        steps[given.get("how", "")]()
    except (NotFound, KeyError):
        raise Http404 from None
    except Invalid as error:
        return _page(request, sentences(error.messages))
    messages.success(request, _("Saved. It is in effect now."))
    return redirect("privacy-recipients")


@require_POST
@for_privacy_officers
def share(request: HttpRequest) -> HttpResponse:
    """A file without names for a partner; that it was given stands in the register."""
    given = request.POST
    try:
        since, until = parse_date(given.get("since", "")), parse_date(given.get("until", ""))
        key, what, form = (given.get(name, "") for name in ("key", "what", "form"))
        found = anonymised.do_share(account_of(request), key, what, since, until, form)
    except NotFound:
        raise Http404 from None
    except ValueError:
        return _page(request, [_("There is no such day.")])
    except Invalid as error:
        return _page(request, sentences(error.messages))
    kind = "text/csv; charset=utf-8" if found.share.form == "csv" else "application/json"
    answer = HttpResponse(found.content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return answer


def _page(request: HttpRequest, faults: list[str] | None = None) -> HttpResponse:
    actor = account_of(request)
    known = recipients.access_recipients(actor)
    page: dict[str, Any] = {
        "recipients": [
            {
                "one": one,
                "kind": words.recipient(one.kind),
                "gaps": [words.gap(each) for each in one.gaps],
                "ground": words.ground(one.ground) if one.ground else "",
                "why_open": "" if one.closable else recipients.why_open(one.kind),
            }
            for one in known
        ],
        "partners": [one for one in known if one.kind is Recipient.PARTNER and not one.closed and not one.gaps],
        "whats": WHATS,
        "forms": anonymised.FORMS,
        "shares": recipients.access_shares(actor),
        "authorities": recipients.access_authorities(actor),
        "particulars": particulars_of(actor.tenant_id),
        "purposes": [(purpose.value, purpose.text) for purpose in Purpose],
        "roles": words.ROLES,
        "grounds": words.GROUNDS,
        "faults": faults,
        "given": request.POST if faults else {},
    }
    return render(request, "web/privacy/recipients.html", page | _PLACE, status=422 if faults else 200)
