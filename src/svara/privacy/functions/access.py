"""Reading consents, for someone: one's own decisions with their receipts, and counts alone for who looks after privacy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Max

from svara.privacy.functions import ledger
from svara.privacy.functions.models import Consent
from svara.privacy.functions.receipts import Receipt, receipt_of
from svara.privacy.functions.registry import FUNCTIONS
from svara.privacy.subject import Subject, account_of, person
from svara.privacy.tenancy import Person

MAX_DECISIONS = 500
LEAST_GROUP = 5
"""Figures of fewer people are not shown: who they are could be guessed."""


@dataclass(frozen=True, slots=True)
class Count:
    """How a function stands in a company; 0 everywhere unless `shown`."""

    key: str
    title: str
    text_version: int
    available: bool
    shown: bool
    agreed: int = 0
    others: int = 0
    again: int = 0
    """Had agreed to an older text; off until they decide anew."""


def access_decisions(actor: Person) -> list[Consent]:
    """What the actor decided, newest first."""
    return ledger.of(actor.tenant_id, person(actor.id))[:MAX_DECISIONS]


def access_receipt(actor: Person, receipt_id: str) -> Receipt | None:
    """The receipt of one of the actor's own decisions; None where there is none for them."""
    found = Consent.of(actor).select_related("tenant").filter(pk=receipt_id.replace("\0", "")[:32], subject=person(actor.id))
    entry = found.first()
    return receipt_of(entry) if entry is not None else None


def access_counts(actor: Person, people: Collection[str]) -> list[Count]:
    """How many of `people` (account ids of the actor's company) agreed to each function, and nothing about any of them.

    A function's figures are shown when each group of them is empty or has at least `LEAST_GROUP` people.
    """
    here = set(people)
    newest = (
        Consent.of(actor).filter(subject__startswith="person:").values("subject", "purpose").annotate(last=Max("number"))
    )
    last = {(row["subject"], row["purpose"], row["last"]) for row in newest}
    agreed: dict[str, int] = dict.fromkeys(FUNCTIONS, 0)
    again: dict[str, int] = dict.fromkeys(FUNCTIONS, 0)
    for subject, purpose, number, decision, version in Consent.of(actor).values_list(
        "subject", "purpose", "number", "decision", "text_version"
    ):
        if (subject, purpose, number) not in last or account_of(Subject(subject)) not in here or purpose not in FUNCTIONS:
            continue
        if decision == "given" and version == FUNCTIONS[purpose].text_version:
            agreed[purpose] += 1
        elif decision in ("given", "asked-again"):
            again[purpose] += 1
    return [_count(key, agreed[key], again[key], len(here)) for key in FUNCTIONS]


def _count(key: str, agreed: int, again: int, people: int) -> Count:
    function = FUNCTIONS[key]
    groups = (agreed, people - agreed - again, again)
    shown = function.available and people >= LEAST_GROUP and not any(0 < group < LEAST_GROUP for group in groups)
    title = function.read().title
    if not shown:
        return Count(key, title, function.text_version, function.available, shown=False)
    return Count(key, title, function.text_version, function.available, True, *groups)
