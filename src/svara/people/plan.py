"""What it takes to make a tenant what its office file says, and doing it.

`plan` only looks; `apply` looks again inside its transaction and does exactly that, all or nothing. Who or what the file no
longer names is removed, but for phones that set themselves up, of which no file speaks. Passwords and phone secrets are
compared without being known: a hash is checked against what the file says. Applying the same file again changes nothing.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from svara.people import changelog, document
from svara.people.changes import Applied, Change, Invited
from svara.people.difference import Difference
from svara.people.errors import PlainError
from svara.people.models import Tenant
from svara.people.officefile import OfficeFile
from svara.people.prepared import Prepared

__all__ = ["Applied", "ApplyError", "Change", "Invited", "apply", "plan"]


class ApplyError(PlainError):
    """The file is right, but it could not be applied now; the message is for people."""


def plan(office: OfficeFile) -> tuple[Change, ...]:
    """What `apply` would do now. Raises OfficeFileError where the file collides with another tenant, or a sound is none."""
    return tuple(Difference(office, Prepared(), spares_handsets=True).changes())


def apply(office: OfficeFile, *, demo: bool = False) -> Applied:
    """Make the tenant what the file says. Raises OfficeFileError, ApplyError.

    `demo` marks a tenant that this adds as a demo.
    """
    prepared = Prepared()
    Difference(office, prepared, spares_handsets=True).prepare()
    try:
        with transaction.atomic():
            return _carry_out(office, prepared, demo=demo)
    except IntegrityError:
        raise ApplyError("somebody else changed the same people or logins at this moment; try again") from None


def _carry_out(office: OfficeFile, prepared: Prepared, *, demo: bool) -> Applied:
    difference = Difference(office, prepared, lock=True, spares_handsets=True)
    before = None if difference.tenant is None else (document.export(difference.tenant), changelog.ids_of(difference.tenant))
    applied = difference.carry_out(demo=demo)
    if applied.changes:
        was, ids = before or (None, {})
        changelog.record(Tenant.objects.get(slug=office.tenant.slug), was, ids, applied.changes, by=None)
    return applied
