"""What lies between the office and the world: addresses, ports of the sound, certificates, trunks."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from cryptography import x509

from svara.bus.port import BusError
from svara.calls import commands
from svara.cli.doctor.ask import anybody
from svara.cli.doctor.model import Check, Finding, Patient, fault, none, ok, warning
from svara.cli.doctor.office import plain
from svara.cli.doctor.signalling import outward
from svara.clock import LoopClock
from svara.media.addresses import own_addresses
from svara.media.main import media_addresses
from svara.media.ports import taken
from svara.people.office import Trunk, current_office
from svara.sip.errors import SipError
from svara.sip.locate import LocateError, Locator
from svara.sip.transport import Target
from svara.sip.uri import parse_uri

EXPIRES_DAYS = 14
CONNECT_SECONDS = 8.0
FEW_PORTS = 400
"""A hundred talks at one time."""
INVENTED = "its address is an invented name"
_RESERVED = ("example", "invalid", "test")
"""Names that never lead anywhere (RFC 2606)."""
_ASK_SECONDS = 3.0
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_UDP = (Path("/proc/net/udp"), Path("/proc/net/udp6"))


# --- addresses


def addresses(patient: Patient) -> list[Finding]:
    """Whether the addresses that phones are told are ones that they can reach."""
    if patient.serving is None:
        return [none("not checked: where the office listens is known only on the machine of `svara serve`")]
    office = current_office(patient.data.root)
    trunks = any(tenant.trunks for tenant in office.tenants)
    return reachable(patient.serving.sip, patient.settings, own_addresses(), has_trunks=trunks)


def reachable(sip: str, settings: Mapping[str, str], own: list[str], *, has_trunks: bool) -> list[Finding]:
    """What the settings mean on a machine with the addresses `own`."""
    host = sip.rpartition(":")[0].strip("[]")
    told = settings.get("SVARA_SIP_ADDRESS", "")
    try:
        media = media_addresses(settings.get("SVARA_MEDIA_ADDRESS", ""), sip)
    except (SystemExit, ValueError):
        return [fault("SVARA_MEDIA_ADDRESS names no IP addresses: there is no sound", "correct it, and restart the office")]
    locals_, publics = zip(*((one.partition("!")[0], one.partition("!")[2]) for one in media), strict=True)
    found = []
    foreign = [one for one in locals_ if one not in own]
    if foreign:
        found.append(
            fault(
                f"SVARA_MEDIA_ADDRESS names {foreign[0]}, which is no address of this machine: the sound finds no way",
                f"name one of {', '.join(own)}; behind a router write local!public",
                "sound",
            )
        )
    if told and told not in own and not any(publics):
        found.append(
            warning(
                f"phones are told to reach SIP at {told}, which is no address of this machine (a router translates), but "
                f"the sound is offered at {', '.join(locals_)}",
                f"set SVARA_MEDIA_ADDRESS={locals_[0]}!{told}, so that the sound takes the same way",
                "sound",
            )
        )
    listening = told or host
    if _is_loopback(listening):
        found.append(
            warning(
                "the office is reached from this machine alone: it listens on the loopback address",
                "for phones on the network: svara serve --sip with the machine's own address, or 0.0.0.0",
                "SIP",
            )
        )
    elif has_trunks and not told and not any(publics) and not any(_is_public(one) for one in locals_):
        found.append(
            warning(
                f"there are trunks, but only private addresses are told ({', '.join(locals_)}): providers outside send the "
                "sound nowhere, calls are silent",
                "set SVARA_SIP_ADDRESS and SVARA_MEDIA_ADDRESS (local!public) to the address that the router has outside; "
                "needless where the provider is in the same network",
                "trunks",
            )
        )
    where = told or host
    sound = ", ".join(public or local for local, public in zip(locals_, publics, strict=True))
    return found or [ok(f"phones are told: SIP at {where}, sound at {sound}")]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True


# --- ports of the sound


def ports(patient: Patient) -> list[Finding]:
    """Which ports the office has for sound, and whether others are in them."""
    if patient.serving is None:
        return [none("not checked: the media relay runs on another machine")]
    try:
        media = media_addresses(patient.settings.get("SVARA_MEDIA_ADDRESS", ""), patient.serving.sip)
    except (SystemExit, ValueError):
        return [none("not checked: SVARA_MEDIA_ADDRESS names no IP addresses")]
    ranges = taken(one.partition("!")[0] for one in media)
    if not ranges:
        return [
            fault(
                "no media relay of this machine has ports for sound",
                "look whether rtpengine can start (log of the office, process `media`)",
            )
        ]
    media_process = next((each.pid for each in patient.serving.processes if each.role == "media"), 0)
    return ranged(_engine_ports(media_process) or ranges[0], _numbers(_EPHEMERAL), list(_udp_ports()))


def _engine_ports(parent: int) -> tuple[int, int] | None:
    """Those of the engine that this process started, of several on the machine."""
    try:
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            given = dict(word.split("=", 1) for word in words if word.startswith("--port-"))
            if given:
                return int(given["--port-min"]), int(given["--port-max"])
    except (OSError, ValueError, KeyError):
        pass
    return None


def ranged(ours: tuple[int, int], ephemeral: tuple[int, int], bound: Iterable[int]) -> list[Finding]:
    """What is to be said of a range; `bound` are all UDP ports of this machine that are in use."""
    count = ours[1] - ours[0] + 1
    used = sum(ours[0] <= port <= ours[1] for port in bound)
    found = []
    if count < FEW_PORTS:
        found.append(
            warning(
                f"only {count} ports are for sound: that is {count // 4} talks at one time",
                "set SVARA_MEDIA_PORTS to a larger range",
            )
        )
    if used > count * 0.9:
        found.append(
            fault(
                f"{used} of {count} ports for sound are in use: new calls get none",
                "set SVARA_MEDIA_PORTS to a larger range",
            )
        )
    if ephemeral[0] <= ours[1] and ours[0] <= ephemeral[1]:
        found.append(
            warning(
                f"the system hands out ports {ephemeral[0]}-{ephemeral[1]} to any program, which are among those for sound",
                "choose others with SVARA_MEDIA_PORTS, or change net.ipv4.ip_local_port_range",
            )
        )
    return found or [ok(f"UDP {ours[0]}-{ours[1]}, {used} of {count} in use; the firewall has to let these through")]


def _numbers(place: Path) -> tuple[int, int]:
    try:
        first, last = place.read_text("ascii").split()
        return int(first), int(last)
    except (OSError, ValueError):
        return 32_768, 60_999


def _udp_ports() -> Iterable[int]:
    for place in _UDP:
        try:
            lines = place.read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            yield int(line.split()[1].rpartition(":")[2], 16)


# --- certificates


async def certificates(patient: Patient) -> list[Finding]:
    """What is shown to phones (SIP over TLS) and to browsers (the address that people use)."""
    found = []
    if patient.serving is not None and patient.serving.tls:
        host, port = outward(patient.serving.tls)
        names = [name.strip().lower() for name in patient.settings.get("SVARA_SIP_HOSTS", "").split(",") if name.strip()]
        found.append(await _certificate(host, port, names, patient.settings.get("SVARA_TLS_CERT", ""), "SIP over TLS"))
    address = urlsplit(patient.settings.get("SVARA_URL", ""))
    if address.scheme == "https" and address.hostname:
        found.append(await _certificate(address.hostname, address.port or 443, [address.hostname], "", "pages"))
    return found or [none("there is no SIP over TLS (SVARA_SIP_TLS) and no address of the pages with https (SVARA_URL)")]


async def _certificate(host: str, port: int, names: list[str], file: str, of: str) -> Finding:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            server_name = host if not _is_address(host) else None
            _, writer = await asyncio.open_connection(
                host, port, ssl=anybody(), server_hostname=server_name or (names[0] if names else host)
            )
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.close()
    except (OSError, TimeoutError, ssl.SSLError) as error:
        return fault(f"{host}, port {port}, does not answer with TLS: {plain(error)}", "look whether it listens there", of)
    certificate = x509.load_der_x509_certificate(shown)
    try:
        stale = file if file and _differs(Path(file), certificate) else ""
    except (OSError, ValueError) as error:
        return fault(f"{file} cannot be read: {plain(error)}; at its next start the office has no TLS", "correct it", of)
    return shown_certificate(certificate, names, datetime.now(UTC), stale, of)


def _differs(file: Path, shown: x509.Certificate) -> bool:
    return x509.load_pem_x509_certificate(file.read_bytes()) != shown


def shown_certificate(shown: x509.Certificate, names: list[str], now: datetime, stale: str, of: str) -> Finding:
    """What is to be said of a certificate; `stale`: this file holds another one than is shown."""
    until = shown.not_valid_after_utc
    renew = "renew it; for SIP restart the office then (or let the certificate's tool do so)"
    if until < now:
        return fault(f"the certificate has expired on {until:%Y-%m-%d}: phones and browsers refuse it", renew, of)
    if shown.not_valid_before_utc > now:
        return fault(f"the certificate is valid only from {shown.not_valid_before_utc:%Y-%m-%d} on", "look at the clock", of)
    if stale:
        return warning(
            f"{stale} is another certificate than the one that is shown: it was renewed, and the office does not know yet",
            "restart the office",
            of,
        )
    missing = [name for name in names if not covers(names_of(shown), name)]
    if missing:
        return warning(
            f"the certificate is not for {missing[0]}, but for {', '.join(names_of(shown)) or 'nothing'}",
            "get one for all names under which the server is reached",
            of,
        )
    if (until - now).days < EXPIRES_DAYS:
        return warning(f"the certificate expires on {until:%Y-%m-%d}, in {(until - now).days} days", renew, of)
    return ok(f"valid until {until:%Y-%m-%d}, for {', '.join(names_of(shown))}", of)


def names_of(certificate: x509.Certificate) -> list[str]:
    """The names and addresses that it is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses_ = [str(one) for one in found.get_values_for_type(x509.IPAddress)]
    return [*found.get_values_for_type(x509.DNSName), *addresses_]


