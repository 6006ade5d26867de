"""A contact's card: what one knows about somebody. Bounded, and cleaned of what does not belong into it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

import msgspec
from django.utils.translation import gettext as _

from svara.calls.trunks import numbers as plan
from svara.people.access import folded
from svara.privacy.errors import Invalid

Kind = Literal["mobile", "work", "home", "fax", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_NAME, MAX_MAIL, MAX_NOTE, MAX_NUMBER = 200, 254, 2000, 60
MAX_NUMBERS = 8
_INSIDE = re.compile(r"\s*\bext\b.*", re.IGNORECASE | re.DOTALL)
"""What is dialled inside of where the number leads."""
_CODE = re.compile(r"[*#][*#0-9]+")
_PRETTY = re.compile(r"[\s()./-]+")
_MAIL = re.compile(r"[^\s@,;<>()\"]+@[^\s@,;<>()\"]+")


class Number(msgspec.Struct, frozen=True, array_like=True):
    """A telephone number: E.164 where it is one of the public network, else as it is dialled."""

    number: str
    kind: Kind = "other"


class Card(msgspec.Struct, frozen=True, array_like=True):
    """What one knows about somebody. All of it may be "", though never all at once (`checked`)."""

    name: str = ""
    organisation: str = ""
    numbers: tuple[Number, ...] = ()
    mail: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        """What the contact is called, the nearest that there is to a name."""
        first = self.numbers[0].number if self.numbers else ""
        return self.name or self.organisation or first or self.mail

    @property
    def beside(self) -> str:
        """The organisation, where the title is not that already."""
        return self.organisation if self.name else ""


class Unfit(Invalid):
    """What somebody typed is no card; `faults` says why by field: "name", "mail", "note", "number-0" …"""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(*faults.values())
        self.faults = dict(faults)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Card).decode


def packed(card: Card) -> bytes:
    """A card as it is stored (sealed)."""
    return _encode(card)


def unpacked(stored: bytes) -> Card:
    """The card that was stored. Raises msgspec.DecodeError for anything else."""
    return _decode(stored)


def dialled(text: str, country: str) -> str:
    """A number as it is dialled, E.164 by the manner of `country` where it can be; "" where there is none in `text`.

    `tel:` addresses (RFC 3966), all that writes numbers prettily, and what is dialled after the answer are understood.
    """
    plain = text[: 2 * MAX_NUMBER]
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain)
        plain = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in plain)
    code = _PRETTY.sub("", plain)
    if _CODE.fullmatch(code):
        return code[:MAX_NUMBER]
    wanted = plan.wanted(_INSIDE.sub("", plain))
    if wanted is None or len(wanted.digits) > MAX_NUMBER:
        return ""
    read = plan.number(wanted.digits, country)
    return wanted.digits if read is None else read.text


def line(text: str, most: int) -> str:
    """One line of text without control characters, of at most `most` signs."""
    some = text[: 4 * most]
    if not some.isprintable():
        some = "".join(sign if sign.isprintable() else " " for sign in some)
    return " ".join(some.split())[:most].strip()


def lines(text: str, most: int) -> str:
    """Some lines of text without other control characters, of at most `most` signs."""
    whole = text[: 4 * most].replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(sign for sign in whole if sign.isprintable() or sign == "\n")
    return "\n".join(each.rstrip() for each in kept.split("\n"))[:most].strip()


def is_mail(text: str) -> bool:
    """Whether it looks like an e-mail address."""
    return len(text) <= MAX_MAIL and bool(_MAIL.fullmatch(text)) and text.isprintable()


def checked(card: Card, country: str) -> Card:
    """The card as it is kept. Raises Unfit where something in it cannot be kept, so that nothing typed is lost silently."""
    faults: dict[str, str] = {}
    for field, value, most in (
        ("name", card.name, MAX_NAME),
        ("organisation", card.organisation, MAX_NAME),
        ("note", card.note, MAX_NOTE),
    ):
        if len(value) > most:
            faults[field] = _("This is too long: at most %(count)d characters.") % {"count": most}
    numbers: dict[str, Number] = {}
    for place, each in enumerate(card.numbers):
        if not each.number.strip():
            continue
        number = dialled(each.number, country)
        if not number:
            faults[f"number-{place}"] = _("This is no telephone number.")
        elif number not in numbers:
            numbers[number] = Number(number, each.kind)
    if len(numbers) > MAX_NUMBERS:
        faults["numbers"] = _("These are too many numbers: at most %(count)d.") % {"count": MAX_NUMBERS}
    mail = card.mail.strip()
    if mail and not is_mail(mail):
        faults["mail"] = _("This is no e-mail address.")
    name, organisation = line(card.name, MAX_NAME), line(card.organisation, MAX_NAME)
    name = "" if name == organisation else name
    kept = Card(name, organisation, tuple(numbers.values()), mail, lines(card.note, MAX_NOTE))
    if not kept.title and not faults:
        faults["name"] = _("Give a name or a number.")
    if faults:
        raise Unfit(faults)
    return kept


def merged(into: Card, other: Card) -> Card:
    """`into` with what `other` knows beyond it; what does not fit any more is left out."""
    known = {each.number for each in into.numbers}
    more = tuple(each for each in other.numbers if each.number not in known)
    notes = into.note if other.note in into.note else "\n".join(filter(None, (into.note, other.note)))
    return Card(
        into.name or other.name,
        into.organisation or other.organisation,
        (into.numbers + more)[:MAX_NUMBERS],
        into.mail or other.mail,
        notes[:MAX_NOTE],
    )


def fits(card: Card, words: str) -> bool:
    """Whether every word begins a part of the name, of the organisation or of the address; of digits alone: whether they
    stand in a number. Neither case nor accents count."""
    text = words.strip()
    digits = "".join(sign for sign in text if sign in "0123456789")
    if digits and not text.strip("+*#0123456789()-./ "):
        return any(digits.lstrip("0") in each.number or digits in each.number for each in card.numbers)
    wanted = folded(text).split()
    whole = folded(f"{card.name} {card.organisation} {card.mail}")
    parts = [*whole.split(), *whole.replace("-", " ").replace("@", " ").split()]
    return all(any(part.startswith(word) for part in parts) for word in wanted)


def keys_of(cards: Iterable[Card]) -> dict[str, int]:
    """By each number and address the place of the first card that has it."""
    found: dict[str, int] = {}
    for place, card in enumerate(cards):
        for key in reached_by(card):
            found.setdefault(key, place)
    return found


def reached_by(card: Card) -> tuple[str, ...]:
    """The numbers and the address by which somebody is the same person on two cards."""
    return (*(each.number for each in card.numbers), *((card.mail.casefold(),) if card.mail else ()))
