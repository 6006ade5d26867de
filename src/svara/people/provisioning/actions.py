"""Phones that Svara sets up are added, let in, shut out and taken away: by administrators, and, where the company allows it,
by each person for themselves."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from svara.people import access, changelog, keys, snapshot
from svara.people.actions import Invalid
from svara.people.changes import Change
from svara.people.document import export
from svara.people.models import Account, Handset, Phone, SignInCount, Tenant
from svara.people.officefile.people import MAX_PHONES_OF_A_PERSON
from svara.people.provisioning import guard
from svara.people.provisioning.fetching import no_secret
from svara.people.provisioning.makers import MAKERS, mac_of
from svara.privacy import subject
from svara.privacy.audit.port import Act, record
from svara.privacy.staff.port import acting

TOKEN_LIFETIME = timedelta(days=1)
SOFTPHONE_LIFETIME = timedelta(minutes=15)
WINDOW = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Issued:
    """A phone, and the token by which it comes: shown this once, good for one time, until `until`."""

    handset: Handset
    token: str = field(repr=False)
    until: datetime


def allowed(actor: Account, username: str) -> bool:
    """Whether somebody may set up phones for a person: administrators for all, others for themselves where they may."""
    return actor.has_role("admin") or (actor.username == username and actor.tenant.own_phones)


@transaction.atomic
def do_add(actor: Account, username: str, maker: str, mac: str = "", login: str = "", *, clear: bool = False) -> Issued:
    """Add a phone of somebody. `login`: one of the person's SIP accounts, whose secret the phone will replace; "" makes a
    new one. `clear`: it may fetch unencrypted, which only administrators can allow.

    Raises Forbidden, NotFound, Invalid.
    """
    account = _allowed(actor, username)
    known = MAKERS.get(maker)
    if known is None:
        raise Invalid("Choose one of the makers of the list.")
    plain = mac_of(mac) if known.mac else ""
    if known.mac and not plain:
        raise Invalid("The MAC address has twelve digits and letters from A to F; it stands on the back of the phone.")
    if plain and Handset.of(account).filter(mac=plain).exists():
        raise Invalid("There is a phone with this MAC address already.")
    phone = _phone(actor, account, login)
    handset = Handset(
        tenant_id=account.tenant_id, phone=phone, maker=maker, mac=plain, made_login=not login, entered_by=actor.id
    )
    handset.clear = clear and actor.has_role("admin")
    _note(actor, account, "create", handset)
    return _issue(handset)


@transaction.atomic
def do_issue(actor: Account, handset_id: str) -> Issued:
    """A new token: what opened the phone's settings before does so no longer; its SIP account works until it comes.

    Raises Forbidden, NotFound.
    """
    handset, account = _own(actor, handset_id)
    handset.secret_hash = handset.bound_at = handset.open_until = None
    _note(actor, account, "grant", handset)
    return _issue(handset)


@transaction.atomic
def do_open(actor: Account, handset_id: str) -> Handset:
    """Let a phone that has not come yet in by its MAC address alone, for WINDOW. Raises Forbidden, NotFound, Invalid."""
    handset, account = _own(actor, handset_id)
    if not actor.has_role("admin"):
        raise access.Forbidden
    if not handset.mac or handset.secret_hash is not None:
        raise Invalid("Only a desk phone that has not come yet can be let in by its MAC address.")
    handset.open_until = timezone.now() + WINDOW
    handset.save()
    _note(actor, account, "grant", handset)
    return handset


@transaction.atomic
def do_revoke(actor: Account, handset_id: str) -> str:
    """Shut a phone out: neither its settings nor its SIP account work any more. Gives the login that is to be forgotten.

    Raises Forbidden, NotFound.
    """
    handset, account = _own(actor, handset_id)
    handset.secret_hash = handset.bound_at = handset.open_until = handset.token_hash = handset.token_until = None
    handset.save()
    phone = handset.phone
    phone.ha1 = no_secret(phone.login)
    phone.save(update_fields=["ha1"])
    snapshot.changed()
    _note(actor, account, "revoke", handset)
    return phone.login


@transaction.atomic
def do_remove(actor: Account, handset_id: str) -> str:
    """Take a phone away, with the SIP account that was made for it; another one stays, with a secret that nobody has.

    Gives the login that is to be forgotten. Raises Forbidden, NotFound.
    """
    handset, account = _own(actor, handset_id)
    login = do_revoke(actor, handset_id)
    _note(actor, account, "remove", handset)
    SignInCount.objects.filter(key=guard.key_of_handset(handset.id)).delete()
    if handset.made_login:
        with _logged(actor, account.tenant, Change("remove", "phone", login)):
            handset.phone.delete()
    else:
        handset.delete()
    return login


def _issue(handset: Handset) -> Issued:
    token = keys.new_key(keys.PHONE_TOKEN)
    lifetime = TOKEN_LIFETIME if handset.mac else SOFTPHONE_LIFETIME
    handset.token_hash, handset.token_until = keys.hash_of(token), timezone.now() + lifetime
    handset.save()
    return Issued(handset, token, handset.token_until)


def _phone(actor: Account, account: Account, login: str) -> Phone:
    phones = Phone.of(account).filter(account=account)
    if login:
        phone = phones.filter(login=login, handset=None).first()
        if phone is None:
            raise access.NotFound
        return phone
    if phones.count() >= MAX_PHONES_OF_A_PERSON:
        raise Invalid("There are too many phones already: take one away first.")
    made = f"{account.tenant.slug[:20]}-{account.username[:30]}-{secrets.token_hex(3)}"
    with _logged(actor, account.tenant, Change("add", "phone", made, (f"of {account.username}",))):
        return Phone.all_tenants.create(
            tenant_id=account.tenant_id, account=account, login=made, ha1=no_secret(made), entered_by=actor.id
        )


@contextmanager
def _logged(actor: Account, tenant: Tenant, change: Change) -> Iterator[None]:
    """In the log of changes of the office stands which SIP account came or went."""
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    was, ids = export(tenant), changelog.ids_of(tenant)
    yield
    changelog.record(tenant, was, ids, [change], by=actor)
    snapshot.changed()


def _allowed(actor: Account, username: str) -> Account:
    actor = _changing(actor)
    if not allowed(actor, username):
        raise access.Forbidden
    return access.person(actor, username)


def _own(actor: Account, handset_id: str) -> tuple[Handset, Account]:
    """A phone that the actor may change; locked."""
    actor = _changing(actor)
    rows = Handset.of(actor).select_for_update(of=("self",)).select_related("phone__account__tenant")
    handset = rows.filter(pk=handset_id).first()
    if handset is None or not allowed(actor, handset.phone.account.username):
        raise access.NotFound
    return handset, handset.phone.account


def _changing(actor: Account) -> Account:
    if acting(actor) is not None:
        raise access.Forbidden
    return access.me(actor)


def _note(actor: Account, account: Account, act: Act, handset: Handset) -> None:
    record(account.tenant_id, actor.id, act, subject.person(account.id), "handset", handset.id)
