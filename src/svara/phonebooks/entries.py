"""What stands in a phonebook, and how it is searched. Pure.

Every projection (XML, CardDAV, LDAP) is made of these entries and of nothing else, so what is left out here is given to
nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from svara.people.access import folded

Kind = Literal["person", "queue", "conference"]
MAX_SEARCH_LENGTH = 100
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody, or something, that can be called.

    `extension` is dialled inside; `direct` are numbers in the public network (E.164) that lead here, the one that the person
    shows first; `mobile` (E.164) and `email` are "" where there are none, or where they are not to be seen.
    """

    id: str
    kind: Kind
    name: str
    extension: str = ""
    direct: tuple[str, ...] = ()
    mobile: str = ""
    email: str = ""

    @property
    def family(self) -> str:
        """The last word of a person's name; of other things, and of a name of one word, the whole."""
        return self.name.split()[-1] if self.kind == "person" and self.name.strip() else self.name

    @property
    def given(self) -> str:
        """What goes before the family name; "" where there is nothing."""
        return " ".join(self.name.split()[:-1]) if self.kind == "person" else ""

    @property
    def numbers(self) -> tuple[str, ...]:
        """All that can be dialled, the extension first."""
        return tuple(filter(None, (self.extension, *self.direct, self.mobile)))


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Those that can be called, by name."""
    return tuple(sorted((each for each in entries if each.numbers), key=lambda each: (folded(each.name), each.id)))


def search(entries: Iterable[Entry], words: str) -> tuple[Entry, ...]:
    """Those of which every word begins a part of the name (neither case nor accents count); of digits alone, those with a
    number in which they stand."""
    text = words[:MAX_SEARCH_LENGTH].strip()
    digits = "".join(sign for sign in text if sign in "0123456789")
    if digits and not text.strip("+0123456789()-./ "):
        return tuple(each for each in entries if any(digits in number for number in each.numbers))
    wanted = folded(text).split()
    return tuple(each for each in entries if not wanted or _has_all(folded(each.name), wanted))


def _has_all(name: str, wanted: list[str]) -> bool:
    parts = [*name.split(), *name.replace("-", " ").split()]
    return all(any(part.startswith(word) for part in parts) for word in wanted)


def clean(text: str) -> str:
    """`text` without the characters for which XML 1.0 (section 2.2) has no place."""
    return _NO_XML.sub("", text)
