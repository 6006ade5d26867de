"""Snom desk phones: an XML file of settings and function keys (Snom's "Settings" and "Function keys" references)."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from svara.people.linekeys import Shown
from svara.people.provisioning.setup import AGAIN_SECONDS, CODECS, EXPIRES_SECONDS, Setup, document, element, language_of
from svara.people.provisioning.zone import Change, zone

_LANGUAGES = {"en": "English(UK)", "cs": "Cesky", "nb": "Norsk", "ru": "Russian", "sv": "Svenska"}


def render(setup: Setup) -> str:
    """The file of one phone."""
    root = ET.Element("settings")
    settings = ET.SubElement(root, "phone-settings")

    def account(tag: str, value: str | int) -> None:
        element(settings, tag, value, idx=1, perm="R")

    def phone(tag: str, value: str | int) -> None:
        element(settings, tag, value, perm="R")

    account("user_active", "on")
    account("user_realname", setup.name)
    account("user_idle_text", setup.label)
    account("user_name", setup.login)
    account("user_pname", setup.login)
    account("user_pass", setup.secret)
    account("user_host", setup.host)
    account("user_outbound", f"sip:{setup.server};transport={setup.transport}")
    account("user_expiry", EXPIRES_SECONDS)
    account("user_mailbox", setup.mailbox)
    account("user_dtmf_info", "off")
    account("codec_priority_list", ",".join((*CODECS, "telephone-event")))
    phone("answer_after_policy", "idle")
    phone("intercom_enabled", "on")
    phone("language", language_of(setup.language, _LANGUAGES, "English(UK)"))
    _time(settings, setup)
    if setup.phonebook:
        phone("dkey_directory", f"url {setup.phonebook}")
    phone("setting_server", f"{setup.address}{{mac}}.xml")
    phone("settings_refresh_timer", AGAIN_SECONDS)
    phone("pnp_config", "off")
    keys = ET.SubElement(root, "functionKeys", {"e": "2"})
    for number, key in enumerate(setup.keys):
        element(keys, "fkey", _does(key, setup), idx=number, context=1, label=key.label, perm="R")
    return document(root)


def _does(key: Shown, setup: Setup) -> str:
    if key.kind == "line":
        return "line"
    if not key.lamp:
        return f"speed {key.number}"
    watched = f"blf sip:{key.number}@{setup.host}"
    return f"{watched}|{setup.pickup}" if setup.pickup else watched


def _time(settings: ET.Element, setup: Setup) -> None:
    here = zone(setup.timezone)
    element(settings, "timezone", "", perm="R")
    element(settings, "utc_offset", f"{here.offset_seconds:+d}", perm="R")
    summer = ""
    if here.begins is not None and here.ends is not None:
        summer = f"{here.saved_seconds} {_change(here.begins)} {_change(here.ends)}"
    element(settings, "dst", summer, perm="R")


def _change(change: Change) -> str:
    """Month.week.weekday and time, weekdays from 1 Monday to 7 Sunday."""
    return f"{change.month:02}.{change.week:02}.{change.weekday or 7:02} {change.hour:02}:00:00"
