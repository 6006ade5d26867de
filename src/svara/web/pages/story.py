"""One call's story: what happened, in order, and how well the two heard each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET

from svara.history.access import access_call, visible
from svara.history.networks import troubles
from svara.history.recordings import access_recording, there_to_hear
from svara.history.shown import CallDetail, LegView, WaitView
from svara.people import access
from svara.people.browserphone import is_browser
from svara.people.models import Account
from svara.web import naming
from svara.web.pages.viewing import account_of
from svara.web.sound_file import sound_file
from svara.web.sound_words import sentences
from svara.web.words import reason


@require_GET
def story(request: HttpRequest, call_id: str) -> HttpResponse:
    """One call, from the first ring to the last word."""
    account = account_of(request)
    try:
        detail = access_call(account, call_id)
    except access.NotFound:
        raise Http404 from None
    [line] = naming.lines(account, [detail.item])
    detail = replace(detail, item=line.item)
    page = {
        "line": line,
        "item": line.item,
        "steps": steps(detail),
        "quality": quality(detail),
        "figures": figures(detail),
        "faults": sentences(troubles(detail.quality), _sides(detail)),
        "recordings": recordings_to_hear(account, detail),
        "supervises": bool(detail.supervises),
        "supervised": supervised(account, detail.supervises),
    }
    return render(request, "web/story.html", page)


@require_GET
def recording(request: HttpRequest, call_id: str, number: int) -> HttpResponse:
    """What was said, in the parts that the browser asks for."""
    try:
        return sound_file(request, access_recording(account_of(request), call_id, number))
    except access.NotFound:
        raise Http404 from None


def supervised(account: Account, call_id: str) -> str:
    """The id of the call that was supervised by this one, where there is a page of it to go to; ""."""
    with suppress(access.NotFound):
        return visible(account, call_id).id if call_id else ""
    return ""


def recordings_to_hear(account: Account, detail: CallDetail) -> list[tuple[int, float]]:
    """Number and length of each recording that there still is, and that this person may hear."""
    return [(number, detail.recorded_seconds[number]) for number in there_to_hear(account, detail.item.id)]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `tone`: "good", "warn", "bad" or nothing."""

    at: datetime
    text: str
    tone: str = ""


def steps(detail: CallDetail) -> list[Step]:
    """The call as a story, in order of time."""
    item, sides = detail.item, _sides(detail)
    told = [
        Step(item.started_at, _("%(caller)s called %(callee)s") % {"caller": item.caller.shown, "callee": item.callee.shown})
    ]
    told += _on_its_way(detail)
    told += _in_line(detail)
    for leg in detail.legs:
        told += _leg(detail, leg)
    for seconds in detail.messages_seconds:
        told.append(Step(item.ended_at, _("A voice message of %(seconds)d seconds was left") % {"seconds": seconds}, "good"))
    for seconds in detail.recorded_seconds:
        told.append(Step(item.ended_at, _("%(seconds)d seconds of the talk were recorded") % {"seconds": seconds}))
    for hold in detail.holds:
        who = {"who": sides.get(hold.by, "")}
        told.append(Step(hold.started_at, _("%(who)s put the call on hold") % who, "warn"))
        if hold.ended_at < item.ended_at:
            told.append(Step(hold.ended_at, _("%(who)s took the call back") % who))
    for moved in detail.transfers:
        who = {"who": moved.by.shown, "to": _whither(detail, moved.to)}
        told.append(Step(moved.at, TRANSFERS.get(moved.how, TRANSFERS["blind"]) % who))
    for one in detail.supervisions:
        who = {"who": one.by.shown}
        told.append(Step(one.started_at, SUPERVISIONS.get(one.how, SUPERVISIONS["listen"]) % who, "warn"))
        others = (next_ for next_ in detail.supervisions if next_.by == one.by and next_.started_at == one.ended_at)
        if one.ended_at < item.ended_at and next(others, None) is None:
            told.append(Step(one.ended_at, _("%(who)s left the call") % who))
    told += [replace(step, text=" ".join(step.text.split())) for step in _in_conferences(detail)]  # some have no name
    told.sort(key=lambda step: step.at)
    if item.end_reason == "hung up" and item.ended_by in sides:
        last = _("%(who)s hung up") % {"who": sides[item.ended_by]}
    else:
        last = (
            _("The call ended: %(reason)s") % {"reason": reason(item.end_reason)} if item.end_reason else _("The call ended")
        )
    return [*told, Step(item.ended_at, last, "" if item.outcome == "answered" else "bad")]


