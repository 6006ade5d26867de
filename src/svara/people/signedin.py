"""One's own sessions and devices: seen, ended at will, and an alert where a device was never seen before.

A browser keeps a random cookie from its first sign-in on; here is only a hash of it together with the person. A session
holds the id of its row (`SignedIn`): who deletes the row ends the session with its next request. Whoever signs in with
the right password on a browser without that cookie is told of by mail and on the person's other browsers: not on the new
one, where whoever it is could wave it away.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from svara.people import softphone
from svara.people.agents import network_of, seen
from svara.people.models import Account, Device, SignedIn
from svara.people.models.signedin import DEVICE_DAYS, SESSION_DAYS, VERSION_LENGTH
from svara.privacy import subject
from svara.privacy.audit.port import record
from svara.privacy.errors import NotFound
from svara.privacy.tenancy import id_in

SESSION_KEY = softphone.SESSION_KEY
SEEN_EVERY = timedelta(minutes=5)
"""That a session was used is written no more often."""
NOTICE_DAYS = 30
"""So long other browsers show that there was a new one."""
MAX_DEVICES = 50
"""Of one person; beyond, those are forgotten that the person has not said to know, then the oldest."""
MAX_MAILS_A_DAY = 5
_TOKEN_BYTES, _TOKEN_LENGTH = 32, 43
_VERSION = re.compile(rf"[0-9A-Za-z.+-]{{1,{VERSION_LENGTH}}}")
_SCREEN = re.compile(r"[1-9][0-9]{1,4}×[1-9][0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class Entered:
    """What the browser is given: its session's id, and the token to keep as a cookie."""

    session_id: str
    device_token: str


@transaction.atomic
def do_enter(account: Account, device_token: str, user_agent: str, address: str, now: datetime | None = None) -> Entered:
    """A person has just signed in. A token that is none of ours is replaced."""
    at = now or timezone.now()
    token = device_token if _looks_like(device_token) else secrets.token_urlsafe(_TOKEN_BYTES)
    browser, system = seen(user_agent)
    about = {"browser": browser, "system": system, "network": network_of(address), "last_at": at}
    Account.all_tenants.select_for_update(no_key=True).get(pk=account.pk)
    mine = Device.of(account).filter(account=account)
    device = mine.filter(mark=_mark(account, token)).first()
    if device is None:
        before = mine.exists()
        told = mine.filter(first_at__gt=at - timedelta(days=1), new=True).count()
        device = Device(tenant_id=account.tenant_id, account=account, mark=_mark(account, token), first_at=at, new=before)
        device.mail_due = before and told < MAX_MAILS_A_DAY
        if before:
            record(account.tenant_id, account.id, "sign-in", subject.person(account.id), "new-device", device.id)
    for name, value in about.items():
        setattr(device, name, value)
    device.save()
    others = mine.exclude(pk=device.pk).order_by("new", "-mail_due", "-last_at").values_list("pk", flat=True)
    Device.all_tenants.filter(pk__in=list(others[MAX_DEVICES - 1 :])).delete()
    row = SignedIn.all_tenants.create(
        tenant_id=account.tenant_id, account=account, device=device, network=about["network"], at=at, last_at=at
    )
    return Entered(row.id, token)


def holds(account: Account, session: Mapping[str, Any], now: datetime | None = None) -> bool:
    """Whether a session still stands; that it is used is noted. One without an id (from before there were any) stands."""
    session_id = session.get(SESSION_KEY)
    if session_id is None:
        return True
    found = SignedIn.of(account).filter(pk=session_id, account=account)
    last = found.values_list("last_at", flat=True).first()
    if last is None:
        return False
    at = now or timezone.now()
    if at - last >= SEEN_EVERY:
        found.update(last_at=at)
    return True


def until(account: Account, session: Mapping[str, Any]) -> datetime | None:
    """When one has to sign in anew, however much is done until then; None for a session without an id."""
    began = SignedIn.of(account).filter(pk=session.get(SESSION_KEY) or "-", account=account).values_list("at", flat=True)
    at = began.first()
    return None if at is None else at + timedelta(days=SESSION_DAYS)


