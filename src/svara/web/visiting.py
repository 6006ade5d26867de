"""Where the provider's staff may go: the one place that decides it.

Nothing but what is listed in `SEES`, by reading alone, while a grant of that company is open; it is asked anew for every
request. What is not listed is closed, whoever adds it: staff are nobody's colleague. What they see is written down before
they see it, with the grant as the reason (`svara.privacy.audit`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from svara.api.problems import problem
from svara.people import staffdoor
from svara.people.models import Account, QueueMember
from svara.people.visitor import visitor
from svara.privacy import subject
from svara.privacy.audit.port import record_views
from svara.privacy.staff import asking
from svara.privacy.staff.models import Grant, Staff
from svara.privacy.staff.rules import covers
from svara.privacy.subject import Subject

Handler = Callable[[HttpRequest], HttpResponse]
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Sight:
    """A page that staff may see: with which role ("" with none), and whether a grant for content opens it to every role.
    `about`: whom it shows by itself; where the room below writes down whom it shows, nobody."""

    role: str = "support"
    content: bool = False
    about: str = ""

    def open_to(self, grant: Grant) -> bool:
        return covers(grant.role, self.role) or (self.content and grant.content)


CONTENT = Sight("", content=True)
SEES: dict[str, Sight] = {
    "staff-visit": Sight(about="everybody"),
    "administration": Sight(),
    "administration-company": Sight(),
    "administration-section": Sight(about="section"),
    "administration-item": Sight(),
    "administration-menus": Sight(about="everybody"),
    "administration-changes": Sight("engineer"),
    "history": Sight(),
    "records": Sight(),
    "story": Sight("engineer", content=True),
    "recording": CONTENT,
    "queues": Sight(about="agents"),
    "queue": Sight(about="agents"),
    "system": Sight("engineer"),
    "voicemail": CONTENT,
    "voicemail-messages": CONTENT,
    "voicemail-sound": CONTENT,
}
"""By the names of addresses. The pages of the provider itself (`staff-`) ask for a member of staff and for no grant."""
OUTSIDE = frozenset({"staff-sign-in", "staff-second-step", "staff-invitation"})
"""Pages of the provider that nobody has to be signed in for."""


def may_see(grant: Grant, name: str) -> bool:
    """Whether the page of this name is open under a grant."""
    sight = SEES.get(name)
    return sight is not None and sight.open_to(grant)


def staff_of(request: HttpRequest) -> Staff | None:
    """Who of the provider's staff sits at this browser."""
    found: Staff | None = getattr(request, "staff", None)
    return found


def visit_of(request: HttpRequest) -> Grant | None:
    """The grant under which they are in a company."""
    user = getattr(request, "user", None)
    return cast("Grant | None", getattr(user, "visit", None))


def opened(request: HttpRequest) -> frozenset[str] | None:
    """The names of the pages that are open to staff who look at a company; None for everybody else."""
    grant = visit_of(request)
    return None if grant is None else frozenset(name for name in SEES if may_see(grant, name))


class Visits:
    """Who comes as staff becomes, for this request, the visitor that an open grant makes of them; or stays nobody."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.staff = None  # type: ignore[attr-defined]
        if staffdoor.SESSION in request.session and not request.user.is_authenticated:
            self._recognise(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Any, _view_args: Any, view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """None: the request may go on."""
        match = request.resolver_match
        name = (match.url_name if match is not None else None) or ""
        staff, grant = staff_of(request), visit_of(request)
        if name.startswith("staff-") and name not in SEES:
            return None if staff is not None or name in OUTSIDE else redirect("staff-sign-in")
        if staff is None:
            return redirect("staff-sign-in") if name in SEES and name.startswith("staff-") else None
        if request.path.startswith("/api/"):
            return problem(403, "forbidden", "The API is not for the provider's staff.")
        if not getattr(view_func, "login_required", True):
            return None
        if grant is None or request.method not in READING or not may_see(grant, name):
            raise PermissionDenied
        _note(grant, name, view_kwargs)
        return None

    @staticmethod
    def _recognise(request: HttpRequest) -> None:
        now = timezone.now()
        found = staffdoor.signed_in(request.session, now)
        if found is None:
            del request.session[staffdoor.SESSION]
            return
        staff, grant_id = found
        request.staff = staff  # type: ignore[attr-defined]
        grant = asking.visit(staff.id, grant_id, now) if grant_id else None
        if grant is None:
            return
        request.user = account = visitor(grant)

        async def who() -> Account:
            return account

        request.auser = who


def _note(grant: Grant, name: str, where: dict[str, Any]) -> None:
    part = (where.get("section") or "")[:40]
    about = _about(grant, SEES[name].about, part, where.get("name") if name == "queue" else None)
    record_views(grant.tenant_id, grant.actor, about, "support-page", ref=f"{name}/{part}" if part else name)


def _about(grant: Grant, whom: str, section: str, queue: str | None) -> Iterable[Subject]:
    if whom == "everybody" or (whom == "section" and section == "people"):
        ids = list(Account.of(grant).values_list("pk", flat=True))
    elif whom == "agents" or (whom == "section" and section == "queues"):
        members = QueueMember.of(grant)
        of_these = members.filter(queue__name=queue) if queue else members
        ids = list(of_these.values_list("account_id", flat=True).distinct())
    else:
        return ()
    return [subject.person(id_) for id_ in ids]
