"""What templates can say in our own words: assets, icons, names of states, durations."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from svara.calls.commands import LiveStop, LiveSupervisor
from svara.web import installed, places, static_files, words
from svara.web.queue_view import QueueView, drawn_agents, drawn_line
from svara.web.visiting import opened

register = template.Library()

HUES = 6


@register.simple_tag
def asset(name: str) -> str:
    """The address of a built file."""
    return static_files.address(name)


@register.simple_tag
def app_version() -> str:
    """Which version of the pages this one is (`svara.web.installed`)."""
    return installed.version()


@register.simple_tag
def release() -> str:
    """The version of Svara with the beginning of that of its pages, for people: "0.1.0+3fa9c21"."""
    return f"{installed.release()}+{installed.version()[:7]}"


@register.simple_tag
def stylesheet() -> SafeString:
    """The link to the style of all pages."""
    (sheet,) = static_files.manifest()["main.ts"].css
    return format_html('<link rel="stylesheet" href="{}{}">', static_files.PREFIX, sheet)


@register.simple_tag
def icon(name: str, more: str = "") -> SafeString:
    """A picture beside words (a screen reader skips it). `more`: further classes."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        more,
        static_files.address("icons.svg"),
        name,
    )


@dataclass(frozen=True, slots=True)
class Nav:
    """The navigation of the administration: all groups, the key of the one where one is, and its pages."""

    groups: tuple[places.Group, ...]
    here: str
    places: tuple[places.Place, ...]


@register.simple_tag(takes_context=True)
def administration_nav(context: template.Context) -> Nav:
    """What of the administration is offered, seen from the page that says `section` of itself. The pages of privacy have a
    navigation of their own below."""
    request = context.get("request")
    groups = places.administration(None if request is None else opened(request))
    here = places.group_of(str(context.get("section", "")))
    inside = next((group.places for group in groups if group.key == here), ()) if here != "privacy" else ()
    return Nav(groups, here, inside)


@register.simple_tag
def privacy_groups() -> tuple[places.Group, ...]:
    """The pages of privacy, in their groups."""
    return places.PRIVACY


@register.simple_tag
def queue_line(view: QueueView, wall: bool = False) -> SafeString:
    """Who waits in a queue."""
    return drawn_line(view, wall=bool(wall))


@register.simple_tag
def queue_agents(view: QueueView, wall: bool = False, manage: bool = False) -> SafeString:
    """Who takes its calls."""
    return drawn_agents(view, wall=bool(wall), manage=bool(manage))


@register.filter
def initials(name: str) -> str:
    """At most two letters that stand for a name."""
    parts = [part for part in name.split() if part[0].isalpha()]
    letters = [parts[0][0], parts[-1][0]] if len(parts) > 1 else [part[0] for part in parts] or ["#"]
    return "".join(letters).upper()


@register.filter
def hue(key: str) -> int:
    """A colour for a person, always the same."""
    return hashlib.blake2s(key.encode("utf-8", "replace"), digest_size=1).digest()[0] % HUES


@register.filter
def availability(key: str) -> str:
    """A presence state in words."""
    return str(words.AVAILABILITY.get(key, key))


@register.filter
def agent_state(key: str) -> str:
    """What an agent of a queue does, in words."""
    return str(words.AGENT_STATES.get(key, key))


@register.filter
def supervisor(one: LiveSupervisor) -> str:
    """Who takes part in a talk, and how."""
    return str(words.SUPERVISORS.get(one.how, words.SUPERVISORS["listen"])) % {"who": one.by.name or one.by.number}


@register.filter
def stop(at: LiveStop) -> str:
    """Where a caller is whom the system itself answered."""
    return words.stop(at)


@register.filter
def agent_reason(text: str) -> str:
    """Why an agent takes no calls, in words."""
    return words.agent_reason(text)


@register.filter
def outcome(key: str) -> str:
    """A call's outcome in words."""
    return str(words.OUTCOMES.get(key, key))


@register.filter
def direction(key: str) -> str:
    """A call's direction in words."""
    return str(words.DIRECTIONS.get(key, key))


@register.filter
def role(key: str) -> str:
    """A role in words."""
    return str(words.ROLES.get(key, key))


@register.filter
def reason(text: str) -> str:
    """Why a call ended, in words."""
    return words.reason(text)


@register.filter
def number_kind(key: str) -> str:
    """What kind of telephone number it is, in words."""
    return str(words.NUMBER_KINDS.get(key, key))


@register.filter
def dictkey(found: dict[str, str], key: str) -> str:
    """What stands under a key that no name can be; "" for nothing."""
    return found.get(key, "")


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as people say them: "45 s", "2 min 5 s", "1 h 12 min"."""
    whole = round(seconds or 0)
    if whole < 60:
        return _("%(seconds)d s") % {"seconds": whole}
    if whole < 3600:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": whole // 60, "seconds": whole % 60}
    return _("%(hours)d h %(minutes)d min") % {"hours": whole // 3600, "minutes": whole % 3600 // 60}


@register.filter
def percent(share: float | None) -> str:
    """A share of 0 to 1 in percent; a dash where there is none."""
    return "–" if share is None else _("%(share)d %%") % {"share": round(100 * share)}


@register.filter
def clock(moment: datetime | None) -> str:
    """The time of day with seconds, in the reader's time zone: what the story of a call needs."""
    return "" if moment is None else timezone.localtime(moment).strftime("%H:%M:%S")


@register.filter
def day(moment: datetime) -> str:
    """The day as people say it: today, yesterday, else the date."""
    local = timezone.localtime(moment).date()
    ago = (timezone.localdate() - local).days
    if ago == 0:
        return _("Today")
    if ago == 1:
        return _("Yesterday")
    return str(format_date(local, "DATE_FORMAT"))
