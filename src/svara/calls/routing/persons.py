"""Who rings when a person is called: one pure decision over the snapshot of the office, by the person's own rules.

Guarantees: nobody outside the person's own tenant is ever in a plan; a plan either has something to ring or a refusal to
give, and its whole ringing time is bounded. Where the call goes on when nobody picks up stands in the plan as well
(`Onward`); `svara.calls.journey` sees to it that such ways end. What a person may not dial, no rule of theirs dials.
"""

from __future__ import annotations

from svara.calls.routing.hours import in_windows
from svara.calls.routing.route import (
    BUSY,
    MAX_FIND_ME,
    MAX_RING_SECONDS,
    NO_ANSWER,
    OFFLINE,
    OWN,
    RING_SECONDS,
    SILENT,
    Also,
    Caller,
    Line,
    Moment,
    Onto,
    Onward,
    Plan,
    Refusal,
    Step,
    step_of,
)
from svara.calls.trunks import outbound
from svara.people.office import Person, Phone, Target, Tenant


def route(tenant: Tenant, person: Person, caller: Caller, at: Moment) -> Plan | Onto:
    """Decide what rings when `person` is called.

    The person's own rules count in this order: forwarded always, do not disturb (chosen, or by quiet hours), busy while in a
    call (where the person does not want to hear of a second one), offline, and then what the phones say. Who has a device
    that can be woken is not offline: it has the whole time to answer. Nobody's rules keep them from their own other phones,
    and a forward to the caller is none: an assistant reaches the person for whom the calls are taken.
    """
    own = person.id == caller.person
    onward = None if own else _onward(tenant, person, caller)
    if not own:
        always = _forward(tenant, person, "always", caller)
        if always is not None:
            return Onto(always, "forwarded")
        if person.choice == "dnd" or (person.quiet and in_windows(person.quiet, tenant.timezone, at.now)):
            return Plan(person, (), SILENT, at.now, (), onward)
        if person.call_waiting == "busy" and at.in_call(person.id):
            return Plan(person, (), BUSY, at.now, (), onward)
    phones = tuple(phone for phone in person.phones if phone.login != caller.login)
    if not own and person.call_waiting == "free" and at.in_call(person.id):
        free = tuple(phone for phone in phones if not at.in_use(phone.login))
        if _any_on(phones, at) and not _any_on(free, at):
            return Plan(person, (), BUSY, at.now, (), onward)
        phones = free
    seconds = _seconds(person.unanswered.after_seconds) if person.unanswered is not None else RING_SECONDS
    step = step_of(person, phones, at.reachable, seconds, wakes=person.wakes and not own)
    steps = (step,) if step is not None else ()
    also = _find_me(tenant, person, at, seconds, desk=bool(steps)) if person.find_me and not own else ()
    refusal = NO_ANSWER if steps or also else OWN if own else OFFLINE
    longest = max((one.after_seconds + sum(step.ring_seconds for step in one.steps) for one in also), default=0.0)
    late = Step(person, (), seconds, phones) if also and not steps else None
    return Plan(person, steps, refusal, at.now + max(seconds if steps else 0.0, longest), also, onward, late)


def _any_on(phones: tuple[Phone, ...], at: Moment) -> bool:
    return any(at.reachable(phone.login) for phone in phones)


def _seconds(wanted: float) -> float:
    return min(max(wanted, 1.0), MAX_RING_SECONDS)


def _forward(tenant: Tenant, person: Person, when: str, caller: Caller) -> Target | None:
    """The person's own rule for that case, unless it leads to the caller or back to the person."""
    for forward in person.forwards:
        if forward.when == when:
            kind, _, name = forward.to.partition(":")
            if kind == "number":
                own = name in tenant.number_by_e164
                return forward.to if own or may_forward(tenant, person, name) else None
            other = tenant.by_username.get(name) if kind == "person" else None
            return None if other is not None and other.id in (caller.person, person.id) else forward.to
    return None


def may_forward(tenant: Tenant, person: Person, number: str) -> bool:
    """Whether the person may have calls sent to that number outside: only what they may dial themselves."""
    return not isinstance(outbound.dial(tenant, person, number, lambda _trunk: True), Refusal)


def _onward(tenant: Tenant, person: Person, caller: Caller) -> Onward | None:
    unanswered = person.unanswered.to if person.unanswered is not None else None
    if not person.forwards:
        return None if unanswered is None or unanswered == "hangup" else Onward(unanswered, unanswered, unanswered)
    busy, offline = (_forward(tenant, person, when, caller) or unanswered for when in ("busy", "offline"))
    return Onward(unanswered, busy, offline)


def _find_me(tenant: Tenant, person: Person, at: Moment, seconds: float, *, desk: bool) -> tuple[Also, ...]:
    """What rings beside the desk phones, or without any (not `desk`). All of it ends when the person's time to answer is
    over, so that `unanswered` means what it says."""
    found = []
    for rule in person.find_me[:MAX_FIND_ME]:
        after = max(rule.after_seconds, 0.0) if desk else 0.0
        if after >= seconds:
            continue  # the call has gone on by then
        left = max(seconds - after, 1.0)
        kind, _, name = rule.to.partition(":")
        steps: tuple[Step | Line, ...] = ()
        if kind == "person":
            other = tenant.by_username.get(name)
            if other is not None and other.id != person.id and other.choice != "dnd":
                waits = other.call_waiting == "ring" or not at.in_call(other.id)
                some = other.call_waiting == "free"
                phones = tuple(phone for phone in other.phones if waits or (some and not at.in_use(phone.login)))
                step = step_of(other, phones, at.reachable, left, wakes=other.wakes and waits)
                steps = (step,) if step is not None else ()
        elif kind == "number":
            line = outbound.dial(tenant, person, name, at.up, ring_seconds=left)
            steps = () if isinstance(line, Refusal) else (line.line,)
        if steps:
            found.append(Also(after, steps))
    return tuple(found)
