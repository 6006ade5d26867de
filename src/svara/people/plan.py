"""What it takes to make a tenant what its office file says, and doing it.

`plan` only looks; `apply` looks again inside its transaction and does exactly that, all or nothing. Who or what the file no
longer names is removed. Passwords and phone secrets are compared without being known: a hash is checked against what the
file says. Applying the same file again changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from svara.people import actions, snapshot
from svara.people.errors import PlainError
from svara.people.models import Account, Invitation, Phone, Tenant
from svara.people.office import REALM
from svara.people.officefile import OfficeFile, OfficeFileError, PersonSpec, PhoneSpec
from svara.people.values import Problem
from svara.sip.digest import hashes_for

Verb = Literal["add", "change", "remove"]
_AT_ONCE = 500
"""Databases bound how many values one query may name."""
OTHER_SECRET = "another secret"  # noqa: S105  words, not a secret
_MARKS: dict[Verb, str] = {"add": "+", "change": "~", "remove": "-"}


class ApplyError(PlainError):
    """The file is right, but it could not be applied now; the message is for people."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is added, changed or removed; `details` never hold a secret."""

    verb: Verb
    kind: Literal["tenant", "person", "phone"]
    name: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{_MARKS[self.verb]} {self.kind} {self.name}" + (f": {', '.join(self.details)}" if self.details else "")


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who has to set their own password first. `token` opens their invitation, until `expires_at`."""

    username: str
    name: str
    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done. `stale_logins` are phones that must register anew: removed, or with another secret."""

    changes: tuple[Change, ...]
    invited: tuple[Invited, ...] = ()
    stale_logins: tuple[str, ...] = ()


def plan(office: OfficeFile) -> tuple[Change, ...]:
    """What `apply` would do now. Raises OfficeFileError where the file collides with another tenant."""
    return tuple(_Difference(office, _Secrets()).changes())


def apply(office: OfficeFile, *, demo: bool = False) -> Applied:
    """Make the tenant what the file says. Raises OfficeFileError, ApplyError.

    `demo` marks a tenant that this adds as a demo.
    """
    secrets = _Secrets()
    secrets.prepare(_Difference(office, secrets))  # the slow part, before anything is locked
    try:
        with transaction.atomic():
            return _Difference(office, secrets, lock=True).carry_out(demo=demo)
    except IntegrityError:
        raise ApplyError("somebody else changed the same people or logins at this moment; try again") from None


class _Secrets:
    """Password hashing, which is slow on purpose: each is done once, many at a time."""

    def __init__(self) -> None:
        self._matches: dict[tuple[str, str], bool] = {}
        self._hashes: dict[str, str] = {}

    def matches(self, encoded: str, password: str) -> bool:
        """Whether a stored hash is this password's."""
        key = encoded, password
        if key not in self._matches:
            self._matches[key] = check_password(password, encoded)
        return self._matches[key]

    def hash_for(self, person: PersonSpec) -> str:
        """A hash to store: of the password, or an unusable one for who will be invited."""
        if person.password is None:
            return make_password(None)
        if person.username not in self._hashes:
            self._hashes[person.username] = make_password(person.password)
        return self._hashes[person.username]

    def prepare(self, difference: _Difference) -> None:
        """Compute what will be asked for."""
        with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
            list(pool.map(lambda pair: self.matches(*pair), difference.passwords_to_check()))
            list(pool.map(self.hash_for, difference.passwords_to_set()))


