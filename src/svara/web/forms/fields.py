"""Form fields over a plain item (a dict as in the office file): showing its values, and reading them from a request.

A field says under which key of the item its value stands; `unanswered.after` stands one deeper. What is left empty leaves
the item. Nothing is judged here: the office's own check does that, and `Form.blame` brings its sentences to the fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.http import QueryDict
from django.utils.html import escape
from django.utils.safestring import SafeString

from svara.people.yamltree import Bare
from svara.web.forms import searched
from svara.web.forms.faults import told
from svara.web.forms.searched import Options, Text

Item = dict[str, Any]
Path = tuple[str | int, ...]
Kind = Literal["text", "email", "tel", "number", "secret", "area", "check", "choice", "choices", "target", "list", "levels",
               "rows", "file", "date"]  # fmt: skip
BLANK_ROWS = 2
MAX_ROWS = 500
MAX_LENGTH = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a form asks for."""

    key: str
    label: Text
    kind: Kind = "text"
    hint: Text = ""
    required: bool = False
    fixed: bool = False
    """It cannot be changed any more, once it is there."""
    keep_empty: bool = False
    """Nothing is a value of its own (it takes away what a person chose)."""
    options: str = ""
    """Which of the options that the page knows; for text: only suggestions."""
    default: str | bool = ""
    """What holds where nothing is said."""
    rows: tuple[Field, ...] = ()
    shape: Literal["list", "map", "times"] = "list"
    """Of rows: dicts; or a mapping from the first column to the second, or to a list of times."""


@dataclass(slots=True)
class Control:
    """A field as it stands on the page. `name` is that of the input."""

    asked: Field
    name: str
    value: Any
    options: Options = ()
    faults: list[str] = field(default_factory=list)
    rows: list[list[Control]] = field(default_factory=list)
    fixed: bool = False
    written: dict[int, str] = field(default_factory=dict)
    """Of a form: what stands in a list of choices, by the identity of the list. A thousand people are written once."""
    brings: bool = False
    """The list that this and others are searched in stands behind this one."""

    @property
    def searched(self) -> bool:
        """One types and is shown what fits, instead of going through the whole list."""
        return self.asked.kind in ("choice", "target") and searched.is_long(self.options)

    @property
    def shown(self) -> str:
        """The words of the value, where one types them."""
        return self.number or searched.words_of(self.value, self.options)

    @property
    def suggested(self) -> list[Text]:
        """What can be typed."""
        return searched.suggestions(self.options)

    @property
    def choices(self) -> SafeString:
        """The options of a list, with the chosen one marked."""
        whole = self.written.get(id(self.options))
        if whole is None:
            whole = self.written[id(self.options)] = "".join(map(_group, self.options))
        chosen = _option("number" if self.number else str(self.value))
        return SafeString(whole.replace(chosen, f"{chosen[:-1]} selected>", 1))

    @property
    def id(self) -> str:
        return "f-" + re.sub(r"[^A-Za-z0-9_-]", "-", self.name)

    @property
    def number(self) -> str:
        """Of a target that is a telephone number."""
        return self.value.removeprefix("number:") if str(self.value).startswith("number:") else ""

    @property
    def walk(self) -> Iterator[Control]:
        """This control and those in its rows."""
        yield self
        for row in self.rows:
            for control in row:
                yield from control.walk


class Form:
    """An item with the fields that ask for it."""

    def __init__(self, fields: Sequence[Field], item: Item, options: Mapping[str, Options], *, new: bool) -> None:
        self.fields = fields
        self.item = item
        self.controls = [_control(each, each.key, _get(item, each.key), options, new=new) for each in fields]
        self.faults: list[str] = []
        written: dict[int, str] = {}
        brought: set[str] = set()
        for control in (each for top in self.controls for each in top.walk):
            control.written = written
            control.brings = control.searched and control.asked.options not in brought
            brought |= {control.asked.options} if control.brings else set()

    def blame(self, faults: Iterable[tuple[Path | None, str]]) -> None:
        """Bring each sentence to the field that it is about, or to the top of the form."""
        for path, message in faults:
            control = None if path is None else self._at(path)
            (self.faults if control is None else control.faults).append(told(message))

    def _at(self, path: Path) -> Control | None:
        for control in self.controls:
            key = tuple(control.asked.key.split("."))
            if path[: len(key)] == key:
                return _within(control, path[len(key) :])
        return None


def read(fields: Sequence[Field], data: QueryDict, item: Item, options: Mapping[str, Options], *, new: bool) -> Item:
    """The item with what the request says in place of what it held; what no field asks for stays."""
    wish = {key: dict(value) if isinstance(value, dict) else value for key, value in item.items()}
    for each in fields:
        if each.fixed and not new:
            continue
        value = _value(each, each.key, data, options)
        if value in ("", [], {}, None) and not each.keep_empty:
            _drop(wish, each.key)
        else:
            _put(wish, each.key, "" if value is None else value)
    return wish


def _group(group: tuple[str, Sequence[tuple[str, Text]]]) -> str:
    title, choices = group
    options = "".join(f"{_option(value)}{escape(words)}</option>" for value, words in choices)
    return f'<optgroup label="{escape(title)}">{options}</optgroup>' if title else options


