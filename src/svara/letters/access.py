"""Reading letters and how far they are, for administrators of the company."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from svara.letters import audience, sending, writing
from svara.letters.models import Letter, Posting
from svara.people.models import Account
from svara.privacy.errors import Forbidden, NotFound
from svara.privacy.functions.registry import NEWS
from svara.privacy.subject import Subject
from svara.privacy.tenancy import id_in

MAX_LETTERS = 100
NOBODY = Subject("outside:" + "0" * 32)
"""Whose way out a preview shows."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a letter is. `uncertain`: nobody knows whether the mail server took it."""

    total: int = 0
    waiting: int = 0
    sent: int = 0
    uncertain: int = 0
    refused: int = 0
    withdrawn: int = 0
    spared: int = 0
    unreachable: int = 0
    stopped: int = 0

    @property
    def share(self) -> float:
        """What is done, 0 to 1."""
        return 1 - self.waiting / self.total if self.total else 1.0


def access_letters(actor: Account) -> list[Letter]:
    """The company's letters to its readers, newest first. Raises Forbidden."""
    _for_administrators(actor)
    return list(Letter.of(actor).filter(audience=NEWS).order_by("-changed_at")[:MAX_LETTERS])


def access_letter(actor: Account, letter_id: str) -> Letter:
    """One of them. Raises Forbidden, NotFound."""
    _for_administrators(actor)
    found = Letter.of(actor).filter(audience=NEWS, pk=id_in(letter_id)).first()
    if found is None:
        raise NotFound
    return found


def access_number(actor: Account) -> int:
    """How many would get a letter now. Raises Forbidden."""
    _for_administrators(actor)
    return len(audience.reachable(actor.tenant_id, NEWS))


def progress(letter: Letter) -> Progress:
    """How far a letter is: by its postings, and by what was counted once they are gone."""
    counts = letter.counts or dict(
        Posting.all_tenants.filter(letter=letter).values_list("state").annotate(Count("pk")).order_by()
    )
    known = {state: count for state, count in counts.items() if state != "begun"}
    return Progress(total=sum(counts.values()), uncertain=counts.get("begun", 0), **known)


def preview(letter: Letter) -> dict[str, str]:
    """The plain letter in each of its languages, as a reader will see it."""
    ways = sending.ways_of(letter.tenant_id, NOBODY, letter.audience)
    return {
        language: writing.body(
            writing.Text(**text), language, sending.title_of(letter.audience, language), sending.company_of(letter), ways
        )[0]
        for language, text in sorted(letter.texts.items())
    }


def _for_administrators(actor: Account) -> None:
    if not actor.has_role("admin"):
        raise Forbidden