class _Difference:
    """A tenant as it is, beside what the file wants."""

    def __init__(self, office: OfficeFile, secrets: _Secrets, *, lock: bool = False) -> None:
        self._office = office
        self._secrets = secrets
        tenants = Tenant.objects.select_for_update() if lock else Tenant.objects.all()
        self._tenant = tenants.filter(slug=office.tenant.slug).first()
        self._accounts: dict[str, Account] = {}
        self._phones: dict[str, Phone] = {}
        self._invited: set[str] = set()
        if self._tenant is not None:
            self._accounts = {each.username: each for each in Account.of(self._tenant)}
            self._phones = {each.login: each for each in Phone.of(self._tenant).select_related("account")}
            invitations = Invitation.of(self._tenant).filter(expires_at__gt=timezone.now())
            self._invited = set(invitations.values_list("account_id", flat=True))
        self._people = {person.username: person for person in office.people}
        self._wanted_phones = {phone.login: (phone, person) for person in office.people for phone in person.phones}
        self._refuse_logins_of_others()

    def _refuse_logins_of_others(self) -> None:
        new = [login for login in self._wanted_phones if login not in self._phones]
        problems: list[Problem] = []
        for start in range(0, len(new), _AT_ONCE):
            taken = Phone.all_tenants.filter(login__in=new[start : start + _AT_ONCE])
            if self._tenant is not None:
                taken = taken.exclude(tenant=self._tenant)
            for login in taken.values_list("login", flat=True):
                line = self._wanted_phones[login][0].line
                message = f"login '{login}' is taken by another tenant of this server; it must be unique on the server"
                problems.append(Problem(line, message))
        if problems:
            raise OfficeFileError(self._office.path, problems)

    # --- what differs

    def changes(self) -> Iterator[Change]:
        """In the order in which it is said: the tenant, people, phones; within, added before changed before removed."""
        yield from self._tenant_change()
        for person in self._added():
            yield Change("add", "person", person.username, tuple(_introduce(person)))
        for account, person in self._kept():
            details = self._person_details(account, person)
            if details:
                yield Change("change", "person", person.username, tuple(details))
        for account in self._removed():
            yield Change("remove", "person", account.username, (account.name,))
        for login, (phone, person) in self._wanted_phones.items():
            if login not in self._phones:
                yield Change("add", "phone", login, (f"of {person.username}",))
            elif details := self._phone_details(self._phones[login], phone, person):
                yield Change("change", "phone", login, tuple(details))
        for login in sorted(self._phones.keys() - self._wanted_phones.keys()):
            yield Change("remove", "phone", login)

    def _tenant_change(self) -> Iterator[Change]:
        wanted = self._office.tenant
        if self._tenant is None:
            yield Change("add", "tenant", wanted.slug, (wanted.name,))
        elif details := _differences(_tenant_fields(self._office), vars(self._tenant)):
            yield Change("change", "tenant", wanted.slug, details)

    def _added(self) -> list[PersonSpec]:
        return [person for person in self._people.values() if person.username not in self._accounts]

    def _kept(self) -> list[tuple[Account, PersonSpec]]:
        return [
            (self._accounts[person.username], person)
            for person in self._people.values()
            if person.username in self._accounts
        ]

    def _removed(self) -> list[Account]:
        return [account for username, account in self._accounts.items() if username not in self._people]

    def _person_details(self, account: Account, person: PersonSpec) -> list[str]:
        details = list(_differences(_person_fields(person), vars(account)))
        if self._password_differs(account, person):
            details.append("another password")
        if self._to_be_invited(account, person):
            details.append("a new invitation")
        return details

    def _password_differs(self, account: Account, person: PersonSpec) -> bool:
        return person.password is not None and not (
            account.has_usable_password() and self._secrets.matches(account.password, person.password)
        )

    def _to_be_invited(self, account: Account, person: PersonSpec) -> bool:
        return person.password is None and not account.has_usable_password() and account.id not in self._invited

    def _phone_details(self, phone: Phone, wanted: PhoneSpec, person: PersonSpec) -> list[str]:
        details = []
        if phone.account.username != person.username:
            details.append(f"now of {person.username}")
        if phone.label != wanted.label:
            details.append(f'label "{phone.label}" -> "{wanted.label}"')
        if phone.ha1 != hashes_for(wanted.login, REALM, wanted.secret):
            details.append(OTHER_SECRET)
        return details

    def passwords_to_check(self) -> list[tuple[str, str]]:
        return [
            (account.password, person.password)
            for account, person in self._kept()
            if person.password is not None and account.has_usable_password()
        ]

    def passwords_to_set(self) -> list[PersonSpec]:
        changed = [person for account, person in self._kept() if self._password_differs(account, person)]
        return [person for person in (*self._added(), *changed) if person.password is not None]

    # --- doing it

    def carry_out(self, *, demo: bool) -> Applied:
        """Make every change; runs inside a transaction."""
        changes = tuple(self.changes())
        if not changes:
            return Applied(changes)
        stale = tuple(
            change.name
            for change in changes
            if change.kind == "phone" and (change.verb == "remove" or OTHER_SECRET in change.details)
        )
        tenant = self._save_tenant(demo=demo)
        gone = sorted(self._phones.keys() - self._wanted_phones.keys())
        for start in range(0, len(gone), _AT_ONCE):
            Phone.of(tenant).filter(login__in=gone[start : start + _AT_ONCE]).delete()
        to_invite = [account for account, person in self._kept() if self._to_be_invited(account, person)]
        Account.of(tenant).filter(pk__in=[account.pk for account in self._removed()]).delete()
        accounts = self._save_people(tenant)
        to_invite += [accounts[person.username] for person in self._added() if person.password is None]
        self._save_phones(tenant, accounts)
        snapshot.changed()
        return Applied(changes, tuple(_invite(account) for account in to_invite), stale)

    def _save_tenant(self, *, demo: bool) -> Tenant:
        tenant = self._tenant or Tenant(slug=self._office.tenant.slug, demo=demo)
        for name, value in _tenant_fields(self._office).items():
            setattr(tenant, name, value)
        tenant.save()
        return tenant

    def _save_people(self, tenant: Tenant) -> dict[str, Account]:
        accounts: dict[str, Account] = {}
        changed = [(account, person) for account, person in self._kept() if self._person_details(account, person)]
        # What must be unique is let go first, so that two people can swap their extensions.
        Account.of(tenant).filter(pk__in=[account.pk for account, _ in changed]).update(extension=None, email="")
        for account, person in self._kept():
            accounts[person.username] = account
        for account, person in changed:
            if self._password_differs(account, person):
                account.password = self._secrets.hash_for(person)
                Invitation.of(tenant).filter(account=account).delete()
            for name, value in _person_fields(person).items():
                setattr(account, name, value)
            account.save()
        added = [
            Account(
                tenant=tenant,
                username=person.username,
                password=self._secrets.hash_for(person),
                **_person_fields(person),
            )
            for person in self._added()
        ]
        for account in Account.all_tenants.bulk_create(added):
            accounts[account.username] = account
        return accounts

    def _save_phones(self, tenant: Tenant, accounts: dict[str, Account]) -> None:
        added = []
        for login, (wanted, person) in self._wanted_phones.items():
            phone = self._phones.get(login)
            if phone is not None and not self._phone_details(phone, wanted, person):
                continue
            changed = phone or Phone(tenant=tenant, login=login)
            changed.account = accounts[person.username]
            changed.label = wanted.label
            changed.ha1 = hashes_for(login, REALM, wanted.secret)
            if phone is None:
                added.append(changed)
            else:
                changed.save()
        Phone.all_tenants.bulk_create(added)


