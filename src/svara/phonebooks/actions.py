"""Changing what there is about phonebooks: the only way. A password is made and taken back by its own person; what is open
is decided by administrators."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.people import keys
from svara.people.access import me
from svara.people.models import Account
from svara.phonebooks.access import opening_of
from svara.phonebooks.models import Opening, Password
from svara.privacy import subject
from svara.privacy.audit.port import record
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.tenancy import id_in

MAX_PASSWORDS = 20
MAX_LABEL_LENGTH = 100
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's 32 signs: none is taken for another. A person types them on the keys of a phone."""
_GROUPS, _GROUP = 5, 4
SWITCHES = ("xml", "carddav", "ldap", "ldap_in_clear")
"""What an administrator decides on."""
LENGTH = _GROUPS * _GROUP
"""100 random bits: as with other keys there is nothing to guess, and a plain hash is enough (`svara.people.keys`)."""


def new_secret() -> str:
    """A fresh password, to be shown once: "k7mf-2xqn-…"."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _sign in range(_GROUP)) for _group in range(_GROUPS))


def secret_hash(secret: str) -> str | None:
    """What is stored of a password; case, spaces and dashes do not count. None for what cannot be one."""
    if len(secret) > 3 * LENGTH:
        return None
    plain = secret.replace("-", "").replace(" ", "").lower()
    if len(plain) != LENGTH or not set(plain) <= set(_ALPHABET):
        return None
    return keys.hash_of(f"phonebook:{plain}")


@transaction.atomic
def do_make_password(actor: Account, label: str, now: datetime | None = None) -> str:
    """A new phonebook password of the actor; it is shown this once. Raises Invalid where there is no name for it, or where
    there are too many."""
    name = " ".join(label.split())[:MAX_LABEL_LENGTH]
    if not name:
        raise Invalid(_("Give the password a name, so that you know later which device has it."))
    Account.all_tenants.select_for_update(no_key=True).get(pk=me(actor).pk)
    if Password.of(actor).filter(account=actor).count() >= MAX_PASSWORDS:
        raise Invalid(_("These are too many passwords: revoke one that is no longer used."))
    secret = new_secret()
    made = Password.all_tenants.create(
        tenant_id=actor.tenant_id,
        account=actor,
        secret_hash=secret_hash(secret),
        label=name,
        created_at=now or timezone.now(),
    )
    record(actor.tenant_id, actor.id, "grant", subject.person(actor.id), "phonebook-password", made.id)
    return secret


@transaction.atomic
def do_revoke_password(actor: Account, password_id: str) -> None:
    """End one of the actor's own phonebook passwords, at once. Raises NotFound."""
    gone, _each = Password.of(actor).filter(account=actor, pk=id_in(password_id)).delete()
    if not gone:
        raise NotFound
    record(actor.tenant_id, actor.id, "revoke", subject.person(actor.id), "phonebook-password", password_id)


@transaction.atomic
def do_open(actor: Account, *, xml: bool, carddav: bool, ldap: bool, ldap_in_clear: bool) -> Opening:
    """Say what the company opens. Raises Forbidden."""
    if not actor.has_role("admin") or actor.visit is not None:
        raise Forbidden
    opening = opening_of(actor)
    wanted = {"xml": xml, "carddav": carddav, "ldap": ldap, "ldap_in_clear": ldap and ldap_in_clear}
    changed = sorted(name for name, value in wanted.items() if getattr(opening, name) != value)
    if not changed:
        return opening
    Opening.all_tenants.update_or_create(tenant_id=actor.tenant_id, defaults=wanted)
    for name in changed:
        record(actor.tenant_id, actor.id, "change", None, "phonebooks", name, "on" if wanted[name] else "off")
    return opening_of(actor)
