"""Correcting what is wrong about oneself, having one's data restricted, and objecting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.people.access import people_by_id
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.rights import corrections, objections, restriction, telling
from svara.privacy.rights.asked import Asked, Correction
from svara.privacy.subject import person
from svara.web.pages.privacy import asked
from svara.web.pages.privacy.news import whole
from svara.web.pages.viewing import account_of
from svara.web.words import sentences


@require_GET
def my_rights(request: HttpRequest) -> HttpResponse:
    """Everything of this kind, and what became of it."""
    return _page(request)


@require_POST
def correct(request: HttpRequest) -> HttpResponse:
    """Correct a value of one's own, or ask for it."""
    actor, given = account_of(request), request.POST

    def do() -> str:
        key, ref = given.get("key", ""), given.get("ref", "")
        row = corrections.do_correct(actor, key, given.get("value", ""), why=given.get("why", ""), ref=ref)
        if row.state == "done":
            return _("Corrected. It is in effect now.")
        if row.state == "confirm":
            return _send_link(request, row, given.get("value", "").strip())
        return _("Your request is with the privacy officer.")

    return _done(request, do, "corrections")


@require_POST
def take_back(request: HttpRequest, correction_id: str) -> HttpResponse:
    """Want it no longer."""
    return _done(request, lambda: corrections.do_take_back(account_of(request), correction_id), "corrections")


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail to the new address. It counts with the button: programs that only look at links do nothing."""
    if request.method == "GET":
        return render(request, "web/privacy/correction_confirm.html", {"here": "rights"})
    try:
        corrections.do_confirm(account_of(request), token)
    except NotFound:
        messages.error(request, _("This link was used, is too old, or is not yours."))
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
    else:
        messages.success(request, _("Corrected. It is in effect now."))
    return redirect("my-rights")


@require_POST
def restrict(request: HttpRequest) -> HttpResponse:
    """Ask that one's data be kept and not used."""
    ground, reason = request.POST.get("ground", ""), request.POST.get("reason", "")

    def do() -> str:
        restriction.do_ask(account_of(request), ground, reason)
        return _("Your request is with the privacy officer.")

    return _done(request, do, "restrictions")


@require_POST
def free(request: HttpRequest, restriction_id: str) -> HttpResponse:
    """Want one's own restriction no longer."""
    return _done(request, lambda: restriction.do_free(account_of(request), restriction_id), "restrictions")


@require_POST
def object_(request: HttpRequest) -> HttpResponse:
    """Object to a use of one's data."""
    purpose, reason = request.POST.get("purpose", ""), request.POST.get("reason", "")

    def do() -> str:
        objections.do_object(account_of(request), purpose, reason)
        return _("It is stopped.")

    return _done(request, do, "objections")


@require_POST
def withdraw(request: HttpRequest, objection_id: str) -> HttpResponse:
    """Object no longer."""
    return _done(request, lambda: objections.do_withdraw(account_of(request), objection_id), "objections")


def _done(request: HttpRequest, do: Callable[[], str | None], where: str) -> HttpResponse:
    try:
        told = do()
    except NotFound:
        raise Http404 from None
    except Invalid as error:
        return _page(request, {where: sentences(error.messages)}, 422)
    messages.success(request, told or _("Done."))
    return redirect(f"{reverse('my-rights')}#{where}")


def _send_link(request: HttpRequest, row: Correction, address: str) -> str:
    place = whole(request, reverse("my-correction-confirm", args=[corrections.token_of(row)]))
    text = "\n\n".join(
        (
            _("This shall be your e-mail address from now on. Confirm it here within two days: %(address)s")
            % {"address": place},
            _("If you did not ask for this, do nothing."),
        )
    )
    headers = {"Auto-Submitted": "auto-generated"}
    mail = EmailMessage(_("Confirm your new e-mail address"), text + "\n", to=[address], headers=headers)
    if telling.send(row.tenant_id, mail):
        return _("A mail is on its way to the new address: the link in it makes the correction.")
    return _("The mail server does not take the mail now. Try again later.")


def _page(request: HttpRequest, problems: dict[str, list[str]] | None = None, status: int = 200) -> HttpResponse:
    actor = account_of(request)
    fixed = corrections.access_own_corrections(actor)
    limits = restriction.access_own_restrictions(actor)
    against = objections.access_own_objections(actor)
    rows: list[Asked] = [*(one.row for one in fixed), *(one.row for one in limits), *(one.row for one in against)]
    ids = {row.decided_by for row in rows}
    ids |= {got.who for each in fixed for got in each.got if got.act}
    names = {key: each.name for key, each in people_by_id(actor, ids - {""}).items()}
    now = {each.row.purpose for each in against if each.row.state in {"stopped", "upheld"}}
    page: dict[str, Any] = {
        "here": "rights",
        "values": [
            {
                "of": each.of,
                "title": _(each.of.title),
                "value": each.value,
                "at_once": each.at_once,
                "choices": _choices(each.of),
            }
            for each in corrections.access_own_values(actor)
        ],
        "things": [
            {"of": each, "title": _(each.title), "hint": _(each.hint)}
            for each in corrections.correctables(person(actor.id))
            if each.of_thing
        ],
        "corrections": [asked.shown_correction(each, names) for each in fixed],
        "restrictions": [asked.shown_restriction(each, names) for each in limits],
        "restricted": any(each.row.state == "in-force" for each in limits),
        "grounds": asked.GROUNDS,
        "objections": [asked.shown_objection(each, names) for each in against],
        "purposes": [(key, title) for key, title in objections.STOPPED.items() if key not in now],
        "problems": problems or {},
    }
    return render(request, "web/privacy/my_rights.html", page, status=status)


def _choices(of: corrections.Correctable) -> list[tuple[str, str]]:
    return of.choices() if of.choices is not None else []
