"""A list of people as spreadsheets save or copy it: which code page, what parts the columns, what each column is.

Comma, semicolon or tab; UTF-8, UTF-16 and the Windows code pages of our languages, told apart by the letters that come out;
headers in six languages, or none. Pure, and made for files that lie: sizes are bounded, and whatever is no such list is
refused with words that say what to do.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

MAX_BYTES = 1024 * 1024
MAX_ROWS = 1000
MAX_COLUMNS = 60
MAX_CELL = 500

Column = Literal["first", "last", "name", "email", "extension", "mobile"]
COLUMNS: tuple[Column, ...] = get_args(Column)
Why = Literal["empty", "large", "rows", "workbook", "binary", "columns"]


class NoList(Exception):  # noqa: N818  it is none
    """This cannot be read as a list of people; `why` says what it is instead."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: its number, counted as a spreadsheet does, and what stands in the columns that are known."""

    line: int
    cells: dict[Column, str]

    def get(self, column: Column) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """A list that was read. `unknown`: headers of columns that nobody asked for."""

    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    unknown: tuple[str, ...] = ()


def read(data: bytes | str, languages: Sequence[str] = ()) -> Table:
    """The people of a file, or of text that was pasted. `languages` of the company: its code page is believed first.

    Raises NoList.
    """
    text = data if isinstance(data, str) else decoded(data, languages)
    if len(text) > MAX_BYTES:
        raise NoList("large")
    text = text.removeprefix("\ufeff")
    if any(unicodedata.category(sign) == "Cc" and sign not in "\r\n\t" for sign in text):
        raise NoList("binary")
    grid = _grid(text)
    if not grid:
        raise NoList("empty")
    first = grid[0][1]
    known = [column_of(cell) for cell in first]
    if any(known):
        _settle(known)
        unknown = tuple(cell[:60] for cell, column in zip(first, known, strict=True) if cell and column is None)
        grid = grid[1:]
    else:
        known, unknown = _guessed([cells for _line, cells in grid]), ()
    if not any(known) or not grid:
        raise NoList("columns" if grid else "empty")
    rows = []
    for line, cells in grid:
        found: dict[Column, str] = {}
        for column, cell in zip(known, cells, strict=False):
            if column is not None and cell and column not in found:
                found[column] = cell
        if found:
            rows.append(Row(line, found))
    return Table(tuple(rows), tuple(dict.fromkeys(column for column in known if column is not None)), unknown)


# --- signs

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")
_PAGES: dict[str, str] = {"cs": "cp1250", "lv": "cp1257", "ru": "cp1251", "nb": "cp1252", "sv": "cp1252", "en": "cp1252"}
_LETTERS = {
    "cp1250": "áčďéěíňóřšťúůýžäôľĺŕöüëąćęłńóśźżőű",
    "cp1257": "āčēģīķļņōŗšūžąęėįųõäöü",
    "cp1251": "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў",
    "cp1252": "æøåäöéèüáíóúñçàêôëïßœšž",
}


def decoded(data: bytes, languages: Sequence[str] = ()) -> str:
    """The text of a file, whatever Windows made of its letters. Raises NoList."""
    if not data.strip():
        raise NoList("empty")
    if len(data) > MAX_BYTES:
        raise NoList("large")
    if data.startswith(_BOOKS):
        raise NoList("workbook")
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _text(data, name)
    if b"\0" in data:  # UTF-16 without its mark: letters of our languages have a small other half
        even, odd = data[0::2].count(0), data[1::2].count(0)
        return _text(data, "utf-16-le" if odd > even else "utf-16-be")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    preferred = [_PAGES[each[:2]] for each in languages if each[:2] in _PAGES]
    pages = list(dict.fromkeys([*preferred, "cp1257", "cp1250", "cp1251", "cp1252"]))
    return max((_scored(data, page, place) for place, page in enumerate(pages)), key=lambda one: one[0])[1]


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        raise NoList("binary") from None


def _scored(data: bytes, page: str, place: int) -> tuple[tuple[int, int], str]:
    """How well the letters are those of the languages that use this code page, and the headers known; of equals the earlier
    one."""
    text = data.decode(page, "replace")
    letters = _LETTERS[page]
    foreign = [sign for sign in text if ord(sign) > 127]
    words = sum(sign.casefold() in letters for sign in foreign)
    shouted = sum(one.islower() and other.isupper() and ord(other) > 127 for one, other in pairwise(text))
    headers = sum(column_of(cell) is not None for cell in re.split(r"[\t;,]", text[:2000].partition("\n")[0]))
    return (words * 2 - len(foreign) - 2 * shouted - 5 * text.count("\ufffd") + 4 * headers, -place), text


# --- cells


