"""The lines to the public network in an office file: trunks, public numbers, outbound rules."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal, cast, get_args

from svara.people.office import NumberFormat, Outbound, PublicNumber, Trunk
from svara.people.officefile.reader import OfficeReader
from svara.people.officefile.routing import MAX_OF_A_KIND
from svara.people.values import Fields, short
from svara.people.yamltree import Node, Text
from svara.sip.errors import SipError
from svara.sip.uri import parse_uri

FORMATS: tuple[NumberFormat, ...] = get_args(NumberFormat)
IDENTITIES: tuple[Literal["p-asserted-identity", "from"], ...] = ("p-asserted-identity", "from")
MAX_NUMBERS = 100_000
MAX_MATCH = 100

_LOGIN = re.compile(r"[^\s\"\\]{1,64}")
_PREFIX = re.compile(r"\+[0-9]{0,14}")


def read_trunks(reader: OfficeReader, node: Node | None) -> tuple[Trunk, ...]:
    """`trunks: [{name, address, login, secret, ...}]`."""
    trunks = (_trunk(reader, item) for item in reader.items(node, "trunks", MAX_OF_A_KIND))
    return tuple(trunk for trunk in trunks if trunk is not None)


def _trunk(reader: OfficeReader, node: Node) -> Trunk | None:
    fields = reader.mapping(node, "a trunk")
    if fields is None:
        return None
    name = reader.name(fields.need("name", "itsp"))
    reader.claim_name("trunk", name, fields.line_of("name"))
    address = _address(reader, fields.need("address", '"sip:sip.provider.example"'))
    login = reader.matching(fields.get("login"), "login", _LOGIN, "what the provider gave you, without blanks")
    secret = reader.secret(fields.get("secret"), "secret", 1)
    register = reader.yes_no(fields.get("register"), "register")
    if register and not login:
        reader.say(fields.line_of("register"), "'register' needs 'login' and 'secret': the provider asks who registers")
    elif login and secret is None and not reader.known:
        reader.say(fields.line_of("login"), f"trunk {name} has a 'login' and needs a 'secret'")
    elif secret is not None and not login:
        reader.say(fields.line_of("secret"), f"trunk {name} has a 'secret' and needs a 'login'")
    number_format = reader.choice(fields.get("format"), "format", FORMATS) or "e164"
    identity = reader.choice(fields.get("identity"), "identity", IDENTITIES) or "p-asserted-identity"
    probe = reader.seconds(fields.get("probe"), "probe", least=0, most=3600)
    trunk = Trunk(
        id="",
        name=name or "",
        address=address or "",
        login=login or "",
        secret=secret or "",
        register=register,
        match=_match(reader, fields),
        priority=reader.whole(fields.get("priority"), "priority", least=-100, most=100) or 0,
        format=cast("NumberFormat", number_format),
        identity=cast("Literal['p-asserted-identity', 'from']", identity),
        probe_seconds=30.0 if probe is None else probe,
    )
    fields.end()
    return None if name is None or address is None else trunk


def _address(reader: OfficeReader, node: Node | None) -> str | None:
    text = reader.scalar(node, "address")
    if text is None:
        return None
    try:
        uri = parse_uri(text.value)
    except SipError:
        uri = None
    if uri is None or not uri.is_sip or uri.headers or len(text.value) > 255:
        hint = f'; did you mean "sip:{text.value}"?' if uri is None or uri.scheme not in ("sip", "sips", "tel") else ""
        message = f"'address' is '{short(text.value)}': expected a SIP address like \"sip:sip.provider.example:5060\""
        reader.say(text.line, message + hint)
        return None
    if uri.transport not in (None, "udp", "tcp", "tls"):
        reader.say(text.line, f"'address': transport '{short(uri.transport or '')}' must be udp, tcp or tls")
        return None
    return text.value


def _match(reader: OfficeReader, fields: Fields) -> tuple[str, ...]:
    found = []
    for item in reader.items(fields.get("match"), "match", MAX_MATCH):
        text = item if isinstance(item, Text) else None
        try:
            network = ipaddress.ip_network(text.value if text else "")
            found.append(str(network.network_address if network.num_addresses == 1 else network))
        except ValueError as error:
            why = " (host bits are set)" if "host bits" in str(error) else ""
            shown = short(text.value) if text else "a list"
            message = f"'match' is '{shown}': expected an IP address or network like 192.0.2.7 or 192.0.2.0/24{why}"
            reader.say(item.line, message)
    return tuple(found)


def read_numbers(reader: OfficeReader, node: Node | None) -> tuple[PublicNumber, ...]:
    """`numbers: [{number, trunk, to, hours, closed}]`."""
    found = []
    for item in reader.items(node, "numbers", MAX_NUMBERS):
        fields = reader.mapping(item, "a number")
        if fields is None:
            continue
        number = reader.number(fields.need("number", '"+4721000000"'), "number")
        reader.claim_name("number", number, fields.line_of("number"))
        trunk = _named(reader, fields.need("trunk", "itsp"), "trunk", "trunk")
        to = reader.target(fields.need("to", '"queue:support"'), "to")
        hours = _named(reader, fields.get("hours"), "hours", "hours")
        closed = reader.target(fields.get("closed"), "closed")
        record = reader.yes_no(fields.get("record"), "record")
        if fields.has("closed") and not fields.has("hours"):
            reader.warn(fields.line_of("closed"), "'closed' never happens without 'hours'")
        elif fields.has("hours") and not fields.has("closed"):
            reader.warn(fields.line_of("hours"), "without 'closed', who calls outside these hours is hung up on")
        fields.end()
        if number is not None and trunk is not None and to is not None:
            found.append(PublicNumber(number, trunk, to, hours or "", closed or "hangup", record))
    return tuple(found)


def read_outbound(reader: OfficeReader, node: Node | None) -> tuple[Outbound, ...]:
    """`outbound: [{prefix, trunk}]`."""
    found: dict[tuple[str, str], Outbound] = {}
    for item in reader.items(node, "outbound", MAX_OF_A_KIND):
        fields = reader.mapping(item, "an outbound rule")
        if fields is None:
            continue
        wanted = fields.need("prefix", '"+47"')
        is_number = isinstance(wanted, Text) and wanted.meant == "a number"
        text = wanted if is_number and isinstance(wanted, Text) else reader.scalar(wanted, "prefix")
        trunk = _named(reader, fields.need("trunk", "itsp"), "trunk", "trunk")
        fields.end()
        if text is None:
            continue
        if not _PREFIX.fullmatch(text.value):
            message = f"'prefix' is '{short(text.value)}': expected how numbers of E.164 begin, like \"+\" or \"+47\""
            reader.say(text.line, message)
            continue
        reader.prefixes.append(text.value)
        if trunk is None:
            continue
        if (text.value, trunk) in found:
            reader.say(text.line, f"there is another outbound rule for '{text.value}' by trunk '{short(trunk)}'")
        found[text.value, trunk] = Outbound(text.value, trunk)
    return tuple(found.values())


def _named(reader: OfficeReader, node: Node | None, key: str, kind: str) -> str | None:
    text = reader.scalar(node, key)
    reader.refer(text, key, kind)
    return None if text is None else text.value
