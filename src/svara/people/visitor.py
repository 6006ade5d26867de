"""Somebody of the provider as an actor in a company: made for one request from a grant that is open at that moment.

It is an `Account` that stands in no table, so that every reader works with it as with anybody else; whatever would be
written for it refuses (`Account.save`, `svara.privacy.audit.port`). Its id names the grant, and so does everything that the
log of views says of it.
"""

from __future__ import annotations

from svara.people.models import Account
from svara.privacy.staff.models import Grant

SEES = ["admin"]
HEARS = ["admin", "supervisor"]
"""With the boxes of queues, which are the supervisors' (`svara.voicemail.boxes`)."""


def visitor(grant: Grant) -> Account:
    """Who looks by this grant. The caller has asked that it is open."""
    account = Account(
        id=grant.actor,
        tenant=grant.tenant,
        username="support",
        name=grant.staff_name,
        roles=list(HEARS if grant.content else SEES),
        classes=[],
    )
    account.visit = grant
    return account
