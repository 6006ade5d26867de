"""Reading with what somebody signs in: one's own alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from svara.people.models import Account, CodeApp, Passkey, RecoveryCode
from svara.privacy import vault
from svara.privacy.errors import NotFound
from svara.sealing.errors import Unreadable


@dataclass(frozen=True, slots=True)
class Factors:
    """With what a person signs in beside the password."""

    app_since: datetime | None
    passkeys: tuple[Passkey, ...]
    recovery_codes: int
    """How many are left."""

    @property
    def any(self) -> bool:
        """Whether the password alone does not open the account."""
        return self.app_since is not None or bool(self.passkeys)


def access_factors(actor: Account) -> Factors:
    """The actor's own."""
    app = CodeApp.of(actor).filter(account=actor, confirmed_at__isnull=False).first()
    return Factors(
        app_since=app.confirmed_at if app is not None else None,
        passkeys=tuple(Passkey.of(actor).filter(account=actor).order_by("created_at")),
        recovery_codes=RecoveryCode.of(actor).filter(account=actor).count(),
    )


def has_factor(account: Account) -> bool:
    """Whether the password alone does not open the account."""
    return (
        CodeApp.of(account).filter(account=account, confirmed_at__isnull=False).exists()
        or Passkey.of(account).filter(account=account).exists()
    )


def access_new_secret(actor: Account) -> str:
    """The secret of an app that is not confirmed yet, to be shown to the actor. Raises NotFound, Unreadable."""
    app = CodeApp.of(actor).filter(account=actor, confirmed_at__isnull=True).first()
    if app is None:
        raise NotFound
    return secret_of(app)


def secret_of(app: CodeApp) -> str:
    """Raises Unreadable."""
    return vault.current().open(app.tenant_id, bytes(app.sealed), context=context(app.account_id)).decode()


def readable(account: Account) -> bool:
    """Whether the code of an app can be checked now; not while the company has taken its key away."""
    app = CodeApp.of(account).filter(account=account, confirmed_at__isnull=False).first()
    try:
        return app is not None and bool(secret_of(app))
    except Unreadable:
        return False


def context(account_id: str) -> bytes:
    """To what the sealed secret is bound."""
    return f"people.codeapp:{account_id}".encode()
