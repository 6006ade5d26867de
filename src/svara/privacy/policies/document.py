"""A document as data: sections with paragraphs, lists and tables.

Frozen as it is, it can be hashed, compared and shown again word by word, as a page, on paper and on a terminal.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping

import msgspec


class Table(msgspec.Struct, frozen=True):
    """Rows under heads."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def labelled(self) -> list[list[tuple[str, str]]]:
        """Each cell with its head."""
        return [list(zip(self.heads, row, strict=True)) for row in self.rows]


class Section(msgspec.Struct, frozen=True):
    """A chapter; the table stands after the points, which stand after the paragraphs."""

    title: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    table: Table | None = None


class Document(msgspec.Struct, frozen=True):
    """A whole document in one language."""

    title: str
    sections: tuple[Section, ...]


def lines(document: Document) -> Iterator[str]:
    """The document as plain text."""
    yield document.title
    for section in document.sections:
        yield ""
        yield f"## {section.title}"
        yield from section.paragraphs
        yield from (f"- {point}" for point in section.points)
        if section.table:
            for row in section.table.rows:
                yield "- " + "; ".join(
                    f"{head}: {cell}" for head, cell in zip(section.table.heads, row, strict=True) if cell
                )


def digest(documents: Mapping[str, Document]) -> str:
    """SHA-256 in hex over the documents of all languages, in the order of the languages' codes."""
    ordered = [(language, documents[language]) for language in sorted(documents)]
    return hashlib.sha256(msgspec.json.encode(ordered, order="deterministic")).hexdigest()


class Line(msgspec.Struct, frozen=True):
    """A line of a comparison: "same", "gone" or "new"."""

    how: str
    text: str


def difference(old: Document, new: Document) -> tuple[Line, ...]:
    """What differs, line by line, with what stands around it."""
    found: list[Line] = []
    for line in difflib.unified_diff(list(lines(old)), list(lines(new)), n=1, lineterm=""):
        if line.startswith(("---", "+++")):
            continue
        if line.startswith("@@"):
            if found:
                found.append(Line("same", "…"))
            continue
        found.append(Line({"+": "new", "-": "gone"}.get(line[0], "same"), line[1:]))
    return tuple(found)
