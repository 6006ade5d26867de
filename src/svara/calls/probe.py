"""The call with which `svara doctor` tries whether calls work, from the first message to the sound.

A phone of the doctor's own is let in by a request over the bus, for one call within seconds, under a login and a secret that
are made up for it and known nowhere else. The call goes the way of any other through signalling, the relay and the voice
process; but it is nobody's: no company, no record, no figure, no event, and nobody's phone rings. It is answered by a tone,
key 1 has the greeting said, any other key is pressed back; after `LONGEST_SECONDS` it is over in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from svara import log
from svara.calls.commands import AdmitProbe, AskProbe, ProbeAdmitted, ProbeState, ProbeStep, Refused
from svara.calls.leg import ALLOW, CALLER, SDP, VOICE, sdp_of
from svara.clock import Timer
from svara.media.relay import RelayError
from svara.media.sounds import phrases
from svara.media.voice.port import Key, Playing, Sound, Tone, VoiceEvent
from svara.people.office import REALM
from svara.sip.dialog import Dialog
from svara.sip.digest import hashes_for
from svara.sip.message import new_response
from svara.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from svara.calls.switch import Switch

ADMITTED_SECONDS = 10.0
"""How long the call may take to come."""
LONGEST_SECONDS = 20.0
REMEMBERED_SECONDS = 10.0
"""How long it can be asked what became of a call that is over."""
MOST = 4
"""Doctors at one time."""
TONE = Tone("busy")
"""What is heard first: 425 Hz, half of the time."""
GREETING_KEY = "1"
_MOST_KEYS = 32

_logger = log.get("calls.probe")


class Probes:
    """Every such call of this process."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._by_login: dict[str, _Probe] = {}

    def asked(self, request: AdmitProbe | AskProbe) -> ProbeAdmitted | ProbeState | Refused:
        """What the doctor asks for over the bus."""
        return self.admit() if isinstance(request, AdmitProbe) else self.state(request.login)

    def admit(self) -> ProbeAdmitted | Refused:
        """Let one call in."""
        if len(self._by_login) >= MOST:
            return Refused("unavailable", "other trials are under way; try again in half a minute")
        switch = self._switch
        login, secret = f"trial-{switch.new_tag()}", switch.new_tag()
        self._by_login[login] = _Probe(self, switch, login, hashes_for(login, REALM, secret))
        return ProbeAdmitted(login, secret, switch.has_sound(_GREETING.file))

    def state(self, login: str) -> ProbeState | Refused:
        """What became of it until now."""
        probe = self._by_login.get(login)
        return probe.told() if probe is not None else Refused("not-found", "there is no such call")

    def hashes(self, login: str) -> Mapping[str, str] | None:
        """By which a call that is expected is known; None for every other login, and once the call is there."""
        probe = self._by_login.get(login)
        return probe.hashes if probe is not None and probe.state == "expected" else None

    def answer(self, transaction: ServerTransaction, login: str) -> bool:
        """An INVITE with the credentials of `login`; False when that is none of ours. Raises SipError."""
        probe = self._by_login.get(login)
        if probe is None or probe.state != "expected":
            return False
        probe.begin(transaction)
        return True

    def in_dialog(self, transaction: ServerTransaction, tag: str) -> bool:
        """A request within such a call; False when it is of another one."""
        for probe in self._by_login.values():
            if probe.dialog is not None and probe.dialog.local_tag == tag:
                return probe.in_dialog(transaction)
        return False

    def heard(self, event: VoiceEvent) -> None:
        """The voice process tells something of a leg that is no caller's."""
        for probe in self._by_login.values():
            if probe.leg == event.leg:
                probe.heard(event)

    def forget(self, login: str) -> None:
        self._by_login.pop(login, None)


