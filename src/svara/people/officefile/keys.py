"""The keys of a person's phones in an office file."""

from __future__ import annotations

import re
from typing import cast

from svara.people.linekeys import MAX_KEYS
from svara.people.office import Key, KeyKind
from svara.people.officefile.reader import OfficeReader
from svara.people.values import did_you_mean, short
from svara.people.yamltree import Mapping, Node, Text

KINDS = ("person", "queue", "conference", "park", "number", "dial")
_DIALLED = re.compile(r"[0-9*#]{1,20}")


def read_keys(reader: OfficeReader, node: Node | None) -> tuple[Key, ...] | None:
    """`keys: [line, "person:bob", {to: "number:+4790000000", label: Taxi}]`; None where nothing is said of keys."""
    if node is None:
        return None
    keys = [_key(reader, item) for item in reader.items(node, "keys", MAX_KEYS)]
    return tuple(key for key in keys if key is not None)


def _key(reader: OfficeReader, item: Node) -> Key | None:
    if not isinstance(item, Mapping):
        return _to(reader, item, "keys", "")
    fields = reader.mapping(item, "a key of a phone")
    if fields is None:
        return None
    wanted = fields.need("to", '"person:bob"')
    label = reader.text(fields.get("label"), "label", limit=30) or ""
    fields.end()
    return _to(reader, wanted, "to", label)


def _to(reader: OfficeReader, node: Node | None, key: str, label: str) -> Key | None:
    text = reader.scalar(node, key)
    if text is None:
        return None
    if text.value == "line":
        return Key("line", label=label)
    kind, colon, name = text.value.partition(":")
    if not colon or kind not in KINDS:
        known = ("line", *(f"{each}:" for each in KINDS))
        hint = did_you_mean(kind + colon, known)
        reader.say(text.line, f"'{key}' is '{short(text.value)}', to which no key of a phone can lead{hint}")
        return None
    if kind == "number":
        number = reader.e164(name, text.line, key)
        return None if number is None else Key("speed", number, label)
    if kind == "dial":
        if not _DIALLED.fullmatch(name):
            reader.say(text.line, f"'{key}' is '{short(text.value)}': after dial: stand 1 to 20 digits, stars and hashes")
            return None
        return Key("speed", name, label)
    reader.refer(Text(text.line, name, quoted=True), key, kind)
    return Key(cast("KeyKind", kind), name, label)
