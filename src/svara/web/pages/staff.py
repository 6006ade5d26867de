"""The pages of the provider's staff: their own door, their grants, and the way into a company and out of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.people import staffdoor
from svara.people.access import directory
from svara.people.models import Tenant
from svara.people.second import codes
from svara.people.second import staff as second
from svara.people.second.actions import WRONG_CODE
from svara.people.second.pending import FRESH_SECONDS
from svara.people.signin import Throttled
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.staff import asking, rules
from svara.privacy.staff.models import Grant, Staff
from svara.web import live
from svara.web.pages.door import kept_out, throttled
from svara.web.pages.security import show_secret
from svara.web.pages.viewing import account_of
from svara.web.support import MINUTES, ROLES, STATES
from svara.web.visiting import staff_of, visit_of
from svara.web.words import sentences

MAX_COMPANIES = 500
MAX_PEOPLE = 200
MAX_PAST = 10


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """With the address and the password; whoever else was signed in with this browser is out then."""
    if staff_of(request) is not None:
        return redirect("staff-home")
    page = {"name": request.POST.get("name", "")}
    if request.method == "GET":
        return render(request, "web/staff/sign_in.html", page)
    result = staffdoor.authenticate(page["name"], request.POST.get("password", ""), request.META.get("REMOTE_ADDR", ""))
    if result is None or isinstance(result, Throttled):
        return kept_out(request, "web/staff/sign_in.html", page, result)
    return _come_in(request, result)


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """After the password: the code of the app, where there is one."""
    found = second.pending(request.session, timezone.now())
    if found is None:
        return redirect("staff-sign-in")
    if request.method == "GET":
        return render(request, "web/staff/second_step.html", {})
    result = second.try_code(found, request.POST.get("code", ""))
    if isinstance(result, Throttled):
        answer = render(request, "web/staff/second_step.html", {"error": throttled(result.retry_after_seconds)}, status=429)
        answer["Retry-After"] = str(result.retry_after_seconds)
        return answer
    if not result:
        return render(request, "web/staff/second_step.html", {"error": sentences([WRONG_CODE])[0]}, status=422)
    _let_in(request, found)
    return redirect("staff-home")


@login_not_required
@require_POST
def code_new(request: HttpRequest) -> HttpResponse:
    """Set up an app with codes; who came in a while ago signs in again first."""
    staff = _staff(request)
    if timezone.now().timestamp() - request.session[staffdoor.SESSION]["at"] > FRESH_SECONDS:
        messages.error(request, _("Sign out and in again first: that is asked of who changes how they sign in."))
        return redirect("staff-home")
    try:
        second.do_begin_code(staff)
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
        return redirect("staff-home")
    return redirect("staff-code")


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The secret as a QR code, until the app has shown that it has it."""
    staff, errors = _staff(request), []
    try:
        secret = second.access_new_code(staff)
        if request.method == "POST":
            second.do_confirm_code(staff, request.POST.get("code", ""))
            messages.success(request, _("Added. You can sign in with it from now on."))
            return redirect("staff-home")
    except NotFound:
        return redirect("staff-home")
    except Invalid as error:
        errors = sentences(error.messages)
    way = {"layout": "web/staff/base.html", "save": reverse("staff-code"), "cancel": reverse("staff-code-remove")}
    return show_secret(request, secret, codes.address(secret, staff.email, ""), way, errors)


@login_not_required
@sensitive_post_parameters("code")
@require_POST
def code_remove(request: HttpRequest) -> HttpResponse:
    """Take the app away: with a code that it shows, or before it was confirmed."""
    staff = _staff(request)
    if staff.code_since is not None:
        result = second.try_code(staff, request.POST.get("code", ""))
        if result is not True:
            told = throttled(result.retry_after_seconds) if isinstance(result, Throttled) else sentences([WRONG_CODE])[0]
            messages.error(request, told)
            return redirect("staff-home")
        messages.success(request, _("The app is removed."))
    second.do_remove_code(staff)
    return redirect("staff-home")


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """A new member of staff, or one who lost the password, sets a password, once, and is in."""
    try:
        invited = staffdoor.invited(token)
        if request.method == "GET":
            return render(request, "web/staff/invitation.html", {"invited": invited})
        staff = staffdoor.do_accept(token, request.POST.get("password", ""))
    except NotFound:
        return render(request, "web/staff/invitation_gone.html", status=404)
    except Invalid as error:
        page = {"invited": invited, "errors": sentences(error.messages)}
        return render(request, "web/staff/invitation.html", page, status=422)
    return _come_in(request, staff)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Out; the session is gone."""
    request.session.flush()
    return redirect("staff-sign-in")


@login_not_required
@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """One's own grants, the doors that are open, and asking."""
    return _home(request)


