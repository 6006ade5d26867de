"""Every text is there in all six languages, whole, with the right plural; and no text escapes translation."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.utils import translation
from django.utils.translation import gettext, ngettext
from tests.web.office import Company

import svara.calls
from svara.calls.routing.route import Refusal
from svara.web import texts, words

TEMPLATES = sorted((texts.PACKAGE / "web" / "templates").rglob("*.html"))
NOT_TRANSLATED = {"Svara", "SIP", "ms", "CSV", "Excel", "PDF", "SHA", "Ctrl", "K", "Esc"}
"""Names and units that are the same in every language."""


@pytest.fixture(scope="module")
def catalog():
    return texts.collect()


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_text_is_translated(language: str, catalog) -> None:
    assert texts.faults(language, catalog) == []


def test_the_languages_are_those_of_the_settings() -> None:
    assert set(texts.LANGUAGES) | {"en"} == set(dict(settings.LANGUAGES))


def test_a_missing_a_fuzzy_and_a_broken_text_would_be_found(catalog, tmp_path: Path, monkeypatch) -> None:
    source = texts.catalogue_file("cs").read_text(encoding="utf-8")
    broken = source.replace('msgstr "Zavěsit"', 'msgstr ""').replace("Vítejte, %(name)s", "Vítejte, %(jméno)s")
    broken = broken.replace('msgid "Close"', '#, fuzzy\nmsgid "Close"').replace('msgid "Copied"', 'msgid "Was copied"')
    path = tmp_path / "cs" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(broken, encoding="utf-8")
    monkeypatch.setattr(texts, "LOCALE", tmp_path)
    assert sorted(texts.faults("cs", catalog)) == [
        "cs: “Close” is fuzzy",
        "cs: “Copied” is not in the catalogue",
        "cs: “Hang up” is not translated",
        "cs: “Was copied” is no longer in the sources",
        "cs: “Welcome, %(name)s”: the placeholders of “Vítejte, %(jméno)s” differ",
    ]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("cs", {1: "1 osoba", 3: "3 osoby", 5: "5 osob", 21: "21 osob", 0: "0 osob"}),
        ("lv", {1: "1 cilvēks", 2: "2 cilvēki", 11: "11 cilvēki", 21: "21 cilvēks", 0: "0 cilvēku"}),
        ("ru", {1: "1 человек", 2: "2 человека", 5: "5 человек", 21: "21 человек", 22: "22 человека", 112: "112 человек"}),
        ("nb", {1: "1 person", 2: "2 personer"}),
        ("sv", {1: "1 person", 2: "2 personer"}),
        ("en", {1: "1 person", 2: "2 people"}),
    ],
)
def test_numbers_take_the_right_plural(language: str, expected: dict[int, str]) -> None:
    with translation.override(language):
        for count, text in expected.items():
            assert ngettext("%(count)s person", "%(count)s people", count) % {"count": count} == text


def test_pages_come_in_the_language_of_their_reader(acme: Company, browser_of) -> None:
    browser = browser_of(acme, "bob")
    for language, word in {"cs": "Lidé", "lv": "Cilvēki", "nb": "Personer", "ru": "Люди", "sv": "Personer"}.items():
        browser.post("/profile/language/", {"language": language})
        page = browser.get("/").content.decode()
        assert f'<html lang="{language}"' in page
        assert f"<h1>{word}</h1>" in page


def test_every_reason_that_call_control_gives_has_its_words() -> None:
    reasons = set()
    for module in pkgutil.walk_packages(svara.calls.__path__, "svara.calls."):
        if module.name.endswith(".main"):
            continue
        found = vars(importlib.import_module(module.name)).values()
        reasons |= {value.reason for value in found if isinstance(value, Refusal)}
        tables = [value.values() for value in found if isinstance(value, dict)]
        reasons |= {value.reason for values in tables for value in values if isinstance(value, Refusal)}
    assert "nobody has that number" in reasons
    assert sorted(reasons - set(words.REASONS)) == []


def test_a_reason_about_one_s_own_phones_is_put_together() -> None:
    with translation.override("sv"):
        assert words.reason("the caller's own phones: no answer") == "de egna telefonerna: inget svar"
        assert words.reason("something new") == "something new"
        assert gettext("Hang up") == "Lägg på"


class Spoken(HTMLParser):
    """Collects what a person would see or hear of a template that stands there untranslated."""

    SAID = frozenset({"title", "placeholder", "alt", "aria-label", "data-label"})

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value or "" for name, value in attrs if name in self.SAID]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_text_of_a_template_escapes_translation(template: Path) -> None:
    html, inside = [], False
    for token in Lexer(template.read_text(encoding="utf-8")).tokenize():
        if token.token_type == TokenType.BLOCK and token.contents.split()[0] in {"blocktranslate", "endblocktranslate"}:
            inside = token.contents.startswith("blocktranslate")
        elif token.token_type == TokenType.TEXT and not inside:
            html.append(token.contents)
    spoken = Spoken()
    spoken.feed("".join(html))
    letters = {word for said in spoken.said for word in re.findall(r"[^\W\d_]+", said)}
    assert letters - NOT_TRANSLATED == set()


KEYS = {"not a day", "hung up"}
"""What only looks like a sentence: the argument of an exception of our own, a reason of call control."""
SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
TRANSLATORS = set(texts.KEYWORDS)


@pytest.mark.parametrize("module", sorted((texts.PACKAGE / "web" / "pages").rglob("*.py")), ids=lambda path: path.name)
def test_no_sentence_of_a_view_escapes_translation(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    fine = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            fine.add(node.value)  # a docstring
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATORS:
            fine |= {inner for inner in ast.walk(node) if isinstance(inner, ast.Constant)}
    escaped = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in fine
        and node.value not in KEYS
        and SENTENCE.search(node.value)
    ]
    assert escaped == []
