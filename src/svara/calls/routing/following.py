"""What would happen to a call: the way that it goes from a public number, at some time, with some keys pressed.

Decided by the very functions that decide for calls (`svara.calls.routing.targets.resolve`, `svara.calls.stops.menu.choose`);
nothing rings, and nothing is written. The way ends where somebody could answer, or where it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from svara.calls.routing.flow import CHOSEN, HOURS
from svara.calls.routing.route import MAX_HOPS, Caller, Moment, Onto, Plan, Refusal
from svara.calls.routing.targets import HANGUP, Confer, Enter, Listen, Message, resolve
from svara.calls.stops.menu import WRONG, choose
from svara.people.office import Menu, Office, Target, Tenant

NOTHING = "-"
"""Instead of keys: the caller presses none."""

End = Literal["rings", "waits", "leaves-message", "confers", "chooses", "hung-up", "circle", "refused"]


class Gone(msgspec.Struct, frozen=True, gc=False):
    """One step: from `place` by the way of this name (`svara.calls.routing.flow`); "" by an extension that was dialled."""

    place: str
    way: str
    pressed: str = ""
    """What the caller pressed for it, where it is no key of the menu: an extension; or that nothing has."""


class Followed(msgspec.Struct, frozen=True, gc=False):
    """The way of a call: its steps, the place where it ends ("" where it ends nowhere), and how."""

    steps: tuple[Gone, ...]
    last: str
    end: End
    reason: str = ""


def follow(office: Office, tenant_id: str, number: str, now: float, pressed: Sequence[str] = ()) -> Followed:
    """The way of a call from outside to this number at `now`; `pressed`: what the caller presses, menu by menu."""
    tenant = office.by_tenant_id[tenant_id]
    at = Moment(now, lambda _: True, lambda _: True)
    steps: list[Gone] = []
    keys = list(pressed)
    target: Target = f"number:{number}"
    hops: list[Target] = []
    while True:
        if target in hops or len(hops) >= MAX_HOPS:
            return Followed(tuple(steps), target, "circle")
        hops.append(target)
        found = resolve(office, tenant_id, target, Caller(), at)
        match found:
            case Onto(to=to, why=why):
                steps += _from_number(tenant, target, why)
                target = to
            case Listen() if not keys:
                return Followed(tuple(steps), target, "chooses")
            case Listen(menu=menu):
                gone, target = _chosen(tenant, menu, keys.pop(0))
                steps.append(gone)
                hops = hops if gone.way == "otherwise" else []  # who chose begins anew (`Journey.go`)
            case Refusal(reason=reason):
                return Followed(tuple(steps), "", "hung-up" if target == HANGUP else "refused", reason)
            case _:
                return Followed(tuple(steps), target, _ENDS.get(type(found), "refused"))


_ENDS: dict[type, End] = {Enter: "waits", Message: "leaves-message", Confer: "confers", Plan: "rings"}


def _chosen(tenant: Tenant, menu: Menu, pressed: str) -> tuple[Gone, Target]:
    """Where this leads in a menu: a key, an extension, or what is not pressed or leads nowhere."""
    here = f"menu:{menu.name}"
    if pressed == NOTHING:
        return Gone(here, "otherwise"), menu.otherwise
    to = choose(menu.keys, tenant.target_by_extension if menu.direct_dial else {}, pressed, over=True)
    if to is None or to == WRONG:
        return Gone(here, "otherwise", pressed), menu.otherwise
    return (Gone(here, f"{CHOSEN}{pressed}") if pressed in menu.keys else Gone(here, "", pressed)), to


def _from_number(tenant: Tenant, target: Target, why: str) -> list[Gone]:
    """A public number goes on by its hours, where it has any."""
    number = tenant.number_by_e164.get(target.removeprefix("number:"))
    if number is None:
        return []
    if number.hours in tenant.hours_by_name:
        return [Gone(target, "hours"), Gone(HOURS + number.number, "closed" if why == "closed" else "open")]
    return [Gone(target, "always")]