class _Probe:
    """One call, from its admission until it is forgotten."""

    def __init__(self, probes: Probes, switch: Switch, login: str, hashes: Mapping[str, str]) -> None:
        self._probes = probes
        self._switch = switch
        self._login = login
        self.hashes = hashes
        self.session = switch.new_id()
        self.leg = f"{self.session}.{VOICE}"
        """Of the voice process."""
        self.state: ProbeStep = "expected"
        self.dialog: Dialog | None = None
        self._transaction: ServerTransaction | None = None
        self._reason = ""
        self._keys = ""
        self._played = 0
        self._timer: Timer = switch.clock.call_later(ADMITTED_SECONDS, self._late)

    def told(self) -> ProbeState:
        return ProbeState(self.state, self._keys, self._reason)

    # --- the call

    def begin(self, transaction: ServerTransaction) -> None:
        """The INVITE is there. Raises SipError(400) when it cannot make a dialog."""
        request, flow, switch = transaction.request, transaction.flow, self._switch
        self.dialog = Dialog.uas(request, transaction.to_tag, flow.contact_uri(), flow.id)
        self._transaction = transaction
        self._timer.cancel()
        self._timer = switch.clock.call_later(LONGEST_SECONDS, self._late)
        self.state = "arrived"
        transaction.on_cancel = lambda _: self._refuse(487, "it was given up")
        offer, where = sdp_of(request), flow.remote[0]
        if not offer:
            self._refuse(488, "it brought no description of its sound")
        elif switch.voice is None or not switch.voice.up:
            self._refuse(480, "the voice process does not answer")
        else:
            switch.relay.offer(self.session, CALLER, VOICE, offer, self._offered, from_address=where, to_address=where)

    def _offered(self, result: bytes | RelayError) -> None:
        if self.state != "arrived":
            return
        if isinstance(result, RelayError):
            self._refuse(480, result.reason)
        elif self._switch.voice is not None:
            self._switch.voice.open(self.leg, result, self._voice_answered)

    def _voice_answered(self, result: bytes | RelayError) -> None:
        if self.state != "arrived":
            return
        if isinstance(result, RelayError):
            self._refuse(480, result.reason)
        else:
            self._switch.relay.answer(self.session, VOICE, CALLER, result, self._answered)

    def _answered(self, result: bytes | RelayError) -> None:
        transaction = self._transaction
        if self.state != "arrived" or transaction is None:
            return
        if isinstance(result, RelayError):
            self._refuse(480, result.reason)
            return
        self.state = "answered"
        if self.dialog is not None:
            self.dialog.confirmed = True
        transaction.respond(
            new_response(
                transaction.request,
                200,
                headers=[("Contact", f"<{transaction.flow.contact_uri()}>"), ("Allow", ALLOW)],
                body=result,
                content_type=SDP,
                to_tag=transaction.to_tag,
            )
        )
        self._play(TONE, loop=True)

    def in_dialog(self, transaction: ServerTransaction) -> bool:
        request, dialog = transaction.request, self.dialog
        if dialog is None or (dialog.call_id, dialog.remote_tag) != (request.call_id, request.from_.tag or ""):
            return False
        if request.method == "BYE":
            transaction.reply(200)
            self._end("ended", "")
        else:
            transaction.reply(488 if request.method in ("INVITE", "UPDATE") else 405, headers=(("Allow", "ACK, BYE"),))
        return True

    # --- its sound

    def heard(self, event: VoiceEvent) -> None:
        """A key, or the end of what was played."""
        voice = self._switch.voice
        if not isinstance(event, Key) or self.state != "answered" or voice is None or len(self._keys) >= _MOST_KEYS:
            return
        self._keys += event.key
        if event.key == GREETING_KEY:
            self._play(_GREETING)
        else:
            voice.stop(self.leg)
            voice.send_key(self.leg, event.key)

    def _play(self, item: Tone | Sound, *, loop: bool = False) -> None:
        self._played += 1
        if self._switch.voice is not None:
            self._switch.voice.play(self.leg, Playing(str(self._played), (item,), loop, interruptible=False))

    # --- its end

    def _refuse(self, status: int, reason: str) -> None:
        transaction = self._transaction
        if transaction is not None and not transaction.done:
            transaction.respond(new_response(transaction.request, status, to_tag=transaction.to_tag))
        self._end("failed", reason)

    def _late(self) -> None:
        if self.state == "expected":
            self._probes.forget(self._login)
        elif self.state == "arrived":
            self._refuse(480, "the media relay or the voice process took too long")
        elif self.dialog is not None and self._transaction is not None:
            bye = self.dialog.new_request("BYE", [])
            self._switch.transactions.request(bye, self._transaction.flow, on_response=_ignore, on_failure=_ignore)
            self._end("ended", "it was too long")

    def _end(self, state: ProbeStep, reason: str) -> None:
        if self.state in ("ended", "failed"):
            return
        self.state, self._reason = state, reason
        transaction, self._transaction = self._transaction, None
        if transaction is not None:
            transaction.on_cancel = None
            transaction.stop_retransmitting()
        self._timer.cancel()
        self._timer = self._switch.clock.call_later(REMEMBERED_SECONDS, self._probes.forget, self._login)
        if self._switch.voice is not None:
            self._switch.voice.close(self.leg)
        self._switch.relay.delete(self.session)
        _logger.info("a trial call is over", state=state, reason=reason)


def _ignore(_: object) -> None:
    """Whether the doctor's phone agrees to the end changes nothing."""


_GREETING = phrases.phrase("person-not-available", "en")[0]
