"""Speaking to a group at once, through phones that answer by themselves: a pure decision.

A group is one that the office has already: the members of a queue, or those who pick up for each other. Guarantees: only
the phones of who allows it answer so (the choice that `svara.calls.routing.intercom` asks too), only for people of the same
company; who is in a call, or does not want to be disturbed, hears nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from svara.calls.routing.hours import in_windows
from svara.calls.routing.intercom import NOBODY
from svara.calls.routing.route import Moment, Refusal, Step, digits, find
from svara.people.office import Person, Tenant

ANSWER_SECONDS = 5.0
"""A phone that has not answered by itself by then is left alone: nobody is rung by a page."""
MOST = 50
"""So many people are spoken to at once."""
NOBODY_FREE = Refusal(480, "missed", "nobody of the group can be spoken to now")


def page(tenant: Tenant, person: Person, dialled: str, at: Moment) -> tuple[Step, ...] | Refusal:
    """Whose phones answer when `person` speaks to a group: the members of the queue with the extension `dialled`, the
    pick-up groups of the colleague with it, or without one their own. In the order of the office."""
    group = _group(tenant, person, dialled)
    if group is None:
        return NOBODY
    found = tuple(step for one in group if one.id != person.id and (step := _step(tenant, one, at)) is not None)
    return found[:MOST] or NOBODY_FREE


def _group(tenant: Tenant, person: Person, dialled: str) -> Iterator[Person] | None:
    if not dialled:
        return _together(tenant, person)
    wanted = digits(dialled)
    queue = next((one for one in tenant.queues if one.extension == wanted), None)
    if queue is not None:
        members = {member.person for member in queue.members}
        return (one for one in tenant.people if one.id in members)
    colleague = find(tenant, wanted)
    return _together(tenant, colleague) if colleague is not None else None


def _together(tenant: Tenant, person: Person) -> Iterator[Person] | None:
    """Everybody who picks up for this person, and the person; None for who is in no group."""
    members = {one for name in person.pickup for one in tenant.pickup_groups[name]}
    return (one for one in tenant.people if one.id in members) if members else None


def _step(tenant: Tenant, person: Person, at: Moment) -> Step | None:
    """The phones of somebody who wants to hear it, and can."""
    if not person.intercom or person.choice == "dnd" or in_windows(person.quiet, tenant.timezone, at.now):
        return None
    if at.in_call(person.id):
        return None
    phones = tuple(phone for phone in person.phones if at.reachable(phone.login))
    return Step(person, phones, ANSWER_SECONDS) if phones else None
