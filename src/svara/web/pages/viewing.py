"""What the pages share: who is looking, and how people and calls look from there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from svara.calls.commands import LiveCall
from svara.history.shown import CallItem, PartyView
from svara.people.models import Account
from svara.people.second.passkeys import Party
from svara.privacy.staff.port import acting
from svara.web import live
from svara.web.places import page_around

_OUTSIDE = re.compile(r"\+[0-9]{3,}|[0-9]{7,}")


def account_of(request: HttpRequest) -> Account:
    """Who is signed in. Only for views behind the door."""
    return cast("Account", request.user)


def party_of(request: HttpRequest) -> Party | None:
    """Where our pages are, as passkeys have to know it: the host of SVARA_URL, or this machine itself as `localhost`. None
    where browsers make no passkeys: without encryption, or at a mere address."""
    scheme, host = settings.ADDRESS.scheme, settings.ADDRESS.hostname
    if host:
        named = any(sign.isalpha() for sign in host.rpartition(".")[2]) and ":" not in host
        usable = named and (scheme == "https" or host == "localhost")
        usual = settings.ADDRESS.port in (None, {"https": 443, "http": 80}.get(scheme))  # browsers leave it out
        return Party(host, f"{scheme}://{host}{'' if usual else f':{settings.ADDRESS.port}'}") if usable else None
    here = request.get_host().lower()
    return Party("localhost", f"{request.scheme}://{here}") if here.partition(":")[0] == "localhost" else None


def qr_code(text: str) -> SafeString:
    """A QR code as a drawing in the page: black on white in every scheme, since cameras expect that."""
    drawn = segno.make(text, error="m", micro=False)
    svg = drawn.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True, title=_("QR code"))
    return mark_safe(svg)  # noqa: S308  drawn by the library out of an address of ours


def fragment(request: HttpRequest, template: str, page: dict[str, Any], status: int = 200) -> HttpResponse:
    """A part of a page, also when it tells of an error. Whoever opens its address by itself gets the page it belongs to."""
    if request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "document":
        return redirect(page_around(request.path))
    answer = render(request, template, page, status=status)
    answer["X-Fragment"] = "1"
    return answer


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person in the directory, with presence as it is now."""

    account: Account
    availability: str
    me: bool

    @property
    def dial(self) -> str:
        """What to dial for this person."""
        return self.account.extension or self.account.username


def colleagues(viewer: Account, people: Iterable[Account]) -> list[Colleague]:
    """People with their presence; "unknown" while the calls process does not answer."""
    mirror, looks = live.current(), live.viewer_of(viewer)

    def presence(person: Account) -> str:
        return mirror.presence(looks, person.id).availability if mirror.up else "unknown"

    return [Colleague(person, presence(person), person.pk == viewer.pk) for person in people]


@dataclass(frozen=True, slots=True)
class CallLine:
    """A recorded call, as one of its people, or a supervisor, sees it."""

    item: CallItem
    kind: str
    """"outgoing", "incoming", "missed" (by the viewer), or "between" others."""
    other: PartyView
    """The other side; for "between" the one who was called."""
    new: bool = False
    """Whether the other side is outside, and could be added to the viewer's contacts."""

    @property
    def icon(self) -> str:
        icons = {"outgoing": "phone-outgoing", "incoming": "phone-incoming", "missed": "phone-missed"}
        return icons.get(self.kind, "phone-forwarded")

    @property
    def tone(self) -> str:
        if self.item.outcome == "answered":
            return "good"
        return "bad" if self.kind == "missed" or self.item.outcome == "failed" else "warn"

    @property
    def dial(self) -> str:
        """What to dial to reach the other side; "" where nobody knows."""
        return self.other.username or self.calls

    @property
    def calls(self) -> str:
        """The number of somebody outside, where there is one that can be dialled."""
        number = self.other.number
        return number if self.other.person is None and _OUTSIDE.fullmatch(number) else ""


def call_line(viewer: Account, item: CallItem) -> CallLine:
    """How `item` looks to `viewer`."""
    if item.caller.person == viewer.id:
        return CallLine(item, "outgoing", item.callee)
    answered_by = item.answered_by.person if item.answered_by else None
    if viewer.id == answered_by:
        return CallLine(item, "incoming", item.caller)
    if viewer.id == item.callee.person:
        return CallLine(item, "incoming" if item.outcome == "answered" else "missed", item.caller)
    return CallLine(item, "between", item.callee)


@dataclass(frozen=True, slots=True)
class RunningCall:
    """A call that goes on now."""

    call: LiveCall
    mine: bool
    may_pause: bool = False
    """Whether the viewer may pause its recording: who talks, and who looks after all calls."""
    supervised: str = ""
    """In a call of the viewer as a supervisor: the colleague's name whose talk it is about."""
    way: str = ""
    """... and how the viewer takes part, "asked" as long as the two are not told."""

    @property
    def talks(self) -> bool:
        """Whether the viewer is one of the two who talk, and can send the other on or put them on hold."""
        return self.mine and self.call.state in ("answered", "held") and not self.call.supervises and self.call.at is None

    @property
    def since(self) -> float:
        """When the present state began, seconds since the epoch."""
        at = self.call.at
        return at.since if at is not None else self.call.answered_at or self.call.started_at


def running_calls(viewer: Account) -> list[RunningCall]:
    """The calls that go on now and that `viewer` may see, newest first; staff of the provider see none."""
    if acting(viewer) is not None:
        return []
    looks = live.viewer_of(viewer)
    calls = {call.id: call for call in live.current().calls_for(looks) if call.state != "ended"}

    def shown(call: LiveCall) -> RunningCall:
        talks = looks.sees_all or viewer.id in (call.caller.person, call.callee.person)
        talk = calls.get(call.supervises) if call.caller.person == viewer.id else None
        if talk is None:
            return RunningCall(call, viewer.id in call.people, talks)
        way = next((one.how for one in talk.supervisors if one.by.person == viewer.id), "asked")
        return RunningCall(call, viewer.id in call.people, talks, talk.callee.name or talk.callee.number, way)

    return [shown(call) for call in calls.values()]
