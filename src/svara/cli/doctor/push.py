"""Push services: whether calls could show in the browsers that people let be woken. Nobody's browser is woken for it."""

from __future__ import annotations

import asyncio
import json

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
    found = []
    for service, device in sorted(devices.items()):
        try:
            asyncio.run(reach(opened(device)[0]))
        except Unreachable as error:
            found.append(fault(f"calls do not show in browsers: {_WHY.get(error.why, error.why)}", _ADVICE, service))
        except (Unreadable, ValueError, json.JSONDecodeError):
            advice = "whoever it is has to turn it on again; a service of your own stands in SVARA_PUSH_SERVICES"
            found.append(warning("a browser's address cannot be read, or is not allowed any more", advice, service))
        else:
            found.append(ok("it is reached, encrypted; no message was sent", service))
    return found


CHECKS = (
    Check(
        "push",
        "Push service",
        "connected, encrypted, to each push service that is in use, without sending anything",
        services,
        needs=("database", "keys"),
        seconds=45.0,
    ),
)
