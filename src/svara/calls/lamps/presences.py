"""Whether a colleague can be reached, for phones that show more than a lamp (the `presence` package, RFC 3856)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from svara.calls.lamps.lines import key_of, person_at
from svara.people.office import Person, Tenant
from svara.people.presence import Availability
from svara.people.visibility import may_see
from svara.sip.notifier import Document
from svara.sip.pidf import PIDF_TYPE, PRESENCE, Activity, pidf

if TYPE_CHECKING:
    from svara.calls.lamps.subscriptions import Subscription
    from svara.calls.live import News

ACTIVITIES: Final[dict[Availability, Activity]] = {
    "in-call": "on-the-phone",
    "away": "away",
    "meeting": "meeting",
    "dnd": "busy",
}
"""What RFC 4480 calls it; the others are nothing special."""


class Presences:
    """Everybody's availability, as an event package."""

    event = PRESENCE
    content_type = PIDF_TYPE

    def __init__(self, news: News) -> None:
        self._news = news

    def find(self, tenant: Tenant, person: Person, login: str, user: str) -> str | None:
        """A person by extension, user name or phone; without a user part oneself."""
        if user in ("", login):
            return key_of(person)
        found = tenant.by_extension.get(user) or tenant.by_username.get(user) or tenant.by_login.get(user)
        return None if found is None else key_of(found)

    def still(self, tenant: Tenant, person: Person, login: str, resource: str) -> bool:  # noqa: ARG002 - see `Package`
        """As long as there is that person."""
        return person_at(tenant, resource) is not None

    def document(self, tenant: Tenant, person: Person, watching: Subscription) -> Document:
        """What this phone is told of the person: of one who hides the same as of one who is not there."""
        watched = person_at(tenant, watching.resource)
        state: Availability = "offline"
        if watched is not None and may_see(tenant, person.id, watched.id):
            state = self._news.availability(watched.id)
        return pidf(watching.account, ACTIVITIES.get(state, ""), reachable=state != "offline")
