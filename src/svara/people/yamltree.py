"""A YAML document as a tree that knows its lines, and nothing clever.

An office file is written by people, so every value keeps the line on which it stands, and a key that is given twice is
noticed. What can hurt or surprise is refused: anchors and aliases (a few lines of them expand to gigabytes), tags, several
documents in one file, too much or too deep. Scalars stay text; `Text.meant` tells what YAML 1.1 would have made of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml
from yaml.resolver import Resolver

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 400_000
MAX_DEPTH = 16

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_resolver = Resolver()
_KINDS = {"bool": "yes or no", "int": "a number", "float": "a number", "null": "nothing", "timestamp": "a date"}


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar. `quoted` is False for a plain one."""

    line: int
    value: str
    quoted: bool

    @property
    def meant(self) -> str | None:
        """What YAML takes a plain scalar for ("yes or no", "a number" ...); None for text."""
        if self.quoted:
            return None
        tag: str = _resolver.resolve(yaml.ScalarNode, self.value, (True, False))  # type: ignore[no-untyped-call]
        return _KINDS.get(tag.rpartition(":")[2])

    @property
    def is_nothing(self) -> bool:
        return self.meant == "nothing"


@dataclass(frozen=True, slots=True)
class Sequence:
    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    line: int
    entries: tuple[tuple[Text, Node], ...]


Node = Text | Sequence | Mapping


class Bare(str):
    """Text that stands in a tree as if written without quotes: a number as somebody typed it."""


def from_plain(value: object) -> tuple[Node, list[tuple[str | int, ...]]]:
    """A tree of dicts, lists, texts and numbers, and what its lines stand for: the path to the value of line n at n - 1."""
    paths: list[tuple[str | int, ...]] = []

    def node(value: object, path: tuple[str | int, ...]) -> Node:
        paths.append(path)
        line = len(paths)
        if isinstance(value, dict):
            values = [(str(key), node(each, (*path, key))) for key, each in value.items()]
            return Mapping(line, tuple((Text(each.line, key, quoted=True), each) for key, each in values))
        if isinstance(value, list | tuple):
            return Sequence(line, tuple(node(each, (*path, number)) for number, each in enumerate(value)))
        if isinstance(value, bool):
            return Text(line, "true" if value else "false", quoted=False)
        if isinstance(value, int | float):
            return Text(line, f"{value:.10g}", quoted=False)
        return Text(line, str(value), quoted=not isinstance(value, Bare))

    return node(value, ()), paths


class YamlError(Exception):
    """The text is no such tree; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def parse(data: bytes) -> Node:
    """The tree of one document. Raises YamlError."""
    if len(data) > MAX_BYTES:
        raise YamlError(1, f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlError(data[: error.start].count(b"\n") + 1, "this is not UTF-8 text") from None
    try:
        return _Builder(yaml.parse(text, Loader=_Loader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, f"this is not YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        raise YamlError(text[: error.position].count("\n") + 1, "this character must not stand in a YAML file") from None


class _Builder:
    """Builds the tree from the parser's events, counting as it goes."""

    def __init__(self, events: object) -> None:
        self._events = iter(events)  # type: ignore[call-overload]
        self._nodes = 0

    def document(self) -> Node:
        event = self._next()
        while isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return Mapping(1, ())
        root = self._node(event, 0)
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise YamlError(_line(event), "a second document begins here; an office is one document")
        return root

    def _next(self) -> yaml.Event:
        event: yaml.Event = next(self._events)
        return event

    def _node(self, event: yaml.Event, depth: int) -> Node:
        line = _line(event)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise YamlError(line, "the file holds too many values")
        if depth > MAX_DEPTH:
            raise YamlError(line, "this is nested too deeply")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlError(line, "anchors and aliases (& and *) are not used in an office file; write the value out")
        if getattr(event, "tag", None) not in (None, "!"):
            raise YamlError(line, "tags (!) are not used in an office file")
        if isinstance(event, yaml.ScalarEvent):
            return Text(line, event.value, quoted=bool(event.style))
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(inner := self._next(), yaml.SequenceEndEvent):
                items.append(self._node(inner, depth + 1))
            return Sequence(line, tuple(items))
        return self._mapping(line, depth)

    def _mapping(self, line: int, depth: int) -> Mapping:
        entries: dict[str, tuple[Text, Node]] = {}
        while not isinstance(inner := self._next(), yaml.MappingEndEvent):
            key = self._node(inner, depth + 1)
            if not isinstance(key, Text):
                raise YamlError(key.line, "a key must be a word")
            value = self._node(self._next(), depth + 1)
            if key.value in entries:
                raise YamlError(key.line, f"'{key.value}' is given twice, first on line {entries[key.value][0].line}")
            entries[key.value] = key, value
        return Mapping(line, tuple(entries.values()))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
