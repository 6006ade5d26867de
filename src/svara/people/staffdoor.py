"""The door of the provider's staff: made by the operator, invited by a link, signed in by e-mail and password.

As hard as the door of everybody else (`svara.people.signin`): the same hash, the same throttle. A session holds who it is
and a mark of the password; it ends by itself after twelve hours, and at once when the password changes or the person is
removed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from svara.people import keys, signin
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.staff import rules
from svara.privacy.staff.deciding import end_all_of
from svara.privacy.staff.models import Staff

INVITATION = "svarastaff_"
INVITATION_LIFETIME = timedelta(days=3)
SESSION = "staff"
"""Where a browser's session holds who of the provider's staff it is, and in which company they are."""


@transaction.atomic
def do_add(name: str, email: str, role: str) -> tuple[Staff, str]:
    """A new member of staff, and the token of the invitation, to be handed out now. Raises Invalid."""
    name, email = " ".join(name.split()), email.strip()
    if not 0 < len(name) <= 200:
        raise Invalid("Give a name.")
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid(f"'{email}' is no e-mail address.") from None
    if role not in rules.ROLES:
        raise Invalid(f"The role is one of: {', '.join(rules.ROLES)}.")
    if Staff.objects.filter(email__iexact=email).exists():
        raise Invalid(f"There is somebody with the address {email} already.")
    staff = Staff(name=name, email=email, role=role)
    staff.set_unusable_password()
    staff.save()
    return staff, do_invite(email)


@transaction.atomic
def do_invite(email: str, now: datetime | None = None) -> str:
    """A new invitation, also for who has lost the password; the old password holds until it is used. Raises Invalid."""
    staff = _named(email)
    token = keys.new_key(INVITATION)
    staff.invited_hash, staff.invited_until = keys.hash_of(token), (now or timezone.now()) + INVITATION_LIFETIME
    staff.save(update_fields=["invited_hash", "invited_until"])
    return token


@transaction.atomic
def do_remove(email: str, now: datetime | None = None) -> int:
    """They work for the provider no more: out of every company at once. Gives how many grants ended. Raises Invalid."""
    staff = _named(email)
    ended = end_all_of(staff.id, now or timezone.now())
    staff.delete()
    return ended


def members() -> list[Staff]:
    """Everybody, by name."""
    return list(Staff.objects.order_by("name"))


def invited(token: str, now: datetime | None = None) -> Staff:
    """Whose invitation this is. Raises NotFound when used, expired or invented."""
    found = None
    if keys.looks_like(token, INVITATION):
        at = now or timezone.now()
        found = Staff.objects.filter(invited_hash=keys.hash_of(token), invited_until__gt=at).first()
    if found is None:
        raise NotFound
    return found


@transaction.atomic
def do_accept(token: str, password: str, now: datetime | None = None) -> Staff:
    """Set one's own password; the invitation is used up, and all sessions from before end. Raises NotFound, Invalid for a
    password that is too easy."""
    staff = invited(token, now)
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise Invalid(*error.messages) from error
    used = Staff.objects.filter(pk=staff.pk, invited_hash=staff.invited_hash).update(invited_hash=None, invited_until=None)
    if not used:  # somebody else used it this moment
        raise NotFound
    staff.invited_hash = staff.invited_until = None
    staff.set_password(password)
    staff.save(update_fields=["password"])
    return staff


def authenticate(
    email: str, password: str, source_ip: str, *, now: Callable[[], float] = time.time
) -> Staff | signin.Throttled | None:
    """The member of staff; None when address and password do not match; Throttled when it is too soon."""
    name = email.strip().casefold()[:320].replace("\0", "\ufffd")
    return signin.tried(
        f"staff:{name}", password, source_ip, lambda: Staff.objects.filter(email__iexact=name).first(), now=now
    )


def keep_signed_in(session: MutableMapping[str, Any], staff: Staff, now: datetime) -> None:
    """Note in a fresh session who it is."""
    session[SESSION] = {"id": staff.id, "mark": staff.get_session_auth_hash(), "at": now.timestamp(), "visit": ""}


def signed_in(session: MutableMapping[str, Any], now: datetime) -> tuple[Staff, str] | None:
    """Who of the staff this session belongs to, and the id of the grant under which they are in a company ("" in none).
    None: nobody, signed in too long ago, removed, or with another password since."""
    try:
        who, mark, at, grant_id = (session[SESSION][key] for key in ("id", "mark", "at", "visit"))
    except (KeyError, TypeError):
        return None
    if not 0 <= now.timestamp() - at < rules.SESSION.total_seconds():
        return None
    staff = Staff.objects.filter(pk=who).first()
    if staff is None or not constant_time_compare(mark, staff.get_session_auth_hash()):
        return None
    return staff, grant_id


def go_to(session: MutableMapping[str, Any], grant_id: str) -> None:
    """From now on this session is in the company of a grant; "": in none."""
    session[SESSION] = {**session[SESSION], "visit": grant_id}


def _named(email: str) -> Staff:
    staff = Staff.objects.select_for_update().filter(email__iexact=email.strip()).first()
    if staff is None:
        raise Invalid(f"There is nobody with the address {email}.")
    return staff