def _in_conferences(detail: CallDetail) -> Iterator[Step]:
    """Who was there, and when, while the caller was."""
    who = detail.item.caller.shown
    for one in detail.conferences:
        told = {"who": who, "name": one.name}
        came = _("%(who)s joined the conference %(name)s as its moderator") if one.moderator else ""
        yield Step(one.joined_at, (came or _("%(who)s joined the conference %(name)s")) % told, "good")
        for met in one.met:
            other = {"who": met.who.shown, "name": one.name}
            if met.since > one.joined_at:
                yield Step(met.since, _("%(who)s joined the conference %(name)s") % other)
            else:
                yield Step(met.since, _("%(who)s was in the conference %(name)s already") % other)
            if met.until < one.left_at:
                yield Step(met.until, _("%(who)s left the conference %(name)s") % other)
        left = {
            "removed": _("%(who)s was removed from the conference %(name)s"),
            "ended": _("The conference %(name)s was ended for all"),
        }.get(one.why, _("%(who)s left the conference %(name)s"))
        yield Step(one.left_at, left % told)


MOMENT = timedelta(seconds=1)
"""So long a phone may take to stop once a queue let go of it."""
WAITS_OVER: dict[str, Promise] = {
    "timeout": gettext_lazy("The longest time in the line for %(queue)s was over"),
    "full": gettext_lazy("The line for %(queue)s was full"),
    "empty": gettext_lazy("Nobody was logged in for %(queue)s"),
    "closed": gettext_lazy("%(queue)s was closed"),
}
"""Why a wait ended, where the caller went on to somewhere else."""


SUPERVISIONS: dict[str, Promise] = {
    "listen": gettext_lazy("%(who)s listened to the call, after both sides were told"),
    "whisper": gettext_lazy("%(who)s listened to the call and spoke to the colleague alone, after both sides were told"),
    "barge": gettext_lazy("%(who)s joined the call, after both sides were told"),
}
"""How a supervisor took part."""


TRANSFERS: dict[str, Promise] = {
    "blind": gettext_lazy("%(who)s sent the call on to %(to)s"),
    "attended": gettext_lazy("%(who)s spoke with the other side first and then put the call through to %(to)s"),
    "taken-back": gettext_lazy("Nobody took the call: it came back to %(who)s"),
    "park": gettext_lazy("%(who)s parked the call"),
    "pick-up": gettext_lazy("%(who)s took the call at another phone"),
    "conference": gettext_lazy("%(who)s moved the call into a conference"),
}
"""How a call was sent on."""


def _whither(detail: CallDetail, target: str) -> str:
    """The target of a transfer in words: who of the house that is, a number, or a name in the office."""
    _kind, _colon, name = target.partition(":")
    people = (detail.item.callee, *(leg.to for leg in detail.legs))
    return next((one.shown for one in people if one.username == name), name)


def _on_its_way(detail: CallDetail) -> Iterator[Step]:
    """What nobody answered: opening hours, menus with the keys that were pressed in them, mailboxes."""
    for stop in detail.stops:
        if stop.why == "closed":
            yield Step(stop.at, _("It was outside the opening hours"), "warn")
        elif stop.why.startswith("key "):
            pressed = {"who": detail.item.caller.shown, "key": stop.why.removeprefix("key ")}
            yield Step(stop.at, _("%(who)s pressed the key %(key)s") % pressed)
        kind, _colon, name = stop.to.partition(":")
        if kind == "menu":
            yield Step(stop.at, _("The menu %(name)s was played") % {"name": name})
        elif kind == "voicemail":
            yield Step(stop.at, _("The voicemail of %(name)s answered") % {"name": _whither(detail, stop.to)})


def _in_line(detail: CallDetail) -> Iterator[Step]:
    """Waiting in queues, and the colleagues who were asked meanwhile."""
    for wait in detail.waits:
        yield Step(wait.entered_at, _waiting(wait))
        if wait.why in WAITS_OVER:
            yield Step(wait.left_at, WAITS_OVER[wait.why] % {"queue": wait.queue}, "warn")
    for offer in detail.offers:
        if offer.queue and not offer.answered:
            why = {"who": offer.to.shown, "reason": reason(offer.reason)}
            yield Step(offer.ended_at, _("%(who)s did not take the call: %(reason)s") % why)
    if detail.callback_number and detail.waits:
        kept = _("The caller keeps the place in the line and is called back on %(number)s")
        yield Step(detail.waits[-1].left_at, kept % {"number": detail.callback_number})


