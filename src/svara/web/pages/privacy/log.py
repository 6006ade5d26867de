"""The log of views and changes, for the officers who answer for it: who saw what about whom, and whether it is whole.

Asked by POST: whom it is about stands in no address and no log of the web server.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from svara.people import access
from svara.people.models import Account
from svara.privacy.audit.access import View, access_log
from svara.privacy.audit.port import OPERATOR, SYSTEM, verify
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.registers import parties
from svara.privacy.staff.access import visitors
from svara.privacy.subject import Subject, account_of, person
from svara.web import audit_words
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.privacy.views import day_of, midnight
from svara.web.pages.viewing import account_of as reader_of
from svara.web.words import sentences

PAGE = 50
MAX_NAMED = 3
"""So many people are named whom one entry is about; the others are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, in words."""

    number: int
    at: datetime
    who: str
    done: str
    about: str
    why: str


@require_http_methods(["GET", "POST"])
@for_privacy_officers
def log(request: HttpRequest) -> HttpResponse:
    """The newest entries, or those that were asked for; with `check`, whether the whole log is as it was written."""
    actor, asked = reader_of(request), request.POST
    since, until = day_of(asked.get("since", "")), day_of(asked.get("until", ""))
    about, by = asked.get("about", "").strip()[:320], asked.get("by", "").strip()[:64]
    shown: dict[str, Any] = {
        "since": since,
        "until": until,
        "about": about,
        "by": by,
        "lines": [],
        "checked": "check" in asked,
        "section": "privacy",
        "here": "log",
    }
    try:
        page = access_log(
            actor,
            about=_whom(actor, about) if about else None,
            by=_who(actor, by) if by else "",
            since=midnight(since),
            until=midnight(until + timedelta(days=1)) if until else None,
            cursor=asked.get("cursor") or None,
            limit=PAGE,
        )
    except Invalid as error:
        if asked.get("cursor"):
            raise Http404 from None
        return render(request, "web/privacy/log.html", shown | {"problems": sentences(error.messages)}, status=422)
    if shown["checked"]:
        shown["broken"] = verify(actor.tenant_id)
    shown |= {"lines": _lines(actor, page.items), "next": page.next}
    shown["kept"] = {key: asked[key] for key in ("about", "by", "since", "until") if asked.get(key)}
    return render(request, "web/privacy/log.html", shown)


def _whom(actor: Account, typed: str) -> Subject:
    """A colleague by user name, or somebody outside by number or address. Raises Invalid."""
    try:
        return person(access.person(actor, typed).id)
    except NotFound:
        pass
    if typed.startswith("+") or "@" in typed or typed.replace(" ", "").isdecimal():
        return parties.find(actor.tenant_id, typed)[0]
    raise Invalid(_("Nobody has that user name."))


def _who(actor: Account, typed: str) -> str:
    if typed in (OPERATOR, SYSTEM):
        return typed
    try:
        return access.person(actor, typed).id
    except NotFound:
        raise Invalid(_("Nobody has that user name.")) from None


def _lines(actor: Account, entries: tuple[View, ...]) -> list[Line]:
    people = {view.actor for view in entries}
    people |= {key for view in entries for subject in view.about if (key := account_of(subject)) is not None}
    names = {key: account.name for key, account in access.people_by_id(actor, people).items()}
    known = visitors(actor, {view.actor for view in entries})
    return [
        Line(
            view.number,
            view.at,
            audit_words.who(view.actor, names, known),
            audit_words.told(view.act, view.what, view.count),
            _about(view.about, names),
            audit_words.why(view.why, known),
        )
        for view in entries
    ]


def _about(subjects: tuple[Subject, ...], names: dict[str, str]) -> str:
    known = sorted(_name(subject, names) for subject in subjects)[:MAX_NAMED]
    more = len(subjects) - len(known)
    if more > 0:
        known.append(ngettext("%(count)d more", "%(count)d more", more) % {"count": more})
    return ", ".join(known)


def _name(subject: Subject, names: dict[str, str]) -> str:
    key = account_of(subject)
    if key is None:
        return _("somebody outside")
    return names.get(key) or _("somebody who does not work here any more")
