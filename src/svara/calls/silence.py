"""A phone of which the relay hears nothing: in a talk the talk is over, while we are heard the phone is asked.

Who talks sends sound, and a talk in which one side is silent for half a minute is broken. Who listens to a menu or
waits in a queue need not send any: phones with silence suppression stop when nobody speaks (RFC 3389), and not all of
them send reports (RTCP) either. To hang those up is the known plague of a limit for sound, and a longer limit only
hides it, while dead calls hold their places in the line as long. So the phone itself is asked, by OPTIONS within the
dialog, which every phone has to answer and which changes nothing (RFC 3261 section 11.2): any answer means that it is
there, but one that knows no such call.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from svara.calls.exchange import GONE
from svara.calls.leg import VOICE

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.leg import Leg
    from svara.calls.switch import Switch
    from svara.sip.message import Response

ASK_AGAIN_SECONDS = 60.0
"""How long a phone that answered is left alone."""


def watch_guest(call: Call) -> None:
    """The caller is connected with our own sound from now on."""
    call.relay.watch(call.id, (call.front_id,), hearer=VOICE)


def relay_silent(switch: Switch, session: str) -> None:
    """The relay hears nothing of a phone of this call, which should be sending."""
    call = switch.calls.get(session)
    if call is None:
        return
    if call.state == "talking" and call.held_by:
        call.guarded(_ask_held, call)
    elif call.state == "talking":
        call.guarded(call.end, "system", "no sound for 30 seconds")
    elif call.guest is not None and call.guest.connected:
        call.guarded(_ask, call)


def _ask_held(call: Call) -> None:
    """On hold most phones send nothing: each is asked."""
    legs = [leg for leg in (call.front, call.back) if leg is not None]

    def answered(leg: Leg, status: int) -> None:
        if call.state == "talking" and status in GONE and leg in (call.front, call.back):
            leg.close()
            call.end("system", "a phone stopped answering")

    def responded(leg: Leg, response: Response) -> None:
        call.guarded(answered, leg, response.status)

    def failed(leg: Leg, _why: str) -> None:
        call.guarded(answered, leg, 408)

    def again() -> None:
        if call.state == "talking" and call.front is not None and call.back is not None:
            call.relay.watch(call.id, (call.front.id, call.back.id))

    for leg in legs:
        leg.request(
            "OPTIONS",
            partial(responded, leg),
            partial(failed, leg),
            headers=[("Accept", "application/sdp")],
        )
    call.switch.clock.call_later(ASK_AGAIN_SECONDS, call.guarded, again)


def _ask(call: Call) -> None:
    guest = call.guest
    asked = guest.leg if guest is not None else None

    def responded(response: Response) -> None:
        if response.status >= 200 and listens():
            if response.status in GONE:
                gone()
            else:
                call.switch.clock.call_later(ASK_AGAIN_SECONDS, call.guarded, again)

    def failed(_why: str) -> None:
        if listens():
            gone()

    def listens() -> bool:
        return guest is not None and call.guest is guest and guest.leg is asked and not guest.closed

    def again() -> None:
        if listens():
            watch_guest(call)

    def gone() -> None:
        if guest is not None:
            guest.leg.close()
        call.end("system", "a phone stopped answering")

    if guest is not None:
        guest.leg.request(
            "OPTIONS",
            lambda response: call.guarded(responded, response),
            lambda why: call.guarded(failed, why),
            headers=[("Accept", "application/sdp")],
        )
