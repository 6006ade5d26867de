"""The office file: a company written down, read with the eyes of somebody who wants to help.

`read` gives the whole office or all its problems at once, each with file, line, what is wrong and what was probably meant;
nothing is ever half accepted. It looks only at the file; what must also agree with the rest of the server (logins that
another company uses) is `svara.people.plan`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from svara.people import yamltree
from svara.people.errors import PlainError
from svara.people.officefile.conferences import read_conferences
from svara.people.officefile.lines import read_numbers, read_outbound, read_trunks
from svara.people.officefile.parking import read_parking
from svara.people.officefile.people import read_people
from svara.people.officefile.reader import OfficeReader
from svara.people.officefile.routing import read_hours, read_menus, read_queues, read_sounds
from svara.people.officefile.specs import OfficeFile, PersonSpec, PhoneSpec, SoundSpec, TenantSpec, UnansweredSpec
from svara.people.officefile.tenant import read_tenant
from svara.people.values import Problem
from svara.people.yamltree import Node, Text

__all__ = [
    "OfficeFile",
    "OfficeFileError",
    "PersonSpec",
    "PhoneSpec",
    "SoundSpec",
    "TenantSpec",
    "UnansweredSpec",
    "check",
    "load",
    "read",
]

MAX_PROBLEMS = 100


class OfficeFileError(PlainError):
    """The file is refused, whole. `problems` are in the order of lines."""

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        self.lines = [problem.show(path) for problem in self.problems]
        super().__init__("\n".join(self.lines))


def load(path: Path) -> OfficeFile:
    """Read an office file. Raises OfficeFileError, OSError."""
    with path.open("rb") as file:
        return read(file.read(yamltree.MAX_BYTES + 1), str(path))


def read(data: bytes, path: str) -> OfficeFile:
    """Read the text of an office file; `path` is for messages, and sound files are looked for beside it.

    Raises OfficeFileError.
    """
    try:
        root = yamltree.parse(data)
    except yamltree.YamlError as error:
        raise OfficeFileError(path, [Problem(error.line, error.message)]) from None
    return check(root, path)


def check(root: Node, path: str, *, known: bool = False, most: int = MAX_PROBLEMS) -> OfficeFile:
    """Read a tree. `known`: it is a tenant that stands already, with changes, so secrets that stay may be left out. `most`:
    how many problems are told.

    Raises OfficeFileError.
    """
    reader = OfficeReader(known=known)
    office = _office(reader, root, path)
    if reader.problems or office is None:
        problems = sorted(set(reader.problems))
        more = len(problems) - most
        if more > 0:
            problems[most:] = [Problem(problems[most].line, f"... and {more} more problems after this")]
        raise OfficeFileError(path, problems)
    return office


def _office(reader: OfficeReader, root: Node, path: str) -> OfficeFile | None:
    top = reader.mapping(root, "the office file")
    if top is None:
        return None
    version = top.need("version", "1")
    if version is not None and not (isinstance(version, Text) and version.value == "1"):
        reader.say(version.line, "'version' must be 1: this version of Svara reads no other")
    tenant = read_tenant(reader, top.need("tenant", '{slug: acme, name: Acme AS, country: "NO", timezone: Europe/Oslo}'))
    people = read_people(reader, top.need("people", "[]"))
    queues = read_queues(reader, top.get("queues"))
    hours = read_hours(reader, top.get("hours"))
    menus = read_menus(reader, top.get("menus"))
    conferences = read_conferences(reader, top.get("conferences"))
    trunks = read_trunks(reader, top.get("trunks"))
    numbers = read_numbers(reader, top.get("numbers"))
    outbound = read_outbound(reader, top.get("outbound"))
    sounds = read_sounds(reader, top.get("sounds"), Path(path).parent)
    parking = read_parking(reader, top.get("parking"))
    top.end()
    reader.check_references(sounds_known=sounds is not None)
    if tenant is None:
        return None
    return OfficeFile(
        path=path,
        tenant=tenant,
        people=people,
        queues=queues,
        hours=hours,
        menus=menus,
        conferences=conferences,
        trunks=trunks,
        numbers=numbers,
        outbound=outbound,
        sounds=sounds,
        parking=parking,
        warnings=tuple(problem.show(path) for problem in sorted(set(reader.warnings))),
    )
