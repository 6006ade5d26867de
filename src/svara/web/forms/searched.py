"""Lists too long to go through, as of people in a company of a thousand: one types a part of a name and the browser shows
what fits (`datalist`).

The list stands in a form once, however many fields are searched in it. What is typed is read by its words, whatever their
case, or by the value itself; anything else is left for the office's check to name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from django.utils.functional import Promise

Text = str | Promise
Options = Sequence[tuple[str, Sequence[tuple[str, Text]]]]
"""Groups of choices: the group's title ("" for none), and values with their words."""
LONG: Final = 300
"""More choices than these are too many to go through. The longest list that stays one is that of the countries."""
_NUMBER = re.compile(r"\+?[\d ()/.-]{2,40}")


def is_long(options: Options) -> bool:
    """Whether one searches in this list."""
    return sum(len(group) for _, group in options) > LONG


def words_of(value: str, options: Options) -> str:
    """What stands in the field for a value; the value itself where the list lacks it."""
    return next((str(words) for each, words in _choices(options) if each == value), value)


def suggestions(options: Options) -> list[Text]:
    """What can be typed. Nothing, and a number of one's own, are typed without."""
    return [words for _, words in _choices(options)]


def meant(text: str, options: Options, *, numbers: bool) -> str:
    """The value that somebody typed; words count before values, for one's name may be another's user name. `numbers`: it may
    be a telephone number, too."""
    folded, choices = text.casefold(), [(value, str(words)) for value, words in _choices(options)]
    for found in (
        [value for value, words in choices if words == text],
        [value for value, words in choices if words.casefold() == folded],
        [value for value, _ in choices if value.casefold() == folded],
    ):
        if len(found) == 1:
            return found[0]
    return f"number:{text}" if numbers and _NUMBER.fullmatch(text) else text


def _choices(options: Options) -> Iterator[tuple[str, Text]]:
    return ((value, words) for _, group in options for value, words in group if value and value != "number")