def _waiting(wait: WaitView) -> str:
    if wait.position > 1:
        return _("Waited in the line for %(queue)s, at place %(place)d") % {"queue": wait.queue, "place": wait.position}
    return _("Waited in the line for %(queue)s") % {"queue": wait.queue}


def phone_named(login: str) -> str:
    """A phone as people call it: by its login, but nobody knows that of a phone in a browser."""
    return pgettext("which phone", "in the browser") if is_browser(login) else login


def _leg(detail: CallDetail, leg: LegView) -> list[Step]:
    phone = {"who": leg.to.shown, "phone": phone_named(leg.to.login or leg.to.number)}
    if leg.ringing_at:
        told = [Step(leg.ringing_at, _("%(who)s's phone rang (%(phone)s)") % phone)]
    else:
        told = [Step(leg.offered_at, _("%(who)s's phone was tried (%(phone)s)") % phone)]
    if leg.answered_at:
        told.append(Step(leg.answered_at, _("%(who)s picked up (%(phone)s)") % phone, "good"))
    elif leg.reason and leg.ended_at < detail.item.ended_at and not _told_of(detail, leg):
        told.append(
            Step(
                leg.ended_at, _("%(who)s's phone stopped (%(phone)s): %(reason)s") % (phone | {"reason": reason(leg.reason)})
            )
        )
    return told


def _told_of(detail: CallDetail, leg: LegView) -> bool:
    """Whether the line of a queue says of its person already why the call was not taken."""
    offers = (one for one in detail.offers if one.queue and not one.answered and one.to.username == leg.to.username)
    return any(one.offered_at <= leg.ended_at <= one.ended_at + MOMENT for one in offers)


@dataclass(frozen=True, slots=True)
class Heard:
    """The sound that came from one side: `bars` of four, and the figures behind them."""

    who: str
    bars: int
    word: str
    mos: float | None
    lost_percent: float
    jitter_ms: float


def quality(detail: CallDetail) -> list[Heard]:
    """The measured sound, one line for each side that sent any."""
    heard = []
    for side in detail.quality:
        if side.packets + side.lost == 0:
            continue
        lost = 100 * side.lost / (side.packets + side.lost)
        bars = grade(side.mos, lost)
        heard.append(Heard(_sides(detail).get(side.side, ""), bars, _grades()[bars - 1], side.mos, lost, side.jitter_ms))
    return heard


def figures(detail: CallDetail) -> list[str]:
    """How the phones themselves heard the talk, where they told: a sentence for each."""
    told = []
    for one in detail.figures:
        who = _sides(detail).get(one.side, "")
        if not who or not one.packets + one.lost:
            continue
        lost = 100 * one.lost / (one.packets + one.lost)
        parts = [
            _("%(percent)s %% lost") % {"percent": number_format(lost, 1)},
            _("jitter %(ms)s ms") % {"ms": one.jitter_ms},
        ]
        if one.round_trip_ms:
            parts.append(_("%(ms)s ms there and back") % {"ms": one.round_trip_ms})
        if one.concealed is not None:
            parts.append(_("%(percent)s %% of the sound was filled in") % {"percent": number_format(100 * one.concealed, 1)})
        told.append(_("What the phone of %(who)s counted itself: %(parts)s.") % {"who": who, "parts": ", ".join(parts)})
    return told


def grade(mos: float | None, lost_percent: float) -> int:
    """1 (bad) to 4 (good), from the mean opinion score (ITU-T G.107, annex B), from the loss where there is none."""
    steps_up = (3.1, 3.6, 4.0) if mos is not None else (-8.0, -3.0, -1.0)
    value = mos if mos is not None else -lost_percent
    return 1 + sum(value >= step for step in steps_up)


def _grades() -> tuple[str, str, str, str]:
    return (pgettext("sound", "bad"), pgettext("sound", "poor"), pgettext("sound", "fair"), pgettext("sound", "good"))


def _sides(detail: CallDetail) -> dict[str, str]:
    return {"caller": detail.item.caller.shown, "callee": (detail.item.answered_by or detail.item.callee).shown}