def _tenant_fields(office: OfficeFile) -> dict[str, Any]:
    wanted = office.tenant
    return {
        "name": wanted.name,
        "country": wanted.country,
        "timezone": wanted.timezone,
        "languages": list(wanted.languages),
        "media": wanted.media,
    }


def _person_fields(person: PersonSpec) -> dict[str, Any]:
    return {
        "name": person.name,
        "email": person.email,
        "extension": person.extension,
        "roles": list(person.roles),
        "unanswered_after_seconds": person.unanswered.after_seconds if person.unanswered else None,
        "unanswered_to": person.unanswered.to if person.unanswered else "",
    }


def _differences(wanted: dict[str, Any], now: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{name.replace('_', ' ')} {_show(now[name])} -> {_show(value)}"
        for name, value in wanted.items()
        if now[name] != value
    )


def _show(value: Any) -> str:
    if value in (None, "", []):
        return "none"
    if isinstance(value, list):
        return " ".join(value)
    return f"{value:g}" if isinstance(value, float) else f'"{value}"'


def _introduce(person: PersonSpec) -> Iterable[str]:
    yield person.name
    if person.extension:
        yield f"extension {person.extension}"
    if person.password is None:
        yield "will be invited"


def _invite(account: Account) -> Invited:
    token = actions.do_invite(account)
    return Invited(
        username=account.username,
        name=account.name,
        token=token,
        expires_at=timezone.now() + actions.INVITATION_LIFETIME,
    )
