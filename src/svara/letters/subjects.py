"""What letters say about people, for their rights (`svara.privacy.rights.port`): who was sent which, and who wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from svara.letters.models import POSTING_DAYS, Letter, Posting, Undeliverable
from svara.privacy.catalogue import Purpose
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.subject import Subject, account_of

POSTINGS = "letters.postings"


class LettersCapability:
    """Letters."""

    name = "letters"
    tables = frozenset({"letters.Letter", "letters.Posting", "letters.Undeliverable"})
    periods: tuple[Period, ...] = (Period(POSTINGS, gettext_noop("Who was sent which letter"), POSTING_DAYS),)

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        if count := _postings(tenant_id, subject).count():
            yield Holding("letters.Posting", count, "user.contact", Purpose.LETTERS, _("Letters that they were sent"))
        if count := _failing(tenant_id, subject).count():
            text = _("That no mail arrives at their address")
            yield Holding("letters.Undeliverable", count, "user.contact", Purpose.LETTERS, text)
        if count := _written(tenant_id, subject).count():
            text = _("Letters that they wrote: stay, without who it was")
            yield Holding("letters.Letter", count, "user.unique_id", Purpose.LETTERS, text, how="freed")

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        for label, rows in (
            ("letters.Posting", _postings(tenant_id, subject)),
            ("letters.Undeliverable", _failing(tenant_id, subject)),
        ):
            tally = Tally(label)
            tally.add(rows.order_by("pk").values_list("pk", flat=True))
            rows.delete()
            yield from tally.gone()
        freed = Tally("letters.Letter", "freed")
        written = _written(tenant_id, subject)
        freed.add(written.order_by("pk").values_list("pk", flat=True))
        written.update(by="")
        yield from freed.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        sent = _postings(tenant_id, subject).select_related("letter").order_by("letter__asked_at", "pk")
        yield Section(
            "letters",
            _("Letters that you were sent"),
            Purpose.LETTERS.text,
            _("Arises when the service is used"),
            _("The mail server"),
            (
                {
                    "for": posting.letter.audience,
                    "at": posting.letter.asked_at and posting.letter.asked_at.isoformat(),
                    "state": posting.state,
                    "subjects": sorted(text["subject"] for text in posting.letter.texts.values()),
                }
                for posting in sent.iterator(chunk_size=1000)
            ),
        )
        if account_of(subject) is not None:
            yield Section(
                "letters-written",
                _("Letters that you wrote"),
                Purpose.LETTERS.text,
                _("The person"),
                _("Administrators of the company"),
                (
                    {"changed_at": letter.changed_at.isoformat(), "state": letter.state, "texts": letter.texts}
                    for letter in _written(tenant_id, subject).order_by("changed_at")
                ),
            )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        before = rules.before(POSTINGS, now)
        if before is None:
            return
        old = Posting.all_tenants.filter(tenant_id=tenant_id, letter__ended_at__lt=before).exclude(
            subject__in=list(rules.subjects)
        )
        tally = Tally("letters.Posting")
        tally.add(old.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=1000))
        if not dry:
            old.delete()
        yield from tally.gone()


def _postings(tenant_id: str, subject: Subject) -> QuerySet[Posting]:
    return Posting.all_tenants.filter(tenant_id=tenant_id, subject=subject)


def _failing(tenant_id: str, subject: Subject) -> QuerySet[Undeliverable]:
    return Undeliverable.all_tenants.filter(tenant_id=tenant_id, account_id=account_of(subject) or "-")


def _written(tenant_id: str, subject: Subject) -> QuerySet[Letter]:
    return Letter.all_tenants.filter(tenant_id=tenant_id, by=account_of(subject) or "-")
