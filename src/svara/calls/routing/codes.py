"""Feature codes: what a phone of the house does by dialling a star and two digits. One table, which pages show as well.

Behind a code may stand an argument: `*72102` forwards to extension 102, `*40600` logs in to queue 600 (`*40` alone to all),
`*97103` opens the mailbox of extension 103 by its PIN.
"""

from __future__ import annotations

from typing import Literal

import msgspec

FeatureName = Literal[
    "mailbox",
    "forward",
    "forward-off",
    "dnd",
    "dnd-off",
    "queue-in",
    "queue-out",
    "queue-pause",
    "queue-resume",
    "record-prompt",
]

CODES: dict[str, FeatureName] = {
    "*40": "queue-in",
    "*41": "queue-out",
    "*42": "queue-pause",
    "*43": "queue-resume",
    "*72": "forward",
    "*73": "forward-off",
    "*78": "dnd",
    "*79": "dnd-off",
    "*95": "record-prompt",
    "*97": "mailbox",
}
_CODE_SIGNS = 3
MAX_ARGUMENT = 20


class Feature(msgspec.Struct, frozen=True, gc=False):
    """What was dialled by a code."""

    name: FeatureName
    argument: str = ""


def feature_of(dialled: str) -> Feature | None:
    """The feature that was dialled; None for everything else."""
    text = dialled.strip()
    name = CODES.get(text[:_CODE_SIGNS])
    argument = text[_CODE_SIGNS:].removesuffix("#")
    plain = not argument or (argument.isascii() and argument.removeprefix("+").isdecimal())
    return Feature(name, argument) if name is not None and plain and len(argument) <= MAX_ARGUMENT else None
