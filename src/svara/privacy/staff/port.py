"""What other rooms ask: does this actor belong to the provider, and what did the company allow them."""

from __future__ import annotations

from svara.privacy.staff.models import Grant
from svara.privacy.tenancy import Person

__all__ = ["Grant", "acting", "may_have_content"]


def acting(actor: Person) -> Grant | None:
    """The grant by which the provider's staff is here; None for the company's own people."""
    grant: Grant | None = getattr(actor, "visit", None)
    return grant


def may_have_content(actor: Person) -> bool:
    """Whether recordings and messages may be given to this actor, whatever the role: to staff only where the company said
    so for this one grant."""
    grant = acting(actor)
    return grant is None or grant.content
