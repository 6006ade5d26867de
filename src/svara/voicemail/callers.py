"""Who left a message: numbers and names of callers from outside, sealed under their own key."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from svara.history.outside import Outsider, open_some
from svara.privacy import subject
from svara.privacy.subject import Subject
from svara.voicemail.models import Message


def callers(tenant_id: str, messages: Sequence[Message]) -> dict[str, Outsider]:
    """Who left each of these messages of one company, by its id; where that cannot be read the name says why."""
    outside = [message for message in messages if not message.caller_person]
    opened = open_some(tenant_id, [(message.caller_sealed, context(message.id)) for message in outside])
    found = {message.id: one for message, one in zip(outside, opened, strict=True)}
    return {message.id: found.get(message.id, Outsider(message.caller_number)) for message in messages}


def is_from(message: Message, hidden: Collection[Subject]) -> bool:
    """Whether one of these left a message."""
    who = subject.person(message.caller_person) if message.caller_person else subject.outside(message.caller_index)
    return who in hidden


def context(message_id: str) -> bytes:
    """What a sealed caller is bound to."""
    return f"voicemail.caller:{message_id}".encode()
