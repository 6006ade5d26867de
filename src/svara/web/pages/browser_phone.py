"""The phone in the browser as its person sees it: the page of its settings, and whom one can call or send a call on to."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from svara.people import access
from svara.web.naming import numbers_of
from svara.web.pages import push
from svara.web.pages.viewing import account_of, colleagues, fragment

MAX_FOUND = 5
"""More people are not listed in a window of that size."""
_NUMBER = re.compile(r"[+*#0-9][0-9 ()/*#.-]{1,40}")


@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """The page; what is chosen there stays in the browser."""
    return push.page(request)


@require_GET
def found(request: HttpRequest) -> HttpResponse:
    """Colleagues by name or extension while somebody types, one's own contacts, and the number itself where it is one."""
    account, search = account_of(request), request.GET.get("to", "").strip()[:100]
    people = access.directory(account, search)[: MAX_FOUND + 1] if search else []
    shown = [one for one in colleagues(account, people) if not one.me][:MAX_FOUND]
    shown.sort(key=lambda one: one.account.extension != search)  # Enter takes the first
    contacts = numbers_of(account, search, MAX_FOUND) if search else []
    dialled = {one.account.extension for one in shown} | {one.number for one in contacts}
    number = search if _NUMBER.fullmatch(search) and search not in dialled else ""
    sends = request.GET.get("for") == "transfer"
    page = {"search": search, "colleagues": shown, "contacts": contacts, "number": number, "sends": sends}
    return fragment(request, "web/_phone_found.html", page)
