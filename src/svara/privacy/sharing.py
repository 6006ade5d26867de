"""The one way by which mail of a company leaves: a mail server that the company has closed gets none.

Whether it is closed stands in the register of recipients (`svara.privacy.registers.recipients`), which lies above the rooms
that send, and tells it here. A test fails for mail that is sent by another way.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from svara.privacy.errors import PlainError

Gate = Callable[[], frozenset[str]]
"""Ids of the companies whose mail server is closed."""
_gates: list[Gate] = []


class Closed(PlainError):  # noqa: N818  the recipient is
    """The company has closed this recipient: nothing goes there."""


def install(gate: Gate) -> None:
    """Say who has closed the mail server; the last one counts."""
    _gates[:] = [gate]


def closed_to_mail() -> frozenset[str]:
    """Ids of the companies whose mail goes nowhere."""
    return frozenset().union(*(gate() for gate in _gates))


def post(tenant_id: str, mail: EmailMessage) -> int:
    """Hand a company's mail to the mail server; gives how many were sent. Raises Closed, OSError, smtplib.SMTPException."""
    if tenant_id in closed_to_mail():
        raise Closed(_("The company has closed its mail server: no mail is sent."))
    return mail.send()
