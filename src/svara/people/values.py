"""Reading values out of a YAML tree, one kind of value at a time, with a sentence for everything that is wrong."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from svara.people.yamltree import Mapping, Node, Sequence, Text


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """`FILE:LINE: what is wrong, and what was meant`."""

    line: int
    message: str

    def show(self, path: str) -> str:
        return f"{path}:{self.line}: {self.message}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to end a message with; empty when nothing known is near."""
    known = list(known)
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(known)}" if len(known) <= 12 else ""


class Fields:
    """The entries of one mapping, each asked for once; what was never asked for is unknown."""

    def __init__(self, reader: Reader, node: Mapping, where: str) -> None:
        self._reader = reader
        self._where = where
        self.line = node.line
        self._entries = {key.value: (key, value) for key, value in node.entries}
        self._asked: list[str] = []

    def get(self, key: str) -> Node | None:
        """The value of an optional key."""
        self._asked.append(key)
        entry = self._entries.get(key)
        return None if entry is None else entry[1]

    def need(self, key: str, example: str) -> Node | None:
        """The value of a key that must be there."""
        node = self.get(key)
        if node is None:
            self._reader.say(self.line, f"{self._where} needs '{key}', for example {key}: {example}")
        return node

    def has(self, key: str) -> bool:
        return key in self._entries

    def line_of(self, key: str) -> int:
        entry = self._entries.get(key)
        return self.line if entry is None else entry[0].line

    def end(self) -> None:
        """Complain of every key that nobody asked for."""
        for key, _ in self._entries.values():
            if key.value not in self._asked:
                self._reader.say(
                    key.line, f"'{short(key.value)}' is unknown in {self._where}{did_you_mean(key.value, self._asked)}"
                )


class Reader:
    """Collects problems while it reads; a part that cannot be read becomes None and reading goes on."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def say(self, line: int, message: str) -> None:
        """There is something wrong on this line."""
        self.problems.append(Problem(line, message))

    def warn(self, line: int, message: str) -> None:
        """Something on this line is allowed but unwise."""
        self.warnings.append(Problem(line, message))

    def mapping(self, node: Node | None, where: str) -> Fields | None:
        if node is None:
            return None
        if not isinstance(node, Mapping):
            self.say(node.line, f"{where} must be a list of 'key: value' lines, not {kind(node)}")
            return None
        return Fields(self, node, where)

    def entries(self, node: Node | None, key: str, example: str, limit: int = 1000) -> tuple[tuple[Text, Node], ...]:
        """The entries of a mapping whose keys the writer chooses."""
        if node is None:
            return ()
        if not isinstance(node, Mapping):
            self.say(node.line, f"'{key}' must be written like {example}, not as {kind(node)}")
            return ()
        if len(node.entries) > limit:
            self.say(node.line, f"'{key}' has {len(node.entries)} entries; at most {limit} are allowed")
            return ()
        return node.entries

    def items(self, node: Node | None, key: str, limit: int) -> tuple[Node, ...]:
        if node is None:
            return ()
        if not isinstance(node, Sequence):
            self.say(node.line, f"'{key}' must be a list (each item begins with '- '), not {kind(node)}")
            return ()
        if len(node.items) > limit:
            self.say(node.line, f"'{key}' has {len(node.items)} items; at most {limit} are allowed")
            return ()
        return node.items

    def scalar(self, node: Node | None, key: str, *, show: bool = True) -> Text | None:
        """Text that YAML also takes for text."""
        if node is None:
            return None
        if not isinstance(node, Text):
            self.say(node.line, f"'{key}' must be text, not {kind(node)}")
            return None
        if node.is_nothing:
            self.say(node.line, f"'{key}' is empty: give it a value or leave the key out")
            return None
        if node.meant is not None:
            self.say(node.line, f"'{key}' must be text: {_trap(node, show=show)}")
            return None
        if any(ord(character) < 32 or ord(character) == 127 for character in node.value):
            self.say(node.line, f"'{key}' must be one line without control characters")
            return None
        return node

    def text(self, node: Node | None, key: str, *, limit: int) -> str | None:
        text = self.scalar(node, key)
        if text is None:
            return None
        value = text.value.strip()
        if not value or len(value) > limit:
            self.say(text.line, f"'{key}' must have 1 to {limit} characters")
            return None
        return value

    def matching(self, node: Node | None, key: str, pattern: re.Pattern[str], expected: str) -> str | None:
        text = self.scalar(node, key)
        if text is None:
            return None
        if not pattern.fullmatch(text.value):
            lower = text.value.lower()
            hint = f"; did you mean '{lower}'?" if lower != text.value and pattern.fullmatch(lower) else ""
            self.say(text.line, f"'{key}' is '{short(text.value)}': expected {expected}{hint}")
            return None
        return text.value

    def secret(self, node: Node | None, key: str, least: int) -> str | None:
        text = self.scalar(node, key, show=False)
        if text is None:
            return None
        if not 1 <= len(text.value) <= 200:
            self.say(text.line, f"'{key}' must have 1 to 200 characters")
            return None
        if len(text.value) < least:
            self.warn(text.line, f"this {key} is short; {least} characters or more are safer")
        return text.value

    def choice(self, node: Node | None, key: str, known: tuple[str, ...]) -> str | None:
        text = self.scalar(node, key)
        if text is None:
            return None
        if text.value not in known:
            self.say(text.line, f"'{key}' cannot be '{short(text.value)}'{did_you_mean(text.value, known)}")
            return None
        return text.value

    def seconds(self, node: Node | None, key: str, *, least: int, most: int) -> float | None:
        if node is None:
            return None
        if isinstance(node, Text) and re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", node.value) and not node.quoted:
            value = float(node.value)
            if least <= value <= most:
                return value
        self.say(node.line, f"'{key}' must be a number of seconds from {least} to {most}, without quotes")
        return None

    def whole(self, node: Node | None, key: str, *, least: int, most: int) -> int | None:
        """A whole number."""
        if node is None:
            return None
        if isinstance(node, Text) and re.fullmatch(r"-?(0|[1-9][0-9]{0,6})", node.value) and not node.quoted:
            value = int(node.value)
            if least <= value <= most:
                return value
        self.say(node.line, f"'{key}' must be a whole number from {least} to {most}, without quotes")
        return None

    def yes_no(self, node: Node | None, key: str) -> bool:
        """True or false; False where the key is left out."""
        if node is None:
            return False
        if isinstance(node, Text) and not node.quoted and node.value.lower() in _YES | _NO:
            return node.value.lower() in _YES
        self.say(node.line, f"'{key}' must be true or false, without quotes")
        return False


_YES, _NO = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})


def kind(node: Node) -> str:
    if isinstance(node, Mapping):
        return "'key: value' lines"
    return "a list" if isinstance(node, Sequence) else "a single value"


def _trap(text: Text, *, show: bool) -> str:
    value = text.value if show else "..."
    return f'YAML takes {value if show else "this value"} for {text.meant}; write "{value}" in quotes'


def short(text: str) -> str:
    """User input in a message: bounded, on one line."""
    text = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return text if len(text) <= 60 else text[:57] + "..."
