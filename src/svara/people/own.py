"""What people choose for themselves: forwarding, what happens to calls that nobody takes, find-me, quiet hours, what a
second call does, language, mobile number, PIN of the mailbox, keys of the phones.

An office file may set these; what it leaves out stays as the person chose it, as long as its targets are there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from svara.people.linekeys import target_of
from svara.people.models import Account, Conference, Menu, Queue, Tenant
from svara.people.office import FindMe, Forward, Key, Window
from svara.people.officefile import OfficeFile, PersonSpec
from svara.people.officefile.specs import GOES_NOWHERE, UnansweredSpec


def forwards_of(account: Account) -> tuple[Forward, ...]:
    return msgspec.convert(account.forwards, tuple[Forward, ...])


def find_me_of(account: Account) -> tuple[FindMe, ...]:
    return msgspec.convert(account.find_me, tuple[FindMe, ...])


def quiet_of(account: Account) -> tuple[Window, ...]:
    return msgspec.convert(account.quiet, tuple[Window, ...])


def keys_of(account: Account) -> tuple[Key, ...]:
    return msgspec.convert(account.keys, tuple[Key, ...])


def targets_of(office: OfficeFile) -> frozenset[str]:
    """Every target by name that there will be."""
    people = [person.username for person in office.people]
    queues = [queue.name for queue in office.queues]
    return frozenset(
        [f"{kind}:{name}" for kind in ("person", "voicemail") for name in people]
        + [f"{kind}:{name}" for kind in ("queue", "voicemail") for name in queues]
        + [f"menu:{menu.name}" for menu in office.menus]
        + [f"park:{place}" for place in office.parking.extensions]
        + [f"conference:{room.name}" for room in office.conferences]
    )


def leads_somewhere(target: str, targets: Collection[str]) -> bool:
    """Whether a target will be there."""
    return target == "hangup" or target.startswith("number:") or target in targets


def exists(tenant: Tenant, target: str) -> bool:
    """Whether a target of a tenant is there now."""
    kind, _colon, name = target.partition(":")
    return (
        leads_somewhere(target, ())
        or (kind in ("person", "voicemail") and Account.of(tenant).filter(username=name).exists())
        or (kind in ("queue", "voicemail") and Queue.of(tenant).filter(name=name).exists())
        or (kind == "conference" and Conference.of(tenant).filter(name=name).exists())
        or (kind == "menu" and Menu.of(tenant).filter(name=name).exists())
    )


SHAPES: dict[str, Any] = {
    "forwards": tuple[Forward, ...],
    "find_me": tuple[FindMe, ...],
    "quiet": tuple[Window, ...],
    "keys": tuple[Key, ...],
}
"""What the columns that hold JSON hold."""


def lost(person: PersonSpec, account: Account, targets: Collection[str]) -> Iterator[str]:
    """What the person chose and cannot stay, because its target will not be there."""
    if person.forwards is None:
        for each in forwards_of(account):
            if not leads_somewhere(each.to, targets):
                yield f"no longer forwarded {each.when} to {each.to}, which is gone"
    if person.find_me is None:
        for step in find_me_of(account):
            if not leads_somewhere(step.to, targets):
                yield f"no longer rings {step.to} too, which is gone"
    if person.keys is None:
        for key in keys_of(account):
            if not _shows_something(key, targets):
                yield f"no key for {target_of(key)} any more, which is gone"
    if person.unanswered is None and account.unanswered_to and not leads_somewhere(account.unanswered_to, targets):
        yield f"unanswered calls no longer go to {account.unanswered_to}, which is gone"


def _shows_something(key: Key, targets: Collection[str]) -> bool:
    return key.kind in ("line", "speed") or target_of(key) in targets


def wished(person: PersonSpec, account: Account | None, targets: Collection[str]) -> dict[str, Any]:
    """The columns of `Account` with their values: what the file says, else what the person chose and still exists."""
    forwards, find_me = person.forwards, person.find_me
    if forwards is None and account is not None:
        forwards = tuple(each for each in forwards_of(account) if leads_somewhere(each.to, targets))
    if find_me is None and account is not None:
        find_me = tuple(each for each in find_me_of(account) if leads_somewhere(each.to, targets))
    quiet = person.quiet if person.quiet is not None or account is None else quiet_of(account)
    keys = person.keys
    if keys is None and account is not None:
        keys = tuple(key for key in keys_of(account) if _shows_something(key, targets))
    columns: dict[str, Any] = {
        "forwards": plain(forwards or ()),
        "find_me": plain(find_me or ()),
        "quiet": plain(quiet or ()),
        "keys": plain(keys or ()),
    }
    unanswered = person.unanswered
    if unanswered is None and account is not None and leads_somewhere(account.unanswered_to, targets):
        unanswered = UnansweredSpec(account.unanswered_after_seconds or 0.0, account.unanswered_to)
    goes = unanswered is not None and unanswered != GOES_NOWHERE
    columns["unanswered_after_seconds"] = unanswered.after_seconds if goes and unanswered is not None else None
    columns["unanswered_to"] = unanswered.to if goes and unanswered is not None else ""
    for name, default in (("language", ""), ("mobile", ""), ("call_waiting", "ring"), ("intercom", False)):
        value = getattr(person, name)
        columns[name] = (getattr(account, name) if account is not None else default) if value is None else value
    return columns


def plain(structs: tuple[Any, ...]) -> Any:
    """Structs as a column holds them."""
    return msgspec.json.decode(msgspec.json.encode(structs))
