"""The company itself, in an office file."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from typing import cast, get_args

from svara.people.codes import BY_NAME, CODE, OFF, TABLE, clashes
from svara.people.countries import COUNTRIES
from svara.people.officefile.calendar import is_date
from svara.people.officefile.reader import OfficeReader
from svara.people.officefile.specs import TenantSpec
from svara.people.presence import PresenceTo
from svara.people.second.who import SECOND_FACTOR
from svara.people.values import did_you_mean, short
from svara.people.yamltree import Node, Sequence, Text

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def read_tenant(reader: OfficeReader, node: Node | None) -> TenantSpec | None:
    """`tenant: {slug, name, country, timezone, languages, media, recording, hold_music, codes, own_phones, presence_to,
    second_factor, second_factor_from}`."""
    fields = reader.mapping(node, "'tenant'")
    if fields is None:
        return None
    slug = reader.matching(
        fields.need("slug", "acme"), "slug", _SLUG, "lower-case letters, digits and hyphens, at most 40, like acme"
    )
    name = reader.text(fields.need("name", "Acme AS"), "name", limit=200)
    country = _country(reader, fields.need("country", '"NO"'))
    timezone = _timezone(reader, fields.need("timezone", "Europe/Oslo"))
    languages = _languages(reader, fields.get("languages"))
    media = reader.choice(fields.get("media"), "media", ("relay", "direct")) or "relay"
    recording = reader.choice(fields.get("recording"), "recording", ("announce", "consent")) or "announce"
    hold_music = reader.choice(fields.get("hold_music"), "hold_music", ("music", "silence")) or "music"
    codes = _codes(reader, fields.get("codes"))
    own_phones = reader.yes_no(fields.get("own_phones"), "own_phones")
    presence_to = reader.choice(fields.get("presence_to"), "presence_to", get_args(PresenceTo)) or "everybody"
    second_factor = reader.choice(fields.get("second_factor"), "second_factor", SECOND_FACTOR)
    second_factor_from = _from_day(reader, fields.get("second_factor_from"))
    fields.end()
    reader.country = country or ""
    if slug is None or name is None or country is None or timezone is None:
        return None
    return TenantSpec(
        slug=slug,
        name=name,
        country=country,
        timezone=timezone,
        languages=languages,
        media=media,
        recording_rule=recording,
        hold_music=hold_music,
        codes=codes,
        own_phones=own_phones,
        presence_to=cast("PresenceTo", presence_to),
        second_factor=second_factor,
        second_factor_from=second_factor_from if second_factor in SECOND_FACTOR[1:] else "",
    )


def _from_day(reader: OfficeReader, node: Node | None) -> str:
    text = reader.scalar(node, "second_factor_from")
    if text is None or not text.value:
        return ""
    if not is_date(text.value):
        reader.say(text.line, f"'second_factor_from' is '{short(text.value)}': expected a date like 2026-12-24")
        return ""
    return text.value


def _codes(reader: OfficeReader, node: Node | None) -> dict[str, str]:
    """`codes: {mailbox: "*98", dnd: off}`: feature codes that are others here. What is as everywhere is not kept."""
    found: dict[str, str] = {}
    lines: dict[str, int] = {}
    for word, value in reader.entries(node, "codes", '{mailbox: "*98", dnd: off}', limit=len(TABLE)):
        if word.value not in BY_NAME:
            known = did_you_mean(word.value, BY_NAME)
            reader.say(word.line, f"'codes': there is no feature '{short(word.value)}'{known}")
            continue
        lines[word.value] = value.line
        code = value.value if isinstance(value, Text) else ""
        if code.lower() in (OFF, "false", "no"):
            code = OFF
        if code == BY_NAME[word.value].initial:
            continue
        if code == OFF:
            found[word.value] = OFF
        elif not CODE.fullmatch(code):
            expected = 'a star or hash and up to four more signs in quotes, like "*98", or off'
            reader.say(value.line, f"'codes': '{word.value}' is '{short(code)}': expected {expected}")
        else:
            found[word.value] = code
    for name, other, code in clashes(found):
        reader.say(lines[name], f"'codes': '{name}' could not be told from '{other}', which is {code}")
    return found


def _country(reader: OfficeReader, node: Node | None) -> str | None:
    text = reader.scalar(node, "country")
    if text is None:
        return None
    if text.value not in COUNTRIES:
        upper = text.value.upper()
        hint = f'; did you mean "{upper}"?' if upper in COUNTRIES else ""
        reader.say(text.line, f"'country' is '{short(text.value)}': expected two letters of ISO 3166, like \"NO\"{hint}")
        return None
    return text.value


def _timezone(reader: OfficeReader, node: Node | None) -> str | None:
    text = reader.scalar(node, "timezone")
    if text is None:
        return None
    zones = zoneinfo.available_timezones()
    if text.value in zones:
        return text.value
    if zones:
        close = difflib.get_close_matches(text.value, zones, n=1, cutoff=0.6)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        reader.say(text.line, f"'timezone' is '{short(text.value)}': expected a place like Europe/Oslo{hint}")
    else:
        reader.say(text.line, "'timezone': this machine knows no time zones (install the package tzdata)")
    return None


def _languages(reader: OfficeReader, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ("en",)
    found: list[str] = []
    items = reader.items(node, "languages", 20)
    if not items and isinstance(node, Sequence):
        reader.say(node.line, "'languages' is empty: name at least one, like [nb, en]")
    for item in items:
        tag = reader.language(item, "languages")
        if tag is not None and tag in found:
            reader.say(item.line, f"'languages' names '{tag}' twice")
        elif tag is not None:
            found.append(tag)
    return tuple(found)
