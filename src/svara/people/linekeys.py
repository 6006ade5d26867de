"""The keys beside the display of a phone: which a person has who chose none, and where each leads.

Pure functions over the snapshot; a key that leads nowhere (any more) is no key.
"""

from __future__ import annotations

from dataclasses import dataclass

from svara.people.office import Key, KeyKind, Person, Tenant

MAX_KEYS = 100
"""Of one person: the largest desk phones with their side cars."""
MAX_AUTOMATIC = 16
"""What a middle-sized desk phone shows without turning pages."""
_SPEED = ("number", "dial")


@dataclass(frozen=True, slots=True)
class Shown:
    """A key as a phone has it: `number` is what it dials ("" for a line), `lamp` whether it watches that extension."""

    kind: KeyKind
    label: str
    number: str = ""
    lamp: bool = False


def target_of(key: Key) -> str:
    """Where a key leads, as the office file says it: `line`, `person:bob`, `number:+4790000000`, `dial:*97`."""
    if key.kind == "line":
        return "line"
    if key.kind == "speed":
        return f"number:{key.target}" if key.target.startswith("+") else f"dial:{key.target}"
    return f"{key.kind}:{key.target}"


def keys_of(tenant: Tenant, person: Person) -> tuple[Key, ...]:
    """The person's keys: those that they chose, else automatic ones."""
    return person.keys or automatic(tenant, person)


def automatic(tenant: Tenant, person: Person) -> tuple[Key, ...]:
    """A line, the queues in which the person works, and colleagues: first those of the same queues, then, in a company
    that is small enough to have room for all, everybody else; by name."""
    ids = tenant.queues_of.get(person.id, ())
    queues = [tenant.queue_by_id[each] for each in ids]
    beside = {member.person for queue in queues for member in queue.members} - {person.id}
    others = sorted((each for each in tenant.people if each.id != person.id and each.extension), key=_by_name)
    near = [each for each in others if each.id in beside]
    far = [each for each in others if each.id not in beside]
    keys = [Key("line"), *(Key("queue", queue.name) for queue in queues if queue.extension)]
    keys += [Key("person", each.username) for each in near]
    if len(keys) + len(far) <= MAX_AUTOMATIC:
        keys += [Key("person", each.username) for each in far]
    return tuple(keys[:MAX_AUTOMATIC])


def shown(tenant: Tenant, person: Person) -> tuple[Shown, ...]:
    """The person's keys as a phone has them; the first line is there in any case."""
    found = [each for key in keys_of(tenant, person) if (each := _shown(tenant, person, key)) is not None]
    if not any(each.kind == "line" for each in found):
        found.insert(0, Shown("line", _line_label(person)))
    return tuple(found)


def _shown(tenant: Tenant, person: Person, key: Key) -> Shown | None:
    name, number = key.target, None
    match key.kind:
        case "line":
            return Shown("line", key.label or _line_label(person))
        case "person":
            other = tenant.by_username.get(key.target)
            name, number = (other.name, other.extension) if other is not None else ("", None)
        case "queue":
            queue = tenant.queue_by_name.get(key.target)
            number = queue.extension if queue is not None else None
        case "conference":
            conference = tenant.conference_by_name.get(key.target)
            number = conference.extension if conference is not None else None
        case "park":
            number = key.target if key.target in tenant.parking.extensions else None
        case "speed":
            return Shown("speed", key.label or key.target, key.target)
    return Shown(key.kind, key.label or name, number, lamp=True) if number else None


def _line_label(person: Person) -> str:
    return person.extension or person.name


def _by_name(person: Person) -> tuple[str, str]:
    return person.name.casefold(), person.username