def _option(value: str) -> str:
    return f'<option value="{escape(value)}">'


def _control(asked: Field, name: str, value: Any, options: Mapping[str, Options], *, new: bool) -> Control:
    control = Control(asked, name, "", fixed=asked.fixed and not new)
    control.options = options.get(asked.options, ())
    match asked.kind:
        case "rows":
            for number, row in enumerate(_rows(asked, value)):
                controls = [
                    _control(each, f"{name}.{number}.{each.key}", row.get(each.key), options, new=new or not row)
                    for each in asked.rows
                ]
                control.rows.append(controls)
        case "list":
            control.value = ", ".join(map(str, value or ()))
        case "levels":
            control.value = ", ".join(f"{skill} {level}" for skill, level in (value or {}).items())
        case "choices":
            control.value = [str(each) for each in value or ()]
        case "check":
            control.value = bool(asked.default if value is None else value)
        case "number":
            control.value = f"{value:g}" if isinstance(value, int | float) else value or ""
        case _:
            control.value = "" if value is None else str(value)
    from_a_list = asked.kind in ("choice", "target") and not control.searched
    if from_a_list and control.value and not control.number and not _listed(control):
        control.options = [*control.options, ("", [(control.value, control.value)])]
    return control


def _listed(control: Control) -> bool:
    return any(control.value == value for _, group in control.options for value, _ in group)


def _rows(asked: Field, value: Any) -> list[Item]:
    """A value as rows, and some empty ones."""
    first = asked.rows[0].key
    if asked.shape == "list":
        rows = [each if isinstance(each, dict) else {first: each} for each in value or ()]
    else:
        second = asked.rows[1].key
        rows = [
            {first: key, second: ", ".join(each) if isinstance(each, list) else each} for key, each in (value or {}).items()
        ]
    return [*rows, *({} for _ in range(BLANK_ROWS))]


def _value(asked: Field, name: str, data: QueryDict, options: Mapping[str, Options]) -> Any:
    text = (data.get(name) or "").strip()[:MAX_LENGTH]
    match asked.kind:
        case "check":
            return name in data
        case "number":
            return Bare(text) if text else None
        case "choices":
            return [key.removeprefix(f"{name}.")[:MAX_LENGTH] for key in data if key.startswith(f"{name}.")]
        case "choice" | "target" if text and searched.is_long(options.get(asked.options, ())):
            return searched.meant(text, options[asked.options], numbers=asked.kind == "target")
        case "target":
            return f"number:{(data.get(f'{name}.number') or '').strip()[:40]}" if text == "number" else text
        case "list":
            return [each for each in re.split(r"[\s,;]+", text) if each]
        case "levels":
            return _levels(text)
        case "rows":
            return _read_rows(asked, name, data, options)
        case "file":
            return None
        case _:
            return text


def _levels(text: str) -> dict[str, Bare]:
    found = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        skill, _, level = part.rpartition(" ")
        found[(skill or level).strip()] = Bare(level if skill else "1")
    return found


def _read_rows(asked: Field, name: str, data: QueryDict, options: Mapping[str, Options]) -> Any:
    numbers = sorted({int(match[1]) for key in data if (match := re.match(rf"{re.escape(name)}\.(\d{{1,4}})\.", key))})
    rows = []
    for number in numbers[:MAX_ROWS]:
        values = {each.key: _value(each, f"{name}.{number}.{each.key}", data, options) for each in asked.rows}
        row = {key: value for key, value in values.items() if value not in ("", None, [], {}, False)}
        if row.get(asked.rows[0].key):
            rows.append(row)
    if asked.shape == "list":
        return rows
    first, second = asked.rows[0].key, asked.rows[1].key
    if asked.shape == "map":
        return {str(row[first]): row.get(second, "") for row in rows}
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(str(row[first]), []).extend(each.strip() for each in str(row.get(second, "")).split(","))
    return {key: "closed" if times == ["closed"] else times for key, times in found.items()}


def _within(control: Control, path: Path) -> Control:
    """The control in the rows of another that a path leads to; the other itself where it leads to none."""
    if not path or not control.rows:
        return control
    filled = [row for row in control.rows if row[0].value]
    if control.asked.shape == "list":
        row = filled[path[0]] if isinstance(path[0], int) and path[0] < len(filled) else None
        column = path[1] if len(path) > 1 else None
    else:
        row = next((each for each in filled if each[0].value == path[0]), None)
        column = control.asked.rows[1].key
    if row is None:
        return control
    return next((each for each in row if each.asked.key == column), row[0])


def _get(item: Item, key: str) -> Any:
    value: Any = item
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _put(item: Item, key: str, value: Any) -> None:
    first, dot, rest = key.partition(".")
    if dot:
        _put(item.setdefault(first, {}), rest, value)
    else:
        item[first] = value


def _drop(item: Item, key: str) -> None:
    first, dot, rest = key.partition(".")
    if not dot:
        item.pop(first, None)
    elif first in item:
        _drop(item[first], rest)
        if not item[first] and first != "forward":
            del item[first]
