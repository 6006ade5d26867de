"""Recordings and messages go into the bucket that `SVARA_RECORDINGS` names, and come back: the part of the role jobs.

No call, no recording and no page waits for it. A bucket that is away is asked again, more and more seldom; meanwhile sound
stays on this machine. Demo companies stay here: they are wiped. Also here: the bucket in the register of recipients.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection

from svara import log
from svara.bus.port import Bus
from svara.data import DataFolder
from svara.history.thread import in_thread
from svara.people.models import Tenant
from svara.privacy.catalogue import Recipient
from svara.privacy.registers.outsiders import Outsider
from svara.privacy.registers.recipients import RECORDINGS
from svara.privacy.vault import elsewhere
from svara.privacy.vault.errors import VaultError
from svara.privacy.vault.moving import Mover, Step
from svara.privacy.vault.storage import bucket_in

STEP_SECONDS = 5.0
LONGEST_SECONDS = 300.0
"""Between two tries while the bucket is away."""

_log = log.get("history.shelving")


def companies() -> frozenset[str]:
    """Those whose sounds may lie in a bucket."""
    return frozenset(Tenant.objects.filter(demo=False).values_list("id", flat=True))


def outsiders(tenant_id: str) -> Iterator[Outsider]:
    """The bucket, for the register of recipients, and one from which sounds are still coming home."""
    if tenant_id not in companies():
        return
    mine = {elsewhere.address(), *elsewhere.addresses(settings.DATA)}
    for bucket in sorted(filter(None, map(bucket_in, mine))):
        key = RECORDINGS if bucket == bucket_in(elsewhere.address()) else f"{RECORDINGS}:{bucket}"
        yield Outsider(Recipient.STORAGE, bucket, key=key)


async def run(data: DataFolder, _bus: Bus) -> None:
    """Move what there is to move, until cancelled."""
    mover, pause_seconds, told = Mover(data, companies), STEP_SECONDS, ""
    while True:
        step = await in_thread(lambda: _step(mover))
        if step.away and step.away != told:
            _log.warning("recordings cannot be moved now; they stay where they are, and it is tried again", reason=step.away)
        elif told and not step.away:
            _log.info("recordings can be moved again")
        told = step.away
        pause_seconds = min(2 * pause_seconds, LONGEST_SECONDS) if step.away else STEP_SECONDS
        await asyncio.sleep(0 if step.more else pause_seconds)


def _step(mover: Mover) -> Step:
    try:
        return mover.step()
    except (DatabaseError, OSError, VaultError) as error:
        return Step(away=type(error).__name__ if not isinstance(error, VaultError) else str(error))
    finally:
        connection.close()
