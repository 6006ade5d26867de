"""Home: who of the company can be reached, my own presence, my calls and queues of the moment."""

from __future__ import annotations

from typing import Any, cast

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from svara.history.access import access_calls
from svara.people import access, actions
from svara.people.models import Account
from svara.push import access as push
from svara.voicemail.access import BoxView, access_boxes
from svara.web import live, naming
from svara.web.pages import calls
from svara.web.pages.firststeps import still_open
from svara.web.pages.queues import waiting_for
from svara.web.pages.viewing import CallLine, account_of, call_line, colleagues, fragment
from svara.web.words import sentences

RECENT_CALLS = 40
"""Of so many newest calls the missed ones are shown."""
MISSED_CALLS = 5
MAX_PEOPLE = 100
"""More are not drawn at once: who has more colleagues searches."""


@require_GET
async def home(request: HttpRequest) -> HttpResponse:
    """The directory, and what concerns me now."""
    waiting = await waiting_for(cast("Account", await request.auser()))

    def answer() -> HttpResponse:
        account = account_of(request)
        page = _people(request) | {
            "running": naming.running(account),
            "missed": _missed(account),
            "new_messages": _new_messages(account),
            "me": _me(account),
            "first_steps": still_open(account),
            "push_lapsed": push.access_lapsed(account, request.session),
            "via": calls.via_of(account, request.session.get(calls.VIA)),
        }
        return render(request, "web/home.html", page | waiting)

    return await sync_to_async(answer)()


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """The directory alone, while somebody types."""
    return fragment(request, "web/_people.html", _people(request))


@require_GET
def missed(request: HttpRequest) -> HttpResponse:
    """My missed calls alone, when a call was recorded."""
    return fragment(request, "web/_missed.html", {"missed": _missed(account_of(request))})


@require_GET
def new_messages(request: HttpRequest) -> HttpResponse:
    """The boxes with new messages alone, when one has changed."""
    return fragment(request, "web/_new_messages.html", {"new_messages": _new_messages(account_of(request))})


@require_http_methods(["GET", "POST"])
def presence(request: HttpRequest) -> HttpResponse:
    """What others see of me; a POST chooses."""
    account = account_of(request)
    errors: list[str] = []
    if request.method == "GET":
        return fragment(request, "web/_presence.html", {"me": _me(account)})
    try:
        account = actions.do_choose_presence(account, request.POST.get("choice", ""))
    except actions.Invalid as error:
        errors = sentences(error.messages)
    if not getattr(request, "htmx", False):
        return redirect("home")
    return fragment(request, "web/_presence.html", {"me": _me(account), "errors": errors}, 422 if errors else 200)


def _people(request: HttpRequest) -> dict[str, Any]:
    account, search = account_of(request), request.GET.get("q", "")
    found = access.directory(account, search)
    shown = colleagues(account, found[:MAX_PEOPLE])
    alone = not search and len(found) == 1 and account.has_role("admin")
    return {"search": search, "colleagues": shown, "more": len(found) - len(shown), "alone": alone}


def _me(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "choice": account.choice,
        "availability": colleagues(account, [account])[0].availability,
        "up": live.current().up,
    }


def _new_messages(account: Account) -> list[BoxView]:
    return [box for box in access_boxes(account) if box.new]


def _missed(account: Account) -> list[CallLine]:
    recent = access_calls(account, person=account.username, limit=RECENT_CALLS).items
    missed_by_me = [item for item in recent if call_line(account, item).kind == "missed"][:MISSED_CALLS]
    return naming.lines(account, missed_by_me)
