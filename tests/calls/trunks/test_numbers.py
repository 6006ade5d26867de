"""Numbers as people dial them and as trunks write them; the numbers are from the fictional ranges of their plans, or the
numbering plan's own examples."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.calls.trunks import numbers
from svara.calls.trunks.numbers import Kind, Number, e164, emergency, emergency_numbers, heard, number, wanted, written
from svara.people.office import NumberFormat

EXAMPLES = sorted(
    {
        (region, phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in (0, 1, 2, 3, 4, 6)
        if (example := phonenumbers.example_number_for_type(region, kind)) is not None
    }
)
"""A number of each kind in each of the world's plans."""
COUNTRIES = ("NO", "SE", "CZ", "LV", "RU", "US", "IT")
FORMATS: tuple[NumberFormat, ...] = ("e164", "plain", "national", "00")


def meant(dialled: str, country: str) -> Number | None:
    found = wanted(dialled)
    return None if found is None else number(found.digits, country)


@pytest.mark.parametrize(
    ("country", "dialled", "text", "kind"),
    [
        ("NO", "21 00 00 00", "+4721000000", "national"),
        ("NO", "+47 21 00 00 00", "+4721000000", "national"),
        ("NO", "004721000000", "+4721000000", "national"),
        ("NO", "4721000000", "+4721000000", "national"),
        ("NO", "tel:+47-21-00-00-00", "+4721000000", "national"),
        ("NO", "tel:21000000;phone-context=+47", "+4721000000", "national"),
        ("NO", "21000000,,12#", "+4721000000", "national"),
        ("NO", "(90) 00.00/01", "+4790000001", "mobile"),
        ("NO", "02800", "+4702800", "national"),
        ("NO", "820 12 345", "+4782012345", "premium"),
        ("NO", "0046 8 465 00 40", "+4684650040", "international"),
        ("NO", "+46701740605", "+46701740605", "international"),
        ("NO", "+46900012345", "+46900012345", "international"),
        ("SE", "08-465 00 40", "+4684650040", "national"),
        ("SE", "070-174 06 05", "+46701740605", "mobile"),
        ("SE", "0900 123 45", "+4690012345", "premium"),
        ("NO", "+46 900 123 45", "+4690012345", "premium"),
        ("CZ", "601 123 456", "+420601123456", "mobile"),
        ("CZ", "906 123 456", "+420906123456", "premium"),
        ("LV", "21 234 567", "+37121234567", "mobile"),
        ("LV", "63 123 456", "+37163123456", "national"),
        ("RU", "8 (800) 555-35-35", "+78005553535", "national"),
        ("RU", "8 10 47 21 00 00 00", "+4721000000", "international"),
        ("RU", "0047 21 00 00 00", "+4721000000", "international"),
        ("GB", "07700 900123", "+447700900123", "national"),
        ("US", "(212) 555-0100", "+12125550100", "national"),
        ("US", "+1 876 523 0123", "+18765230123", "international"),
        ("NO", "+870 772 001 000", "+870772001000", "premium"),
        ("NO", "+979 123 456 789", "+979123456789", "premium"),
        ("NO", "1881", "1881", "premium"),
        ("NO", "116 117", "116117", "national"),
        ("SE", "1177", "1177", "national"),
    ],
)
def test_what_people_dial(country: str, dialled: str, text: str, kind: Kind) -> None:
    assert meant(dialled, country) == Number(text, kind)


@pytest.mark.parametrize(
    "dialled", ["", "anna", "+", "101", "1234567890123456789", "++4721000000", "2100000x", "*21*1#", "٢١٠٠٠٠٠٠"]
)
def test_what_no_network_takes(dialled: str) -> None:
    assert meant(dialled, "NO") is None


@pytest.mark.parametrize(
    ("country", "helps"),
    [
        ("NO", {"110", "112", "113"}),
        ("SE", {"112"}),
        ("CZ", {"112", "150", "155", "158"}),
        ("LV", {"110", "112", "113"}),
        ("RU", {"101", "102", "103", "112"}),
        ("DE", {"110", "112"}),
        ("FR", {"112", "15", "17", "18"}),
        ("EE", {"112"}),
        ("ZZ", {"112"}),
    ],
)
def test_help_is_called_as_dialled(country: str, helps: set[str]) -> None:
    assert helps <= emergency_numbers(country)
    for digits in helps:
        assert emergency(digits, country)
        assert meant(digits, country) == Number(digits, "emergency")
        assert written(digits, "plain", country) == digits


def test_the_caller_can_be_hidden_for_one_call() -> None:
    for dialled in ("#31#21000000", "*31*21 00 00 00", "*31#+4721000000"):
        found = wanted(dialled)
        assert found is not None
        assert (found.anonymous, e164(found.digits, "NO")) == (True, "+4721000000")


def test_how_trunks_write() -> None:
    assert [written("+4721000000", form, "NO") for form in FORMATS] == [
        "+4721000000",
        "4721000000",
        "21000000",
        "004721000000",
    ]
    assert [written("+4684650040", form, "SE") for form in FORMATS] == [
        "+4684650040",
        "4684650040",
        "084650040",
        "004684650040",
    ]
    assert written("+4721000000", "national", "RU") == "8104721000000"


@given(st.sampled_from(EXAMPLES), st.sampled_from(COUNTRIES), st.sampled_from(FORMATS), st.booleans())
def test_what_a_trunk_writes_is_what_it_means(
    example: tuple[str, str], country: str, form: NumberFormat, at_home: bool
) -> None:
    region, text = example
    country = region if at_home else country
    assert heard(written(text, form, country), form, country) == text


@given(st.sampled_from(EXAMPLES), st.sampled_from(COUNTRIES), st.sampled_from(" -./()"))
def test_separators_change_nothing(example: tuple[str, str], country: str, sign: str) -> None:
    text = example[1]
    assert e164(sign.join(text), country) == e164(text, country) == text


@given(st.text(max_size=80), st.sampled_from(COUNTRIES), st.sampled_from(FORMATS))
def test_any_text_is_a_number_or_none(text: str, country: str, form: NumberFormat) -> None:
    found = meant(text, country)
    assert found is None or found.text.lstrip("+").isdigit()
    assert heard(text, form, country).lstrip("+").isdigit() or not heard(text, form, country)


def test_an_answer_is_kept() -> None:
    numbers.number.cache_clear()
    for _ in range(3):
        number("21000000", "NO")
    assert numbers.number.cache_info().hits == 2
