"""Changing people: the only way.

Each `do_*` is one transaction. What changes what call control must know ends with a new snapshot, written and announced
once the transaction is committed (`svara.people.snapshot`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, cast, get_args

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from svara.people import access, keys, snapshot
from svara.people.models import Account, ApiToken, Invitation
from svara.people.presence import Choice, PresenceTo
from svara.privacy import errors, subject
from svara.privacy.audit.port import record
from svara.privacy.staff.keys import note_reason

INVITATION_LIFETIME = timedelta(days=14)
MAX_TOKENS = 50
BY_COMPANY = "company"
"""In place of a choice: as the company says."""
"""API tokens of one person."""
Invalid = errors.Invalid


@transaction.atomic
def do_choose_presence(actor: Account, choice: str) -> Account:
    """Show oneself as "available", "away" or "dnd". Raises Invalid for anything else, NotFound when removed meanwhile."""
    if choice not in get_args(Choice):
        raise Invalid("Choose available, away or do not disturb.")
    account = access.me(actor)
    if account.choice != choice:
        account.choice = cast("Choice", choice)
        account.save(update_fields=["choice"])
        snapshot.changed()
    return account


@transaction.atomic
def do_show_presence_to(actor: Account, to: str) -> Account:
    """Show one's presence to "everybody", "colleagues" (of the same queues and pick-up groups) or "nobody", or as the
    "company" says. Raises Invalid, NotFound."""
    if to not in (*get_args(PresenceTo), BY_COMPANY):
        raise Invalid("Choose everybody, colleagues or nobody.")
    account, chosen = access.me(actor), "" if to == BY_COMPANY else to
    if account.presence_to != chosen:
        account.presence_to = cast('PresenceTo | Literal[""]', chosen)
        account.save(update_fields=["presence_to"])
        snapshot.changed()
    return account


@transaction.atomic
def do_choose_language(actor: Account, language: str) -> Account:
    """Show pages in one of the languages that there are; "" follows the browser. Raises Invalid."""
    if language and language not in dict(settings.LANGUAGES):
        raise Invalid("Choose one of the languages of the list.")
    account = access.me(actor)
    account.language = language
    account.save(update_fields=["language"])
    return account


@transaction.atomic
def do_invite(account: Account) -> str:
    """A new invitation for somebody, instead of an earlier one: the token, to be handed out now."""
    token = keys.new_key(keys.INVITATION)
    Invitation.all_tenants.update_or_create(
        account=account,
        defaults={
            "tenant_id": account.tenant_id,
            "token_hash": keys.hash_of(token),
            "expires_at": timezone.now() + INVITATION_LIFETIME,
        },
    )
    return token


@transaction.atomic
def do_accept_invitation(token: str, password: str) -> Account:
    """Set the invited person's own password; the invitation is used up.

    Raises NotFound for an invitation that does not hold, Invalid for a password that is too easy.
    """
    invitation = access.invitation(token)
    used, _ = Invitation.all_tenants.filter(pk=invitation.pk).delete()
    if not used:  # somebody else used it this moment
        raise access.NotFound
    account = invitation.account
    _set_password(account, password)
    return account


@transaction.atomic
def do_change_password(actor: Account, old: str, new: str) -> Account:
    """Raises Invalid when `old` is wrong or `new` too easy. All other sessions of this person end."""
    account = access.me(actor)
    if not account.check_password(old):
        raise Invalid("The old password is not right.")
    _set_password(account, new)
    return account


@transaction.atomic
def do_create_token(account: Account, label: str, *, by: str = "", reason: str = "") -> str:
    """A new API token that acts as `account`; it is shown this once. `by`: who makes it, when that is not the person, and
    the `reason` in words, which the company reads.

    Raises Invalid when there are too many, or where what was said is no reason.
    """
    tokens = ApiToken.of(account).filter(account=account)
    if tokens.count() >= MAX_TOKENS:
        raise Invalid(f"There are {MAX_TOKENS} tokens already: revoke one that is no longer used.")
    token = keys.new_key(keys.API)
    made = ApiToken.all_tenants.create(
        tenant_id=account.tenant_id, account=account, token_hash=keys.hash_of(token), label=label.strip()[:100]
    )
    record(account.tenant_id, by or account.id, "grant", subject.person(account.id), "token", made.id)
    if reason:
        note_reason(account, made.id, reason)
    return token


@transaction.atomic
def do_revoke_token(actor: Account, token_id: str) -> None:
    """End one of the actor's own tokens. Raises NotFound."""
    gone, _ = ApiToken.of(actor).filter(account=actor, pk=token_id).delete()
    if not gone:
        raise access.NotFound
    record(actor.tenant_id, actor.id, "revoke", subject.person(actor.id), "token", token_id)


def _set_password(account: Account, password: str) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise Invalid(*error.messages) from error
    account.set_password(password)
    account.save(update_fields=["password"])
