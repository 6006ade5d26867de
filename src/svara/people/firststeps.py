"""How far the setting up of a company is: the steps of the way to a ringing phone, for its administrators.

Most of it is seen from what there is; what cannot be seen (a call was tried, a step was skipped) is kept with the company.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from django.db import transaction

from svara.people import access
from svara.people.models import Account, Handset, PublicNumber, Tenant

Key = Literal["company", "people", "phone", "test", "outside"]
KEYS: tuple[Key, ...] = get_args(Key)
Mark = Literal["done", "skipped"]
BEGUN, CLOSED = "begun", "closed"


@dataclass(frozen=True, slots=True)
class Step:
    """One of them. `mark`: done, put off by the administrator, or neither."""

    key: Key
    mark: Mark | Literal[""]

    @property
    def done(self) -> bool:
        return self.mark == "done"


@dataclass(frozen=True, slots=True)
class Steps:
    """All of them. `shown`: they stand on the first page of administrators, until somebody closes them."""

    all: tuple[Step, ...]
    shown: bool

    @property
    def open(self) -> list[Step]:
        """What is still to be done, skipped or not."""
        return [step for step in self.all if not step.done]

    def after(self, key: str) -> Key | None:
        """The next step on the way."""
        place = KEYS.index(key) + 1 if key in KEYS else len(KEYS)
        return KEYS[place] if place < len(KEYS) else None


def begin(tenant: Tenant) -> None:
    """A company was made on a page."""
    Tenant.objects.filter(pk=tenant.pk).update(first_steps={BEGUN: "yes"})


def access_steps(actor: Account) -> Steps:
    """How far the actor's company is. Raises Forbidden."""
    tenant = _administered(actor)
    kept = tenant.first_steps
    seen: dict[Key, Callable[[], bool]] = {
        "company": lambda: True,
        "people": lambda: Account.of(tenant).count() > 1,
        "phone": lambda: Handset.of(tenant).exclude(fetched_at=None).exists(),
        "test": lambda: False,
        "outside": PublicNumber.of(tenant).exists,
    }

    def mark(key: Key) -> Mark | Literal[""]:
        if kept.get(key) == "done" or seen[key]():
            return "done"
        return "skipped" if kept.get(key) == "skipped" else ""

    steps = tuple(Step(key, mark(key)) for key in KEYS)
    return Steps(steps, BEGUN in kept and CLOSED not in kept and any(not step.done for step in steps))


def do_mark(actor: Account, key: str, mark: Mark) -> None:
    """A step was done, or is put off. Raises Forbidden, NotFound."""
    if key not in KEYS:
        raise access.NotFound

    def write(kept: dict[str, str]) -> dict[str, str]:
        return kept if kept.get(key) == "done" else kept | {key: mark}

    _write(actor, write)


def do_close(actor: Account, *, closed: bool = True) -> None:
    """Take the steps off the first page, or put them back. Raises Forbidden."""

    def write(kept: dict[str, str]) -> dict[str, str]:
        rest = {key: value for key, value in kept.items() if key != CLOSED} | {BEGUN: "yes"}
        return rest | {CLOSED: "yes"} if closed else rest

    _write(actor, write)


@transaction.atomic
def _write(actor: Account, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    tenant = Tenant.objects.select_for_update().get(pk=_administered(actor).pk)
    kept = change(tenant.first_steps)
    if kept != tenant.first_steps:
        Tenant.objects.filter(pk=tenant.pk).update(first_steps=kept)


def _administered(actor: Account) -> Tenant:
    account = access.me(actor)
    if account.visit is not None or not account.has_role("admin"):
        raise access.Forbidden
    return account.tenant
