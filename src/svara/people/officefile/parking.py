"""Where callers are parked, in an office file: a row of extensions."""

from __future__ import annotations

import re

from svara.people.office import Parking
from svara.people.officefile.reader import OfficeReader
from svara.people.values import short
from svara.people.yamltree import Node, from_plain

MAX_PLACES = 100
_RANGE = re.compile(r"([0-9]{2,10})(?:-([0-9]{2,10}))?")


def read_parking(reader: OfficeReader, node: Node | None) -> Parking:
    """`parking: {extensions: "801-805", seconds: 120}`."""
    fields = reader.mapping(node, "'parking'")
    if fields is None:
        return Parking()
    wanted = fields.need("extensions", '"801-805"')
    extensions = _extensions(reader, wanted)
    for extension in extensions:
        reader.claim("extension", extension, fields.line_of("extensions"), "parking")
        reader.claim_name("park", extension, fields.line_of("extensions"))
    seconds = reader.seconds(fields.get("seconds"), "seconds", least=10, most=3600)
    fields.end()
    return Parking(extensions, 120.0 if seconds is None else seconds)


def places(written: object) -> tuple[str, ...]:
    """The extensions of what a document says of parking; none where it says nothing."""
    return read_parking(OfficeReader(), from_plain(written)[0]).extensions if written else ()


def _extensions(reader: OfficeReader, node: Node | None) -> tuple[str, ...]:
    text = reader.scalar(node, "extensions")
    if text is None:
        return ()
    match = _RANGE.fullmatch(text.value)
    first, last = (match[1], match[2] or match[1]) if match is not None else ("", "")
    count = int(last) - int(first) + 1 if match is not None and len(first) == len(last) else 0
    if not 1 <= count <= MAX_PLACES:
        expected = f'a row of at most {MAX_PLACES} in quotes, like "801-805"'
        reader.say(text.line, f"'extensions' is '{short(text.value)}': expected {expected}")
        return ()
    return tuple(str(int(first) + number).zfill(len(first)) for number in range(count))


def written(parking: Parking) -> dict[str, object]:
    """The same as a file has it; empty where there is none."""
    if not parking.extensions:
        return {}
    first, last = parking.extensions[0], parking.extensions[-1]
    return {"extensions": first if first == last else f"{first}-{last}", "seconds": parking.seconds}
