"""Support access in words, for the company: who looks, who asks, what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from svara.privacy.staff import deciding
from svara.privacy.staff.access import Access, Seen
from svara.privacy.staff.models import Grant
from svara.privacy.staff.port import acting

ROLES: dict[str, Promise] = {"support": pgettext_lazy("staff", "support"), "engineer": pgettext_lazy("staff", "engineer")}
STATES: dict[str, tuple[str, Promise]] = {
    "waiting": ("warn", pgettext_lazy("access", "waits for an answer")),
    "lapsed": ("", pgettext_lazy("access", "nobody answered")),
    "refused": ("", pgettext_lazy("access", "refused")),
    "offered": ("warn", pgettext_lazy("access", "the door is open, nobody has come yet")),
    "open": ("bad", pgettext_lazy("access", "looks now")),
    "over": ("", pgettext_lazy("access", "over")),
}
"""A tone and words."""
HOWS: dict[str, Promise] = {
    "asked": _("asked first"),
    "told": _("told, not asked"),
    "opened": _("the company opened the door"),
    "emergency": _("in an emergency: nobody had answered"),
}
MINUTES: dict[int, Promise] = {
    15: _("15 minutes"),
    30: _("30 minutes"),
    60: _("1 hour"),
    120: _("2 hours"),
    240: _("4 hours"),
    480: _("8 hours"),
}
PAGES: dict[str, Promise] = {
    "staff-visit": _("The overview: everybody with their state"),
    "administration": _("Settings: list of people"),
    "administration-company": _("Settings of the company"),
    "administration-section": _("Settings: a list"),
    "administration-item": _("Settings of one thing"),
    "administration-changes": _("Log of changes of settings"),
    "history": _("The call history"),
    "records": _("The call history"),
    "story": _("The story of one call"),
    "recording": _("A recording of a talk"),
    "queues": _("All queues"),
    "queue": _("One queue"),
    "system": _("State of the installation"),
    "voicemail": _("Voice messages of queues"),
    "voicemail-messages": _("Voice messages of queues"),
    "voicemail-sound": _("A voice message of a queue"),
}
THINGS: dict[tuple[str, str], Promise] = {
    ("view", "calls"): _("Call records, in a list"),
    ("view", "call"): _("One call record"),
    ("view", "person"): _("Settings of one person"),
    ("view", "changes"): _("Who changed settings"),
    ("view", "statistics"): _("Figures of a queue"),
    ("view", "messages"): _("A list of voice messages"),
    ("hear", "message"): _("Heard: a voice message of a queue"),
    ("hear", "recording"): _("Heard: the recording of a talk"),
}


@dataclass(frozen=True, slots=True)
class Banner:
    """What stands on every page of those who look after the company."""

    grant: Grant
    state: str
    role: str


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One thing that was looked at."""

    at: datetime
    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Line:
    """An access as the page shows it."""

    grant: Grant
    state: str
    tone: str
    words: str
    role: str
    how: str
    decided_by: str
    ended_by: str
    seen: tuple[SeenLine, ...]


def banners(user: Any) -> list[Banner]:
    """Who looks at the company now, which doors are open, and who asks; for others than its officers, nothing."""
    if acting(user) is not None or not user.has_role(*deciding.OFFICERS):
        return []
    return [
        Banner(grant, state, str(ROLES.get(grant.role, grant.role)))
        for grant, state in deciding.standing(user.tenant_id, timezone.now())
    ]


def line(access: Access, names: dict[str, str]) -> Line:
    """In words; `names` are those of the company's people by id."""
    grant = access.grant
    tone, words = STATES[access.state]
    own = {"staff": gettext("given back"), "removed": gettext("does not work for the provider any more")}
    return Line(
        grant,
        access.state,
        tone,
        str(words),
        str(ROLES.get(grant.role, grant.role)),
        str(HOWS.get(grant.how, grant.how)),
        names.get(grant.decided_by, ""),
        own.get(grant.ended_by) or names.get(grant.ended_by, ""),
        tuple(_seen(each) for each in access.seen),
    )


def _seen(seen: Seen) -> SeenLine:
    if seen.what == "support-page":
        page, _slash, part = seen.ref.partition("/")
        text = str(PAGES.get(page, page)) + (f" ({part})" if part else "")
    else:
        known = THINGS.get((seen.act, seen.what))
        text = str(known) if known is not None else f"{seen.act}: {seen.what}"
        if seen.count > 1:
            text = f"{text} ({seen.count})"
    persons = ngettext("about %(count)d person", "about %(count)d people", seen.persons) % {"count": seen.persons}
    return SeenLine(seen.at, text, persons if seen.persons else "")
