"""The texts that people read, and their translations: `python -m svara.web.texts` brings the catalogues up to date.

Texts are written in English in the sources: `gettext` and its sisters in Python, `translate` and `blocktranslate` in
templates. They are collected with Babel and with Django's own reading of templates, so no GNU gettext has to be installed.
What is new comes into each catalogue empty, to be translated there; what is gone leaves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from svara.web.build import LOCALE

PACKAGE = Path(__file__).resolve().parents[1]
LANGUAGES = ("cs", "lv", "nb", "ru", "sv")
"""Translated; English is the source."""

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

_BEGINNING = datetime(2026, 11, 22, tzinfo=UTC)
"""Stands for every date in a catalogue: who changed what and when, Git knows."""

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|%[sd]")


def collect() -> Catalog:
    """Every text of the sources, with where it stands."""
    catalog = Catalog(project="Svara", version="1", charset="utf-8")
    for path, source in _sources():
        name = path.relative_to(PACKAGE.parent).as_posix()
        for line, words, comments, context in extract("python", BytesIO(source.encode()), KEYWORDS, ("Translators:",)):
            known = None if isinstance(words, tuple) else catalog.get(words, context)
            text = known.id if known is not None else words  # the same words may stand elsewhere with a plural
            catalog.add(text, locations=[(name, line)], auto_comments=comments, context=context)
    return catalog


def _sources() -> Iterator[tuple[Path, str]]:
    """Each file in which texts may stand, as Python."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("templates/**/*.html")):
        yield path, templatize(path.read_text(encoding="utf-8"), origin=str(path))


def catalogue_file(language: str) -> Path:
    """Where the translations into a language are kept."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """The translations into a language, as they are."""
    path = catalogue_file(language)
    if not path.exists():
        return Catalog(locale=language, project="Svara", version="1", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str, texts: Catalog) -> Catalog:
    """Bring one catalogue up to date and write it."""
    catalog = read(language)
    catalog.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    catalog.header_comment = f"# The texts of Svara in {catalog.locale.english_name if catalog.locale else language}."
    catalog.last_translator = catalog.language_team = catalog.copyright_holder = "Svara"
    catalog.creation_date = catalog.revision_date = _BEGINNING
    path = catalogue_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=120, sort_output=False, omit_header=False, include_lineno=False, ignore_obsolete=True)
    return catalog


def faults(language: str, texts: Catalog) -> list[str]:
    """What is wrong with the translations into a language, one sentence each; nothing when they are complete."""
    catalog, found = read(language), []
    for message in texts:
        if not message.id:
            continue
        words = message.id if isinstance(message.id, str) else message.id[0]
        known = catalog.get(words, message.context)
        if known is None:
            found.append(f"{language}: “{words}” is not in the catalogue")
        elif known.fuzzy:
            found.append(f"{language}: “{words}” is fuzzy")
        else:
            found += _faults_of(language, words, message, known, catalog.num_plurals)
    wanted = {(m.id if isinstance(m.id, str) else m.id[0], m.context) for m in texts}
    for message in catalog:
        words = message.id if isinstance(message.id, str) else message.id[0]
        if words and (words, message.context) not in wanted:
            found.append(f"{language}: “{words}” is no longer in the sources")
    return found


def _faults_of(language: str, words: str, message: Message, known: Message, plurals: int) -> list[str]:
    forms = [known.string] if isinstance(known.string, str) else list(known.string or ())
    if message.pluralizable and len(forms) != plurals:
        return [f"{language}: “{words}” needs {plurals} forms, has {len(forms)}"]
    found = []
    originals = [message.id] if isinstance(message.id, str) else list(message.id)
    allowed = {frozenset(PLACEHOLDER.findall(original)) for original in originals}
    for form in forms:
        if not form.strip():
            found.append(f"{language}: “{words}” is not translated")
        elif frozenset(PLACEHOLDER.findall(form)) not in allowed:
            found.append(f"{language}: “{words}”: the placeholders of “{form}” differ")
    return found


def main() -> None:
    """The command `python -m svara.web.texts`."""
    texts = collect()
    for language in LANGUAGES:
        update(language, texts)
        missing = faults(language, texts)
        print(f"{language}: {len(texts)} texts, {len(missing)} to do")  # noqa: T201  a command's output
        for fault in missing:
            print(f"  {fault}")  # noqa: T201


if __name__ == "__main__":
    main()
