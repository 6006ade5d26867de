"""What a language has to have: every sentence, and its own rules for counting.

Whole sentences are made for each number that can stand in them, never glued together from words, so gender, case and
plural are always right. `PhraseKey` names the sentences that do not vary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

PhraseKey = Literal[
    # waiting
    "next-in-line",
    "in-line-far",
    "wait-under-a-minute",
    "wait-over-an-hour",
    # keeping the place in the line
    "callback-kept",
    "callback-number",
    "callback-choices",
    "callback-enter",
    "callback-refused",
    "call-back-to",
    "closed",
    "nobody-available",
    "person-not-available",
    "person-busy",
    "name-not-available",
    "name-busy",
    "number-not-in-use",
    "cannot-be-completed",
    "goodbye",
    # choosing
    "not-a-choice",
    # recording
    "recorded",
    "recorded-consent",
    "recording-agreed",
    "recording-declined",
    # a supervisor
    "supervised",
    # leaving a message
    "leave-message",
    "message-left",
    "nothing-recorded",
    # the mailbox
    "enter-pin",
    "wrong-pin",
    "pin-blocked",
    "mailbox-menu",
    "no-messages",
    "no-new-messages",
    "more-than-fifty-new",
    "more-than-fifty-saved",
    "message-from",
    "message-from-unknown",
    "message-menu",
    "message-not-reachable",
    "no-more-messages",
    "message-saved",
    "message-deleted",
    "greetings-menu",
    "greetings-menu-queue",
    "record-greeting",
    "record-name",
    "greeting-menu",
    "greeting-saved",
    "greeting-deleted",
    "greeting-until",
    "greeting-ends",
    "not-a-day",
    "record-announcement",
    "announcement-menu",
    "announcement-saved",
    "administrators-only",
    # trying one's phone
    "try-phone",
    # conferences
    "conference-moderator-pin",
    "conference-alone",
    "conference-waiting",
    "conference-full",
    "conference-locked",
    "conference-muted",
    "conference-unmuted",
    "conference-locked-now",
    "conference-unlocked-now",
    "conference-all-muted",
    "conference-all-unmuted",
    "conference-end-again",
    "conference-ended",
    "conference-removed",
    "conference-menu",
    "conference-moderator-menu",
    # feature codes
    "forward-on",
    "forward-off",
    "dnd-on",
    "dnd-off",
    "waiting-on",
    "waiting-off",
    # parked
    "parked-at",
    "park-back",
    # called back when a colleague is free
    "call-back-set",
    "call-back-gone",
    "call-back-offer",
    "queue-logged-in",
    "queue-logged-out",
    "queue-paused",
    "queue-resumed",
    # when a message came
    "received-today",
    "received-yesterday",
]
PHRASES: tuple[PhraseKey, ...] = get_args(PhraseKey)

KEYS = "0123456789*#"
"""What can be pressed on a phone."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text, for tables that are read by people."""
    return tuple(text.split())


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language. Every function gives what is said, in words."""

    phrases: Mapping[PhraseKey, str]
    keys: Mapping[str, str]
    """Each of `KEYS`, and "+", by name."""
    position: Callable[[int], str]
    """"You are number N in the line", N from 2."""
    wait: Callable[[int], str]
    """"The expected wait is about N minutes", N 1..60."""
    keep_place: Callable[[str], str]
    """"Press K to keep your place and be called back": K is a key's name."""
    new_messages: Callable[[int], str]
    """"You have N new messages", N from 1."""
    saved_messages: Callable[[int], str]
    received_weekday: tuple[str, ...]
    """"Received on Monday" .. Sunday."""
    received_day: tuple[str, ...]
    """"Received on the first of" .. thirty-first, before a month."""
    months: tuple[str, ...]
    hour: Callable[[int], str]
    """"at two", 0..23; before a minute."""
    minute: Callable[[int], str]
    """"oh five", 0..59; empty where nothing is said."""
    halves: tuple[str, ...] = ()
    """"a.m.", "p.m.", after the minute, where hours are counted to twelve."""
