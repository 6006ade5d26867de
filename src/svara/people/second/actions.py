"""Changing with what somebody signs in, and trying it: the only way.

The first factor brings ten recovery codes with it; with the last one they go, and with them every browser that was let in
without the second step. What changes here the person is told by mail: it may not have been them.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from svara import log
from svara.people import access, softphone
from svara.people.models import Account, CodeApp, Device, FactorNews, Passkey, RecoveryCode, SignedIn
from svara.people.second import codes, tries
from svara.people.second.access import context, has_factor, secret_of
from svara.people.signin import Throttled
from svara.privacy import subject, vault
from svara.privacy.audit.port import OPERATOR, record
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.staff.port import acting
from svara.privacy.tenancy import id_in
from svara.sealing.errors import Unreadable

WRONG_CODE = "This code is not right, or was used before. Type the one that your app shows now."
WRONG_WORD = "This password is not right."
SHUT = "The company's key is away, so codes of the app cannot be checked now. Use a passkey or a recovery code."
TRUST_DAYS = 30
_TOKEN_BYTES = 32

_log = log.get("people.second")


@transaction.atomic
def do_begin_app(actor: Account, now: datetime | None = None) -> None:
    """A new secret for an app, which counts once it is confirmed; an earlier one that was not is forgotten. Raises Invalid
    where there is an app already, or while the company's key is away."""
    if CodeApp.of(actor).filter(account=actor, confirmed_at__isnull=False).exists():
        raise Invalid("There is an app already: remove it first.")
    secret = codes.new_secret().encode()
    try:
        sealed = vault.current().seal(actor.tenant_id, [subject.person(actor.id)], secret, context=context(actor.id))
    except Unreadable:
        raise Invalid(SHUT) from None
    CodeApp.of(actor).filter(account=actor).delete()
    CodeApp.all_tenants.create(tenant_id=actor.tenant_id, account=actor, sealed=sealed, created_at=now or timezone.now())


@transaction.atomic
def do_confirm_app(actor: Account, typed: str, now: float | None = None) -> list[str]:
    """The app shows the right code: it counts from now on. Gives the recovery codes where they are new. Raises NotFound
    where none is to be confirmed, Invalid for a wrong code."""
    at = time.time() if now is None else now
    app = CodeApp.of(actor).select_for_update().filter(account=actor, confirmed_at__isnull=True).first()
    if app is None:
        raise NotFound
    try:
        step = codes.step_of(secret_of(app), typed, at, app.last_step)
    except Unreadable:
        raise Invalid(SHUT) from None
    if step is None:
        raise Invalid(WRONG_CODE)
    first = not has_factor(actor)
    app.last_step, app.confirmed_at = step, timezone.now()
    app.save(update_fields=["last_step", "confirmed_at"])
    record(actor.tenant_id, actor.id, "grant", subject.person(actor.id), "code-app", app.id)
    tell(actor, "app-on")
    return renewed(actor) if first else []


@transaction.atomic
def do_remove_app(actor: Account) -> None:
    """The app counts no more. Raises NotFound."""
    app = CodeApp.of(actor).filter(account=actor).first()
    if app is None:
        raise NotFound
    app_id, counted = app.id, app.confirmed_at is not None
    app.delete()
    if counted:
        record(actor.tenant_id, actor.id, "revoke", subject.person(actor.id), "code-app", app_id)
        tell(actor, "app-off")
        without(actor)


@transaction.atomic
def do_renew_codes(actor: Account) -> list[str]:
    """Ten new recovery codes, shown this once; the old ones open nothing any more. Raises Invalid for who has no factor."""
    if not has_factor(actor):
        raise Invalid("Recovery codes come with an app or a passkey: add one first.")
    record(actor.tenant_id, actor.id, "grant", subject.person(actor.id), "recovery-codes")
    tell(actor, "codes-new")
    return renewed(actor)


@transaction.atomic
def do_remove_passkey(actor: Account, passkey_id: str) -> None:
    """It opens nothing any more. Raises NotFound."""
    if not Passkey.of(actor).filter(account=actor, pk=id_in(passkey_id)).delete()[0]:
        raise NotFound
    record(actor.tenant_id, actor.id, "revoke", subject.person(actor.id), "passkey", passkey_id)
    tell(actor, "passkey-off")
    without(actor)


@transaction.atomic
def do_reset(actor: Account, username: str) -> Account:
    """An administrator takes away all that a colleague signs in with beside the password, who is signed out everywhere then.
    Raises Forbidden, NotFound, Invalid for oneself and for who has none."""
    if not access.me(actor).has_role("admin") or acting(actor) is not None:
        raise Forbidden
    account = access.person(actor, username)
    if account.pk == actor.pk:
        raise Invalid("Your own second factor you change on your own page.")
    _take_away(account, actor.id)
    return account


