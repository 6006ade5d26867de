"""Reading about people, for someone: the only way.

Every function takes the `actor` for whom it reads and stays inside the actor's tenant. What the actor may not see does not
exist for them: `NotFound`, the same as for an id that nobody has.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.utils import timezone

from svara.people import keys
from svara.people.models import Account, ApiToken, Conference, Invitation, Phone, Queue
from svara.privacy import errors

MAX_SEARCH_LENGTH = 100
MAX_NAMESAKES = 20
USED_RESOLUTION = timedelta(minutes=1)
"""A token's last use is written no more often than this."""


NotFound = errors.NotFound
Forbidden = errors.Forbidden


def me(actor: Account) -> Account:
    """The actor, as stored now, with the tenant. Raises NotFound when removed meanwhile. Who comes by a grant of the company
    is as they were found at the door, for this one request (`svara.people.visitor`)."""
    if actor.visit is not None:
        return actor
    return _one(Account.of(actor).select_related("tenant").filter(pk=actor.pk).first())


def directory(actor: Account, search: str = "") -> list[Account]:
    """Everybody of the actor's company, by name. Every word of `search` must be in name, user name or e-mail,
    or begin the extension. Neither case nor accents count: "novakova" finds Nováková, "šárka" finds Šárka.
    """
    people = Account.of(actor).order_by(*_BY_NAME)
    words = folded(search[:MAX_SEARCH_LENGTH]).split()
    if not words:
        return list(people)
    # Databases differ in what they take for the same letter, and SQLite knows ASCII alone: it is decided here.
    matching = [
        key
        for key, extension, *texts in people.values_list("pk", "extension", "name", "username", "email")
        if _has_all(words, folded("\n".join(texts)), extension or "")
    ]
    found = people_by_id(actor, matching)
    return [found[key] for key in matching if key in found]


def folded(text: str) -> str:
    """`text` as it is compared in a search: without accents, and without the difference of capital and small letters."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_WITHOUT_STROKE)


def _has_all(words: list[str], text: str, extension: str) -> bool:
    return all(word in text or extension.startswith(word) for word in words)


_WITHOUT_STROKE = str.maketrans("øłđħŧ", "oldht") | {ord("æ"): "ae", ord("œ"): "oe"}
"""Letters that are one sign in Unicode, though people type them without."""


def person(actor: Account, username: str) -> Account:
    """A colleague by user name. Raises NotFound."""
    return _one(Account.of(actor).filter(username=_storable(username[:64]).casefold()).first())


def people_by_id(actor: Account, ids: Iterable[str]) -> dict[str, Account]:
    """The colleagues with these ids; who is unknown, removed or of another tenant is left out."""
    return Account.of(actor).in_bulk(list(ids))


def queues(actor: Account) -> list[Queue]:
    """The queues that this person has to do with, by name: those they answer for; supervisors and administrators all."""
    rows = Queue.of(actor)
    if not actor.has_role("supervisor", "admin"):
        rows = rows.filter(members__account=actor)
    return list(rows.order_by("name"))


def has_conferences(actor: Account) -> bool:
    """Whether the company has any conference, which everybody may look at."""
    return Conference.of(actor).exists()


def my_phones(actor: Account) -> list[Phone]:
    """The actor's own phones, by login."""
    return list(Phone.of(actor).filter(account=actor).order_by("login"))


def my_tokens(actor: Account) -> list[ApiToken]:
    """The actor's own API tokens, newest first."""
    return list(ApiToken.of(actor).filter(account=actor).order_by("-created_at"))


def account_by_token(token: str) -> Account | None:
    """Whose API token this is, with the tenant; None when it is nobody's (any more)."""
    if not keys.looks_like(token, keys.API):
        return None
    found = ApiToken.all_tenants.select_related("account__tenant").filter(token_hash=keys.hash_of(token)).first()
    if found is None:
        return None
    now = datetime.fromtimestamp(time.time(), UTC)
    if found.last_used_at is None or now - found.last_used_at > USED_RESOLUTION:
        ApiToken.all_tenants.filter(pk=found.pk).update(last_used_at=now)
    return found.account


def invitation(token: str) -> Invitation:
    """An invitation that still holds, with account and tenant. Raises NotFound when used, expired or invented."""
    if not keys.looks_like(token, keys.INVITATION):
        raise NotFound
    return _one(
        Invitation.all_tenants.select_related("account__tenant")
        .filter(token_hash=keys.hash_of(token), expires_at__gt=timezone.now())
        .first()
    )


def accounts_named(name: str, tenant_slug: str | None = None) -> list[Account]:
    """Who on the whole server goes by this name: `username@tenant`, user name or e-mail. For signing in, and for the
    operator's command line; for nobody who acts as a person.
    """
    accounts = Account.all_tenants.select_related("tenant").order_by("tenant__slug")
    if tenant_slug is not None:
        accounts = accounts.filter(tenant__slug=tenant_slug)
    name = _storable(name)
    username, at, slug = name.rpartition("@")
    if not at:
        return list(accounts.filter(username=name)[:MAX_NAMESAKES])
    exact = list(accounts.filter(username=username, tenant__slug=slug))
    return exact or list(accounts.filter(email__iexact=name)[:MAX_NAMESAKES])


def _storable(text: str) -> str:
    """`text` without what no text in a database can hold (PostgreSQL refuses NUL), so that it is simply not found."""
    return text.replace("\0", "\ufffd")


def one_named(name: str) -> Account | None:
    """The one account that this name means; None where it means none or several."""
    found = accounts_named(name)
    return found[0] if len(found) == 1 else None


_BY_NAME = ("name", "username")


T = TypeVar("T")


def _one(found: T | None) -> T:
    if found is None:
        raise NotFound
    return found
