"""All that a phone is told, whoever made it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal
from xml.etree import ElementTree as ET

from svara.people.linekeys import Shown

Transport = Literal["udp", "tcp", "tls"]
CODECS = ("opus", "g722", "pcma", "pcmu")
"""In the order in which a phone shall offer them; those that a maker does not know are left out."""
EXPIRES_SECONDS = 600
AGAIN_SECONDS = 24 * 3600
"""How often a phone asks whether its settings have changed."""
_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class Setup:
    """One phone's settings. Texts may be anything that somebody typed; the makers' files make them harmless.

    `address`: where this phone, and no other, fetches its settings from now on; it ends with a slash and is a secret, as
    `secret` is. `mac`: twelve hex digits, "" for a softphone. `phonebook`: an address, "" for none.
    """

    name: str
    extension: str
    login: str
    secret: str = field(repr=False)
    address: str = field(repr=False)
    host: str
    port: int
    transport: Transport
    timezone: str
    language: str
    keys: tuple[Shown, ...] = ()
    mailbox: str = ""
    phonebook: str = ""
    pickup: str = ""
    """What is dialled before an extension to take the call that rings there; "" for nothing."""
    mac: str = ""

    @property
    def label(self) -> str:
        """What stands beside the line."""
        return self.extension or self.name

    @property
    def server(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"


def clean(text: str) -> str:
    """Text on one line, without signs that are not shown: no line ends, controls, or changes of the reading order."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()


def bare(text: str) -> str:
    """As `clean`, and without the signs that have a meaning in a SIP address (RFC 3261 section 25.1)."""
    return re.sub(r"[\"\\<>;,]", " ", clean(text)).strip()


def document(root: ET.Element) -> str:
    """An XML document; escaped by construction."""
    ET.indent(root)
    return _HEADER + ET.tostring(root, encoding="unicode") + "\n"


def element(parent: ET.Element, tag: str, text: str | int, **attributes: str | int) -> ET.Element:
    """A child with this text, cleaned."""
    child = ET.SubElement(parent, tag, {name: clean(str(value)) for name, value in attributes.items()})
    child.text = clean(str(text))
    return child


def language_of(tag: str, known: dict[str, str], otherwise: str) -> str:
    """The maker's word for a language tag of BCP 47."""
    first = tag.partition("-")[0].lower()
    return known.get({"no": "nb", "nn": "nb"}.get(first, first), otherwise)
