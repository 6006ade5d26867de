"""Administration's page of letters to the company's readers: write, look, try, send to who agreed, and see how far it is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.letters import access, actions, sending, writing
from svara.letters.models import Letter
from svara.people.models import Account
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions import notices
from svara.web.pages.viewing import account_of, fragment

_PLACE = {"section": "news"}


@require_GET
def letters(request: HttpRequest) -> HttpResponse:
    """The letters, and how many readers there are."""
    actor = account_of(request)
    try:
        rows = [(letter, _subject(letter), access.progress(letter)) for letter in access.access_letters(actor)]
        number = access.access_number(actor)
    except Forbidden:
        raise PermissionDenied from None
    page = {
        "rows": rows,
        "number": number,
        "can_send": sending.can_send(),
        "asks": notices.current(actor, "news", "en") is not None,
        "tenant": actor.tenant,
    }
    return render(request, "web/letters.html", page | _PLACE)


@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, letter_id: str | None = None) -> HttpResponse:
    """One letter: a draft to write on, or one that is on its way or sent."""
    actor = account_of(request)
    try:
        found = access.access_letter(actor, letter_id) if letter_id is not None else None
        if found is None and not actor.has_role("admin"):
            raise Forbidden
        if request.method == "GET":
            return _page(request, found)
        texts = _texts(request, actor)
        try:
            saved = actions.do_write(actor, letter_id, texts)
        except Invalid as error:
            return _page(request, found, error, texts)
    except Forbidden:
        raise PermissionDenied from None
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Saved."))
    return redirect("administration-letter", saved.id)


@require_POST
def remove(request: HttpRequest, letter_id: str) -> HttpResponse:
    """Throw a draft away."""
    answer = _do(request, letter_id, lambda actor: actions.do_remove(actor, letter_id))
    if answer is not None:
        return answer
    messages.success(request, _("The draft is gone."))
    return redirect("administration-news")


@require_POST
def test(request: HttpRequest, letter_id: str) -> HttpResponse:
    """Send it to myself."""
    language = request.POST.get("language", "")
    answer = _do(request, letter_id, lambda actor: actions.do_test(actor, letter_id, language))
    if answer is not None:
        return answer
    messages.success(request, _("It is on its way to %(address)s.") % {"address": account_of(request).email})
    return redirect("administration-letter", letter_id)


@require_POST
def send(request: HttpRequest, letter_id: str) -> HttpResponse:
    """Send it to everybody who agreed."""
    answer = _do(request, letter_id, lambda actor: actions.do_send(actor, letter_id))
    return answer if answer is not None else redirect("administration-letter", letter_id)


@require_POST
def stop(request: HttpRequest, letter_id: str) -> HttpResponse:
    """Send it to nobody else."""
    answer = _do(request, letter_id, lambda actor: actions.do_stop(actor, letter_id))
    return answer if answer is not None else redirect("administration-letter", letter_id)


def _do(request: HttpRequest, letter_id: str, action: Any) -> HttpResponse | None:
    """Do something with a letter; the answer where that was not possible."""
    actor = account_of(request)
    try:
        action(actor)
    except Invalid as error:
        return _page(request, access.access_letter(actor, letter_id), error)
    except Forbidden:
        raise PermissionDenied from None
    except NotFound:
        raise Http404 from None
    return None


def _page(
    request: HttpRequest, found: Letter | None, error: Invalid | None = None, texts: dict[str, Any] | None = None
) -> HttpResponse:
    actor = account_of(request)
    page: dict[str, Any] = {"letter": found, "error": str(error) if error else ""}
    if found is not None:
        page |= {"progress": access.progress(found)}
        if request.headers.get("HX-Request"):
            return fragment(request, "web/_letter_progress.html", page)
        page |= {"preview": [(code, dict(settings.LANGUAGES)[code], text) for code, text in access.preview(found).items()]}
    if found is None or found.state == "draft":
        written = texts or {code: tuple(each.values()) for code, each in (found.texts if found else {}).items()}
        page |= {
            "forms": [(code, name, *_written(found, texts, code)) for code, name in _languages(actor, written)],
            "number": access.access_number(actor),
            "can_send": sending.can_send(),
            "most_subject": writing.MAX_SUBJECT,
            "most_text": writing.MAX_TEXT,
        }
    return render(request, "web/letter.html", page | _PLACE, status=422 if error else 200)


def _written(found: Letter | None, texts: dict[str, Any] | None, code: str) -> tuple[str, str]:
    if texts is not None:
        subject, text = texts.get(code, ("", ""))
        return subject, text
    stored = found.texts.get(code, {}) if found is not None else {}
    return stored.get("subject", ""), stored.get("text", "")


def _languages(actor: Account, written: dict[str, Any]) -> list[tuple[str, str]]:
    """The company's languages, and those in which something is written."""
    wanted = {*actor.tenant.languages, *written}
    return [(code, name) for code, name in settings.LANGUAGES if code in wanted] or [("en", "English")]


def _texts(request: HttpRequest, actor: Account) -> dict[str, tuple[str, str]]:
    del actor
    return {
        code: (request.POST.get(f"subject-{code}", ""), request.POST.get(f"text-{code}", ""))
        for code, _name in settings.LANGUAGES
        if request.POST.get(f"subject-{code}") or request.POST.get(f"text-{code}")
    }


def _subject(letter: Letter) -> str:
    language = writing.chosen_language(letter.texts, (letter.tenant.languages if letter.tenant_id else ()))
    return letter.texts[language]["subject"]
