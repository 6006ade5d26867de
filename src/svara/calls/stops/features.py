"""The stop at which a person changes a setting of their own by a feature code, and hears that it was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from svara.calls import commands
from svara.calls.commands import SetAgent
from svara.calls.routing.codes import BY_NAME, Feature
from svara.calls.routing.dialling import inside
from svara.calls.routing.persons import may_forward
from svara.calls.routing.route import find
from svara.calls.stops.served import SpokenTo
from svara.calls.trunks.numbers import e164
from svara.media.sounds.phrases import digits, phrase
from svara.media.voice.port import Sound
from svara.people import wish
from svara.people.office import Person, Target, Tenant

if TYPE_CHECKING:
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey

_answer = msgspec.msgpack.Decoder(wish.Answer).decode


_QUEUE: dict[str, Literal["available", "paused", "logged-out"]] = {
    "queue-in": "available",
    "queue-out": "logged-out",
    "queue-pause": "paused",
    "queue-resume": "available",
}


class UseFeature(SpokenTo):
    """A person who dialled a feature code."""

    def __init__(self, journey: Journey, person: Person, feature: Feature, kept: bytes = b"") -> None:
        super().__init__(journey, kept)
        self._person = person
        self._feature = feature

    def serve(self, guest: Guest) -> None:  # noqa: ARG002 - it is `self.guest`
        """Do it, and say so."""
        tenant, person, feature = self.journey.tenant, self._person, self._feature
        if tenant is None:
            self.over()
            return
        match feature.name:
            case "forward":
                to = target_by_phone(tenant, person, feature.argument)
                if to is None:
                    self.goodbye("cannot-be-completed")
                else:
                    said = digits(feature.argument, self.language)
                    self._wish(wish.SetForward(tenant.id, person.id, to), said)
            case "forward-off":
                self._wish(wish.SetForward(tenant.id, person.id))
            case "dnd":
                self._wish(wish.SetChoice(tenant.id, person.id, "dnd"))
            case "dnd-off":
                self._wish(wish.SetChoice(tenant.id, person.id, "available"))
            case "waiting":
                self._wish(wish.SetCallWaiting(tenant.id, person.id, "ring"))
            case "waiting-off":
                self._wish(wish.SetCallWaiting(tenant.id, person.id, "busy"))
            case "call-back" | "call-back-off":
                done = self._call_back(tenant, wanted=feature.name == "call-back")
                self.say_last(self._done if done else phrase("cannot-be-completed", self.language))
            case _:
                done = self._set_agent(tenant, _QUEUE[feature.name])
                self.say_last(self._done if done else phrase("cannot-be-completed", self.language))

    def _call_back(self, tenant: Tenant, *, wanted: bool) -> bool:
        """Ask to be called when a colleague is free, or do without."""
        room, asked = self.call.switch.when_free, self._feature.argument
        colleague = find(tenant, asked) if asked else None
        if room is None or (asked and colleague is None):
            return False
        if not wanted:
            return room.cancel(tenant.id, self._person.id, colleague.id if colleague is not None else "")
        colleague = colleague or tenant.by_id.get(room.last(self._person.id))
        return colleague is not None and room.ask(tenant, self._person, colleague) == "done"

    def _set_agent(self, tenant: Tenant, state: Literal["available", "paused", "logged-out"]) -> bool:
        """Log in or out, or pause; by a queue's extension for that one, else for all."""
        extension, queues = self._feature.argument, self.call.switch.queues
        queue = next((one.name for one in tenant.queues if extension and one.extension == extension), None)
        if queues is None or (extension and queue is None):
            return False
        request = SetAgent(tenant.id, self._person.id, state, queue=queue)
        return isinstance(queues.answer(request), commands.Done)

    @property
    def listener(self) -> Person:
        """Who dialled."""
        return self._person

    @property
    def _done(self) -> tuple[Sound, ...]:
        """What the table of codes says of it."""
        return tuple(sound for words in BY_NAME[self._feature.name].says for sound in phrase(words, self.language))

    def _wish(self, wanted: wish.Wish, more: tuple[Sound, ...] = ()) -> None:
        """`more` is said behind what was done."""

        def answered(payload: bytes | None) -> None:
            done = payload is not None and isinstance(_answer(payload), wish.Done)
            self.say_last((*self._done, *more) if done else phrase("cannot-be-completed", self.language))

        self.ask(wish.SERVICE, wanted, answered)


def target_by_phone(tenant: Tenant, person: Person, dialled: str) -> Target | None:
    """What a person forwards to by dialling it; None where it is nobody, themselves, or what they may not call."""
    other = find(tenant, dialled) if dialled else None
    if other is not None:
        return None if other.id == person.id else f"person:{other.username}"
    to = inside(tenant, dialled) if dialled else None
    if to is None and dialled and may_forward(tenant, person, dialled):
        number = e164(dialled, tenant.country)
        to = f"number:{number}" if number else None
    return to
