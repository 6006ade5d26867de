"""Yealink desk phones: `<mac>.cfg`, lines of `key = value` (Yealink's "Administrator Guide", Auto Provisioning).

A value ends where its line ends, and nothing in it can begin another one.
"""

from __future__ import annotations

from collections.abc import Iterator

from svara.people.linekeys import Shown
from svara.people.provisioning.setup import AGAIN_SECONDS, CODECS, EXPIRES_SECONDS, Setup, clean, language_of
from svara.people.provisioning.zone import Change, zone

_HEADER = "#!version:1.0.0.1"
_TRANSPORTS = {"udp": 0, "tcp": 1, "tls": 2}
_LANGUAGES = {"en": "English", "cs": "Czech", "nb": "Norwegian", "ru": "Russian", "sv": "Swedish", "lv": "Latvian"}
_OTHER_CODECS = ("g729", "g723_53", "g723_63", "g726_16", "g726_24", "g726_32", "g726_40", "ilbc")
_LINE, _BLF, _SPEED = 15, 16, 13
"""Key types (DSS key type list)."""
_RFC_2833 = 1


def render(setup: Setup) -> str:
    """The file of one phone."""
    lines = [f"{key} = {clean(str(value))}" for key, value in _settings(setup)]
    return "\n".join([_HEADER, *lines, ""])


def _settings(setup: Setup) -> Iterator[tuple[str, str | int]]:
    account = "account.1"
    yield f"{account}.enable", 1
    yield f"{account}.label", setup.label
    yield f"{account}.display_name", setup.name
    yield f"{account}.auth_name", setup.login
    yield f"{account}.user_name", setup.login
    yield f"{account}.password", setup.secret
    yield f"{account}.sip_server.1.address", setup.host
    yield f"{account}.sip_server.1.port", setup.port
    yield f"{account}.sip_server.1.transport_type", _TRANSPORTS[setup.transport]
    yield f"{account}.sip_server.1.expires", EXPIRES_SECONDS
    for priority, codec in enumerate(CODECS, start=1):
        yield f"{account}.codec.{codec}.enable", 1
        yield f"{account}.codec.{codec}.priority", priority
    for codec in _OTHER_CODECS:
        yield f"{account}.codec.{codec}.enable", 0
    yield f"{account}.dtmf.type", _RFC_2833
    yield f"{account}.alert_info_url_enable", 1
    yield "features.intercom.allow", 1
    yield f"{account}.subscribe_mwi", 1
    yield "voice_mail.number.1", setup.mailbox
    yield from _time(setup)
    yield "lang.gui", language_of(setup.language, _LANGUAGES, "English")
    if setup.pickup:
        yield "features.pickup.direct_pickup_enable", 1
        yield "features.pickup.direct_pickup_code", setup.pickup
    for number, key in enumerate(setup.keys, start=1):
        yield from _key(number, key, setup)
    if setup.phonebook:
        yield "remote_phonebook.data.1.url", setup.phonebook
        yield "remote_phonebook.data.1.name", "Svara"
    yield "static.auto_provision.server.url", setup.address
    yield "static.auto_provision.power_on", 1
    yield "static.auto_provision.repeat.enable", 1
    yield "static.auto_provision.repeat.minutes", AGAIN_SECONDS // 60
    yield "static.auto_provision.dhcp_option.enable", 0
    yield "static.auto_provision.pnp_enable", 0


def _key(number: int, key: Shown, setup: Setup) -> Iterator[tuple[str, str | int]]:
    place = f"linekey.{number}"
    yield f"{place}.type", _LINE if key.kind == "line" else _BLF if key.lamp else _SPEED
    yield f"{place}.line", 1
    yield f"{place}.label", key.label
    if key.kind != "line":
        yield f"{place}.value", key.number
    if key.lamp and setup.pickup:
        yield f"{place}.extension", f"{setup.pickup}{key.number}"


def _time(setup: Setup) -> Iterator[tuple[str, str | int]]:
    here = zone(setup.timezone)
    yield "local_time.time_zone", _hours(here.offset_seconds)
    if here.begins is None or here.ends is None:
        yield "local_time.summer_time", 0
        return
    yield "local_time.summer_time", 1
    yield "local_time.dst_time_type", 1
    yield "local_time.start_time", _change(here.begins)
    yield "local_time.end_time", _change(here.ends)
    yield "local_time.offset_time", here.saved_seconds // 60


def _hours(seconds: int) -> str:
    sign = "-" if seconds < 0 else "+"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{sign}{hours}:{minutes:02}" if minutes else f"{sign}{hours}"


def _change(change: Change) -> str:
    """Month/week/weekday/hour, weekdays from 1 Monday to 7 Sunday."""
    return f"{change.month}/{change.week}/{change.weekday or 7}/{change.hour}"
