"""Telephone numbers: what people dial, what trunks write, and what a number costs by its kind.

Inside Svara a number of the public network has one form, E.164 with its plus sign (ITU-T E.164, RFC 3966 section 5.1.4).
People dial in the manner of their country, and each trunk writes in a manner of its own; both are turned here, by the
numbering plans of the library `phonenumbers`. Emergency numbers and short codes have no E.164 form and stay as dialled.

Reading a number takes some dozen microseconds, so answers are kept, bounded. Nothing here is asked on the way of an
internal extension but `emergency`, which is a look into a set.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import msgspec
import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ShortNumberCost, shortnumberinfo

from svara.people.office import NumberClass, NumberFormat

MAX_NUMBER = 64
"""Characters of a dialled number that are looked at; E.164 allows fifteen digits."""

Kind = NumberClass | Literal["emergency"]

_PAUSE = re.compile(r"[,;pPwWxX].*", re.DOTALL)
_SEPARATORS = re.compile(r"[\s\-.()/~\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2010-\u2015\u2212]+")
_DIGITS = re.compile(r"\+?[0-9]{1,32}")
_HIDE = re.compile(r"(?:\*31\*|#31#|\*31#)(?=[+0-9])")
EVERYWHERE = "112"
"""The emergency number of the European Union and of every GSM phone."""

_PREMIUM = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.PERSONAL_NUMBER})
_SATELLITE_OR_PREMIUM = frozenset({870, 878, 881, 882, 883, 888, 979})
"""Country codes of no country: satellite and global networks, and international premium rate service."""


class Number(msgspec.Struct, frozen=True, gc=False):
    """A number outside of the house. `text` is E.164, or the digits as dialled where there is no such form."""

    text: str
    kind: Kind

    @property
    def is_e164(self) -> bool:
        return self.text.startswith("+")


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """What a caller dialled: digits, perhaps with a leading plus, and whether the caller wants to stay unknown."""

    digits: str
    anonymous: bool


def wanted(dialled: str) -> Wanted | None:
    """The number in dialled text: without `tel:`, separators that only please the eye, and what is to be sent after the
    answer (pauses and digits behind them). A leading *31* or #31# hides the caller (ETSI ETS 300 738, GSM 02.30). None when
    there is no number in it.
    """
    text = dialled[: MAX_NUMBER + 1]
    if len(text) > MAX_NUMBER:
        return None
    if text[:4].lower() == "tel:":
        text = text[4:]
    text = _SEPARATORS.sub("", _PAUSE.sub("", text.strip()))
    plain = _HIDE.sub("", text, count=1) if text[:1] in ("*", "#") else text
    return Wanted(plain, plain != text) if _DIGITS.fullmatch(plain) else None


def prepare(country: str) -> None:
    """Read the country's numbering plan now: that takes longer than a call should wait."""
    emergency_numbers(country)
    number("12345678", country)


# --- what is dialled


def emergency(digits: str, country: str) -> bool:
    """Whether these digits (see `wanted`) call for help in that country (ISO 3166)."""
    return digits in emergency_numbers(country)


@lru_cache(256)
def emergency_numbers(country: str) -> frozenset[str]:
    """The emergency numbers of a country, of two or three digits each: always with 112."""
    every = (f"{number:0{length}}" for length in (2, 3) for number in range(10**length))
    return frozenset({EVERYWHERE, *(one for one in every if shortnumberinfo.is_emergency_number(one, country))})


@lru_cache(8192)
def number(digits: str, country: str) -> Number | None:
    """What digits (see `wanted`) mean when somebody in that country dials them; None for what no network would take."""
    if emergency(digits, country):
        return Number(digits, "emergency")
    parsed = _parsed(digits, country)
    if digits.startswith("00") and (parsed is None or not phonenumbers.is_valid_number(parsed)):
        parsed = _parsed(f"+{digits[2:]}", country) or parsed  # dialled so nearly everywhere, whatever the country's prefix
    if parsed is not None and phonenumbers.is_valid_number(parsed):
        return Number(_e164(parsed), _kind(parsed, country))
    short = _short(digits, country)
    if short is not None:
        return short
    if parsed is not None and phonenumbers.is_possible_number(parsed):
        return Number(_e164(parsed), _kind(parsed, country))
    return None


