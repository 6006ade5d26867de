"""Phones in browsers: their passes are checked here, and they are cut off with the session that got them.

A pass needs no look-up (`svara.people.browserphone`): its user name says which phone, which session and until when, and its
password is made again from that. What is kept is which connections a session has, and for as long as a pass is good which
sessions were ended: those get nothing any more, whatever they still hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from svara.people.browserphone import PASS_SECONDS, password_of, read
from svara.people.office import REALM
from svara.sip.digest import hashes_for
from svara.sip.transport import Flow

if TYPE_CHECKING:
    from svara.calls.switch import Switch

MOST_ENDED = 100_000
"""Ended sessions that are remembered; beyond, the oldest are forgotten first."""
SIGNED_OUT = "signed out"


class Browsers:
    """Every phone in a browser that this process serves."""

    def __init__(self, switch: Switch, key: bytes = b"") -> None:
        """Without a key no pass holds."""
        self._switch = switch
        self.key = key
        self._flows: dict[str, dict[str, Flow]] = {}
        """The open connections of a session, by their ids."""
        self._ended: dict[str, float] = {}
        """Sessions that were ended, and until when a pass of theirs could be good; the oldest first."""

    def hashes(self, username: str) -> Mapping[str, str] | None:
        """What stands for the password of a pass, while it is good; None for anything else."""
        found = read(username)
        if found is None or not self.key or found.login not in self._switch.office.by_login:
            return None
        left = found.expires_at - self._switch.clock.now()
        if not 0 < left <= PASS_SECONDS + 60 or found.session in self._ended:
            return None
        return hashes_for(username, REALM, password_of(self.key, username))

    def seen(self, username: str, flow: Flow) -> str | None:
        """A request came with a pass that holds; gives the login of the phone. None where the way is none of a browser."""
        found = read(username)
        if found is None or flow.transport not in ("WS", "WSS"):
            return None
        session = found.session
        flows = self._flows.setdefault(session, {})
        if flow.id not in flows:
            flows[flow.id] = flow
            flow.on_close(lambda: self._closed(session, flow.id))
        return found.login

    def end(self, sessions: Iterable[str]) -> None:
        """These sessions are over: their calls end, their connections close, at once, and their passes hold no more."""
        now = self._switch.clock.now()
        for session, until in list(self._ended.items())[:64]:
            if until < now:
                del self._ended[session]
        for session in sessions:
            if len(self._ended) >= MOST_ENDED:
                del self._ended[next(iter(self._ended))]
            self._ended[session] = now + PASS_SECONDS
            for flow in list(self._flows.pop(session, {}).values()):
                self._cut(flow)

    def _cut(self, flow: Flow) -> None:
        for leg in list(self._switch.dialogs.values()):
            call = leg.call
            if leg.flow is flow and leg in (call.front, call.back):
                call.guarded(call.end, "system", SIGNED_OUT)
        flow.close()

    def _closed(self, session: str, flow_id: str) -> None:
        flows = self._flows.get(session)
        if flows is not None:
            flows.pop(flow_id, None)
            if not flows:
                del self._flows[session]
