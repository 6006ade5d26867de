"""Reading which browsers may be woken: one's own, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from svara.people.models import Account, PushDevice
from svara.people.signedin import SESSION_KEY
from svara.privacy import vault
from svara.privacy.functions.port import enabled
from svara.privacy.functions.registry import CALL_PUSH
from svara.push.encryption import BrowserKeys, browser_keys
from svara.push.services import Place, place_of


def access_devices(actor: Account) -> list[PushDevice]:
    """The actor's browsers that may be woken, the newest first; none while the function is off."""
    rows = PushDevice.of(actor).filter(account=actor).select_related("session__device").order_by("-created_at")
    return list(rows) if enabled(actor.id, CALL_PUSH) else []


def access_here(actor: Account, session: Mapping[str, Any]) -> PushDevice | None:
    """The browser of this session, where it may be woken."""
    mine = session.get(SESSION_KEY, "")
    return next((row for row in access_devices(actor) if row.session_id == mine), None)


def access_lapsed(actor: Account, session: Mapping[str, Any]) -> bool:
    """Whether the actor wants to be told of calls, and this session's browser is not: it ended with the one before."""
    mine = session.get(SESSION_KEY, "")
    return enabled(actor.id, CALL_PUSH) and not PushDevice.of(actor).filter(account=actor, session_id=mine).exists()


def opened(device: PushDevice) -> tuple[Place, BrowserKeys]:
    """Where messages to a browser go, and with which keys. Raises Unreadable; Refused (a ValueError) for a push service that
    may not be asked any more."""
    found = json.loads(vault.current().open(device.tenant_id, bytes(device.sealed), context=context(device.id)))
    return place_of(found["address"]), browser_keys(found["p256dh"], found["auth"])


def context(device_id: str) -> bytes:
    """What the sealed address is bound to."""
    return f"people.push:{device_id}".encode()
