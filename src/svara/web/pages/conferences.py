"""The conferences, live: who is in them, and what whoever conducts them does: mute, remove, lock, end."""

from __future__ import annotations

from typing import Any, Literal, cast, get_args

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from svara.calls.commands import AskConferences, Conferences, ControlConference, Done, Refused
from svara.people.models import Account
from svara.web.conference_view import ConferenceView, views
from svara.web.pages.calls import ask
from svara.web.pages.viewing import fragment

Deed = Literal["lock", "unlock", "mute", "unmute", "remove", "end"]
DEEDS: tuple[str, ...] = get_args(Deed)


@require_GET
async def conferences(request: HttpRequest) -> HttpResponse:
    """All conferences of the company; `part` asks for the live part alone."""
    return await _page(request, await _account(request))


@require_http_methods(["GET", "POST"])
async def conduct(request: HttpRequest, name: str) -> HttpResponse:
    """Do something to a conference, or with `call` to one who is in it. A GET asks whether it is to be ended for all."""
    account = await _account(request)
    if request.method == "GET":
        return await _ask_for_the_end(request, account, name)
    deed, call = request.POST.get("do", ""), request.POST.get("call", "")[:64]
    found = await _views(account, name)
    view = found[0] if found else None
    if deed not in DEEDS or (found is not None and view is None):
        raise Http404
    problem = "" if view is not None else _("The phone system does not answer at the moment. Try again in a few seconds.")
    if view is not None:
        problem = await _do(account, view, cast("Deed", deed), call)
    if not getattr(request, "htmx", False):
        return redirect("conferences")
    return await _page(request, account, problem, part=True)


async def _ask_for_the_end(request: HttpRequest, account: Account, name: str) -> HttpResponse:
    found = await _views(account, name)
    if not found or not found[0].conducts:
        raise Http404
    return await sync_to_async(fragment)(request, "web/_conference_end.html", {"view": found[0]})


async def _do(account: Account, view: ConferenceView, deed: Deed, call: str) -> str:
    """Returns what went wrong, in a sentence for people, or ""."""
    own = call and deed in ("mute", "unmute") and view.mutes(call)
    if not (view.conducts or own):
        return _("Only its moderators, supervisors and administrators conduct a conference.")
    answer = await ask(ControlConference(account.tenant_id, view.state.name, deed, call))
    if isinstance(answer, Done):
        return ""
    if isinstance(answer, Refused) and answer.error in ("not-found", "invalid"):
        return _("That has changed meanwhile: they are not in the conference any more.")
    return _("The phone system does not answer at the moment. Try again in a few seconds.")


async def _account(request: HttpRequest) -> Account:
    return cast("Account", await request.auser())


async def _views(account: Account, name: str | None = None) -> list[ConferenceView] | None:
    """None while the calls process is away."""
    answer = await ask(AskConferences(account.tenant_id, name))
    return await sync_to_async(views)(account, answer.conferences) if isinstance(answer, Conferences) else None


async def _page(request: HttpRequest, account: Account, problem: str = "", *, part: bool = False) -> HttpResponse:
    found = await _views(account)

    def answer() -> HttpResponse:
        page: dict[str, Any] = {"up": found is not None, "problem": problem, "conferences": found or []}
        if part or request.GET.get("part"):
            return fragment(request, "web/_conferences.html", page, 409 if problem else 200)
        return render(request, "web/conferences.html", page)

    return await sync_to_async(answer)()
