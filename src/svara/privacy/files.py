"""The files of the data folder, in the catalogue as every table is: what each kind holds, why, and for how long.

A room that keeps files declares their kind here or with `declare_files`; a test walks the folder of an office that has had a
day of calls, and fails on any file of which nobody said what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from svara.privacy.catalogue import (
    WITH_ACCOUNT,
    WITH_TENANT,
    Basis,
    Declaration,
    Purpose,
    Recipient,
    Retention,
    Source,
    Subject,
    not_personal,
)


@dataclass(frozen=True, slots=True)
class FileKind:
    """Files that hold the same. `patterns` are relative to the data folder; `*` stays within a folder, `**` does not.

    `key` names the kind in the catalogue ("files.journal"). Without declarations: a container of what is declared elsewhere
    (the database), so it says nothing of its own.
    """

    key: str
    patterns: tuple[str, ...]
    declarations: tuple[Declaration, ...]


_KINDS: dict[str, FileKind] = {}


def declare_files(key: str, patterns: Iterable[str], *declarations: Declaration) -> None:
    """Say what a kind of file holds; the same key again replaces it."""
    _KINDS[key] = FileKind(key, tuple(patterns), declarations)


def kinds() -> tuple[FileKind, ...]:
    """Every kind of file, in a stable order."""
    return tuple(_KINDS[key] for key in sorted(_KINDS))


def kind_of(place: str) -> FileKind | None:
    """The kind of a file by its place in the data folder ("journal/0000000001.sealed"); None where nobody declared it."""
    return next((kind for kind in kinds() if any(_pattern(each).fullmatch(place) for each in kind.patterns)), None)


def undeclared(root: Path) -> Iterator[str]:
    """The places of files, sockets and links in a data folder of which nobody said what they hold."""
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root).as_posix()
        if not path.is_dir() and kind_of(place) is None:
            yield place


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", text)
    return re.compile("".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts), re.DOTALL)


_MACHINERY = not_personal(Retention("installation"))
_UNTIL_RECORDED = Retention("record")
_UNTIL_SIGNED_OFF = Retention("registration")
_USED = (Subject.EMPLOYEE, Source.USE)
_OUTSIDER = (Subject.OUTSIDE_PERSON, Source.USE)
_SPOKEN = Retention("account", days=1, since="recorded")

declare_files("files.database", ["svara.sqlite3", "svara.sqlite3-*"])
declare_files(
    "files.journal",
    ["journal/**"],
    Declaration("user.behavior", Purpose.CALLS, Basis.CONTRACT, _UNTIL_RECORDED, *_USED, frozenset(), vaulted=True),
    Declaration(
        "user.contact.phone_number",
        Purpose.CALLS,
        Basis.LEGITIMATE_INTEREST,
        _UNTIL_RECORDED,
        *_OUTSIDER,
        frozenset(),
        vaulted=True,
    ),
)
declare_files(
    "files.registrations",
    ["registrations", "registrations.next", "registrations.fresh"],
    Declaration("user.device.device_id", Purpose.CALLS, Basis.CONTRACT, _UNTIL_SIGNED_OFF, *_USED, vaulted=True),
    Declaration("user.device.ip_address", Purpose.CALLS, Basis.CONTRACT, _UNTIL_SIGNED_OFF, *_USED, vaulted=True),
)
declare_files(
    "files.queues",
    ["queues"],
    Declaration(
        "user.behavior",
        Purpose.CALLS,
        Basis.CONTRACT,
        WITH_ACCOUNT,
        *_USED,
        frozenset({Recipient.SUPERVISORS}),
        vaulted=True,
    ),
    Declaration(
        "user.contact.phone_number",
        Purpose.CALLS,
        Basis.LEGITIMATE_INTEREST,
        Retention("wait"),
        *_OUTSIDER,
        frozenset({Recipient.SUPERVISORS}),
        vaulted=True,
    ),
)
declare_files(
    "files.unrecorded",
    ["unrecorded"],
    Declaration(
        "user.privacy_preferences",
        Purpose.RIGHTS,
        Basis.LEGAL_OBLIGATION,
        WITH_TENANT,
        Subject.OUTSIDE_PERSON,
        Source.PERSON,
        vaulted=True,
    ),
)
declare_files(
    "files.office",
    ["office.msgpack"],
    Declaration("user.name", Purpose.CALLS, Basis.CONTRACT, WITH_ACCOUNT, Subject.EMPLOYEE, Source.EMPLOYER),
    Declaration("user.contact.phone_number", Purpose.CALLS, Basis.CONTRACT, WITH_ACCOUNT, Subject.EMPLOYEE, Source.EMPLOYER),
    Declaration("user.settings", Purpose.CALLS, Basis.CONTRACT, WITH_ACCOUNT, Subject.EMPLOYEE, Source.PERSON),
)
declare_files(
    "files.meetings",
    ["meetings.msgpack"],
    Declaration("user.behavior", Purpose.DIRECTORY, Basis.CONSENT, WITH_ACCOUNT, Subject.EMPLOYEE, Source.PERSON),
)
declare_files(
    "files.mailboxes",
    ["mailboxes.msgpack"],
    Declaration("user.behavior", Purpose.MESSAGES, Basis.CONTRACT, WITH_ACCOUNT, *_USED, frozenset()),
)
declare_files("files.audit", ["audit-anchors*"], not_personal(WITH_TENANT))
declare_files("files.keys", ["keys/**"], not_personal(WITH_TENANT))
declare_files(
    "files.elsewhere",
    ["recordings/elsewhere/addresses", "recordings/elsewhere/*/*", ".going/*/*"],
    not_personal(WITH_TENANT, Source.USE),
)
declare_files("files.prompts", ["sounds/builtin/**"], _MACHINERY)
declare_files(
    "files.sounds",
    ["sounds/*/*.wav"],
    Declaration(
        "user.content.private",
        Purpose.CALLS,
        Basis.CONTRACT,
        WITH_ACCOUNT,
        Subject.EMPLOYEE,
        Source.PERSON,
        frozenset({Recipient.PARTICIPANTS}),
        vaulted=True,
    ),
    not_personal(WITH_TENANT, Source.EMPLOYER),
)
declare_files(
    "files.spoken",
    ["recordings/greetings/*", "recordings/prompts/*"],
    Declaration(
        "user.content.private",
        Purpose.CALLS,
        Basis.CONTRACT,
        _SPOKEN,
        Subject.EMPLOYEE,
        Source.PERSON,
        frozenset(),
        vaulted=True,
    ),
)
declare_files(
    "files.machinery",
    [
        "secret-key",
        "secret-key.new",
        "lock",
        ".*-lock",
        "media-ng",
        "serving",
        "demo-calls-placed",
        "demo-phones",
        "setup-code",
        "sockets/*",
        "**.new-*",  # half of a file that is just being written (`svara.data.put`)
    ],
    _MACHINERY,
)
