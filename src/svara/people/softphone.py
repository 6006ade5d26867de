"""Passes for the phone in the browser: who gets one, and that it ends with the session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from svara.bus.announce import ANNOUNCE_SECONDS, announce
from svara.people.browserphone import TOPIC_ENDED, Ended, Pass, issue
from svara.people.models import Account, SignedIn
from svara.privacy.errors import Forbidden

SESSION_KEY = "signed_in"
"""Under this a session holds the id of its row (`svara.people.signedin`)."""


def do_issue(actor: Account, session: Mapping[str, Any]) -> Pass:
    """A pass for the actor's phone in this browser. Raises Forbidden for visitors of the provider, who make no calls in
    anybody's name, and where the session is not a known one."""
    session_id = session.get(SESSION_KEY)
    if actor.visit or not session_id or not SignedIn.of(actor).filter(pk=session_id, account=actor).exists():
        raise Forbidden
    return issue(settings.BROWSER_KEY, actor.id, session_id, timezone.now().timestamp())


def sessions_ended(sessions: Iterable[str]) -> None:
    """These sessions are over: once that is committed, their phones are cut off."""
    ended = tuple(sessions)
    if ended:
        transaction.on_commit(partial(_tell, Ended(ended)))


def _tell(ended: Ended) -> None:
    announcing = announce(settings.DATA, TOPIC_ENDED, [msgspec.msgpack.encode(ended)])
    if announcing is not None:
        announcing.join(ANNOUNCE_SECONDS)
