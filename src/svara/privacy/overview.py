"""The catalogue as people read it: what is stored, by purpose, in plain words; for the page, the command and documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from svara.privacy import words
from svara.privacy.catalogue import Item, Purpose, items

MAX_SEARCH_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One item of the catalogue in the reader's language; `item` has the keys."""

    item: Item
    thing: str
    category: str
    subject: str
    basis: str
    source: str
    recipients: tuple[str, ...]
    retention: str

    def has(self, word: str) -> bool:
        """Whether a word, in small letters, stands anywhere in it, in plain words or among the names of fields."""
        texts = (self.thing, self.category, self.subject, self.basis, self.source, self.retention, *self.recipients)
        keys = (self.item.thing, self.item.declaration.category, *self.item.fields)
        return any(word in text.casefold() for text in (*texts, *keys))


@dataclass(frozen=True, slots=True)
class Group:
    """Everything that serves one purpose."""

    purpose: Purpose
    title: str
    rows: tuple[Row, ...]


def row(item: Item) -> Row:
    """An item in words."""
    declaration = item.declaration
    return Row(
        item=item,
        thing=words.thing(item.thing),
        category=words.category(declaration.category),
        subject=words.subject(declaration.subject),
        basis=words.basis(declaration.basis),
        source=words.source(declaration.source),
        recipients=tuple(words.recipient(each) for each in item.recipients),
        retention=words.retention(declaration.retention),
    )


def overview(search: str = "", *, personal: bool = True, among: Iterable[Item] | None = None) -> list[Group]:
    """What is stored, by purpose. `personal`: only what says something about somebody. Each word of `search` must be in a
    row or in its purpose. `among`: of these items instead of all."""
    wanted = search[:MAX_SEARCH_LENGTH].casefold().split()
    groups = []
    found = [row(item) for item in (items() if among is None else among) if item.personal or not personal]
    for purpose in Purpose:
        title = purpose.text
        rows = tuple(
            each
            for each in sorted(found, key=lambda each: (each.thing.casefold(), each.category.casefold(), each.item.fields))
            if each.item.declaration.purpose is purpose
            and all(word in title.casefold() or each.has(word) for word in wanted)
        )
        if rows:
            groups.append(Group(purpose, title, rows))
    return groups


def as_plain(item: Item) -> dict[str, object]:
    """An item as JSON tells it to machines: keys, no words."""
    declaration = item.declaration
    rule = declaration.retention
    return {
        "thing": item.thing,
        "fields": list(item.fields),
        "category": declaration.category,
        "purpose": declaration.purpose.value,
        "basis": declaration.basis.value,
        "subject": declaration.subject.value,
        "source": declaration.source.value,
        "vaulted": declaration.vaulted,
        "recipients": [recipient.value for recipient in item.recipients],
        "retention": {"owner": rule.owner, "days": rule.days, "since": rule.since or None},
    }
