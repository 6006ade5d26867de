"""SIP as anybody on the network meets it: does every transport answer, and do strangers learn nothing."""

from __future__ import annotations

import asyncio
import secrets

from svara.cli.doctor.ask import NoAnswer, Way, ask, register
from svara.cli.doctor.model import Check, Finding, Patient, fault, none, ok, warning
from svara.cli.doctor.office import reached
from svara.cli.sockets import parse_address
from svara.media.addresses import own_addresses
from svara.people.office import current_office
from svara.sip.message import Response

_TELLING = ("server", "user-agent", "organization")
"""Headers in which servers say what they are."""
_FIREWALL = (
    "look whether the process `calls` runs, and whether a firewall on this machine (nft list ruleset) lets the port through"
)


def ways(patient: Patient) -> list[Way]:
    """Every transport of the office on this machine, at the address that faces others where there is one."""
    serving = patient.serving
    if serving is None:
        return []
    sip = outward(serving.sip)
    found = [Way("UDP", sip), Way("TCP", sip)]
    if serving.tls:
        found.append(Way("TLS", outward(serving.tls)))
    found.append(Way("WS", sip, f"ws://{reached(serving.http)}/sip"))
    return found


def outward(listens: str) -> tuple[str, int]:
    """Where something that listens on this address is reached the way others reach it."""
    address = parse_address(listens)
    if address.host in ("0.0.0.0", "::"):
        wanted_six = address.host == "::"
        own = [each for each in own_addresses() if (":" in each) == wanted_six]
        return (own[0] if own else "127.0.0.1"), address.port
    return address.host, address.port


async def transports(patient: Patient) -> list[Finding]:
    """OPTIONS over each transport."""
    return list(await asyncio.gather(*(_options(way) for way in ways(patient)))) or [_ELSEWHERE]


async def _options(way: Way) -> Finding:
    of = way.transport
    try:
        answer = await ask(way)
    except NoAnswer as error:
        return fault(f"{way} does not answer: {error}", _FIREWALL, of)
    if answer.status != 200:
        return fault(f"{way} answers a question about its abilities with {answer.status}", _FIREWALL, of)
    told = telling(answer)
    if told:
        return warning(f"{way} answers, and tells strangers what it is ({told})", "report it: it should not", of)
    return ok(f"{way} answers, and tells strangers nothing about itself", of)


def telling(answer: Response) -> str:
    """The headers in which an answer gives away what the server is."""
    return ", ".join(name for name in _TELLING if answer.first(name))


async def strangers(patient: Patient) -> Finding:
    """A registration with a wrong password, of a login that there is and of one that there is not."""
    found = ways(patient)
    if not found:
        return _ELSEWHERE
    way = found[0]
    unknown = f"nobody-{secrets.token_hex(6)}"
    known = next(iter(current_office(patient.data.root).by_login), "")
    try:
        answers = {login: await register(way, login, secrets.token_hex(16)) for login in (known, unknown) if login}
    except NoAnswer as error:
        return fault(f"{way} does not answer a registration: {error}", _FIREWALL)
    return refused(answers.get(known), answers[unknown])


Answers = tuple[Response, Response | None]
"""To a registration without credentials, and to one with wrong ones."""


def refused(known: Answers | None, unknown: Answers) -> Finding:
    """What the answers mean; `known` is None where there is no phone yet."""
    for answers in filter(None, (known, unknown)):
        last = answers[1] or answers[0]
        if last.status < 300:
            return fault(
                "a phone was registered with a wrong password: anybody can take calls and make them",
                "close the SIP port to the outside now, and report it",
            )
        if last.status not in (401, 403):
            return warning(
                f"a registration with a wrong password was answered with {last.status}, which is no refusal",
                "look into the log of the process `calls`",
            )
    if known is not None and [shape(each) for each in known] != [shape(each) for each in unknown]:
        return warning(
            "logins that exist are answered otherwise than those that do not: strangers can find out which there are",
            "report it: it should not be so",
        )
    beside = " for a login that exists as for one that does not, so strangers learn nothing" if known else ""
    return ok(f"a wrong password is refused{beside}")


def shape(answer: Response | None) -> tuple[object, ...]:
    """What a stranger can tell one answer from another by."""
    if answer is None:
        return ()
    challenges = len(answer.all("www-authenticate"))
    return answer.status, answer.reason, challenges, telling(answer)


_ELSEWHERE = none("not checked: where it listens is known only on the machine of `svara serve`")

CHECKS = (
    Check(
        "sip",
        "SIP",
        "asked for its abilities (OPTIONS) over every transport that is on, as a stranger",
        ask=transports,
        needs=("office",),
    ),
    Check(
        "strangers",
        "Strangers",
        "tried to register a phone with a wrong password, for a login that exists and for one that does not",
        ask=strangers,
        needs=("calls",),
    ),
)
