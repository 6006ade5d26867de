"""Who reads a phonebook: the login and the phonebook password of a phone or program, looked at anew each time.

A password opens the phonebook of its person's company and nothing else. Neither the account's password nor a phone's secret
opens it. What is wrong, unknown or revoked gets one and the same answer. A source that fails too often is turned away before
anything is looked up, but for passwords that were right of late: a colleague in the same office is not locked out. One
password may read so often, and no more.

In the log of views and changes stands when a password is used for the first time and when it comes from another network,
not each look into the phonebook: that would be thousands of entries a day about nothing, and hide what matters. When and how
it was used last stands on its person's page, to the hour.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

from django.db import transaction
from django.utils.crypto import constant_time_compare

from svara import log
from svara.people.agents import network_of
from svara.people.models import Account
from svara.people.throttle import Allowance, Buckets, source_of
from svara.phonebooks.access import opening_of
from svara.phonebooks.actions import secret_hash
from svara.phonebooks.models import Password, Way
from svara.privacy import subject
from svara.privacy.audit.port import record

FAILURES = Allowance(free=30, forgive_seconds=10.0)
"""Of one source: thirty at once, then one in ten seconds."""
READS: dict[Way, Allowance] = {
    "xml": Allowance(free=30, forgive_seconds=2.0),
    "carddav": Allowance(free=200, forgive_seconds=0.2),
    "ldap": Allowance(free=60, forgive_seconds=0.1),
}
"""Of one password: a phone asks LDAP with each key that is pressed, and for a whole XML file a few times a day."""
NOTED_EVERY = timedelta(hours=1)
GOOD_SECONDS = 24 * 3600.0
_MAX_GOOD = 20_000
MAX_LOGIN_LENGTH = 320
CHALLENGE = 'Basic realm="Svara phonebook", charset="UTF-8"'
"""What a phone without a password is asked for (RFC 7617)."""

_log = log.get("phonebooks.door")


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too often: it may be tried again in so many seconds."""

    retry_after_seconds: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The password is right; its company does not give phonebooks in this way."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and with which password. `in_clear`: the company lets LDAP go unencrypted."""

    account: Account
    password_id: str
    in_clear: bool = False


class Door:
    """One process's; the clocks are parameters."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._monotonic, self._now = monotonic, now
        self._failures = Buckets(FAILURES)
        self._reads = {way: Buckets(allowance) for way, allowance in READS.items()}
        self._good: OrderedDict[str, float] = OrderedDict()
        """Hashes of passwords that were right of late, until when that counts."""
        self._lock = Lock()

    def enter(self, login: str, secret: str, address: str, way: Way) -> Reader | Throttled | Closed | None:
        """Who has this login and phonebook password; None where they do not belong together. `address` is the peer's."""
        source, hashed = source_of(address), secret_hash(secret)
        wait = self._failures.wait_seconds(source, self._monotonic())
        if wait > 0 and not self._was_good(hashed):
            return _throttled(wait)
        found = None
        if hashed is not None:
            found = Password.all_tenants.select_related("account__tenant").filter(secret_hash=hashed).first()
        if found is None or not _is_login(login, found.account):
            self._failures.take(source, self._monotonic())
            _log.info("a phonebook password was wrong", pii_login=login[:MAX_LOGIN_LENGTH], pii_source=address)
            return None
        self._remember(found.secret_hash)
        opening = opening_of(found)
        if not opening.opens(way):
            return Closed()
        wait = self._reads[way].take(found.id, self._monotonic())
        if wait > 0:
            return _throttled(wait)
        _note(found, address, way, self._now())
        return Reader(found.account, found.id, opening.ldap_in_clear)

    def again(self, reader: Reader, way: Way) -> Reader | Throttled | Closed | None:
        """On a connection that stays: another look by who has entered. None where the password was revoked meanwhile."""
        found = Password.all_tenants.select_related("account__tenant").filter(pk=reader.password_id).first()
        if found is None:
            return None
        opening = opening_of(found)
        if not opening.opens(way):
            return Closed()
        wait = self._reads[way].take(found.id, self._monotonic())
        return _throttled(wait) if wait > 0 else Reader(found.account, found.id, opening.ldap_in_clear)

    def _was_good(self, hashed: str | None) -> bool:
        with self._lock:
            return hashed is not None and self._good.get(hashed, 0.0) > self._monotonic()

    def _remember(self, hashed: str) -> None:
        with self._lock:
            self._good[hashed] = self._monotonic() + GOOD_SECONDS
            self._good.move_to_end(hashed)
            while len(self._good) > _MAX_GOOD:
                self._good.popitem(last=False)


def _is_login(login: str, account: Account) -> bool:
    """Whether the login means this account: user name, `user@company` or e-mail address. Each is compared, in constant
    time."""
    given = login[:MAX_LOGIN_LENGTH].strip().casefold()
    names = (account.username, f"{account.username}@{account.tenant.slug}", account.email.casefold())
    return any([bool(name) and constant_time_compare(given, name) for name in names])  # noqa: C419  none is left out


def _note(password: Password, address: str, way: Way, now: datetime) -> None:
    """Write when, how and from where a password was used; at most once an hour."""
    if password.last_used_at is not None and now - password.last_used_at < NOTED_EVERY:
        return
    network = network_of(address)
    first_here = password.last_used_at is None or password.network != network
    with transaction.atomic():
        Password.all_tenants.filter(pk=password.pk).update(last_used_at=now, last_way=way, network=network)
        if first_here:
            who = password.account_id
            record(password.tenant_id, who, "sign-in", subject.person(who), "phonebook", password.id, way)


def _throttled(wait: float) -> Throttled:
    return Throttled(retry_after_seconds=max(1, round(wait)))


entrance = Door()
"""This process's."""
