"""What the documentation says of office files is so: its examples can be applied, and every key stands there."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from svara.data import DataFolder
from svara.media.sounds import speech
from svara.people import plan
from svara.people.office import Conference, Hours, Menu, Outbound, PublicNumber, Queue, Trunk, read_office
from svara.people.officefile import OfficeFileError, read

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.glob("*.md"))
    for number, block in enumerate(re.findall(r"```yaml\n(version: 1\n.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "voice_for", lambda language: None)


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_applied_as_it_stands(example: str, data_folder: DataFolder) -> None:
    office = read(example.encode(), "office.yaml")
    assert office.warnings == ()
    assert plan.apply(office).changes
    assert plan.plan(read(example.encode(), "office.yaml")) == ()
    assert len(read_office(data_folder.root).tenants) == 1


@pytest.mark.parametrize("struct", [Queue, Hours, Menu, Conference, Trunk, PublicNumber, Outbound])
def test_every_key_is_told(struct: type[msgspec.Struct]) -> None:
    page = (DOCS / "office-file.md").read_text(encoding="utf-8")
    keys = {field.removesuffix("_seconds") for field in struct.__struct_fields__} - {"id", "greetings"}
    assert {key for key in keys if not re.search(rf"`{key}[`:]|[{{ ]{key}: ", page)} == set()


def test_the_refusals_that_are_shown_are_those_that_are_given() -> None:
    """The example of the page, with three mistakes: the line of each is found, and what was probably meant."""
    page = (DOCS / "office-file.md").read_text(encoding="utf-8")
    shown = re.search(r"\$ svara apply office.yaml\n((?:office.yaml:.*\n)+)", page)
    assert shown
    wrong = (
        EXAMPLES_BY_PAGE["office-file"]
        .replace('country: "NO"', "country: NO")
        .replace('    extension: "101"', '    extention: "101"')
        .replace("login: acme-bob", "login: acme-anna")
    )
    with pytest.raises(OfficeFileError) as refused:
        read(wrong.encode(), "office.yaml")
    assert str(refused.value).strip() == shown[1].strip()


EXAMPLES_BY_PAGE = {str(example.id).rpartition("-")[0]: str(example.values[0]) for example in EXAMPLES}
