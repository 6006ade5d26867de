"""The queues, live: who waits, who takes the calls, and how today goes; agents say here whether they take calls."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.bus.port import BusError
from svara.calls.commands import Done, OwnState, Refused, SetAgent
from svara.history.access import sees_all_calls
from svara.history.statistics import Figures, access_statistics
from svara.people import access, signedin
from svara.people.models import Account
from svara.web import live
from svara.web.pages.calls import ask
from svara.web.pages.viewing import fragment
from svara.web.queue_view import QueueView, me_in, view_of, views
from svara.web.words import PAUSE_REASONS, PAUSED_BY

MAX_REASON = 100
TURNS = (15, 30, 60)
"""Seconds for each queue, where a wall shows several in turn."""
SIGN_IN_SOON = timedelta(days=3)
"""So long before a wall has to be signed in anew it says so."""
CHOICES: tuple[str, ...] = get_args(OwnState)


@require_GET
async def queues(request: HttpRequest) -> HttpResponse:
    """The page of all queues with which the reader has to do; `part` asks for the live part alone."""
    return await _queues(request, await _account(request))


@require_GET
async def mine(request: HttpRequest) -> HttpResponse:
    """The small list of the start page."""
    page = await waiting_for(await _account(request))
    return await sync_to_async(fragment)(request, "web/_my_queues.html", page)


@require_POST
async def choose(request: HttpRequest) -> HttpResponse:
    """Take calls, pause, or log out: in all of one's queues, or (logging in and out) in one."""
    account = await _account(request)
    queue = request.POST.get("queue", "")[:64]
    problem = await _set(account, account.id, request.POST, queue or None)
    if not getattr(request, "htmx", False):
        return redirect("queues")
    return await _queues(request, account, problem, part=True)


@require_GET
async def board(request: HttpRequest, name: str) -> HttpResponse:
    """One queue, large; `wall` is for a screen that everybody looks at, `part` asks for the live part alone."""
    return await _board(request, await _account(request), name)


@require_GET
async def today(request: HttpRequest, name: str) -> HttpResponse:
    """How the queue did today, for who may see figures."""
    account = await _account(request)
    return await sync_to_async(lambda: fragment(request, "web/_queue_today.html", _today(account, name)))()


@require_http_methods(["GET", "POST"])
async def member(request: HttpRequest, name: str, person: str) -> HttpResponse:
    """A supervisor asks what can be done about a colleague's state; a POST does it."""
    account = await _account(request)
    if not sees_all_calls(account):
        raise Http404
    found = await _view(account, name)
    agent = next((agent for agent in found.agents if agent.account.id == person), None) if found else None
    if agent is None:
        raise Http404
    if request.method == "GET":
        page = {"view": found, "agent": agent}
        return await sync_to_async(fragment)(request, "web/_queue_member.html", page)
    values = request.POST.copy()
    values["reason"] = f"{PAUSED_BY}{account.name}"
    problem = await _set(account, person, values, name)
    if not getattr(request, "htmx", False):
        return redirect("queue", name)
    return await _board(request, account, name, problem, part=True)


async def waiting_for(account: Account) -> dict[str, Any]:
    """The queues that the account answers for, for the start page; none while the calls process is away."""
    try:
        states = await live.current().queues(account.tenant_id)
    except BusError:
        return {"my_lines": [], "my_state": None}

    def page() -> dict[str, Any]:
        found = views(account, states)
        return {"my_lines": [view for view in found if view.me], "my_state": me_in(found)}

    return await sync_to_async(page)()


async def _account(request: HttpRequest) -> Account:
    return cast("Account", await request.auser())


