"""Who may see whether somebody can be reached: the one place that decides, for lamps, pages, the API and live news alike.

Everybody chooses for themselves; for who did not, the company says what holds. Who may not see gets what they would get of
somebody who is not there at all, so that a hidden person cannot be told from one who went home.
"""

from __future__ import annotations

from svara.people.office import Tenant


def colleagues(tenant: Tenant, one: str, other: str) -> bool:
    """Whether two persons (their ids) are members of the same queue, or pick up for each other."""
    mine = tenant.queues_of.get(one, ())
    if mine and not set(mine).isdisjoint(tenant.queues_of.get(other, ())):
        return True
    first, second = tenant.by_id.get(one), tenant.by_id.get(other)
    return first is not None and second is not None and not set(first.pickup).isdisjoint(second.pickup)


def may_see(tenant: Tenant, watcher: str, watched: str) -> bool:
    """Whether `watcher` may see the presence of `watched` (ids of persons of this tenant)."""
    if watcher == watched:
        return True
    person = tenant.by_id.get(watched)
    if person is None or watcher not in tenant.by_id:
        return False
    match person.presence_to:
        case "everybody":
            return True
        case "colleagues":
            return colleagues(tenant, watcher, watched)
        case "nobody":
            return False


def seen_by(tenant: Tenant, watched: str) -> tuple[str, ...] | None:
    """Who (ids) beside themselves may see the presence of `watched`, for those who hand it on; None: everybody."""
    person = tenant.by_id.get(watched)
    if person is not None and person.presence_to == "everybody":
        return None
    if person is not None and person.presence_to == "colleagues":
        group = {one for name in person.pickup for one in tenant.pickup_groups[name]}
        return tuple(sorted({*workmates(tenant, watched), *group} - {watched}))
    return ()


def workmates(tenant: Tenant, person: str) -> tuple[str, ...]:
    """The others (ids) of every queue of a person, who see what the person does there whatever they see elsewhere."""
    mine = set(tenant.queues_of.get(person, ()))
    others = {member.person for queue in tenant.queues if queue.id in mine for member in queue.members}
    return tuple(sorted(others - {person}))


def may_see_other_side(tenant: Tenant, watcher: str, watched: str) -> bool:
    """Whether `watcher` may also see with whom `watched` talks, or who calls: themselves, and those who take calls out of
    the same queue or pick up for each other."""
    return watcher == watched or (may_see(tenant, watcher, watched) and colleagues(tenant, watcher, watched))
