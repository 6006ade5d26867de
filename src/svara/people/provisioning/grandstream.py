"""Grandstream desk phones (GXP, GRP): `cfg<mac>.xml` with P-values (Grandstream's configuration templates).

Only P-values of the account, time, language, the place of the settings, the phonebook and the virtual multi-purpose keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from svara.people.linekeys import Shown
from svara.people.provisioning.setup import EXPIRES_SECONDS, Setup, document, element, language_of
from svara.people.provisioning.zone import zone

_TRANSPORTS = {"udp": 0, "tcp": 1, "tls": 2}
_SCHEMES = {"http": 1, "https": 2}
_LANGUAGES = {"en": "en", "cs": "cs", "ru": "ru", "sv": "sv"}
_CODECS = (123, 9, 8, 0)
"""Opus, G.722, PCMA, PCMU, as Grandstream counts them."""
_LINE, _SPEED, _BLF = 0, 10, 11
MAX_KEYS = 32
_FIRST = 6
"""The first so many keys have P-values of an older scheme."""


def render(setup: Setup) -> str:
    """The file of one phone."""
    root = ET.Element("gs_provision", {"version": "1"})
    element(root, "mac", setup.mac)
    values = ET.SubElement(root, "config", {"version": "1"})
    for number, value in _values(setup):
        element(values, f"P{number}", value)
    return document(root)


def _values(setup: Setup) -> Iterator[tuple[int, str | int]]:
    yield 271, 1  # the account is used
    yield 270, setup.label
    yield 47, setup.server
    yield 35, setup.login
    yield 36, setup.login
    yield 34, setup.secret
    yield 3, setup.name
    yield 33, setup.mailbox
    yield 31, 1  # it registers
    yield 32, EXPIRES_SECONDS // 60
    yield 130, _TRANSPORTS[setup.transport]
    yield 2329, 0  # sip:, not sips:, over TLS
    yield 99, 1  # it asks for waiting messages
    yield from zip((57, 58, 59, 60), _CODECS, strict=True)
    yield 2301, 0  # keys neither in the sound
    yield 2302, 1  # but as telephone events (RFC 4733)
    yield 2303, 0  # nor as INFO
    yield 298, 1  # it answers by itself where Alert-Info asks for it
    yield 26018, 0
    yield 64, "customize"
    yield 246, zone(setup.timezone).posix
    yield 1362, language_of(setup.language, _LANGUAGES, "en")
    if setup.pickup:
        yield 1347, setup.pickup
    where = urlsplit(setup.address)
    yield 212, _SCHEMES[where.scheme]
    yield 237, f"{where.netloc}{where.path}".rstrip("/")
    yield 145, 0  # what the network names does not go before that
    if setup.phonebook:
        book = urlsplit(setup.phonebook)
        yield 330, 3 if book.scheme == "https" else 2
        yield 331, f"{book.netloc}{book.path}".rpartition("/")[0]  # it looks for phonebook.xml there
    for number, key in enumerate(setup.keys[:MAX_KEYS]):
        yield from _key(number, key)


def _key(number: int, key: Shown) -> Iterator[tuple[int, str | int]]:
    if number < _FIRST:
        mode, account, description, value = 1363 + 2 * number, 1364 + 2 * number, 1465 + 2 * number, 1466 + 2 * number
    else:
        mode, account, description, value = range(23800 + 4 * (number - _FIRST), 23804 + 4 * (number - _FIRST))
    yield mode, _LINE if key.kind == "line" else _BLF if key.lamp else _SPEED
    yield account, 0
    yield description, key.label
    yield value, key.number
