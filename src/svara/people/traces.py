"""Where else in an office somebody is named: rules that send calls to them, and the log of changes. Erasing frees both of
them: calls are hung up from then on, and the log stays, without who it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from svara.people.models import Account, Menu, OfficeChange, Phone, PublicNumber, Queue
from svara.privacy.rights.port import Gone, Tally

ERASED = "erased"
"""What stands in the log of changes where a name stood."""

_TARGETS: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Queue, ("when_full", "when_timeout", "when_empty")),
    (Menu, ("otherwise",)),
    (PublicNumber, ("to", "closed")),
    (Account, ("unanswered_to",)),
)


def _targets(account: Account) -> tuple[str, str]:
    return f"person:{account.username}", f"voicemail:{account.username}"


def led_here(account: Account) -> Iterator[tuple[Any, str]]:
    """Rows that send calls to this person, and the field that does."""
    targets = _targets(account)
    for model, fields in _TARGETS:
        wanted = Q(*(Q(**{f"{field}__in": targets}) for field in fields), _connector=Q.OR)
        for row in model.of(account).filter(wanted).exclude(pk=account.pk):
            for field in fields:
                if getattr(row, field) in targets:
                    yield row, field
    for menu in Menu.of(account):
        if not set(targets).isdisjoint(menu.keys.values()):
            yield menu, "keys"
    for other in Account.of(account).exclude(pk=account.pk).filter(~Q(forwards=[]) | ~Q(find_me=[]) | ~Q(keys=[])):
        for field in ("forwards", "find_me"):
            if any(step.get("to") in targets for step in getattr(other, field)):
                yield other, field
        if any(_is_key_of(account, key) for key in other.keys):
            yield other, "phone keys"


def _is_key_of(account: Account, key: dict[str, Any]) -> bool:
    return key.get("kind") == "person" and key.get("target") == account.username


def free_targets(account: Account) -> Iterator[Gone]:
    targets = _targets(account)
    tally = Tally("people.Routing", "freed")
    for row, field in list(led_here(account)):
        match field:
            case "keys":
                row.keys = {key: "hangup" if to in targets else to for key, to in row.keys.items()}
            case "phone keys":
                row.keys = [key for key in row.keys if not _is_key_of(account, key)]
            case "forwards" | "find_me":
                setattr(row, field, [step for step in getattr(row, field) if step.get("to") not in targets])
            case "unanswered_to":
                row.unanswered_to, row.unanswered_after_seconds = "", None
            case _:
                setattr(row, field, "hangup")
        row.save()
        tally.add([f"{row.pk}.{field}"])
    yield from tally.gone()


def _names(account: Account) -> re.Pattern[str]:
    words = {account.username, account.name, account.email}
    words |= set(_former(account))
    words |= set(Phone.all_tenants.filter(account=account).values_list("login", flat=True))
    return re.compile(
        r"(?<![\w.@-])(" + "|".join(map(re.escape, sorted(filter(None, words), key=len)[::-1])) + r")(?![\w@-])"
    )


def _former(account: Account) -> Iterator[str]:
    """Names and addresses that the log still has of a person, from before they were changed."""
    for change in OfficeChange.of(account).iterator(chunk_size=200):
        for parts in (change.before, change.after):
            item = (parts.get("people") or {}).get(account.username) or {}
            yield from (str(item[key]) for key in ("name", "email") if item.get(key))


def mentions(account: Account) -> Iterator[OfficeChange]:
    """Changes by this person, or that say something of them."""
    names = _names(account)
    for change in OfficeChange.of(account).order_by("created_at").iterator(chunk_size=200):
        texts = (*change.lines, *_texts([change.before, change.after, change.ids]))
        if change.account_id == account.pk or any(map(names.search, texts)):
            yield change


def about(account: Account, lines: list[str]) -> list[str]:
    names = _names(account)
    return [line for line in lines if names.search(line)]


def free_changes(account: Account) -> Iterator[Gone]:
    names = _names(account)
    own = re.compile(rf"[+~-] (person|phone) {names.pattern}(?=:|$)")
    tally = Tally("people.OfficeChange", "freed")
    for change in list(mentions(account)):
        change.lines = [names.sub(ERASED, line.partition(":")[0] if own.match(line) else line) for line in change.lines]
        if any(map(names.search, _texts([change.before, change.after, change.ids]))):
            change.before, change.after, change.ids = {}, {}, {}  # it cannot be undone any more
        if change.account_id == account.pk:
            change.account = None
        change.save(update_fields=["lines", "before", "after", "ids", "account"])
        tally.add([change.pk])
    yield from tally.gone()


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