@transaction.atomic
def do_reset_by_operator(account: Account) -> None:
    """The same, by whoever runs the server: where no administrator comes in any more. Raises Invalid."""
    _take_away(account, OPERATOR)


def _take_away(account: Account, by: str) -> None:
    gone = [table.of(account).filter(account=account).delete()[0] for table in (CodeApp, Passkey, RecoveryCode)]
    if not any(gone):
        raise Invalid("There is no second factor to take away: the password alone opens the account already.")
    without(account)
    sessions = SignedIn.of(account).filter(account=account)
    softphone.sessions_ended(list(sessions.values_list("pk", flat=True)))
    sessions.delete()
    record(account.tenant_id, by, "revoke", subject.person(account.id), "second-factor", account.id)
    tell(account, "reset")


def try_code(account: Account, typed: str, now: float | None = None) -> Literal["app", "recovery"] | Throttled | None:
    """One try: the code that the app shows, or a recovery code, which is used up. None where it is neither. Raises Invalid
    while codes of the app cannot be checked."""
    at = time.time() if now is None else now
    wait, last = tries.reserve(account.id, at)
    if wait > 0:
        _log.warning("A second step was throttled", pii_account=account.id)
        return Throttled(retry_after_seconds=max(1, round(wait)))
    how = _matched(account, typed, at)
    if how is None:
        _log.info("A second step failed", pii_account=account.id)
        if last:
            record(account.tenant_id, account.id, "refuse", subject.person(account.id), "second-step")
            tell(account, "guessed")
        return None
    tries.forgive(account.id)
    return how


def _matched(account: Account, typed: str, now: float) -> Literal["app", "recovery"] | None:
    if codes.looks_like_code(typed):
        app = CodeApp.of(account).filter(account=account, confirmed_at__isnull=False).first()
        if app is None:
            return None
        try:
            step = codes.step_of(secret_of(app), typed, now, app.last_step)
        except Unreadable:
            tries.forgive(account.id)
            raise Invalid(SHUT) from None
        if step is None:
            return None
        # Of two who show the same code in one moment, one comes in.
        return "app" if CodeApp.of(account).filter(pk=app.pk, last_step__lt=step).update(last_step=step) else None
    mark = codes.recovery_mark(settings.SECRET_KEY, account.id, typed)
    with transaction.atomic():
        if not RecoveryCode.of(account).filter(account=account, mark=mark).delete()[0]:
            return None
        record(account.tenant_id, account.id, "sign-in", subject.person(account.id), "recovery-codes")
        tell(account, "code-used")
    return "recovery"


def tell(account: Account, what: str) -> None:
    """The person is to be told of this by mail (`svara.people.alerts`)."""
    FactorNews.all_tenants.create(tenant_id=account.tenant_id, account=account, what=what, at=timezone.now())


def renewed(account: Account) -> list[str]:
    """Ten new recovery codes in place of the old ones."""
    RecoveryCode.of(account).filter(account=account).delete()
    shown = codes.new_recovery_codes()
    RecoveryCode.all_tenants.bulk_create(
        RecoveryCode(
            tenant_id=account.tenant_id,
            account=account,
            mark=codes.recovery_mark(settings.SECRET_KEY, account.id, each),
        )
        for each in shown
    )
    return shown


def without(account: Account) -> None:
    """A factor is gone: with the last one, everything that stood on it goes, too."""
    if not has_factor(account):
        RecoveryCode.of(account).filter(account=account).delete()
        Device.of(account).filter(account=account).update(trust="", trusted_until=None)


def do_trust(account: Account, session_id: str, now: datetime | None = None) -> str:
    """No second step in the browser of this session for thirty days: the token to keep as a cookie. It holds for this
    person and password, and goes with the device."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    device = SignedIn.of(account).filter(account=account, pk=session_id).values_list("device_id", flat=True)
    until = (now or timezone.now()) + timedelta(days=TRUST_DAYS)
    Device.of(account).filter(account=account, pk__in=list(device)).update(trust=_trust(account, token), trusted_until=until)
    return token


def trusted(account: Account, token: str, now: datetime | None = None) -> bool:
    """Whether this token spares its browser the second step."""
    rows = Device.of(account).filter(account=account, trust=_trust(account, token[:100]))
    return bool(token) and rows.filter(trusted_until__gt=now or timezone.now()).exists()


def do_distrust(actor: Account, device_id: str) -> None:
    """In this browser the second step is asked for again. Raises NotFound."""
    rows = Device.of(actor).filter(account=actor, pk=id_in(device_id)).exclude(trust="")
    if not rows.update(trust="", trusted_until=None):
        raise NotFound


def _trust(account: Account, token: str) -> str:
    whole = f"trust:{account.id}:{account.get_session_auth_hash()}:{token}"
    return hashlib.blake2b(whole.encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=32).hexdigest()
