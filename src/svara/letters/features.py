"""What of letters a privacy policy speaks of, and what a function keeps of its person (`svara.privacy.functions.port`)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from svara.letters.audience import agreeing
from svara.letters.models import AUDIENCES, Letter, Posting, Undeliverable
from svara.privacy.functions.models import Notice, Reader
from svara.privacy.functions.port import Collection, register_collection, switched
from svara.privacy.functions.registry import MARKETING, PRODUCT_UPDATES
from svara.privacy.policies.port import Feature, register_feature
from svara.privacy.subject import person
from svara.privacy.tenancy import Person


def in_use(tenant_id: str) -> bool:
    """Whether letters may go to anybody: a page asks for readers, or somebody has agreed to some."""
    asks = Notice.all_tenants.filter(tenant_id=tenant_id, kind="news").exclude(text="").exists()
    return bool(settings.EMAIL_HOST) and (asks or any(agreeing(tenant_id, purpose) for purpose in AUDIENCES))


def _held(tenant_id: str) -> bool:
    models: tuple[Any, ...] = (Letter, Posting, Reader)
    return any(model.all_tenants.filter(tenant_id=tenant_id).exists() for model in models)


def _collection(purpose: str) -> Collection:
    def rows(actor: Person) -> Any:
        return Posting.of(actor).filter(letter__audience=purpose, subject=person(actor.id)).exclude(state="waiting")

    return Collection(lambda actor: int(rows(actor).count()), lambda actor: int(rows(actor).delete()[0]))


def forget_failing(sender: object, *, key: str, person_id: str, **_more: object) -> None:
    """Who decides about letters anew gets another try at the address."""
    del sender
    if key in (PRODUCT_UPDATES, MARKETING):
        Undeliverable.all_tenants.filter(account_id=person_id).delete()


for _purpose in (PRODUCT_UPDATES, MARKETING):
    register_collection(_purpose, _collection(_purpose))
switched.connect(forget_failing, dispatch_uid="svara.letters")
register_feature(
    Feature(
        "letters",
        _("Who agreed to it gets news by e-mail, until one click ends it. Nobody learns whether a letter was opened."),
        frozenset({"letters.Letter", "letters.Posting", "letters.Undeliverable", "functions.Reader"}),
        on=in_use,
        held=_held,
    )
)