@login_not_required
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask a company to be let in."""
    given = request.POST
    try:
        grant = asking.do_ask(
            _staff(request),
            given.get("company", ""),
            given.get("reason", ""),
            role=given.get("role", ""),
            minutes=_number(given.get("minutes", "")),
            content=given.get("content") == "yes",
        )
    except Invalid as error:
        return _home(request, sentences(error.messages))
    if grant.how == "told":
        messages.success(request, _("The door is open: the company sees it."))
    else:
        messages.success(request, _("The company is asked."))
    return redirect("staff-home")


@login_not_required
@require_POST
def step(request: HttpRequest, grant_id: str, how: str) -> HttpResponse:
    """Enter, take an open door, speak of an emergency, give back."""
    steps: dict[str, Callable[[Staff, str], object]] = {
        "enter": asking.do_enter,
        "take": asking.do_take,
        "emergency": asking.do_emergency,
        "back": asking.do_give_back,
    }
    if how not in steps:
        raise Http404
    try:
        steps[how](_staff(request), grant_id)
    except NotFound:
        raise Http404 from None
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
        return redirect("staff-home")
    if how == "enter":
        staffdoor.go_to(request.session, grant_id)
        return redirect("staff-visit")
    if how == "back":
        staffdoor.go_to(request.session, "")
    return redirect("staff-home")


@login_not_required
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Out of the company; the grant stays until its time is over, or is given back."""
    staffdoor.go_to(request.session, "")
    return redirect("staff-home")


@require_GET
def visit(request: HttpRequest) -> HttpResponse:
    """In a company: who works there, who can be reached, and where to go from here."""
    account = account_of(request)
    people = directory(account, request.GET.get("q", ""))
    mirror, looks = live.current(), live.viewer_of(account)
    shown = [(one, mirror.presence(looks, one.id) if mirror.up else None) for one in people[:MAX_PEOPLE]]
    page = {"people": shown, "more": len(people) - len(shown), "search": request.GET.get("q", "")[:100]}
    return render(request, "web/staff/visit.html", page)


def _home(request: HttpRequest, problems: list[str] | None = None) -> HttpResponse:
    staff, now = _staff(request), timezone.now()
    found = asking.access_own_grants(staff, now)
    companies = Tenant.objects.order_by("name")[:MAX_COMPANIES]
    roles = [(key, words) for key, words in ROLES.items() if rules.covers(staff.role, key)]
    page = {
        "me": staff,
        "role": ROLES[staff.role],
        "current": [_shown(grant, state, now) for grant, state in found if state in {"open", "offered", "waiting"}],
        "past": [_shown(grant, state, now) for grant, state in found if state in {"over", "refused", "lapsed"}][:MAX_PAST],
        "companies": companies,
        "roles": roles,
        "minutes": MINUTES.items(),
        "asked": request.POST,
        "problems": problems or [],
        "inside": visit_of(request),
    }
    return render(request, "web/staff/home.html", page, status=422 if problems else 200)


def _shown(grant: Grant, state: str, now: datetime) -> dict[str, object]:
    allowed = state == "waiting" and asking.rule_of(grant.tenant_id).emergency
    tone, words = STATES[state]
    return {
        "grant": grant,
        "state": state,
        "tone": tone,
        "words": words,
        "role": ROLES[grant.role],
        "emergency": allowed and rules.emergency_opens(grant, now, allowed=True),
    }


def _staff(request: HttpRequest) -> Staff:
    staff = staff_of(request)
    if staff is None:  # `Visits` lets nobody else come here
        raise Http404
    return staff


def _come_in(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Who has shown the password is in, or comes to the second step where there is one; nobody is signed in before."""
    if staff.code_since is None:
        _let_in(request, staff)
        return redirect("staff-home")
    request.session.flush()
    rotate_token(request)
    second.begin(request.session, staff, timezone.now())
    return redirect("staff-second-step")


def _let_in(request: HttpRequest, staff: Staff) -> None:
    request.session.flush()
    rotate_token(request)
    staffdoor.keep_signed_in(request.session, staff, timezone.now())
    request.session.set_expiry(int(rules.SESSION.total_seconds()))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
