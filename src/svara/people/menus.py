"""Where the calls of a company go, for who administers it: the whole as call control sees it, and what its menus say.

What people chose for themselves (forwards, quiet hours, presence) is theirs and is left out.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from django.conf import settings

from svara.people import access, administration, snapshot
from svara.people.models import Account, Menu, Sound
from svara.people.office import Person, Tenant


def access_routing(actor: Account) -> Tenant:
    """The company as calls are routed in it, without what people chose themselves. Raises Forbidden."""
    account = access.me(actor)
    if not administration.administers(account):
        raise access.Forbidden
    tenant = snapshot.of(account.tenant)
    return msgspec.structs.replace(tenant, people=tuple(_plain(person) for person in tenant.people))


def access_prompt(actor: Account, menu: str) -> Path:
    """The sound that callers of a menu hear. Raises Forbidden, and NotFound where there is no menu or no sound."""
    account = access.me(actor)
    if not administration.administers(account):
        raise access.Forbidden
    row = Menu.of(account).filter(name=menu).first()
    sound = Sound.of(account).filter(name=row.prompt).exclude(file="").first() if row is not None else None
    if sound is None:
        raise access.NotFound
    place: Path = settings.DATA.sounds / sound.file
    return place


def _plain(person: Person) -> Person:
    return msgspec.structs.replace(person, forwards=(), find_me=(), quiet=(), choice="available", call_waiting="ring")
