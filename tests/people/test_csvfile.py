"""Lists of people as spreadsheets really write them: each language's code page, each mark between columns, each header."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.people import csvfile
from svara.people.csvfile import Column, NoList

WINDOWS = {"cs": "cp1250", "lv": "cp1257", "nb": "cp1252", "ru": "cp1251", "sv": "cp1252"}
HEADERS: dict[str, tuple[str, ...]] = {
    "cs": ("Jméno", "Příjmení", "E-mail", "Linka", "Mobil"),
    "en": ("First name", "Last name", "E-mail", "Extension", "Mobile"),
    "lv": ("Vārds", "Uzvārds", "E-pasts", "Iekšējais numurs", "Mobilais tālrunis"),
    "nb": ("Fornavn", "Etternavn", "E-post", "Internnummer", "Mobil"),
    "ru": ("Имя", "Фамилия", "Электронная почта", "Добавочный", "Мобильный телефон"),
    "sv": ("Förnamn", "Efternamn", "E-post", "Anknytning", "Mobiltelefon"),
}
PEOPLE: dict[str, tuple[tuple[str, str], ...]] = {
    "cs": (("Šárka", "Nováková"), ("Jiří", "Dvořák"), ("Zdeněk", "Růžička")),
    "en": (("Anna", "O’Neil"), ("Bo", "Smith"), ("Zoë", "Lund")),
    "lv": (("Jānis", "Bērziņš"), ("Žanete", "Ķirse"), ("Līga", "Ozoliņa")),
    "nb": (("Håkon", "Østby"), ("Åse", "Sæther"), ("Bjørn", "Lie")),
    "ru": (("Анна", "Щукина"), ("Фёдор", "Орлов"), ("Юлия", "Цой")),
    "sv": (("Åsa", "Öberg"), ("Bosse", "Ek"), ("Märta", "Sjö")),
}
COLUMNS: tuple[Column, ...] = ("first", "last", "email", "extension", "mobile")


def written(language: str, mark: str) -> str:
    text = io.StringIO()
    file = csv.writer(text, delimiter=mark, lineterminator="\r\n")
    file.writerow(HEADERS[language])
    for number, (first, last) in enumerate(PEOPLE[language]):
        file.writerow((first, last, f"p{number}@acme.example", 101 + number, ""))
    return text.getvalue()


def names(table: csvfile.Table) -> list[tuple[str, str]]:
    return [(row.get("first"), row.get("last")) for row in table.rows]


def why(data: bytes | str) -> str:
    with pytest.raises(NoList) as refused:
        csvfile.read(data)
    return refused.value.why


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("language", HEADERS)
def test_a_list_is_read_as_its_spreadsheet_wrote_it(language: str, mark: str) -> None:
    text = written(language, mark)
    pages = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", *filter(None, [WINDOWS.get(language)])]
    for page in pages:
        table = csvfile.read(text.encode(page), [language])
        assert names(table) == list(PEOPLE[language]), (page, mark)
        assert (table.columns, table.unknown) == (COLUMNS, ())
        assert [row.line for row in table.rows] == [2, 3, 4]


@pytest.mark.parametrize("language", ["cs", "lv", "ru"])
def test_the_letters_tell_the_code_page_also_to_a_company_elsewhere(language: str) -> None:
    data = written(language, ";").encode(WINDOWS[language])
    for company in ("nb", "sv", "en", "cs", "lv", "ru"):
        assert names(csvfile.read(data, [company])) == list(PEOPLE[language]), company


LETTERS = {
    "cs": "aábcčdďeéěfghiíjklmnňoópqrřsštťuúůvwxyýzž",
    "lv": "aābcčdeēfgģhiījkķlļmnņoprsštuūvzž",
    "nb": "abcdefghijklmnopqrstuvwxyzæøå",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "sv": "abcdefghijklmnopqrstuvwxyzåäö",
}


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]], str]:
    language = draw(st.sampled_from(sorted(LETTERS)))
    name = st.text(LETTERS[language], min_size=1, max_size=12).map(str.capitalize)
    people = draw(st.lists(st.tuples(name, name), min_size=1, max_size=20))
    return language, people, draw(st.sampled_from([",", ";", "\t"]))


@given(lists())
def test_every_name_of_a_language_comes_through_its_code_page(made: tuple[str, list[tuple[str, str]], str]) -> None:
    language, people, mark = made
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator="\r\n").writerows([HEADERS[language][:2], *people])
    for page in ("utf-8-sig", "utf-16", WINDOWS[language]):
        assert names(csvfile.read(text.getvalue().encode(page), [language])) == people


@given(st.lists(st.tuples(*[st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=20)] * 3), max_size=8))
def test_what_stands_in_quotes_comes_back(cells: list[tuple[str, str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("Name", "E-mail", "Extension"), ("Anna", "a@b.no", "101"), *cells])
    table = csvfile.read(text.getvalue())
    wanted = [[" ".join(cell.split()) for cell in row] for row in cells]
    kept = [row for row in wanted if any(row)]
    assert [[row.get("name"), row.get("email"), row.get("extension")] for row in table.rows[1:]] == kept


@given(st.binary(max_size=400))
def test_whatever_comes_is_a_list_or_refused_in_words(data: bytes) -> None:
    try:
        table = csvfile.read(data)
    except NoList:
        return
    assert table.rows
    assert all(len(cell) <= csvfile.MAX_CELL for row in table.rows for cell in row.cells.values())


def test_lists_without_a_header_are_read_by_what_stands_in_them() -> None:
    table = csvfile.read("Anna\tBerg\tanna@acme.example\t101\t+47 400 00 001\nBo\tLund\tbo@acme.example\t102\t400 00 002\n")
    assert table.columns == COLUMNS
    assert names(table) == [("Anna", "Berg"), ("Bo", "Lund")]
    alone = csvfile.read("Anna Berg\nBo Lund\n")
    assert [row.get("name") for row in alone.rows] == ["Anna Berg", "Bo Lund"]


def test_what_excel_writes_for_itself_and_columns_that_nobody_needs_are_passed_over() -> None:
    table = csvfile.read('sep=;\r\nName;Shoe size;E-mail\r\n"Berg; Anna";38;anna@acme.example\r\n\r\n;;\r\nBo;44;\r\n')
    assert [row.cells for row in table.rows] == [{"name": "Berg; Anna", "email": "anna@acme.example"}, {"name": "Bo"}]
    assert table.unknown == ("Shoe size",)
    assert [row.line for row in table.rows] == [3, 6]


def test_hostile_files_are_refused_with_what_they_are() -> None:
    assert why(b"") == why("  \n\n") == why("Name;E-mail\n") == "empty"
    assert why(b"PK\x03\x04" + b"\0" * 100) == why(b"\xd0\xcf\x11\xe0....") == why(b"%PDF-1.7 ...") == "workbook"
    assert why(b"\x89PNG\r\n\x1a\n" + bytes(range(256))) == "binary"
    assert why(b"\xff\xfeA") == "binary"
    assert why(b"Name\n" + b"A" * csvfile.MAX_BYTES) == why("Name\n" + "A" * csvfile.MAX_BYTES) == "large"
    assert why("Name\n" + "Anna\n" * (csvfile.MAX_ROWS + 1)) == "rows"
    assert why("Name\n" + "A" * 600) == "binary"
    assert why("Name" + ";x" * 100 + "\nAnna") == "binary"
    assert why('Name\n"never closed' + "x" * 200_000) == "binary"
    assert why("Name\n\x1b[31mAnna\n") == "binary"
    assert why("1;2;3\n4;5;6\n") == "columns"