async def _queues(request: HttpRequest, account: Account, problem: str = "", *, part: bool = False) -> HttpResponse:
    try:
        states, up = await live.current().queues(account.tenant_id), True
    except BusError:
        states, up = (), False

    def answer() -> HttpResponse:
        found = views(account, states)
        page = {
            "up": up,
            "problem": problem,
            "queues": found,
            "me": me_in(found),
            "pauses": PAUSE_REASONS,
            "sees_figures": sees_all_calls(account),
        }
        if part or request.GET.get("part"):
            return fragment(request, "web/_queues.html", page, 409 if problem else 200)
        return render(request, "web/queues.html", page)

    return await sync_to_async(answer)()


async def _view(account: Account, name: str) -> QueueView | None:
    """One queue; None while the calls process is away. Raises Http404."""
    try:
        states, up = await live.current().queues(account.tenant_id), True
    except BusError:
        states, up = (), False
    try:
        found = await sync_to_async(view_of)(account, name, states)
    except access.NotFound:
        raise Http404 from None
    return found if up else None


async def _board(
    request: HttpRequest, account: Account, name: str, problem: str = "", *, part: bool = False
) -> HttpResponse:
    found = await _view(account, name)
    wall = bool(request.GET.get("wall"))

    def answer() -> HttpResponse:
        sees_figures = sees_all_calls(account)
        page = {
            "name": name,
            "view": found,
            "wall": wall,
            "problem": problem,
            "sees_figures": sees_figures,
            "manage": sees_figures and not wall,
            **(_wall(request, account, name) if wall else {}),
        }
        if part or request.GET.get("part"):
            return fragment(request, "web/_queue.html", page, 409 if problem else 200)
        return render(request, "web/queue_wall.html" if wall else "web/queue.html", page | _figures_of_today(account, name))

    return await sync_to_async(answer)()


def _wall(request: HttpRequest, account: Account, name: str) -> dict[str, Any]:
    """What a screen on the wall needs besides: which queue is next, and when somebody has to sign in anew."""
    names = [queue.name for queue in access.queues(account)]
    asked = request.GET.get("turn", "")
    turn = int(asked) if asked in map(str, TURNS) and len(names) > 1 else 0
    after = names[(names.index(name) + 1) % len(names)] if turn and name in names else name
    until = signedin.until(account, request.session)
    return {
        "turn": turn,
        "turns": TURNS if len(names) > 1 else (),
        "next": reverse("queue", args=[after], query={"wall": "1", "turn": str(turn)}) if turn else "",
        "until": until if until is not None and until - timezone.now() < SIGN_IN_SOON else None,
    }


def _figures_of_today(account: Account, name: str) -> dict[str, Any]:
    return _today(account, name) if sees_all_calls(account) else {}


def _today(account: Account, name: str) -> dict[str, Any]:
    """Raises Http404 for who sees no figures."""
    zone = ZoneInfo(account.tenant.timezone)
    midnight = datetime.combine(datetime.now(zone).date(), time(), zone)
    until = datetime.combine(midnight.date() + timedelta(days=1), time(), zone)
    try:
        found = access_statistics(account, since=midnight, until=until, queue=name)
    except access.NotFound:
        raise Http404 from None
    figures: Figures = found.total
    promised = next((queue.service_seconds for queue in found.queues), None)
    return {"name": name, "figures": figures, "promised_seconds": promised}


async def _set(account: Account, person: str, values: QueryDict, queue: str | None) -> str:
    """Change an agent's state; returns what went wrong, in a sentence for people, or ""."""
    state = values.get("state", "")
    if state not in CHOICES:
        return _("That state does not exist.")
    own, listed = values.get("own_reason", "").strip(), values.get("reason", "").strip()
    reason = " ".join((own or listed).split())[:MAX_REASON] if state == "paused" else ""
    wish = SetAgent(account.tenant_id, person, cast("OwnState", state), reason, None if state == "paused" else queue)
    answer = await ask(wish)
    if isinstance(answer, Done):
        live.current().queues_now.changed(account.tenant_id)  # the news of it are under way
        return ""
    if isinstance(answer, Refused) and answer.error == "not-found":
        return _("This queue has changed meanwhile: you are no member of it any more.")
    return _("The phone system does not answer at the moment. Try again in a few seconds.")
