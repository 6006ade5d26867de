"""Contacts from the phone's own book, or from a file of vCards: what is there is shown, and only what somebody chooses is
kept.

Nothing is stored between the two: what was read goes back to the browser, and what is chosen comes from there. A browser
with scripts leaves pictures and sounds of a file away, and sends it in portions, so that nothing lies on a disk meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from svara.contacts import access, actions, picked, vcard
from svara.contacts.actions import TWINS, Taken, Twins
from svara.contacts.card import Card, packed, unpacked
from svara.people.models import Account
from svara.privacy.errors import Forbidden, Invalid
from svara.web.pages.viewing import account_of, fragment
from svara.web.words import CARD_FAULTS

MAX_SECONDS = 10.0
"""For so long one answer reads at most."""
_FIGURE = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """A card that can be chosen: `value` is all of it. Without a card, `fault` says why. `known`: the contact that has one
    of its numbers already."""

    place: int
    title: str
    beside: str
    numbers: tuple[str, ...]
    value: str
    fault: str
    left_out: tuple[str, ...]
    known: str


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def take_in(request: HttpRequest) -> HttpResponse:
    """The page; a POST reads a file, or what the phone's book gave (`picked`), and shows what there is to choose from. A
    portion is answered with its choices alone."""
    actor = account_of(request)
    if actor.visit is not None:
        raise PermissionDenied
    if request.method == "GET":
        return render(request, "web/contacts_taken.html", {})
    choices, fault = _read(request, actor)
    portion = "portion" in request.POST
    page = {"choices": choices, "fault": fault, "chosen": "picked" in request.POST, "portion": portion}
    page["source"] = "phone" if "picked" in request.POST else "file"
    if portion:
        return fragment(request, "web/_contact_choices.html", page, 422 if fault else 200)
    return render(request, "web/contacts_taken.html", page, status=422 if fault else 200)


@require_POST
@sensitive_post_parameters()
def take(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen. A portion is answered with figures; the last one says what there was in all."""
    actor, given = account_of(request), request.POST
    twins: Twins = next((known for known in TWINS if known == given.get("twins")), "skip")
    source = "phone" if given.get("source") == "phone" else "file"
    cards, broken = _chosen(given.getlist("card"))
    try:
        taken = actions.do_take(actor, cards, twins, source)
    except Invalid as error:
        if "portion" in given:
            return JsonResponse({"error": str(error)}, status=422)
        messages.error(request, str(error))
        return redirect("contacts-taken")
    except Forbidden:
        raise PermissionDenied from None
    unfit = len(taken.unfit) + broken
    if "portion" in given and "last" not in given:
        return JsonResponse({"added": taken.added, "merged": taken.merged, "skipped": taken.skipped, "unfit": unfit})
    before = {name: _figure(given.get(name, "")) for name in ("added", "merged", "skipped", "unfit")}
    whole = Taken(
        taken.added + before["added"], taken.merged + before["merged"], taken.skipped + before["skipped"], taken.unfit
    )
    for sentence in _told(whole, unfit + before["unfit"]):
        messages.success(request, sentence)
    return redirect("contacts")


def _read(request: HttpRequest, actor: Account) -> tuple[list[Choice], str]:
    """What there is to choose from, and what is wrong with the whole."""
    country = actor.tenant.country
    file = request.FILES.get("file")
    if "picked" in request.POST:
        try:
            found: Iterable[vcard.Found] = list(picked.read(request.POST["picked"].encode(), country))
        except picked.BadChoiceError:
            return [], _("The browser sent something that is no contact.")
    elif isinstance(file, UploadedFile):
        data = file.read()
        if not vcard.is_vcard(data):
            return [], _(
                "This is no file of vCards: such a file begins with BEGIN:VCARD, and its name often ends with .vcf."
            )
        found = vcard.read(data, country)
    else:
        return [], _("Choose a file.")
    read, fault = _bounded(found)
    known = access.access_known(actor, [each.card for each in read])
    begin = _figure(request.POST.get("begin", ""))
    return [_choice(each, begin, title) for each, title in zip(read, known, strict=True)], fault


def _bounded(found: Iterable[vcard.Found]) -> tuple[list[vcard.Found], str]:
    until = time.monotonic() + MAX_SECONDS
    read: list[vcard.Found] = []
    for each in found:
        if len(read) >= vcard.MAX_CARDS:
            return read, _("There are more than %(count)d cards: the rest was not read.") % {"count": vcard.MAX_CARDS}
        if time.monotonic() > until:
            return read, _("Reading took too long: the rest was not read. Try a smaller file.")
        read.append(each)
    return read, ""


def _choice(found: vcard.Found, begin: int, known: str) -> Choice:
    card = found.card or Card()
    return Choice(
        begin + found.place,
        found.title,
        card.beside,
        tuple(each.number for each in card.numbers) or tuple(filter(None, (card.mail,))),
        packed(card).decode() if found.card is not None else "",
        str(CARD_FAULTS[found.fault]) if found.fault else "",
        found.left_out,
        known,
    )


def _chosen(values: list[str]) -> tuple[list[Card], int]:
    """The cards that were chosen, and how many are none."""
    cards = list(_cards(values))
    return cards, len(values) - len(cards)


def _cards(values: list[str]) -> Iterator[Card]:
    for value in values[: vcard.MAX_CARDS]:
        try:
            yield unpacked(value.encode())
        except (msgspec.DecodeError, UnicodeEncodeError):
            continue


def _told(taken: Taken, unfit: int) -> Iterator[str]:
    """What became of it, in sentences."""
    yield ngettext("%(count)d contact added", "%(count)d contacts added", taken.added) % {"count": taken.added}
    if taken.merged:
        text = ngettext("%(count)d merged with a contact", "%(count)d merged with contacts", taken.merged)
        yield text % {"count": taken.merged}
    if taken.skipped:
        text = ngettext("%(count)d was there already", "%(count)d were there already", taken.skipped)
        yield text % {"count": taken.skipped}
    if unfit:
        text = ngettext("%(count)d could not be kept", "%(count)d could not be kept", unfit)
        yield text % {"count": unfit}


def _figure(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _FIGURE else 0