def country_prefix(country: str) -> str:
    """How E.164 numbers of a country begin: "+47"."""
    return f"+{phonenumbers.country_code_for_region(country)}"


def e164(text: str, country: str) -> str:
    """Text as E.164 by the manner of that country, whatever its kind; empty when it is no such number."""
    found = wanted(text)
    read = number(found.digits, country) if found is not None else None
    return read.text if read is not None and read.is_e164 else ""


def _kind(parsed: PhoneNumber, country: str) -> NumberClass:
    kind = phonenumbers.number_type(parsed)
    code = parsed.country_code
    if kind in _PREMIUM or code in _SATELLITE_OR_PREMIUM:
        return "premium"
    if code != phonenumbers.country_code_for_region(country):
        return "international"
    if code == 1 and phonenumbers.region_code_for_number(parsed) not in (country, None):
        return "international"  # twenty-five countries share that code
    return "mobile" if kind == PhoneNumberType.MOBILE else "national"


def _short(digits: str, country: str) -> Number | None:
    """Directory enquiries, harmonised services and the like. What may cost anything is taken for expensive."""
    if digits.startswith("+") or len(digits) > 6:
        return None
    if shortnumberinfo.is_emergency_number(digits, country):
        return Number(digits, "emergency")
    parsed = PhoneNumber(
        country_code=phonenumbers.country_code_for_region(country), national_number=int(digits), raw_input=digits
    )
    if digits.startswith("0"):
        parsed.italian_leading_zero = True
        parsed.number_of_leading_zeros = len(digits) - len(digits.lstrip("0"))
    if not shortnumberinfo.is_valid_short_number_for_region(parsed, country):
        return None
    cost = shortnumberinfo.expected_cost_for_region(parsed, country)
    cheap = cost in (ShortNumberCost.TOLL_FREE, ShortNumberCost.STANDARD_RATE)
    return Number(digits, "national" if cheap else "premium")


# --- what trunks write


@lru_cache(8192)
def written(text: str, form: NumberFormat, country: str) -> str:
    """A number as a trunk wants it, digits with perhaps a plus: E.164 in its format, anything else as it is."""
    if not text.startswith("+") or form == "e164":
        return text
    if form == "plain":
        return text[1:]
    if form == "00":
        return f"00{text[1:]}"
    parsed = _parsed(text, country)
    if parsed is None:
        return text
    if parsed.country_code == phonenumbers.country_code_for_region(country):
        return phonenumbers.normalize_digits_only(phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    return phonenumbers.normalize_digits_only(phonenumbers.format_out_of_country_calling_number(parsed, country))


@lru_cache(8192)
def heard(text: str, form: NumberFormat, country: str) -> str:
    """The E.164 number that a trunk means by `text`; empty when it is none.

    Trunks do not always keep to their own format: the form says which reading is tried first.
    """
    found = wanted(text)
    if found is None:
        return ""
    digits = found.digits
    if digits.startswith("+"):
        readings = [digits]
    elif digits.startswith("00"):
        readings = [f"+{digits[2:]}", digits]
    else:
        readings = [digits, f"+{digits}"] if form in ("national", "00") else [f"+{digits}", digits]
    parsed = [one for reading in readings if (one := _parsed(reading, country)) is not None]
    for one in parsed:
        if phonenumbers.is_valid_number(one):
            return _e164(one)
    for one in parsed:
        if phonenumbers.is_possible_number(one):
            return _e164(one)
    return ""


def _parsed(digits: str, country: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None


def _e164(parsed: PhoneNumber) -> str:
    return str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))
