"""Whether somebody can be reached: one pure rule for pages, phones and queues."""

from __future__ import annotations

from typing import Literal

Choice = Literal["available", "away", "dnd"]
PresenceTo = Literal["everybody", "colleagues", "nobody"]
"""To whom somebody shows it: everybody of the company, those who are in a queue or a pick-up group with them, nobody (see
`svara.people.visibility`)."""
Availability = Literal["available", "ringing", "in-call", "away", "meeting", "dnd", "offline"]


def availability(
    choice: Choice, phones_online: int, ringing_calls: int, talking_calls: int, *, meeting: bool = False
) -> Availability:
    """What others see of a person.

    Talking is a fact and wins; then comes what the person chose; then whether a phone rings; then a `meeting` by the
    person's calendar; a person without a registered phone is offline (`phones_online` counts what can be woken as well).
    """
    if talking_calls:
        return "in-call"
    if choice == "dnd":
        return "dnd"
    if not phones_online:
        return "offline"
    if ringing_calls:
        return "ringing"
    return "meeting" if meeting and choice == "available" else choice
