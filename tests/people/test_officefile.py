"""An administrator writes an office file, and is told everything that is wrong with it at once."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.people.officefile import OfficeFile, OfficeFileError, UnansweredSpec, read

ACME = """\
version: 1
tenant: {slug: acme, name: Acme AS, country: "NO", languages: [nb, en], timezone: Europe/Oslo}
people:
  - username: anna
    name: Anna Berg
    email: anna@acme.test
    password: correct-horse-1
    extension: "101"
    roles: [admin]
    phones: [{login: acme-anna, secret: s3cret-anna}]
    unanswered: {after: 20, to: "person:bob"}
  - username: bob
    name: Bob Lund
    extension: "102"
    phones: [{login: acme-bob, secret: s3cret-bob}, {login: acme-bob-2, secret: s3cret-bob2, label: Van}]
    unanswered: {after: 12.5, to: hangup}
"""


def office(text: str) -> OfficeFile:
    return read(text.encode(), "acme.yaml")


def complaints(text: str) -> list[str]:
    with pytest.raises(OfficeFileError) as refused:
        office(text)
    return refused.value.lines


def complaint(text: str) -> str:
    (only,) = complaints(text)
    return only


def test_the_office_of_the_handbook_is_read() -> None:
    acme = office(ACME)
    assert (acme.tenant.slug, acme.tenant.languages, acme.tenant.media) == ("acme", ("nb", "en"), "relay")
    anna, bob = acme.people
    assert anna.roles == ("member", "admin")
    assert anna.unanswered == UnansweredSpec(after_seconds=20, to="person:bob")
    assert bob.roles == ("member",)
    assert bob.password is None
    assert [phone.login for phone in bob.phones] == ["acme-bob", "acme-bob-2"]
    assert acme.warnings == ()


def test_secrets_do_not_show_when_an_office_is_printed() -> None:
    assert "correct-horse-1" not in repr(office(ACME))
    assert "s3cret" not in repr(office(ACME))


def test_every_problem_is_told_at_once_in_the_order_of_lines() -> None:
    text = ACME.replace("extension: ", "extention: ", 1).replace("roles: [admin]", "roles: [admn]")
    text = text.replace("person:bob", "person:bobb").replace("Europe/Oslo", "Europe/Olso") + "quees: []\n"
    assert complaints(text) == [
        "acme.yaml:2: 'timezone' is 'Europe/Olso': expected a place like Europe/Oslo; did you mean 'Europe/Oslo'?",
        "acme.yaml:8: 'extention' is unknown in a person; did you mean 'extension'?",
        "acme.yaml:9: 'roles' cannot be 'admn'; did you mean 'admin'?",
        "acme.yaml:11: 'to': there is no person 'bobb' in this file; did you mean 'bob'?",
        "acme.yaml:17: 'quees' is unknown in the office file; did you mean 'queues'?",
    ]


@pytest.mark.parametrize(
    ("was", "is_", "line", "said"),
    [
        # the traps of YAML
        ('"NO"', "NO", 2, '\'country\' must be text: YAML takes NO for yes or no; write "NO" in quotes'),
        ('"101"', "101", 8, "'extension' must be text: write \"101\" in quotes"),
        ('"101"', "0101", 8, "write \"0101\" in quotes (YAML takes 0101 for the octal number 65)"),
        ("Bob Lund", "12:30", 13, 'YAML takes 12:30 for a number; write "12:30" in quotes'),
        ("Bob Lund", "2026-11-22", 13, "for a date"),
        ("Bob Lund", "~", 13, "'name' is empty"),
        ("Bob Lund", "", 13, "'name' is empty"),
        # what is no value of its kind
        ('"NO"', '"Norway"', 2, "two letters of ISO 3166"),
        ('"NO"', '"no"', 2, 'did you mean "NO"?'),
        ("slug: acme", "slug: Acme", 2, "did you mean 'acme'?"),
        ("slug: acme", "slug: -acme", 2, "lower-case letters"),
        ("[nb, en]", "[norsk-bokmaal-i-norge, en]", 2, "BCP 47"),
        ("[nb, en]", "[nb, nb]", 2, "twice"),
        ("[nb, en]", "[]", 2, "at least one"),
        ("[nb, en]", "nb", 2, "must be a list"),
        ("anna@acme.test", "anna@acme", 6, "like anna@acme.test"),
        ("username: anna", "username: Anna", 4, "did you mean 'anna'?"),
        ("login: acme-anna", "login: 'acme anna'", 10, "like acme-anna"),
        ('"101"', '"1O1"', 8, "two to ten digits"),
        ("after: 20", "after: soon", 11, "seconds from 1 to 3600"),
        ("after: 20", 'after: "20"', 11, "without quotes"),
        ("after: 20", "after: 0", 11, "seconds from 1 to 3600"),
        ("after: 20", "after: 1e9", 11, "seconds from 1 to 3600"),
        ("Bob Lund", "{first: Bob}", 13, "'name' must be text, not 'key: value' lines"),
        ("Bob Lund", r'"Bob\x07"', 13, "control characters"),
        ("Bob Lund", "B" * 201, 13, "1 to 200 characters"),
        ("version: 1", "version: 2", 1, "must be 1"),
        # targets
        ("person:bob", "person:anna", 11, "anna's unanswered calls cannot go to anna again"),
        ("person:bob", "persn:bob", 11, "did you mean 'person:'?"),
        ("person:bob", "bob", 11, "which is no target"),
        ("person:bob", "voicemail:ana", 11, "there is no person or queue 'ana' in this file; did you mean 'anna'?"),
        ("person:bob", "queue:support", 11, "'to': there is no queue 'support' in this file"),
        ("person:bob", "queue:bob", 11, "there is no queue 'bob' in this file; did you mean 'person:bob'?"),
        ("person:bob", "number:21000000", 11, 'expected a number of E.164, like "+4721000000"; did you mean "+4721000000"?'),
        ("person:bob", "conference:board", 11, "'to': there is no conference 'board' in this file"),
        # what is missing or doubled
        ("    name: Bob Lund\n", "", 12, "a person needs 'name', for example name: Anna Berg"),
        ("login: acme-anna, ", "", 10, "a phone needs 'login'"),
        ('"102"', '"101"', 14, "extension '101' of bob is taken by anna (line 8); it must be unique in the tenant"),
        ("username: bob\n", "username: anna\n", 12, "username 'anna' of Bob Lund is taken by Anna Berg (line 4)"),
        ("acme-bob,", "acme-anna,", 15, "login 'acme-anna' of bob is taken by anna (line 10); it must be unique on the"),
        ("acme-bob-2", "acme-bob", 15, "login 'acme-bob' of bob is taken by bob (line 15)"),
        ("    name: Bob Lund", "    name: Bob Lund\n    name: Rob", 14, "'name' is given twice, first on line 13"),
        ("version: 1\n", "", 1, "the office file needs 'version'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_was_meant(was: str, is_: str, line: int, said: str) -> None:
    assert was in ACME
    lines = complaints(ACME.replace(was, is_, 1))
    assert any(told.startswith(f"acme.yaml:{line}: ") and said in told for told in lines), lines


def test_a_mistake_does_not_hide_another_about_the_same_person() -> None:
    text = ACME.replace("Bob Lund", "yes").replace('"102"', '"101"').replace("secret: s3cret-bob}", "secret: 12345}")
    assert len(complaints(text)) == 3


def test_secrets_are_not_repeated_in_messages() -> None:
    told = "\n".join(complaints(ACME.replace("correct-horse-1", "20261122").replace("s3cret-bob}", "0x5ec4e7}")))
    assert 'write "..." in quotes' in told
    assert "20261122" not in told
    assert "0x5ec4e7" not in told


def test_weak_passwords_are_taken_with_a_warning() -> None:
    warned = office(ACME.replace("correct-horse-1", "anna1").replace('"102"', '"112"')).warnings
    assert warned == (
        "acme.yaml:7: this password is short; 10 characters or more are safer",
        "acme.yaml:14: extension 112 is an emergency number in some countries; another is safer",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs 'version'"),
        ("just words", "must be a list of 'key: value' lines"),
        ("[1, 2", "this is not YAML"),
        ("a: b: c", "this is not YAML"),
        ("\tversion: 1", "this is not YAML"),
        ("version: 1\x00", "must not stand in a YAML file"),
        ("version: !!python/object:os.system 1", "tags (!)"),
        ("a: &x [1]\nb: *x", "anchors and aliases"),
        ("version: 1\n---\nversion: 1", "a second document"),
        ("[" * 100 + "]" * 100, "nested too deeply"),
        ("? [a, b]\n: 1", "a key must be a word"),
    ],
)  # fmt: skip
def test_what_is_no_office_at_all_is_refused_in_one_line(text: str, said: str) -> None:
    assert any(said in line and "\n" not in line for line in complaints(text))


def test_a_bomb_of_aliases_goes_off_nowhere() -> None:
    bomb = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    started = time.perf_counter()
    assert complaint(bomb).startswith("acme.yaml:1: anchors and aliases")
    assert time.perf_counter() - started < 1


def test_a_file_without_end_is_refused() -> None:
    assert "larger than 4 MiB" in complaint("# " + "x" * 5_000_000)
    assert "too many values" in complaint("[" + "1," * 500_000 + "]")
    with pytest.raises(OfficeFileError, match=r"acme\.yaml:2: this is not UTF-8"):
        read(b"version: 1\nname: \xff", "acme.yaml")


def test_of_a_thousand_mistakes_the_first_hundred_are_told() -> None:
    lines = complaints("version: 1\n" + "".join(f"key{number}: 1\n" for number in range(1000)))
    assert len(lines) == 101
    assert "more problems" in lines[-1]


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    with pytest.raises(OfficeFileError):
        office(text)


@given(st.data())
def test_no_damage_to_a_good_file_is_too_strange(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(ACME)))
    end = data.draw(st.integers(start, min(len(ACME), start + 30)))
    damaged = ACME[:start] + data.draw(st.text(max_size=10)) + ACME[end:]
    lines: list[str] = []
    try:
        assert office(damaged).tenant.slug
    except OfficeFileError as refused:
        lines = refused.lines
    assert all(line.startswith("acme.yaml:") for line in lines)
