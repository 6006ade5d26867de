"""What the phone's own book hands over by the Contact Picker (W3C Contact Picker API): those whom its person chose there,
one by one, with the fields that they let go. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from svara.contacts.card import MAX_MAIL, MAX_NAME, MAX_NUMBER, MAX_NUMBERS, Card, Number, dialled, is_mail, line
from svara.contacts.vcard import MAX_CARDS, Found


class BadChoiceError(ValueError):
    """That is no choice of contacts."""


class _Picked(msgspec.Struct, frozen=True):
    """One contact as a browser gives it: each field is a list, which may be empty."""

    name: list[str] = []
    tel: list[str] = []
    email: list[str] = []


_decode = msgspec.json.Decoder(list[_Picked]).decode


def read(data: bytes, country: str) -> Iterator[Found]:
    """The contacts of what a browser sent, at most MAX_CARDS. Raises BadChoiceError for anything else."""
    try:
        chosen = _decode(data)[:MAX_CARDS]
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadChoiceError from error
    for place, one in enumerate(chosen, start=1):
        numbers: dict[str, Number] = {}
        left_out = []
        for typed in filter(None, map(str.strip, one.tel[: 10 * MAX_NUMBERS])):
            number = dialled(typed, country)
            if number and (number in numbers or len(numbers) < MAX_NUMBERS):
                numbers.setdefault(number, Number(number))
            else:
                left_out.append(line(typed, MAX_NUMBER))
        mails = [mail.strip() for mail in one.email[:10] if mail.strip()]
        mail = next((mail for mail in mails if is_mail(mail)), "")
        left_out += [line(mail, MAX_MAIL) for mail in mails if not is_mail(mail)]
        name = next((name for name in (line(name, MAX_NAME) for name in one.name[:10]) if name), "")
        card = Card(name, "", tuple(numbers.values()), mail)
        fault = "" if card.title else "empty"
        yield Found(place, None if fault else card, fault, card.title, tuple(left_out))
