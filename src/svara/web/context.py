"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from svara.people.access import has_conferences, queues
from svara.people.demo import next_wipe
from svara.people.second.rule import coming
from svara.people.signedin import access_new_devices
from svara.privacy.figures.council import is_auditor
from svara.privacy.functions.port import states
from svara.privacy.policies.access import to_accept
from svara.web.pages.calls import VIA
from svara.web.pages.viewing import colleagues
from svara.web.support import ROLES, banners
from svara.web.visiting import SEES, may_see, staff_of, visit_of
from svara.web.words import AVAILABILITY


def words(request: HttpRequest) -> dict[str, Any]:
    """The keys of all presence states, for the texts that live news put in place; one's own state; whether the reader
    has to do with any queue, and the company with conferences; which functions ask anew for consent; whether there is
    a policy that the reader should accept; from when on a
    second factor is asked of the reader; whether the reader decides on requests to see figures of one person; when
    everything of a demo company goes; devices that signed in as the reader for the first time; who of the provider's
    staff looks at the company, for those who look after it; what rings first when the reader calls from a page; and
    for that staff itself, under which grant, and which pages it opens."""
    user: Any = getattr(request, "user", None)
    if (grant := visit_of(request)) is not None:
        return {
            "visit": grant,
            "visit_role": ROLES[grant.role],
            "staff": staff_of(request),
            "opens": [name for name in SEES if may_see(grant, name)],
        }
    mine = colleagues(user, [user])[0].availability if user is not None and user.is_authenticated else "unknown"
    return {
        "availabilities": list(AVAILABILITY),
        "my_availability": mine,
        "policy_to_accept": lambda: user is not None and user.is_authenticated and to_accept(user) is not None,
        "factor_from": lambda: coming(user) if user is not None and user.is_authenticated else None,
        "asked_again": lambda: [state.function.read().title for state in states(user) if state.state == "asked-again"],
        "demo_ends": lambda: user is not None and user.is_authenticated and next_wipe(user.tenant),
        "new_devices": lambda: (
            access_new_devices(user, request.session) if user is not None and user.is_authenticated else []
        ),
        "is_auditor": lambda: user is not None and user.is_authenticated and is_auditor(user),
        "staff": staff_of(request),
        "support": lambda: banners(user) if user is not None and user.is_authenticated else [],
        "call_via": request.session.get(VIA, "") if hasattr(request, "session") else "",
        "my_conferences": lambda: user is not None and user.is_authenticated and has_conferences(user),
        "my_queues": lambda: user is not None and user.is_authenticated and bool(queues(user)),
    }
