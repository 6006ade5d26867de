"""Push services: whether calls could show in the browsers that people let be woken. Nobody's browser is woken for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from svara.cli.doctor.model import Check, Finding, Patient, fault, none, ok, warning

_WHY = {
    "address": "its name leads into a private network",
    "unreachable": "it is not reached, or its certificate is not trusted",
    "slow": "it does not answer in time",
}
_ADVICE = (
    "outgoing HTTPS (port 443) has to be open to it; look at the firewall, the name server and the machine's certificates"
)


def services(patient: Patient) -> list[Finding]:
    """Each push service that is in use: connected to, encrypted, and nothing sent."""
    del patient
    from svara.people import waking  # noqa: PLC0415  needs the tables
    from svara.people.models import PushDevice  # noqa: PLC0415
    from svara.push.access import opened  # noqa: PLC0415
    from svara.push.sending import Unreachable, reach  # noqa: PLC0415
    from svara.sealing.errors import Unreadable  # noqa: PLC0415

    devices: dict[str, PushDevice] = {}
    for device in waking.devices():
        devices.setdefault(device.service, device)
    if not devices:
        return [none("nobody lets a browser be woken for calls, so no push service is asked")]

    async def look(service: str, device: PushDevice) -> Finding:
        try:
            place, _keys = opened_here[device.id]
        except KeyError:
            advice = "whoever it is has to turn it on again; a service of your own stands in SVARA_PUSH_SERVICES"
            return warning("a browser's address cannot be read, or is not allowed any more", advice, service)
        try:
            await reach(place)
        except Unreachable as error:
            return fault(f"calls do not show in browsers: {_WHY.get(error.why, error.why)}", _ADVICE, service)
        return ok("it is reached, encrypted; no message was sent", service)

    async def all_of_them() -> list[Finding]:
        return list(await asyncio.gather(*(look(*one) for one in sorted(devices.items()))))

    opened_here = {}
    for device in devices.values():
        with suppress(Unreadable, ValueError):
            opened_here[device.id] = opened(device)
    return asyncio.run(all_of_them())


CHECKS = (
    Check(
        "push",
        "Push service",
        "connected, encrypted, to each push service that is in use, without sending anything",
        services,
        needs=("database", "keys"),
        seconds=25.0,
    ),
)
