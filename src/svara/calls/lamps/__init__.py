"""Lamps on phones: who subscribed to what (RFC 6665), and what each is told."""

from svara.calls.lamps.lamps import Lamps
from svara.calls.lamps.port import Lamp, Resolver

__all__ = ["Lamp", "Lamps", "Resolver"]