def do_tell(actor: Account, session: Mapping[str, Any], *, version: str, screen: str) -> bool:
    """The pages of a session say which version of the app they are, and on how large a screen: for its person, who is asked
    for it when something does not work. What is neither is left out; False where there is no such session."""
    told = {
        "version": version if _VERSION.fullmatch(version) else "",
        "screen": screen if _SCREEN.fullmatch(screen) else "",
    }
    return bool(SignedIn.of(actor).filter(account=actor, pk=session.get(SESSION_KEY, "")).update(**told))


def access_sessions(actor: Account) -> list[SignedIn]:
    """Where the actor is signed in, the last used first."""
    return list(SignedIn.of(actor).filter(account=actor).select_related("device").order_by("-last_at", "-at"))


def access_devices(actor: Account) -> list[Device]:
    """The browsers that are known to be the actor's, the last used first."""
    return list(Device.of(actor).filter(account=actor).order_by("-last_at"))


def access_new_devices(actor: Account, session: Mapping[str, Any], now: datetime | None = None) -> list[Device]:
    """Browsers that signed in as the actor for the first time of late, and that the actor has not said to know; none in a
    session of such a browser itself."""
    at = now or timezone.now()
    new = list(Device.of(actor).filter(account=actor, new=True, first_at__gt=at - timedelta(days=NOTICE_DAYS)))
    if not new:
        return []
    here = SignedIn.of(actor).filter(account=actor, pk=session.get(SESSION_KEY, "")).values_list("device_id", flat=True)
    return [] if set(here) & {device.pk for device in new} else new


@transaction.atomic
def do_know(actor: Account, session: Mapping[str, Any]) -> None:
    """The actor says, on a browser known before: those were me."""
    ids = [device.pk for device in access_new_devices(actor, session)]
    Device.of(actor).filter(account=actor, pk__in=ids).update(new=False)


@transaction.atomic
def do_end(actor: Account, session_id: str) -> None:
    """Sign out elsewhere: one session, in force with its next request. Raises NotFound."""
    if not SignedIn.of(actor).filter(account=actor, pk=id_in(session_id)).delete()[0]:
        raise NotFound
    softphone.sessions_ended([session_id])
    record(actor.tenant_id, actor.id, "revoke", subject.person(actor.id), "session", session_id)


@transaction.atomic
def do_end_others(actor: Account, session: Mapping[str, Any]) -> int:
    """Sign out everywhere but here; gives how many sessions that were."""
    others = SignedIn.of(actor).filter(account=actor).exclude(pk=session.get(SESSION_KEY, ""))
    ended = list(others.values_list("pk", flat=True))
    others.delete()
    softphone.sessions_ended(ended)
    record(actor.tenant_id, actor.id, "revoke", subject.person(actor.id), "session", "others")
    return len(ended)


@transaction.atomic
def do_forget_device(actor: Account, device_id: str) -> None:
    """That browser is not mine, or not any more: its sessions end, and its next sign-in is one of a new device. Raises
    NotFound."""
    ended = list(SignedIn.of(actor).filter(account=actor, device=id_in(device_id)).values_list("pk", flat=True))
    if not Device.of(actor).filter(account=actor, pk=id_in(device_id)).delete()[0]:
        raise NotFound
    softphone.sessions_ended(ended)
    record(actor.tenant_id, actor.id, "revoke", subject.person(actor.id), "device", device_id)


def leave(session: Mapping[str, Any]) -> None:
    """Somebody signs out here."""
    session_id = session.get(SESSION_KEY, "")
    if SignedIn.all_tenants.filter(pk=session_id).delete()[0]:
        softphone.sessions_ended([session_id])


def forget_sessions(now: datetime) -> int:
    """Sessions that are over go, and devices that were not used for a year; but each person's last one stays, so that
    a stranger's is still a new one. Gives how many."""
    gone, _each = SignedIn.all_tenants.filter(at__lt=now - timedelta(days=SESSION_DAYS)).delete()
    old = Device.all_tenants.filter(last_at__lt=now - timedelta(days=DEVICE_DAYS))
    for device in old.order_by("last_at"):
        if Device.all_tenants.filter(account_id=device.account_id, last_at__gt=device.last_at).exists():
            gone += device.delete()[0]
    return gone


def _mark(account: Account, token: str) -> str:
    return hashlib.blake2b(
        f"{account.id}:{token}".encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=32
    ).hexdigest()


def _looks_like(token: str) -> bool:
    return len(token) == _TOKEN_LENGTH and token.isascii() and token.replace("-", "a").replace("_", "a").isalnum()
