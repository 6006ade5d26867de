"""Where calls go, as a page shows it: every place with its words and its ways, drawn in layers, and the same as a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from svara.calls.routing.flow import Fault, Flow, Place, Way
from svara.calls.routing.following import Followed
from svara.people.office import Hours, Tenant
from svara.people.wording import clock, days
from svara.web.forms.options import target
from svara.web.layered import WIDTH, Box, Line, back_lines, layered

HEAD, ROW, FOOT = 52.0, 36.0, 8.0
"""Heights in the drawing."""
MAX_DEEP = 8
"""So deep the list goes before a place stands at its left edge again."""
READABLE = 1400.0
"""A drawing that is wider is shown in its full size at first."""
MAX_DRAWN = 120
"""More places than this are shown by the number that leads to them."""

FAULTS: dict[Fault, Promise] = {
    "unreached": gettext_lazy("Nothing leads here: no number, menu or queue, and no extension."),
    "dead-end": gettext_lazy("A dead end: whatever callers press, they are hung up on."),
    "circle": gettext_lazy("A circle: who presses nothing comes back here, until the call is ended."),
    "silent": gettext_lazy("Its prompt is missing: callers hear a beep and nothing else. Record one."),
    "nobody": gettext_lazy("Nobody is in this queue, so nobody takes its calls."),
    "no-trunk": gettext_lazy("No trunk carries calls to this number."),
    "hung-up": gettext_lazy("Calls to this number are hung up on."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A way from a place. `to`: the id of the place where it leads, "" for none; `back`: it closes a circle."""

    place: str
    way: str
    key: str
    label: str
    words: str
    to: str
    edit: str
    back: bool
    lit: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A place. `url`: where all of it is set, "" where nothing is; `prompt` and `add`: where a menu's are changed."""

    id: str
    anchor: str
    kind: str
    title: str
    about: str
    url: str
    prompt: str
    add: str
    faults: tuple[str, ...]
    rows: tuple[Row, ...]
    lit: bool

    @property
    def height(self) -> float:
        lines = len(self.rows) + bool(self.prompt) + bool(self.add)
        return HEAD + ROW * lines + (FOOT if lines else 0)

    def port(self, number: int) -> float:
        """Where the line of a row leaves."""
        return HEAD + ROW * (number + bool(self.prompt) + 0.5)


