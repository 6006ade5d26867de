"""Who makes phones: which files theirs ask for, what is in each, and what they tell about themselves.

A file is one of three kinds: "settings" (with the secrets), "plain" (without any), or none of a phone's business (None).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from svara.people.provisioning import grandstream, poly, snom, softphones, yealink
from svara.people.provisioning.setup import Setup

Kind = Literal["settings", "plain"]
XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
_MAC = re.compile(r"[0-9a-f]{12}")
_IN_NAME = re.compile(r"(?<![0-9a-zA-Z])[0-9a-fA-F]{12}(?![0-9a-zA-Z])")
_MAX_TOLD = 40
_TOLD = (
    re.compile(r"Yealink (?P<model>[\w.-]+) (?P<firmware>[\d.]+)"),
    re.compile(r"snom(?P<model>\w+)-SIP (?P<firmware>[\d.]+)"),
    re.compile(r"Grandstream Model HW (?P<model>\w+).*? SW (?P<firmware>[\d.]+)"),
    re.compile(r"Poly(?:com)?(?:VVX|Edge|CCX|Trio)?-(?P<model>\w+)-UA/(?P<firmware>[\d.]+)"),
    re.compile(r"(?P<model>Linphone|baresip)\S*?/(?P<firmware>[\w.-]+)", re.IGNORECASE),
)
"""How makers write their User-Agent."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that phones of a maker ask for: its name, where `{mac}` stands for twelve hex digits."""

    name: str
    kind: Kind
    render: Callable[[Setup], str]
    content_type: str


@dataclass(frozen=True, slots=True)
class Maker:
    """One kind of phones. `mac`: they are told from one another by their MAC address (softphones are not)."""

    key: str
    name: str
    files: tuple[File, ...]
    mac: bool = True

    @property
    def first(self) -> str:
        """The name of the file with the settings."""
        return next(file.name for file in self.files if file.kind == "settings")

    def address(self, base: str, token: str, mac: str) -> str:
        """What a phone is told to fetch (`base`: the address of the pages): some want a folder, others the file itself."""
        folder = f"{base}provision/{token}/"
        whole = self.key in ("snom", "linphone", "baresip")
        return folder + self.first.replace("{mac}", mac.upper()) if whole else folder

    def file(self, name: str, mac: str) -> File | None:
        """Which file a phone with this MAC address asks for; None for one that is not its own, or none at all."""
        wanted = name.lower()
        return next((file for file in self.files if file.name.replace("{mac}", mac) == wanted), None)


MAKERS: dict[str, Maker] = {
    maker.key: maker
    for maker in (
        Maker("yealink", "Yealink", (File("{mac}.cfg", "settings", yealink.render, TEXT),)),
        Maker(
            "snom",
            "Snom",
            tuple(File(name, "settings", snom.render, XML) for name in ("{mac}.xml", "{mac}.htm")),
        ),
        Maker(
            "grandstream",
            "Grandstream",
            (File("cfg{mac}.xml", "settings", grandstream.render, XML),),
        ),
        Maker(
            "poly",
            "Poly",
            (
                File("{mac}.cfg", "plain", lambda setup: poly.master(setup.mac), XML),
                File("{mac}-svara.cfg", "settings", poly.render, XML),
                File("{mac}-directory.xml", "plain", poly.directory, XML),
            ),
        ),
        Maker("linphone", "Linphone", (File("linphone.xml", "settings", softphones.linphone, XML),), mac=False),
        Maker("baresip", "baresip", (File("accounts", "settings", softphones.baresip, TEXT),), mac=False),
    )
}


def mac_of(text: str) -> str:
    """Twelve hex digits in small letters, out of what somebody typed; "" where it is no MAC address."""
    plain = re.sub(r"[\s:.-]", "", text).lower()
    return plain if _MAC.fullmatch(plain) else ""


def mac_in(name: str) -> str:
    """The MAC address in the name of a file; "" where there is none."""
    found = _IN_NAME.search(name.removeprefix("cfg"))
    return found[0].lower() if found else ""


def told(agent: str) -> tuple[str, str]:
    """Model and firmware, as a phone's User-Agent says; "" for what it does not."""
    for pattern in _TOLD:
        if found := pattern.search(agent[:300]):
            return found["model"][:_MAX_TOLD], found["firmware"].rstrip(".")[:_MAX_TOLD]
    return "", ""
