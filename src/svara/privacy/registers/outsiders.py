"""Who outside gets data of a company: rooms above say so by themselves, from what is set and running at this moment.

The register of recipients (`svara.privacy.registers.recipients`) is made of what stands here, and of what the company itself
adds; policies, the record of processing and the exports of persons are made from the register.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from svara.privacy.catalogue import Recipient

LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, order=True)
class Outsider:
    """Somebody outside of the company to whom data go: a telephone provider, a mail server.

    `country`: ISO 3166-1, or "" where the setting does not tell it. `key`: what the setting is known by for as long as it
    stands; the name where it has nothing better.
    """

    kind: Recipient
    name: str
    country: str = ""
    key: str = ""

    @property
    def known_by(self) -> str:
        """The key of its entry in the register."""
        return self.key or f"{self.kind}:{self.name}"


Outsiders = Callable[[str], Iterable[Outsider]]

_outsiders: dict[str, Outsiders] = {}


def register_outsiders(key: str, outsiders: Outsiders) -> None:
    """Say who outside gets data of a company (by id); the last one of a key counts."""
    _outsiders[key] = outsiders


def outsiders(tenant_id: str) -> tuple[Outsider, ...]:
    """Everybody outside to whom data of a company go, as its settings tell."""
    return tuple(sorted({each for source in _outsiders.values() for each in source(tenant_id)}))


def machines(_tenant_id: str) -> Iterator[Outsider]:
    """What the installation itself runs on elsewhere: mail server, database, message server, key service."""
    if settings.EMAIL_HOST:
        yield Outsider(Recipient.MAIL_SERVER, settings.EMAIL_HOST)
    host = str(settings.DATABASES["default"].get("HOST") or "")
    if host not in LOCAL and not host.startswith("/"):  # a path is a socket of this machine
        yield Outsider(Recipient.DATABASE, host)
    bus = urlsplit(os.environ.get("SVARA_REDIS_URL", "")).hostname or ""
    if bus not in LOCAL:
        yield Outsider(Recipient.BUS, bus)
    if uri := os.environ.get("SVARA_MASTER_KEY_URI", ""):
        yield Outsider(Recipient.KEY_SERVICE, _service(uri), key="key-service")


def _service(uri: str) -> str:
    """The name of a key service without the key's own: "aws-kms, eu-north-1"."""
    parts = uri.split(":")
    region = parts[4] if uri.startswith("aws-kms://arn:") and len(parts) > 4 else ""
    return ", ".join(filter(None, (parts[0], region)))


register_outsiders("machines", machines)
