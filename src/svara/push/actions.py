"""Letting one's own browsers be woken: each by itself, in the session that is open there, and never without the function."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from svara.people.models import Account, PushDevice, SignedIn, new_id
from svara.people.signedin import SESSION_KEY
from svara.people.waking import outsider
from svara.privacy import vault
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions.port import Collection, do_switch
from svara.privacy.functions.registry import CALL_PUSH
from svara.privacy.registers.recipients import closed_push_services
from svara.privacy.subject import person
from svara.privacy.tenancy import Person, id_in
from svara.push.access import access_here, context
from svara.push.encryption import browser_keys
from svara.push.services import Refused, Subscription, place_of
from svara.sealing.errors import Unreadable

MAX_DEVICES = 10
"""Of one person; beyond, the oldest goes."""
_HOW = "page of the phone in the browser"


@transaction.atomic
def do_subscribe(actor: Account, session: Mapping[str, Any], given: Subscription, language: str) -> PushDevice:
    """Let this browser be woken, which switches the function on. What was chosen here before stays.

    Raises Forbidden for visitors of the provider, and where the session is not a known one; Invalid for a push service that
    may not be asked.
    """
    here = _session_of(actor, session)
    try:
        place = place_of(given.address)
    except Refused:
        raise Invalid(
            _("The push service of this browser is not one that this phone system may ask. Its administrator can add it.")
        ) from None
    try:
        browser_keys(given.p256dh, given.auth)
    except ValueError:
        raise Invalid(_("The browser gave no keys to encrypt with. Load the page again, and try once more.")) from None
    if (actor.tenant_id, outsider(place.service).known_by) in closed_push_services():
        raise Invalid(_("Your company has closed the push service of this browser: nothing is sent there."))
    do_switch(actor, CALL_PUSH, True, how=_HOW)
    Account.all_tenants.select_for_update(no_key=True).get(pk=actor.pk)
    row = PushDevice.of(actor).filter(account=actor, session=here).first()
    row = row or PushDevice(id=new_id(), tenant_id=actor.tenant_id, account=actor, session=here)
    mark = mark_of(given.address)
    PushDevice.all_tenants.filter(mark=mark).exclude(pk=row.pk).delete()  # somebody was here before
    content = json.dumps(asdict(given)).encode()
    try:
        row.sealed = vault.current().seal(actor.tenant_id, [person(actor.id)], content, context=context(row.id))
    except Unreadable as error:
        raise Invalid(str(error)) from None
    row.mark, row.service, row.language = mark, place.service, language[:35]
    row.save()
    others = PushDevice.of(actor).filter(account=actor).exclude(pk=row.pk).order_by("-created_at")
    for old in list(others[MAX_DEVICES - 1 :]):
        old.delete()
    return row


@transaction.atomic
def do_renew(actor: Account, session: Mapping[str, Any], given: Subscription) -> PushDevice:
    """The browser says that its subscription is another one now (`pushsubscriptionchange`). Raises NotFound where this
    browser is not to be woken; Invalid, Forbidden."""
    here = access_here(actor, session)
    if here is None:
        raise NotFound
    return do_subscribe(actor, session, given, here.language)


@transaction.atomic
def do_choose(actor: Account, session: Mapping[str, Any], *, names: bool, missed: bool, messages: bool) -> None:
    """What is told in this browser. Raises NotFound where it is not to be woken."""
    here = access_here(actor, session)
    if here is None:
        raise NotFound
    here.names, here.missed, here.messages = names, missed, messages
    here.save()


@transaction.atomic
def do_revoke(actor: Account, device_id: str) -> None:
    """That browser is not to be woken any more. Raises NotFound."""
    if not PushDevice.of(actor).filter(account=actor, pk=id_in(device_id)).delete()[0]:
        raise NotFound


def mark_of(address: str) -> str:
    """By which a subscription is known again, and not found out."""
    return hashlib.blake2b(address.encode(), key=settings.PUSH_SEED, digest_size=32).hexdigest()


def function_switched(key: str, person_id: str, *, enabled: bool, **_more: object) -> None:
    """Whoever switches the function off, wherever, has no browser here any more."""
    if key == CALL_PUSH and not enabled:
        PushDevice.all_tenants.filter(account_id=person_id).delete()


def _session_of(actor: Account, session: Mapping[str, Any]) -> SignedIn:
    found = SignedIn.of(actor).filter(pk=session.get(SESSION_KEY, ""), account=actor).first()
    if actor.visit or found is None:
        raise Forbidden
    return found


def _count(actor: Person) -> int:
    return PushDevice.all_tenants.filter(account_id=actor.id).count()


def _erase(actor: Person) -> int:
    gone, _each = PushDevice.all_tenants.filter(account_id=actor.id).delete()
    return gone


COLLECTION = Collection(_count, _erase)
"""What is kept because the function is on."""
