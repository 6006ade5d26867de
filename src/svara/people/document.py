"""A tenant written down as its office file would say it: plain dicts and lists, without any secret.

What `export` gives, `svara.people.officefile.check` reads, and it changes nothing: pages change a part of it and have the
whole checked like a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from django.db.models import QuerySet

from svara.people import own, routing
from svara.people.linekeys import target_of
from svara.people.models import Account, Phone, Sound, Tenant
from svara.people.office import ALL_BUT_PREMIUM, Conference, Hours, Key, Queue, Trunk, Window
from svara.people.wording import clock, days

Document = dict[str, Any]
Item = dict[str, Any]

KEYS: dict[str, Callable[[Item], str]] = {
    "people": lambda item: str(item["username"]),
    "queues": lambda item: str(item["name"]),
    "hours": lambda item: str(item["name"]),
    "menus": lambda item: str(item["name"]),
    "conferences": lambda item: str(item["name"]),
    "trunks": lambda item: str(item["name"]),
    "numbers": lambda item: str(item["number"]),
    "outbound": lambda item: f"{item['prefix']} by {item['trunk']}",
    "sounds": lambda item: str(item["name"]),
}
"""The sections of a document, and by what their items are told from one another."""
_SECTIONS: dict[routing.KindName, str] = {
    "queue": "queues",
    "hours": "hours",
    "menu": "menus",
    "conference": "conferences",
    "trunk": "trunks",
    "number": "numbers",
    "outbound": "outbound",
}


def export(tenant: Tenant) -> Document:
    """The whole office of a tenant."""
    phones = _phones(Phone.of(tenant))
    people = [person(account, phones.get(account.id, [])) for account in Account.of(tenant).order_by("username")]
    return _office(tenant, people)


def outline(tenant: Tenant, whole: Account | None = None) -> Document:
    """The office of a tenant, with its people only named (user name, name, extension), but for `whole`, who is described. It
    costs little however many they are."""
    described = {whole.id: person(whole, _phones(Phone.of(tenant).filter(account=whole)).get(whole.id, []))} if whole else {}
    return _office(tenant, _named(tenant, described))


def _phones(rows: QuerySet[Phone]) -> dict[str, list[Item]]:
    """What is said of phones, by whose they are."""
    phones: dict[str, list[Item]] = {}
    for account_id, login, label in rows.order_by("login").values_list("account_id", "login", "label"):
        phones.setdefault(account_id, []).append({"login": login, **({"label": label} if label else {})})
    return phones


def _office(tenant: Tenant, people: list[Item]) -> Document:
    document: Document = {
        "version": 1,
        "tenant": {
            "slug": tenant.slug,
            "name": tenant.name,
            "country": tenant.country,
            "timezone": tenant.timezone,
            "languages": list(tenant.languages),
            "media": tenant.media,
            "recording": tenant.recording_rule,
            "hold_music": tenant.hold_music,
            **({"codes": dict(tenant.codes)} if tenant.codes else {}),
            "own_phones": tenant.own_phones,
            "presence_to": tenant.presence_to,
            "second_factor": tenant.second_factor,
            **({"second_factor_from": tenant.second_factor_from} if tenant.second_factor_from else {}),
        },
        "people": people,
    }
    if tenant.parking:
        document["parking"] = dict(tenant.parking)
    for kind in routing.KINDS:
        document[_SECTIONS[kind.name]] = [_part(standing.says) for standing in routing.standing(tenant, kind).values()]
    document["sounds"] = [_sound(sound) for sound in Sound.of(tenant).order_by("name")]
    return document


def _named(tenant: Tenant, described: dict[str, Item]) -> list[Item]:
    rows = Account.of(tenant).order_by("username").values_list("id", "username", "name", "extension")
    return [
        described.get(id_) or {"username": username, "name": name, **({"extension": extension} if extension else {})}
        for id_, username, name, extension in rows
    ]


def person(account: Account, phones: Sequence[Item]) -> Item:
    """A person; what they choose themselves is said also where it is nothing, so that it can be changed to nothing."""
    item: Item = {"username": account.username, "name": account.name}
    if account.email:
        item["email"] = account.email
    if account.extension:
        item["extension"] = account.extension
    item["roles"] = [role for role in account.roles if role != "member"]
    item["phones"] = list(phones)
    if account.unanswered_to and account.unanswered_after_seconds is not None:
        item["unanswered"] = {"after": account.unanswered_after_seconds, "to": account.unanswered_to}
    if tuple(account.classes) != ALL_BUT_PREMIUM:
        item["allow"] = list(account.classes)
    if account.shows:
        item["shows"] = account.shows
    if account.record:
        item["record"] = True
    if account.pickup:
        item["pickup"] = list(account.pickup)
    return item | {
        "language": account.language,
        "mobile": account.mobile,
        "forward": {each.when: each.to for each in own.forwards_of(account)},
        "find_me": [{"after": step.after_seconds, "to": step.to} for step in own.find_me_of(account)],
        "quiet": week(own.quiet_of(account)),
        "call_waiting": account.call_waiting,
        "intercom": account.intercom,
        "keys": [key_item(key) for key in own.keys_of(account)],
    }


def key_item(key: Key) -> Item:
    """A key of a phone as the office file says it."""
    return {"to": target_of(key), "label": key.label} if key.label else {"to": target_of(key)}


def week(windows: Sequence[Window]) -> dict[str, list[str]]:
    """Windows as `{mon-fri: ["08:00-16:00"]}`."""
    found: dict[str, list[str]] = {}
    for window in windows:
        found.setdefault(days(window.days), []).append(_times(window))
    return found


def _part(says: routing.Struct) -> Item:
    """Anything that calls are routed through: its keys are its fields, those that have not their default."""
    item = {name.removesuffix("_seconds"): value for name, value in _said(says)}
    item.pop("id", None)
    match says:
        case Queue():
            item["members"] = [dict(_said(member)) | {"order": member.order} for member in says.members]
        case Hours():
            item["open"] = week(says.open)
            if says.exceptions:
                item["exceptions"] = {day: [*map(_times, windows)] or "closed" for day, windows in says.exceptions.items()}
        case Conference():
            item.pop("pin", None)
            item.pop("moderator_pin", None)
        case Trunk():
            item.pop("secret", None)
        case _:
            pass
    return item


def _said(struct: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(struct):
        value = getattr(struct, field.name)
        default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        if value != default:
            yield field.name, list(value) if isinstance(value, tuple) else value


def _times(window: Window) -> str:
    return f"{clock(window.from_minute)}-{clock(window.to_minute)}"


def _sound(sound: Sound) -> Item:
    item = {"name": sound.name, "language": sound.language}
    return item | {"text": sound.text} if sound.text else item
