"""The one table of feature codes, and what a company may change of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.people.codes import BY_NAME, CODE, OFF, TABLE, Feature, clashes, codes_of, feature_of, in_talk
from svara.people.officefile import OfficeFile, OfficeFileError, read


def acme_with(codes: str) -> OfficeFile:
    tenant = f'{{slug: acme, name: Acme AS, country: "NO", timezone: Europe/Oslo, codes: {codes}}}'
    return read(f"version: 1\ntenant: {tenant}\npeople: []\n".encode(), "office.yaml")


def test_every_code_and_every_name_is_there_once_and_none_can_be_taken_for_another() -> None:
    assert len(BY_NAME) == len(TABLE)
    assert len(codes_of()) == len([row for row in TABLE if not row.in_talk])
    assert all(CODE.fullmatch(row.code) for row in TABLE)
    assert list(clashes({row.name: row.code for row in TABLE})) == []


@pytest.mark.parametrize(
    ("dialled", "meant"),
    [
        ("*97", Feature("mailbox")),
        (" *97103# ", Feature("mailbox", "103")),
        ("*72+4790000000", Feature("forward", "+4790000000")),
        ("*72", Feature("forward")),
        ("*78#", Feature("dnd")),
        ("*7812", None),
        ("*9", None),
        ("97", None),
        ("*97" + "1" * 21, None),
        ("*97x", None),
        ("", None),
    ],
)
def test_what_is_dialled(dialled: str, meant: Feature | None) -> None:
    assert feature_of(dialled) == meant


def test_a_company_s_own_codes() -> None:
    own = {"mailbox": "#1", "dnd": OFF, "forward": "*97"}
    assert feature_of("#1103", own) == Feature("mailbox", "103")
    assert feature_of("*97103", own) == Feature("forward", "103")
    assert feature_of("*78", own) is None


@given(st.text("*#0123456789+x ", max_size=12), st.dictionaries(st.sampled_from(sorted(BY_NAME)), st.from_regex(CODE)))
def test_nothing_is_found_that_is_switched_off(dialled: str, own: dict[str, str]) -> None:
    off = dict.fromkeys(own, OFF)
    found = feature_of(dialled, off)
    assert found is None or found.name not in off


def test_the_office_file_changes_codes_and_switches_them_off() -> None:
    office = acme_with(codes='{mailbox: "*98", dnd: off, forward: "*72"}')
    assert office.tenant.codes == {"mailbox": "*98", "dnd": OFF}, "what is as everywhere is not kept"


@pytest.mark.parametrize(
    ("codes", "objection"),
    [
        ('{mailbocks: "*98"}', "did you mean 'mailbox'?"),
        ('{mailbox: "98"}', "expected a star or hash"),
        ('{mailbox: "*98*98"}', "expected a star or hash"),
        ("{mailbox: [1]}", "expected a star or hash"),
        ("[1]", "must be written like"),
        ('{dnd: "*97"}', "'dnd' could not be told from 'mailbox', which is *97"),
        ('{mailbox: "*7"}', "'mailbox' could not be told from 'forward'"),
        ('{mailbox: "*79"}', "'mailbox' could not be told from 'dnd-off'"),
    ],
)
def test_codes_that_cannot_be(codes: str, objection: str) -> None:
    with pytest.raises(OfficeFileError) as refused:
        acme_with(codes=codes)
    assert objection in str(refused.value)
    assert str(refused.value).startswith("office.yaml:2:")


def test_what_is_pressed_within_a_talk_is_switched_on_by_the_company_and_never_dialled() -> None:
    assert in_talk({}, "transfer") == ""
    assert acme_with(codes="{transfer: off}").tenant.codes == {}
    own = acme_with(codes='{transfer: "*1"}').tenant.codes
    assert in_talk(own, "transfer") == "*1"
    assert feature_of("*1103", own) is None
