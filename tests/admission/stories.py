"""What the tests of requests for access tell again and again."""

from __future__ import annotations

from itertools import count

from django.core.signing import Signer
from django.utils import timezone

from svara.admission import actions
from svara.people.models import Tenant

_numbers = count(1)


def form(seconds_ago: float = 60) -> str:
    """A form as somebody has it who opened it that long ago."""
    return Signer(salt="svara.admission.form").sign(f"nonce{next(_numbers)}-{int(timezone.now().timestamp() - seconds_ago)}")


def ask(tenant: Tenant, name: str = "Kari Nordmann", contact: str = "kari@example.test", **more: object) -> None:
    """Somebody asks to be let in, each from a place of their own."""
    said = {"company": "Nordmann AS", "agreed": True, "form": form(), "source": f"192.0.2.{next(_numbers) % 250}"} | more
    actions.ask(tenant, name=name, contact=contact, **said)  # type: ignore[arg-type]
