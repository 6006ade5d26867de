"""Voice mailboxes as call control sees them: how many messages wait, and what can be asked about them over the bus.

Messages are kept by `svara.voicemail`; it writes the counts into a file, whole, whenever one changes, and announces it.
Call control reads the file: so a lamp is right from the first moment, and no database is asked on a call's way.

A box is named "person:<id>" or "queue:<id>".
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from svara.data import put
from svara.people.office import Person, Queue

COUNTS_FILE = "mailboxes.msgpack"
"""The counts' name in the data folder: a map of boxes to `Counts`. A box without messages is not in it."""

TOPIC_MESSAGE = "message"
"""`message.changed`: a message came into a box, was heard, saved, deleted or taken back; the payload is `BoxChanged`."""
TOPIC_CHANGED = f"{TOPIC_MESSAGE}.changed"

SERVICE = "voicemail"
"""The bus service that answers the requests below."""
BRING_SECONDS = 2.5
"""Somebody waits on the line meanwhile. What comes later is there when it is asked for again."""


def box_of(owner: Person | Queue) -> str:
    """The box of a person or a queue."""
    return f"{'person' if isinstance(owner, Person) else 'queue'}:{owner.id}"


class Counts(msgspec.Struct, frozen=True, array_like=True):
    """Messages in a box: not heard yet, and heard."""

    new: int = 0
    heard: int = 0


class BoxChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """The counts of a box as they are now. `people` are the ids of all who may open it."""

    tenant: str
    box: str
    new: int
    heard: int
    people: tuple[str, ...] = ()


class BoxMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message, to be played on a phone. `file` is relative to the data folder's `recordings`; `left_at` seconds since the
    epoch."""

    id: str
    number: str
    left_at: float
    seconds: float
    file: str
    heard: bool = False


class AskMessages(msgspec.Struct, frozen=True, tag="messages"):
    """The messages of a box of this tenant, new ones first, each group oldest first; answered by `Messages`. `limit` of them
    at most."""

    tenant: str
    box: str
    limit: int = 100


class MarkMessage(msgspec.Struct, frozen=True, tag="mark"):
    """What `person` (an id; "": whoever knew the PIN of the box) did with a message: heard it, saved it (kept longer), or
    deleted it. Answered by `Done`, or `Refused("not-found", ...)`."""

    tenant: str
    box: str
    message: str
    how: Literal["heard", "saved", "deleted"]
    person: str = ""


class BringMessage(msgspec.Struct, frozen=True, tag="bring"):
    """See to it that the sound of a message lies where it can be played: it may lie in a bucket. Answered by `Done`, or
    `Refused("not-found" | "unreachable")`, within `BRING_SECONDS`."""

    tenant: str
    box: str
    message: str


class Messages(msgspec.Struct, frozen=True, tag="messages"):
    messages: tuple[BoxMessage, ...] = ()


class Done(msgspec.Struct, frozen=True, tag="done"):
    pass


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """`error` is a stable key ("not-found", "invalid", "unavailable", "unreachable")."""

    error: str


Request = AskMessages | MarkMessage | BringMessage
Answer = Messages | Done | Refused


def write_counts(counts: dict[str, Counts], folder: Path) -> None:
    """Put the counts in place, whole or not at all; readable by the owner only."""
    put(folder / COUNTS_FILE, msgspec.msgpack.encode(counts), synced=False)


def read_counts(folder: Path) -> dict[str, Counts]:
    """The counts of every box in `folder`; none where none were written. Raises OSError, msgspec.DecodeError."""
    try:
        data = (folder / COUNTS_FILE).read_bytes()
    except FileNotFoundError:
        return {}
    return msgspec.msgpack.decode(data, type=dict[str, Counts])
