"""The second step of the provider's staff: an app with codes, as everybody may have (`svara.people.second.codes`).

There are no recovery codes: whoever runs the server takes the app away (`svara staff reset-factor`). The secret is sealed
under a key of its own among the installation's.
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.crypto import constant_time_compare

from svara.people.second import codes, tries
from svara.people.second.actions import WRONG_CODE
from svara.people.second.pending import LIFETIME_SECONDS
from svara.people.signin import Throttled
from svara.privacy import vault
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.staff.models import Staff
from svara.privacy.subject import outside
from svara.privacy.vault.port import INSTALLATION

PENDING = "staff-second"
"""Where a browser's session holds who of the staff has shown the password and nothing more."""


def do_begin_code(staff: Staff) -> None:
    """A new secret, which counts once it is confirmed. Raises Invalid where there is an app already."""
    if staff.code_since is not None:
        raise Invalid("There is an app already: remove it first.")
    secret = codes.new_secret().encode()
    staff.code_sealed = vault.current().seal(INSTALLATION, [outside(staff.id)], secret, context=_context(staff))
    staff.code_step = 0
    staff.save(update_fields=["code_sealed", "code_step"])


def access_new_code(staff: Staff) -> str:
    """The secret that is not confirmed yet. Raises NotFound."""
    if staff.code_since is not None or not staff.code_sealed:
        raise NotFound
    return _secret(staff)


def do_confirm_code(staff: Staff, typed: str, now: float | None = None) -> None:
    """The app shows the right code: it is asked for from now on. Raises NotFound, Invalid."""
    step = codes.step_of(access_new_code(staff), typed, time.time() if now is None else now, staff.code_step)
    if step is None:
        raise Invalid(WRONG_CODE)
    staff.code_step, staff.code_since = step, timezone.now()
    staff.save(update_fields=["code_step", "code_since"])


def do_remove_code(staff: Staff) -> None:
    """The password alone opens the door again."""
    staff.code_sealed, staff.code_since, staff.code_step = b"", None, 0
    staff.save(update_fields=["code_sealed", "code_since", "code_step"])


def do_reset_code(email: str) -> None:
    """The same, by whoever runs the server. Raises Invalid."""
    staff = Staff.objects.filter(email__iexact=email.strip()).first()
    if staff is None:
        raise Invalid(f"There is nobody with the address {email}.")
    do_remove_code(staff)


def try_code(staff: Staff, typed: str, now: float | None = None) -> bool | Throttled:
    """One try: whether it is the code that the app shows; each counts once."""
    at = time.time() if now is None else now
    wait, _last = tries.reserve(f"staff:{staff.id}", at)
    if wait > 0:
        return Throttled(retry_after_seconds=max(1, round(wait)))
    step = codes.step_of(_secret(staff), typed, at, staff.code_step)
    if step is None or not Staff.objects.filter(pk=staff.pk, code_step__lt=step).update(code_step=step):
        return False
    tries.forgive(f"staff:{staff.id}")
    return True


def begin(session: MutableMapping[str, Any], staff: Staff, now: datetime) -> None:
    """This member of staff has shown the password."""
    session[PENDING] = {"id": staff.id, "mark": staff.get_session_auth_hash(), "at": now.timestamp()}


def pending(session: MutableMapping[str, Any], now: datetime) -> Staff | None:
    """Who of the staff is between the two steps here; None: nobody, or no longer."""
    try:
        who, mark, at = (session[PENDING][key] for key in ("id", "mark", "at"))
    except (KeyError, TypeError):
        return None
    if not 0 <= now.timestamp() - at < LIFETIME_SECONDS:
        return None
    staff = Staff.objects.filter(pk=who, code_since__isnull=False).first()
    return staff if staff is not None and constant_time_compare(mark, staff.get_session_auth_hash()) else None


def _secret(staff: Staff) -> str:
    return vault.current().open(INSTALLATION, bytes(staff.code_sealed), context=_context(staff)).decode()


def _context(staff: Staff) -> bytes:
    return f"staff.code:{staff.id}".encode()
