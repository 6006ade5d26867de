"""What history keeps because a person agreed to a function, and how it goes when they want it gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction

from svara.history.counts import AgentCount
from svara.history.models import AgentMoment, Call, Participant, QueueOffer, QueueWait
from svara.history.recordings import FOLDER
from svara.history.rows import details_of
from svara.privacy.functions.port import Collection, register_collection
from svara.privacy.functions.registry import CALL_RECORDING, STATISTICS
from svara.privacy.tenancy import Person
from svara.privacy.vault import elsewhere


def register() -> None:
    """Tell the functions' room."""
    register_collection(STATISTICS, Collection(_count_figures, _erase_figures))
    register_collection(CALL_RECORDING, Collection(lambda actor: len(list(_recordings(actor))), _erase_recordings))


def _count_figures(actor: Person) -> int:
    return (
        QueueOffer.of(actor).filter(person=actor.id).count()
        + AgentMoment.of(actor).filter(person=actor.id).count()
        + AgentCount.of(actor).filter(person=actor.id).count()
        + QueueWait.of(actor).filter(answered_person=actor.id).count()
    )


def _erase_figures(actor: Person) -> int:
    """The queue's own figures stay; who it was is gone from them."""
    offers, _ = QueueOffer.of(actor).filter(person=actor.id).delete()
    moments, _ = AgentMoment.of(actor).filter(person=actor.id).delete()
    counts, _ = AgentCount.of(actor).filter(person=actor.id).delete()
    return offers + moments + counts + QueueWait.of(actor).filter(answered_person=actor.id).update(answered_person="")


def _recordings(actor: Person) -> Iterator[Path]:
    """The files of talks that were recorded because this person agreed; not those that a queue or number asked for."""
    why = f"person:{actor.id}"
    took_part = Participant.objects.filter(person=actor.id).values("call")
    folder = (settings.DATA.recordings / FOLDER).resolve()
    for call in Call.of(actor).filter(id__in=took_part, details__contains=why).iterator():
        for tape in details_of(call).tapes:
            place = (settings.DATA.recordings / tape.file).resolve()
            if tape.why == why and place.parent == folder and elsewhere.is_there(settings.DATA, place):
                yield place


def _erase_recordings(actor: Person) -> int:
    """That there was one stays on the record."""
    places = list(_recordings(actor))

    def unlink() -> None:
        for place in places:
            elsewhere.remove(settings.DATA, place)

    transaction.on_commit(unlink)
    return len(places)
