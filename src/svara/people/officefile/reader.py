"""What all parts of an office file have in common: values of an office, what must be unique, and what refers to what."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

from svara.people.values import Reader, did_you_mean, short
from svara.people.yamltree import Node, Text

TARGETS = ("person", "queue", "menu", "voicemail", "number", "conference")
_NAMED = ("person", "queue", "menu", "conference")
"""Targets that name one thing of the office."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_EXTENSION = re.compile(r"[0-9]{2,10}")
_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
# RFC 5646 section 2.1, without grandfathered tags: language, script, region, variants, extensions, private use.
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)
_EMERGENCY = frozenset({"110", "112", "113", "118", "911", "999"})


@dataclass(frozen=True, slots=True)
class _Reference:
    """On `line`, `key` names a thing of one of `kinds`."""

    line: int
    key: str
    kinds: tuple[str, ...]
    name: str


class OfficeReader(Reader):
    """Reads values, and remembers names and references until all is read."""

    def __init__(self, *, known: bool = False) -> None:
        super().__init__()
        self.known = known
        """Secrets may be left out: they stay as they are."""
        self.country = ""
        """ISO 3166, once the tenant is read."""
        self.prefixes: list[str] = []
        """Of the outbound rules."""
        self._claimed: dict[tuple[str, str], tuple[int, str]] = {}
        self._references: list[_Reference] = []
        self._outside: list[tuple[int, str, str]] = []

    # --- what must be unique

    def claim(self, what: str, value: str | None, line: int, owner: str) -> None:
        """What must be unique is somebody's once."""
        if not value:
            return
        key = what, value.lower()
        if key not in self._claimed:
            self._claimed[key] = line, owner
            return
        first_line, first = self._claimed[key]
        where = "on the server" if what == "login" else "in the tenant"
        self.say(line, f"{what} '{value}' of {owner} is taken by {first} (line {first_line}); it must be unique {where}")

    def claim_name(self, kind: str, name: str | None, line: int) -> None:
        """A queue, menu, trunk ... is called so, once."""
        if name is None:
            return
        first = self._claimed.setdefault((kind, name), (line, ""))
        if first != (line, ""):
            self.say(line, f"there is another {kind} '{name}' on line {first[0]}; each needs a name of its own")

    def names(self, kind: str) -> list[str]:
        """What has been claimed of a kind so far."""
        return [name for what, name in self._claimed if what == _CLAIMED_AS.get(kind, kind)]

    # --- what refers to what

    def refer(self, text: Text | None, key: str, kind: str) -> None:
        """A value names a thing of this kind; whether there is one is seen when all is read."""
        if text is not None:
            self._references.append(_Reference(text.line, key, (kind,), text.value))

    def target(self, node: Node | None, key: str, *, own: str = "", itself: str = "") -> str | None:
        """Where a call goes. `own` is the target that this must not be, `itself` the sentence that says so."""
        text = self.scalar(node, key)
        if text is None:
            return None
        kind, colon, name = text.value.partition(":")
        if text.value == "hangup":
            return "hangup"
        if own and text.value == own:
            self.say(text.line, f"'{key}': {itself}")
            return None
        if kind == "number" and colon:
            number = self.e164(name, text.line, key)
            if number is not None:
                self._outside.append((text.line, key, number))
            return None if number is None else f"number:{number}"
        if not name or kind not in TARGETS:
            known = (*(f"{each}:" for each in TARGETS), "hangup")
            self.say(text.line, f"'{key}' is '{short(text.value)}', which is no target{did_you_mean(kind + colon, known)}")
            return None
        kinds = ("person", "queue") if kind == "voicemail" else (kind,)
        self._references.append(_Reference(text.line, key, kinds, name))
        return text.value

    def check_references(self, *, sounds_known: bool) -> None:
        """Once all is read: does every name lead somewhere?"""
        names = {kind: self.names(kind) for kind in (*_NAMED, "hours", "trunk", "number", "sound", "park")}
        for each in self._references:
            if each.kinds == ("prompt",):
                if sounds_known and each.name not in names["sound"]:
                    self.warn(each.line, f"'{each.key}': there is no sound '{short(each.name)}': its name is spoken instead")
                continue
            if each.kinds == ("sound",) and not sounds_known:
                continue
            found = [kind for kind in each.kinds if each.name in names[kind]]
            if not found:
                self._say_missing(each, names)
            elif len(found) > 1:
                self.say(
                    each.line,
                    f"'{each.key}': 'voicemail:{each.name}' can be that of the person or of the queue '{each.name}'; "
                    "give the queue another name",
                )
        for line, key, number in self._outside:
            if not any(number.startswith(prefix) for prefix in self.prefixes):
                self.warn(line, f"'{key}': no outbound rule takes {number}, so no call can go there")

    def _say_missing(self, reference: _Reference, names: dict[str, list[str]]) -> None:
        kinds = " or ".join(reference.kinds)
        known = [name for kind in reference.kinds for name in names[kind]]
        elsewhere = [kind for kind in _NAMED if reference.name in names[kind]]
        hint = did_you_mean(reference.name, known) if known else ""
        if elsewhere and reference.kinds[0] in _NAMED:
            hint = f"; did you mean '{elsewhere[0]}:{reference.name}'?"
        self.say(reference.line, f"'{reference.key}': there is no {kinds} '{short(reference.name)}' in this file{hint}")

    # --- values of an office

    def name(self, node: Node | None, key: str = "name") -> str | None:
        """What something of the office is called."""
        return self.matching(
            node, key, _NAME, "lower-case letters, digits, '.', '_' and '-', at most 64, like support"
        )  # fmt: skip

    def extension(self, node: Node | None) -> str | None:
        if isinstance(node, Text) and node.meant == "a number" and node.value.isdigit():
            why = ""
            if node.value.startswith("0") and not set(node.value) & {"8", "9"}:
                why = f" (YAML takes {node.value} for the octal number {int(node.value, 8)})"
            self.say(node.line, f"'extension' must be text: write \"{node.value}\" in quotes{why}")
            return None
        extension = self.matching(node, "extension", _EXTENSION, 'two to ten digits in quotes, like "101"')
        if node is not None and extension in _EMERGENCY:
            self.warn(node.line, f"extension {extension} is an emergency number in some countries; another is safer")
        return extension

    def language(self, node: Node | None, key: str) -> str | None:
        return self.matching(node, key, _LANGUAGE, "a language tag of BCP 47, like nb or en-GB")

    def number(self, node: Node | None, key: str) -> str | None:
        """A telephone number (E.164)."""
        if isinstance(node, Text) and node.meant == "a number" and re.fullmatch(r"\+?[0-9]+", node.value):
            return self.e164(node.value, node.line, key)  # YAML takes +4721000000 for a number; it can be nothing else
        text = self.scalar(node, key)
        return None if text is None else self.e164(text.value, text.line, key)

    def e164(self, value: str, line: int, key: str) -> str | None:
        if _E164.fullmatch(value):
            return value
        hint = ""
        try:
            meant = phonenumbers.parse(value[:40], self.country or None)
            hint = f'; did you mean "{phonenumbers.format_number(meant, phonenumbers.PhoneNumberFormat.E164)}"?'
        except phonenumbers.NumberParseException:
            pass
        self.say(line, f"'{key}' is '{short(value)}': expected a number of E.164, like \"+4721000000\"{hint}")
        return None

    def levels(self, node: Node | None, key: str) -> dict[str, int]:
        """Skills with their levels: {norwegian: 3}."""
        found: dict[str, int] = {}
        for word, value in self.entries(node, key, "{norwegian: 3}", limit=50):
            name, level = self.name(word, key), self.whole(value, f"{key}: {short(word.value)}", least=1, most=5)
            if name is not None and level is not None:
                found[name] = level
        return found


_CLAIMED_AS = {"person": "username"}
