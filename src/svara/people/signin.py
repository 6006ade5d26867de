"""Signing in: who is this, and may they try again now.

A person signs in with their e-mail address, with their user name where only one person on the server has it, or with
`username@tenant`. An unknown name costs the same work and gets the same answer as a wrong password. Tries are counted
before the password is looked at, so that many at once cannot slip past the throttle.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone

from svara import log
from svara.people import throttle
from svara.people.access import one_named
from svara.people.models import Account, SignInCount
from svara.people.retention import forget_sign_in_counts
from svara.people.second.access import has_factor
from svara.privacy.audit.port import record

MAX_PASSWORD_LENGTH = 1024
BACKEND = "svara.people.signin.AccountBackend"
"""For `django.contrib.auth.login(request, account, backend=BACKEND)`."""

WATCHED_ROLES = ("admin", "privacy-officer", "supervisor")
"""Who can see what others did: that they signed in is in the log of views and changes."""

_log = log.get("people.signin")
_hashing = BoundedSemaphore(2)
"""Hashing is work on purpose: a flood of tries must not take every processor."""
_unknown_hash: list[str] = []
_Known = TypeVar("_Known", bound=AbstractBaseUser)


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too many failed tries: the next one counts in `retry_after_seconds`."""

    retry_after_seconds: int


def authenticate(
    identifier: str, password: str, source_ip: str, *, now: Callable[[], float] = time.time
) -> Account | Throttled | None:
    """The account that this name and password belong to; None when they do not match; Throttled when it is too soon.

    `source_ip` is the peer's address. A success is remembered, so that this person is never held up from there. Where they
    have a second factor, nobody is signed in yet.
    """
    name = identifier.strip().casefold()[:320]
    account = tried(name, password, source_ip, lambda: one_named(name), now=now)
    if isinstance(account, Account) and not has_factor(account):
        note_sign_in(account)
    return account


def note_sign_in(account: Account) -> None:
    """Somebody is in: with the password, or after the second step where there is one."""
    if role := next((role for role in WATCHED_ROLES if account.has_role(role)), ""):
        record(account.tenant_id, account.id, "sign-in", None, "account", account.id, role)


def tried(
    name: str,
    password: str,
    source_ip: str,
    find: Callable[[], _Known | None],
    *,
    now: Callable[[], float] = time.time,
) -> _Known | Throttled | None:
    """One try at a door: who `find` knows by this name, when the password is theirs. Every door has its own names (those of
    the provider's staff begin with "staff:") and counts tries in the same way."""
    keys = _Keys.of(name, throttle.source_of(source_ip))
    wait = _reserve(keys, now())
    if wait > 0:
        _log.warning("A sign-in was throttled", pii_name=name, pii_source=source_ip)
        return Throttled(retry_after_seconds=max(1, round(wait)))
    known = find()
    if not _hashing.acquire(timeout=5.0):
        return Throttled(retry_after_seconds=5)
    try:
        matches = _check(known, password)
    finally:
        _hashing.release()
    if known is None or not matches:
        _log.info("A sign-in failed", pii_name=name, pii_source=source_ip)
        return None
    _forgive(keys, now())
    known.last_login = timezone.now()
    known.save(update_fields=["last_login"])
    return known


class AccountBackend(BaseBackend):
    """What keeps a signed-in person signed in; passwords are only checked by `authenticate` above."""

    def get_user(self, user_id: str) -> Account | None:
        return Account.all_tenants.select_related("tenant").filter(pk=user_id).first()


def _check(account: AbstractBaseUser | None, password: str) -> bool:
    """Whether the password is right, in the same time whether or not there is an account with one."""
    if len(password) > MAX_PASSWORD_LENGTH:
        return False
    if account is None or not account.has_usable_password():
        if not _unknown_hash:
            _unknown_hash.append(make_password(hashlib.sha256(settings.SECRET_KEY.encode()).hexdigest()))
        check_password(password, _unknown_hash[0])
        return False
    return account.check_password(password)


@dataclass(frozen=True, slots=True)
class _Keys:
    pair: str
    source: str
    name: str

    @classmethod
    def of(cls, name: str, source: str) -> _Keys:
        def key(*parts: str) -> str:
            return hmac.new(settings.SECRET_KEY.encode(), "\0".join(parts).encode(), hashlib.sha256).hexdigest()

        return cls(pair=key("pair", name, source), source=key("source", source), name=key("name", name))


def keys_of(account: Account) -> list[str]:
    """The keys of the counts of this person's names; those of a name together with a source nobody can tell any more."""
    names = (account.username, f"{account.username}@{account.tenant.slug}", account.email.casefold(), again(account))
    return [_Keys.of(name, "").name for name in names if name]


def again(account: Account) -> str:
    """By this name tries of who is signed in are counted, where they show their password once more."""
    return f"again:{account.id}"


_ALLOWANCES = {"pair": throttle.PAIR, "source": throttle.SOURCE, "name": throttle.NAME}


def _reserve(keys: _Keys, now: float) -> float:
    """Count this try as failed beforehand; or leave the counts alone and say how long it has to wait."""
    with transaction.atomic():
        rows = {
            row.key: row
            for row in SignInCount.objects.select_for_update()
            .filter(key__in=[keys.pair, keys.source, keys.name])
            .order_by("key")
        }
        counts = {
            kind: rows[key].count if key in rows else throttle.UNUSED
            for kind, key in (("pair", keys.pair), ("source", keys.source), ("name", keys.name))
        }
        wait = throttle.wait_seconds(counts["pair"], counts["source"], counts["name"], now)
        if wait > 0:
            return wait
        for kind, key in (("pair", keys.pair), ("source", keys.source), ("name", keys.name)):
            failures = _ALLOWANCES[kind].after(counts[kind], now).failures
            SignInCount.objects.update_or_create(key=key, defaults={"failures": failures, "changed_at": now})
    forget_sign_in_counts(now)
    return 0.0


def _forgive(keys: _Keys, now: float) -> None:
    """Take this try back from the counts, and know this source from now on."""
    with transaction.atomic():
        SignInCount.objects.update_or_create(key=keys.pair, defaults={"failures": 0.0, "known": True, "changed_at": now})
        for row in SignInCount.objects.select_for_update().filter(key__in=[keys.source, keys.name]).order_by("key"):
            row.failures = max(0.0, row.failures - 1)
            row.save(update_fields=["failures"])