@dataclass(frozen=True, slots=True)
class At:
    """A place in the drawing."""

    place: Shown
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The drawing: places, and the lines between them as SVG paths, those that a call went last."""

    width: str
    height: str
    places: tuple[At, ...]
    lines: tuple[tuple[str, bool], ...]
    wide: bool
    """As a whole it would be too small to be read."""


@dataclass(slots=True)
class Branch:
    """A place in the list, and below its rows what they lead to. `known`: it stands above already."""

    place: Shown
    known: bool = False
    rows: list[tuple[Row, Branch | None]] = field(default_factory=list)


def shown(flow: Flow, tenant: Tenant, followed: Followed | None, *, edits: bool) -> dict[str, Shown]:
    """All places of a flow in words; `followed` lights the way of one call. `edits`: the reader may change something."""
    gone = {(step.place, step.way) for step in followed.steps} if followed is not None else set()
    passed = {place for place, _way in gone} | ({followed.last} if followed is not None else set())
    called = {person.username: person.name for person in tenant.people}
    back = _back(flow)
    found = {}
    for number, place in enumerate(flow.places.values()):
        rows = tuple(
            Row(
                place.id,
                way.name,
                way.key,
                label(way),
                _leads(flow, called, way),
                way.to if way.to in flow.places else "",
                _edit(place, way) if edits else "",
                (place.id, way.name) in back,
                (place.id, way.name) in gone,
            )
            for way in place.ways
        )
        menu = place.name if edits and place.kind == "menu" else ""
        found[place.id] = Shown(
            place.id,
            f"place-{number}",
            place.kind,
            title(place),
            _about(tenant, place),
            _url(place),
            reverse("administration-prompt", args=[menu]) if menu else "",
            reverse("administration-way", query={"place": place.id, "way": "key."}) if menu else "",
            tuple(str(FAULTS[fault]) for fault in flow.faults.get(place.id, ())),
            rows,
            place.id in passed,
        )
    return found


def picture(places: Mapping[str, Shown]) -> Picture:
    """The drawing of these places."""
    boxes, lines, rows = [], [], []
    for place in places.values():
        boxes.append(Box(place.id, place.height))
        for number, row in enumerate(place.rows):
            if row.to:
                lines.append(Line(place.id, place.port(number), row.to))
                rows.append(row)
    layout = layered(boxes, lines)
    drawn = sorted(layout.lines, key=lambda line: rows[line.number].lit)
    return Picture(
        f"{layout.width:g}",
        f"{layout.height:g}",
        tuple(At(places[box.id], f"{box.x:g}", f"{box.y:g}", f"{WIDTH:g}", f"{box.height:g}") for box in layout.boxes),
        tuple((line.path, rows[line.number].lit) for line in drawn),
        wide=layout.width > READABLE,
    )


def branches(places: Mapping[str, Shown], entries: Iterable[str]) -> list[Branch]:
    """The same as a list: below each way where it leads, each place once."""
    seen: set[str] = set()
    waiting = [id_ for id_ in entries if id_ in places]
    found: list[Branch] = []

    def grow(id_: str, deep: int) -> Branch:
        branch = Branch(places[id_], known=id_ in seen)
        if branch.known:
            return branch
        seen.add(id_)
        for row in branch.place.rows:
            if deep >= MAX_DEEP and row.to and row.to not in seen and places[row.to].rows:
                waiting.append(row.to)
                branch.rows.append((row, None))
            else:
                branch.rows.append((row, grow(row.to, deep + 1) if row.to else None))
        return branch

    while waiting:
        id_ = waiting.pop(0)
        if id_ not in seen:
            found.append(grow(id_, 0))
    return found


def _back(flow: Flow) -> set[tuple[str, str]]:
    """The ways that close a circle, as the drawing finds them."""
    ways = [(place.id, way) for place in flow.places.values() for way in place.ways if way.to in flow.places]
    back = back_lines([Box(id_, HEAD) for id_ in flow.places], [Line(id_, 0, way.to) for id_, way in ways])
    return {(ways[number][0], ways[number][1].name) for number in back}


def title(place: Place) -> str:
    """What a place is called."""
    match place.kind:
        case "menu":
            return _("Menu %(name)s") % {"name": place.name}
        case "queue":
            return _("Queue %(name)s") % {"name": place.name}
        case "voicemail":
            return _("Voicemail of %(name)s") % {"name": place.name}
        case "conference":
            return _("Conference %(name)s") % {"name": place.name}
        case "hours":
            return _("Hours %(name)s") % {"name": place.name}
        case _:
            return place.name


def label(way: Way) -> str:
    """A way in words."""
    if way.key:
        return _("Key %(key)s") % {"key": way.key}
    return {
        "always": pgettext("calls", "At any time"),
        "hours": _("By the hours"),
        "open": pgettext("hours", "Open"),
        "closed": pgettext("hours", "Closed"),
        "otherwise": pgettext("menu", "Otherwise"),
        "when_timeout": _("Waited too long"),
        "when_full": _("Line is full"),
        "when_empty": _("Nobody logged in"),
        "unanswered": _("Nobody answers"),
    }[way.name]


def _leads(flow: Flow, called: Mapping[str, str], way: Way) -> str:
    there = flow.places.get(way.to)
    return title(there) if there is not None else str(capfirst(target(called, way.to)))


def _about(tenant: Tenant, place: Place) -> str:
    if place.kind == "hours":
        return hours_in_words(tenant.hours_by_name[place.name])
    if place.kind == "queue":
        count = len(tenant.queue_by_name[place.name].members)
        return " · ".join(filter(None, [place.extension, _("members: %(count)s") % {"count": count}]))
    if place.kind == "number":
        return _("A number of yours")
    return _("A number elsewhere") if place.kind == "outside" else place.extension


def hours_in_words(hours: Hours) -> str:
    """Opening hours in one line."""
    open_ = ", ".join(f"{days(each.days)} {clock(each.from_minute)}–{clock(each.to_minute)}" for each in hours.open[:4])
    more = [open_ + (" …" if len(hours.open) > 4 else "")]
    if hours.holidays:
        more.append(_("closed on holidays (%(country)s)") % {"country": hours.holidays})
    if hours.exceptions:
        more.append(_("exceptions: %(count)s") % {"count": len(hours.exceptions)})
    return "; ".join(filter(None, more))


_SECTIONS = {"menu": "menus", "queue": "queues", "number": "numbers", "hours": "hours", "conference": "conferences"}


def _url(place: Place) -> str:
    if place.kind == "person":
        return reverse("administration-item", args=["people", place.id.removeprefix("person:")])
    section = _SECTIONS.get(place.kind)
    return reverse("administration-item", args=[section, place.name]) if section else ""


def _edit(place: Place, way: Way) -> str:
    return "" if way.name == "hours" else reverse("administration-way", query={"place": place.id, "way": way.name})


def told(followed: Followed, places: Mapping[str, Shown]) -> list[tuple[str, str]]:
    """The way of a call, step by step: the place, and how it goes on from there."""
    lines: list[tuple[str, str]] = []
    for step in followed.steps:
        here = places.get(step.place)
        lines.append((here.title if here is not None else step.place, _step(step.way, step.pressed)))
    lines.extend(_end(followed, places))
    return lines


def _step(way: str, pressed: str) -> str:
    if pressed and way == "otherwise":
        return _("%(keys)s leads nowhere: otherwise") % {"keys": pressed}
    return _("%(keys)s is dialled") % {"keys": pressed} if pressed else label(Way(way, ""))


def _end(followed: Followed, places: Mapping[str, Shown]) -> Iterator[tuple[str, str]]:
    last = places.get(followed.last)
    name = last.title if last is not None else followed.last.partition(":")[2]
    known = {
        "rings": pgettext("call", "It rings."),
        "waits": _("The caller stands in the line."),
        "leaves-message": _("The caller leaves a message."),
        "confers": _("The caller is in the conference."),
        "chooses": _("The caller hears what there is, and chooses."),
        "hung-up": _("The call is hung up."),
        "circle": _("The call has gone in a circle and is ended."),
        "refused": _("The call cannot go on: nothing is there any more, or no trunk carries it."),
    }
    yield (name or pgettext("call", "The end"), known[followed.end])


def entries(flow: Flow, places: Mapping[str, Shown]) -> Sequence[tuple[str, str]]:
    """Where calls come in, to choose from."""
    return [(id_, places[id_].title) for id_ in flow.entries if id_ in places]
