"""What of an account can be corrected (`svara.privacy.rights.corrections`): by its own person, or by an officer for them.

A value passes the same check as in an office file or on a page of the administration, and is in effect at once.
"""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from svara.people import administration
from svara.people.models import Account
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.rights.corrections import Correctable, register
from svara.privacy.subject import Subject, account_of

ACCOUNT = "people.Account"


def register_all() -> None:
    """Make the values known."""
    for key, title, at_once in (
        ("name", _("Name"), True),
        ("email", _("E-mail"), True),
        ("mobile", _("Mobile number"), True),
        ("language", _("Language"), True),
        ("extension", _("Extension"), False),
    ):
        register(_correctable(key, title, at_once=at_once))


def _correctable(key: str, title: str, *, at_once: bool) -> Correctable:
    def read(tenant_id: str, subject: Subject, _ref: str) -> str:
        return str(getattr(_account(tenant_id, subject), key) or "")

    def write(tenant_id: str, subject: Subject, _ref: str, value: str) -> None:
        if key == "language" and value not in dict(_languages()):
            raise Invalid("Choose one of the languages of the list.")
        if key in {"email", "extension"} and value and _of_another(tenant_id, subject, key, value):
            raise Invalid(gettext("Somebody else here has this already."))
        with transaction.atomic():
            administration.correct(_account(tenant_id, subject), key, value)

    return Correctable(
        key=f"people.{key}",
        title=title,
        outside=False,
        read=read,
        write=write,
        fields=((ACCOUNT, key),),
        at_once=at_once,
        confirmed=key == "email",
        choices=_languages if key == "language" else None,
    )


def _of_another(tenant_id: str, subject: Subject, key: str, value: str) -> bool:
    others = Account.all_tenants.filter(tenant_id=tenant_id).exclude(pk=account_of(subject))
    return others.filter(**{f"{key}__iexact": value}).exists()


def _languages() -> list[tuple[str, str]]:
    return [("", "–"), *((code, str(name)) for code, name in settings.LANGUAGES)]


def _account(tenant_id: str, subject: Subject) -> Account:
    account = Account.all_tenants.filter(tenant_id=tenant_id, pk=account_of(subject) or "-").select_related("tenant").first()
    if account is None:
        raise NotFound
    return account
