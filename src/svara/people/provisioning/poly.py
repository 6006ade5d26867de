"""Poly (Polycom) desk phones with UC Software: `<mac>.cfg` names the phone's own file of settings, and its speed dials stand
in `<mac>-directory.xml` ("UC Software Administrator Guide").
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from svara.people.linekeys import Shown
from svara.people.provisioning.setup import AGAIN_SECONDS, EXPIRES_SECONDS, Setup, clean, document, element, language_of
from svara.people.provisioning.zone import Change, zone

_TRANSPORTS = {"udp": "UDPOnly", "tcp": "TCPOnly", "tls": "TLS"}
_LANGUAGES = {
    "en": "English_United_Kingdom",
    "cs": "Czech_Czech_Republic",
    "nb": "Norwegian_Norway",
    "ru": "Russian_Russia",
    "sv": "Swedish_Sweden",
}
_CODECS = {"Opus": 1, "G722": 2, "G711_A": 3, "G711_Mu": 4, "G729_AB": 0}
_LAST = 5


def master(mac: str) -> str:
    """`<mac>.cfg`: which files there are; nothing of it is secret. An empty application: the phone keeps what it runs."""
    names = {"APP_FILE_PATH": "", "CONFIG_FILES": f"{mac}-svara.cfg", "MISC_FILES": "", "LOG_FILE_DIRECTORY": ""}
    return document(ET.Element("APPLICATION", names))


def render(setup: Setup) -> str:
    """`<mac>-svara.cfg`: the settings of one phone."""
    root = ET.Element("PHONE_CONFIG")
    ET.SubElement(root, "ALL", {name: clean(str(value)) for name, value in _settings(setup)})
    return document(root)


def directory(setup: Setup) -> str:
    """`<mac>-directory.xml`: what the speed dials dial."""
    root = ET.Element("directory")
    items = ET.SubElement(root, "item_list")
    for number, key in enumerate(_speeds(setup), start=1):
        item = ET.SubElement(items, "item")
        element(item, "fn", key.label)
        element(item, "ct", key.number)
        element(item, "sd", number)
    return document(root)


def _settings(setup: Setup) -> Iterator[tuple[str, str | int]]:
    yield "reg.1.address", setup.login
    yield "reg.1.auth.userId", setup.login
    yield "reg.1.auth.password", setup.secret
    yield "reg.1.displayName", setup.name
    yield "reg.1.label", setup.label
    yield "reg.1.server.1.address", setup.host
    yield "reg.1.server.1.port", setup.port
    yield "reg.1.server.1.transport", _TRANSPORTS[setup.transport]
    yield "reg.1.server.1.expires", EXPIRES_SECONDS
    yield "reg.1.server.1.register", 1
    for codec, preference in _CODECS.items():
        yield f"voice.codecPref.{codec}", preference
    yield "tone.dtmf.viaRtp", 1
    yield "tone.dtmf.rfc2833Control", 1
    yield "msg.mwi.1.subscribe", setup.login
    yield "msg.mwi.1.callBackMode", "contact"
    yield "msg.mwi.1.callBack", setup.mailbox
    yield "voIpProt.SIP.alertInfo.1.value", "info=alert-autoanswer"
    yield "voIpProt.SIP.alertInfo.1.class", "autoAnswer"
    yield from _time(setup)
    yield "lcl.ml.lang", language_of(setup.language, _LANGUAGES, "English_United_Kingdom")
    if setup.pickup:
        yield "call.directedCallPickupString", setup.pickup
    yield from _keys(setup)
    yield "device.set", 1
    for name, value in (
        ("prov.serverType", "HTTPS" if urlsplit(setup.address).scheme == "https" else "HTTP"),
        ("prov.serverName", setup.address),
        ("dhcp.bootSrvUseOpt", "Static"),
    ):
        yield f"device.{name}.set", 1
        yield f"device.{name}", value
    yield "prov.polling.enabled", 1
    yield "prov.polling.mode", "abs"
    yield "prov.polling.period", AGAIN_SECONDS
    yield "prov.polling.time", "03:00"


def _keys(setup: Setup) -> Iterator[tuple[str, str | int]]:
    yield "lineKey.reassignment.enabled", 1
    counts = {"Line": 0, "BLF": 0, "SpeedDial": 0}
    for number, key in enumerate(setup.keys, start=1):
        kind = "Line" if key.kind == "line" else "BLF" if key.lamp else "SpeedDial"
        counts[kind] += 1
        yield f"lineKey.{number}.category", kind
        yield f"lineKey.{number}.index", 1 if kind == "Line" else counts[kind]
        if kind == "BLF":
            place = f"attendant.resourceList.{counts[kind]}"
            yield f"{place}.address", f"sip:{key.number}@{setup.host}"
            yield f"{place}.label", key.label
            yield f"{place}.type", "normal"
    yield "reg.1.lineKeys", max(1, counts["Line"])


def _speeds(setup: Setup) -> list[Shown]:
    return [key for key in setup.keys if key.kind != "line" and not key.lamp]


def _time(setup: Setup) -> Iterator[tuple[str, str | int]]:
    here = zone(setup.timezone)
    clock = "tcpIpApp.sntp"
    yield f"{clock}.gmtOffset", here.offset_seconds
    yield f"{clock}.gmtOffset.overrideDHCP", 1
    if here.begins is None or here.ends is None:
        yield f"{clock}.daylightSavings.enable", 0
        return
    yield f"{clock}.daylightSavings.enable", 1
    yield f"{clock}.daylightSavings.fixedDayEnable", 0
    for name, change in (("start", here.begins), ("stop", here.ends)):
        yield from _change(f"{clock}.daylightSavings.{name}", change)


def _change(place: str, change: Change) -> Iterator[tuple[str, str | int]]:
    """Weekdays from 1 Sunday to 7 Saturday; the n-th of a month begins on its day 1, 8, 15, 22."""
    yield f"{place}.month", change.month
    yield f"{place}.date", 1 if change.week == _LAST else 7 * change.week - 6
    yield f"{place}.time", change.hour
    yield f"{place}.dayOfWeek", change.weekday + 1
    yield f"{place}.dayOfWeek.lastInMonth", int(change.week == _LAST)