def covers(names: list[str], host: str) -> bool:
    """Whether a certificate for `names` is for `host` (RFC 6125 section 6.4.3)."""
    host = host.lower()
    return any(name.lower() == host or (name[:2] == "*." and host.partition(".")[2] == name[2:].lower()) for name in names)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# --- trunks


async def trunks(patient: Patient) -> list[Finding]:
    """Every trunk as the office sees it, and whether its name is found."""
    if patient.bus is None:
        return [none("not checked: the bus of the office is not reached")]
    office = current_office(patient.data.root)
    known = {trunk.id: (tenant.slug, trunk) for tenant in office.tenants for trunk in tenant.trunks}
    if not known:
        return [none("there are none")]
    try:
        raw = await patient.bus.request(commands.SERVICE, msgspec.msgpack.encode(commands.AskTrunks()), _ASK_SECONDS)
        answer = msgspec.msgpack.decode(raw, type=commands.Answer)
    except (BusError, msgspec.MsgspecError):
        return [none("not checked: the process that handles calls does not answer")]
    states = {state.trunk: state for state in answer.trunks} if isinstance(answer, commands.TrunkStates) else {}
    located = await asyncio.gather(*(_located(trunk) for _, trunk in known.values()))
    return [
        trunk_state(states.get(key), failed, f"{slug}, {trunk.name}")
        for (key, (slug, trunk)), failed in zip(known.items(), located, strict=True)
    ]


