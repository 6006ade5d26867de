"""Conference rooms, in an office file. A PIN is a wish in plain digits here; what is stored of it is a hash."""

from __future__ import annotations

from svara.people.office import MOST_IN_CONFERENCE, Conference
from svara.people.officefile.reader import OfficeReader
from svara.people.officefile.routing import MAX_OF_A_KIND
from svara.people.pin import NO_PIN, PIN
from svara.people.yamltree import Node, Text

LEAST_MEMBERS = 2


def read_conferences(reader: OfficeReader, node: Node | None) -> tuple[Conference, ...]:
    """`conferences: [{name, extension, pin, ...}]`."""
    found = (_conference(reader, item) for item in reader.items(node, "conferences", MAX_OF_A_KIND))
    return tuple(one for one in found if one is not None)


def _conference(reader: OfficeReader, node: Node) -> Conference | None:
    fields = reader.mapping(node, "a conference")
    if fields is None:
        return None
    name = reader.name(fields.need("name", "monday"))
    reader.claim_name("conference", name, fields.line_of("name"))
    extension = reader.extension(fields.get("extension"))
    reader.claim("extension", extension, fields.line_of("extension"), f"conference {name}")
    pin, moderator_pin = (_pin(reader, fields.get(key), key) for key in ("pin", "moderator_pin"))
    if pin and pin == moderator_pin and pin != NO_PIN:
        reader.say(fields.line_of("moderator_pin"), "'moderator_pin' must be another than 'pin': it tells who moderates")
    waits = reader.yes_no(fields.get("wait_for_moderator"), "wait_for_moderator")
    if waits and not reader.known and moderator_pin in ("", NO_PIN):
        reader.warn(
            fields.line_of("wait_for_moderator"),
            f"conference {name} waits for a moderator: without a 'moderator_pin', here or kept from before, nobody is one",
        )
    members = reader.whole(fields.get("max_members"), "max_members", least=LEAST_MEMBERS, most=MOST_IN_CONFERENCE)
    announce = fields.get("announce")
    conference = Conference(
        id="",
        name=name or "",
        extension=extension,
        pin=pin,
        moderator_pin=moderator_pin,
        wait_for_moderator=waits,
        record=reader.yes_no(fields.get("record"), "record"),
        max_members=MOST_IN_CONFERENCE if members is None else members,
        announce=announce is None or reader.yes_no(announce, "announce"),
    )
    fields.end()
    return None if name is None else conference


def _pin(reader: OfficeReader, node: Node | None, key: str) -> str:
    """Digits, "none" for no PIN any more, or "" for the one that there is."""
    if isinstance(node, Text) and not node.quoted and node.meant == "a number":
        reader.say(node.line, f"'{key}' must be text: write it in quotes")
        return ""
    text = reader.scalar(node, key, show=False)
    if text is None or text.value in ("", NO_PIN):
        return text.value if text is not None else ""
    if not PIN.fullmatch(text.value):
        reader.say(text.line, f"'{key}' must have four to ten digits, or be none")
        return ""
    if len(set(text.value)) == 1 or text.value in "01234567890" or text.value in "09876543210":
        reader.warn(text.line, f"this {key} is among the first that somebody would try")
    return text.value
