"""Keys within a talk, for phones without a key for transfer: the code, a number and the hash key send the other side on.

Off unless the company gives it a code. The voice process gets a copy of what such a phone sends, as for a recording, and
tells which keys were pressed; keys by INFO come here anyhow. Guarantees: only phones of the house are listened to; what was
pressed is written nowhere, and forgotten when the next key is late; whoever presses nothing more gets the other side back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.commands import Done
from svara.calls.leg import Leg
from svara.calls.moves import requests
from svara.calls.wait import Wait
from svara.media.relay import RelayError
from svara.media.voice.port import Key, VoiceEvent
from svara.people.codes import LONGEST, MAX_ARGUMENT, in_talk

if TYPE_CHECKING:
    from svara.calls.call import Call

AFTER_SECONDS = 0.3
"""The phones have agreed on their sound by then."""
AGAIN_SECONDS = 4.0
"""How long after a loss of the voice process or the relay it is begun again: the talk itself is built anew first."""
KEY_SECONDS = 3.0
"""The next key of the code comes within."""
DIGIT_SECONDS = 8.0
"""The next key of the number comes within; else the two talk again."""


class TalkKeys:
    """The keys of one phone."""

    def __init__(self, call: Call, leg: Leg) -> None:
        self.call = call
        self.leg = leg
        self.id = f"k{leg.id}"
        """Of the listener, for the relay."""
        self.voice_leg = f"{call.id}.{self.id}"
        self._pressed = ""
        self._number: str | None = None
        """What was pressed behind the code."""
        self._wait = Wait(call)
        call.switch.guests[self.voice_leg] = self

    def start(self) -> None:
        """Listen, as soon as the phones have agreed on their sound."""
        call = self.call
        if self not in call.keys or call.state != "talking":
            return
        if call.agreeing or call.exchange is not None:
            call.switch.clock.call_later(AFTER_SECONDS, call.guarded, self.start)
        else:
            call.relay.copy(call.id, self.leg.id, self.id, self._offered)

    def _offered(self, result: bytes | RelayError) -> None:
        voice = self.call.switch.voice
        if self in self.call.keys and voice is not None and isinstance(result, bytes):
            voice.open(self.voice_leg, result, self._opened)

    def _opened(self, result: bytes | RelayError) -> None:
        if self in self.call.keys and isinstance(result, bytes):
            self.call.relay.copied(self.call.id, self.id, result)

    def stop(self) -> None:
        """The talk is over, or this phone is not in it any more."""
        call, voice = self.call, self.call.switch.voice
        self._wait.end()
        call.switch.guests.pop(self.voice_leg, None)
        if voice is not None:
            voice.close(self.voice_leg)
        if call.state == "talking":
            call.relay.free(call.id, (self.id,))

    # --- the voice process (see `Switch.guests`)

    def heard(self, event: VoiceEvent) -> None:
        """A key."""
        if isinstance(event, Key):
            self.pressed(event.key)

    def reconnect(self) -> None:
        """The voice process or the relay was lost, and is there again."""
        if self.call.switch.voice is not None:
            self.call.switch.voice.close(self.voice_leg)
        self.call.switch.clock.call_later(AGAIN_SECONDS, self.call.guarded, self.start)

    # --- what is pressed

    def pressed(self, key: str) -> None:
        """One key of the phone, however it came."""
        if self._number is None:
            self._pressed = (self._pressed + key)[-LONGEST:]
            code = _code(self.call)
            if code and self._pressed.endswith(code):
                self._begin()
            else:
                self._wait.begin(KEY_SECONDS, self._forget)
        elif key == "#":
            self._send(self._number)
        elif key == "*" or len(self._number) >= MAX_ARGUMENT:
            self._take_back()
        else:
            self._number += key
            self._wait.begin(DIGIT_SECONDS, self._take_back)

    def _forget(self) -> None:
        self._pressed = ""

    def _begin(self) -> None:
        """The other side hears music, and nothing of the number."""
        self._pressed = ""
        self._wait.end()
        if self.call.state == "talking" and isinstance(requests.hold(self.call, self.leg, on=True), Done):
            self._number = ""
            self._wait.begin(DIGIT_SECONDS, self._take_back)

    def _send(self, number: str) -> None:
        call, tenant = self.call, self.call.switch.office.by_tenant_id.get(self.call.tenant)
        person = tenant.by_id.get(self.leg.party.person or "") if tenant is not None else None
        self._wait.end()
        if person is None or not number or not isinstance(requests.transfer(call, self.leg, person, number), Done):
            self._take_back()
        else:
            self._number = None

    def _take_back(self) -> None:
        self._wait.end()
        self._number = None
        if self.call.state == "talking" and self.leg.side in self.call.held_by:
            requests.hold(self.call, self.leg, on=False)


def begin(call: Call) -> None:
    """Two talk: listen to the keys of those phones of the house, where the company wants it."""
    if not _code(call) or call.relay is call.switch.direct:
        return
    legs = (call.front, call.back)
    call.keys = tuple(TalkKeys(call, leg) for leg in legs if leg is not None and leg.party.person and not leg.trunk)
    for one in call.keys:
        call.switch.clock.call_later(AFTER_SECONDS, call.guarded, one.start)


def _code(call: Call) -> str:
    tenant = call.switch.office.by_tenant_id.get(call.tenant)
    return in_talk(tenant.codes, "transfer") if tenant is not None else ""