def trunk_state(state: commands.TrunkState | None, not_found: str, of: str) -> Finding:
    """What is to be said of one trunk; `not_found` says why its address is not found."""
    if not_found == INVENTED:
        return warning(f"{not_found}, as in a demo: no call goes out by it", "write the provider's own address", of)
    if not_found:
        return fault(
            f"the address of the provider is not found: {not_found}",
            "look at its name in the trunk's settings, and whether this machine can look up names (/etc/resolv.conf)",
            of,
        )
    if state is None:
        return warning("the office does not know it yet", "look again in a minute", of)
    why = f": {state.reason}" if state.reason else ""
    if state.state == "unregistered":
        return fault(f"the registration with the provider does not succeed{why}", "look at its login and secret", of)
    if state.state == "down":
        return fault(f"it does not work{why}; calls take another trunk where there is one", "ask the provider", of)
    if state.state == "unknown":
        return ok("calls are tried on it; the provider is not asked whether it lives (`probe`)", of)
    return ok("it works", of)


async def _located(trunk: Trunk) -> str:
    try:
        uri = parse_uri(trunk.address)
    except SipError:
        return "it is no SIP address"
    if uri.host.rpartition(".")[2].lower() in _RESERVED:
        return INVENTED
    locator = Locator(LoopClock())
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def done(targets: list[Target] | LocateError) -> None:
        if not found.done():
            found.set_result(str(targets) if isinstance(targets, LocateError) else "")

    try:
        locator.locate(uri, done)
        async with asyncio.timeout(CONNECT_SECONDS):
            return await found
    except TimeoutError:
        return "nobody answers that looks up names"
    finally:
        locator.close()


CHECKS = (
    Check("addresses", "Addresses", "compared the addresses that phones are told with those of this machine", addresses),
    Check(
        "ports",
        "Ports for sound",
        "looked which UDP ports the office has for sound, and who else uses them",
        ports,
        needs=("relay",),
    ),
    Check(
        "certificate",
        "Certificate",
        "connected as a phone and as a browser does, and read the certificate",
        ask=certificates,
    ),
    Check("trunks", "Trunk", "asked the office how each trunk is, and looked up its name", ask=trunks, needs=("calls",)),
)