def _grid(text: str) -> list[tuple[int, list[str]]]:
    """Line numbers and cells of the lines that say something. Raises NoList."""
    said = re.match(r"(?i)sep=([,;\t|])\r?\n", text)  # what Excel writes for Excel
    begin = said.end() if said else 0
    mark = said[1] if said else _mark(text)
    grid: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text[begin:], newline=""), delimiter=mark)
    before = 1 if said else 0
    try:
        for cells in reader:
            line, before = before + 1, (1 if said else 0) + reader.line_num
            plain = [" ".join(cell.split())[: MAX_CELL + 1] for cell in cells]
            if not any(plain):
                continue
            if len(grid) > MAX_ROWS:
                raise NoList("rows")
            if len(plain) > MAX_COLUMNS or any(len(cell) > MAX_CELL for cell in plain):
                raise NoList("binary")
            grid.append((line, plain))
    except csv.Error:
        raise NoList("binary") from None
    return grid


def _mark(text: str) -> str:
    """What parts the columns: what most lines have equally often, outside of quotes."""
    lines = re.sub(r'"(?:[^"]|"")*"', "", text[:20_000]).splitlines()[:50]
    lines = [line for line in lines if line.strip()]

    def weight(mark: str) -> tuple[int, int]:
        counts = [line.count(mark) for line in lines]
        most = max(set(counts), key=lambda each: (counts.count(each), each)) if counts else 0
        return (counts.count(most) if most else 0), most

    best = max(("\t", ";", ","), key=weight)
    return best if weight(best)[1] else ","


# --- columns

_HEADERS: dict[Column, str] = {
    "first": "first name|firstname|forename|given name|jméno|křestní jméno|vārds|fornavn|имя|förnamn|first",
    "last": "last name|lastname|surname|family name|příjmení|uzvārds|etternavn|фамилия|efternamn|last",
    "name": "name|full name|display name|person|celé jméno|jméno a příjmení|vārds uzvārds|vārds un uzvārds|pilns vārds|navn|"
    "fullt navn|имя и фамилия|фио|полное имя|namn|fullständigt namn|för- och efternamn",
    "email": "e-mail|email|mail|e-mail address|email address|e-mail 1 - value|e-mailová adresa|emailová adresa|e-pasts|"
    "epasts|e-pasta adrese|e-post|epost|e-postadresse|e-postadress|mejl|эл. почта|почта|электронная почта|"
    "адрес электронной почты|имейл",
    "extension": "extension|ext|ext.|internal number|linka|klapka|číslo linky|iekšējais numurs|īsais numurs|iekšējais|"
    "internnummer|kortnummer|linje|internt nummer|внутренний номер|внутренний|добавочный|добавочный номер|anknytning|"
    "anknytningsnummer|kortnr",
    "mobile": "mobile|mobile number|mobile phone|cell|cell phone|cellphone|mobil|mobilní telefon|mobilní číslo|mobilais|"
    "mobilais tālrunis|mobilais telefons|mobilā tālruņa numurs|mobiltelefon|mobilnummer|mobiltlf|мобильный|"
    "мобильный телефон|мобильный номер|сотовый|сотовый телефон|mobilnr|mobiltelefonnummer",
}


def _key(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if sign.isalnum())


_COLUMN_OF: dict[str, Column] = {_key(name): column for column in COLUMNS for name in _HEADERS[column].split("|")}


def column_of(header: str) -> Column | None:
    """What a column is, by its header; None for one that we do not know."""
    return _COLUMN_OF.get(_key(header))


def _settle(known: list[Column | None]) -> None:
    """Each column once; a "name" beside a surname is the first name."""
    for place, column in enumerate(known):
        if column is not None and column in known[:place]:
            known[place] = None
    if "name" in known and "last" in known:
        known[known.index("name")] = None if "first" in known else "first"


_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _guessed(rows: Sequence[Sequence[str]]) -> list[Column | None]:
    """The columns of a list without headers, by what stands in them."""
    width = max(map(len, rows))
    known: list[Column | None] = [None] * width
    names = []
    for place in range(width):
        cells = [row[place] for row in rows if place < len(row) and row[place]]
        if not cells:
            continue
        digits = [re.sub(r"[\s()./-]", "", cell) for cell in cells]
        if _most(bool(_EMAIL.fullmatch(cell)) for cell in cells):
            column: Column | None = "email"
        elif _most(each.isdecimal() and 2 <= len(each) <= 5 for each in digits):
            column = "extension"
        elif _most(each.removeprefix("+").isdecimal() and len(each) > 5 for each in digits):
            column = "mobile"
        else:
            names += [place] if _most(any(map(str.isalpha, cell)) for cell in cells) else []
            continue
        known[place] = column if column not in known else None
    if len(names) == 1:
        known[names[0]] = "name"
    elif names:
        known[names[0]], known[names[1]] = "first", "last"
    return known


def _most(those: object) -> bool:
    found = list(those)  # type: ignore[call-overload]
    return bool(found) and sum(found) * 2 > len(found)
