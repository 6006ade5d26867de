"""What calls are routed through, in an office file: queues, hours, menus and the sounds that they play."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from svara.people.countries import A_TONE_TELLS, holiday_codes
from svara.people.office import Hours, Member, Menu, Queue, Strategy, SupervisionRule
from svara.people.officefile.calendar import read_exceptions, read_week
from svara.people.officefile.reader import OfficeReader
from svara.people.officefile.specs import SoundSpec
from svara.people.values import Fields, did_you_mean, short
from svara.people.yamltree import Mapping, Node, Text

MAX_OF_A_KIND = 2000
MAX_MEMBERS = 2000
MAX_TEXT = 2000
STRATEGIES: tuple[Strategy, ...] = ("ring-all", "longest-idle", "round-robin", "fewest-calls", "in-order")
SUPERVISION: tuple[SupervisionRule, ...] = ("off", "announced", "tone")
KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "*", "#")
HOUR = 3600


def read_queues(reader: OfficeReader, node: Node | None) -> tuple[Queue, ...]:
    """`queues: [{name, members, ...}]`."""
    queues = (_queue(reader, item) for item in reader.items(node, "queues", MAX_OF_A_KIND))
    return tuple(queue for queue in queues if queue is not None)


def _queue(reader: OfficeReader, node: Node) -> Queue | None:
    fields = reader.mapping(node, "a queue")
    if fields is None:
        return None
    name = reader.name(fields.need("name", "support"))
    reader.claim_name("queue", name, fields.line_of("name"))
    extension = reader.extension(fields.get("extension"))
    reader.claim("extension", extension, fields.line_of("extension"), f"queue {name}")
    strategy = reader.choice(fields.get("strategy"), "strategy", STRATEGIES)

    def seconds(key: str, otherwise: float, least: int = 0, most: int = HOUR) -> float:
        value = reader.seconds(fields.get(key), key, least=least, most=most)
        return otherwise if value is None else value

    def target(key: str) -> str | None:
        itself = f"whom queue {name} lets go cannot go to it again"
        return reader.target(fields.get(key), key, own=f"queue:{name}", itself=itself)

    max_wait = reader.seconds(fields.get("max_wait"), "max_wait", least=1, most=24 * HOUR)
    if fields.has("when_timeout") and not fields.has("max_wait"):
        reader.warn(fields.line_of("when_timeout"), "'when_timeout' never happens without 'max_wait'")
    if fields.has("when_full") and not fields.has("max_waiting"):
        reader.warn(fields.line_of("when_full"), "'when_full' never happens without 'max_waiting'")
    supervision = reader.choice(fields.get("supervision"), "supervision", SUPERVISION) or "off"
    if supervision == "tone" and reader.country not in A_TONE_TELLS:
        reader.say(
            fields.line_of("supervision"),
            f"'supervision' is 'tone': in {reader.country} both who talk have to be told in words that somebody listens; "
            "write announced",
        )
    queue = Queue(
        id="",
        name=name or "",
        extension=extension,
        strategy=cast("Strategy", strategy) if strategy else "longest-idle",
        members=_members(reader, fields.get("members")),
        ring_seconds=seconds("ring", 15.0, least=1, most=300),
        retry_seconds=seconds("retry", 1.0),
        wrap_up_seconds=seconds("wrap_up", 0.0),
        max_wait_seconds=max_wait,
        max_waiting=reader.whole(fields.get("max_waiting"), "max_waiting", least=0, most=100_000),
        when_full=target("when_full") or "hangup",
        when_timeout=target("when_timeout") or "hangup",
        when_empty=target("when_empty"),
        announce_position=reader.yes_no(fields.get("announce_position"), "announce_position"),
        announce_every_seconds=seconds("announce_every", 45.0, least=10),
        greeting=_sound(reader, fields, "greeting", "prompt"),
        music=_sound(reader, fields, "music", "sound"),
        callback_key=_key(reader, fields.get("callback_key"), "callback_key") or "",
        priority=reader.whole(fields.get("priority"), "priority", least=-100, most=100) or 0,
        auto_pause_after=reader.whole(fields.get("auto_pause_after"), "auto_pause_after", least=0, most=100) or 0,
        skills=reader.levels(fields.get("skills"), "skills"),
        relax_seconds=seconds("relax", 30.0, least=1),
        service_level_seconds=seconds("service_level", 20.0, least=1),
        record=reader.yes_no(fields.get("record"), "record"),
        supervision=cast("SupervisionRule", supervision),
    )
    fields.end()
    return None if name is None else queue


def _members(reader: OfficeReader, node: Node | None) -> tuple[Member, ...]:
    """Plain user names, or `{person, order, weight, skills}`."""
    found: dict[str, Member] = {}
    for order, item in enumerate(reader.items(node, "members", MAX_MEMBERS), start=1):
        if isinstance(item, Mapping):
            fields = cast("Fields", reader.mapping(item, "a member"))
            who = reader.scalar(fields.need("person", "anna"), "person")
            own = reader.whole(fields.get("order"), "order", least=0, most=100_000)
            weight = reader.whole(fields.get("weight"), "weight", least=1, most=100)
            skills = reader.levels(fields.get("skills"), "skills")
            fields.end()
            member = Member(who.value if who else "", order if own is None else own, weight or 1, skills)
        else:
            who = reader.scalar(item, "members")
            member = Member(who.value if who else "", order)
        reader.refer(who, "person" if isinstance(item, Mapping) else "members", "person")
        if who is not None and who.value in found:
            reader.say(who.line, f"'members' names '{short(who.value)}' twice")
        elif who is not None:
            found[who.value] = member
    return tuple(found.values())


def _sound(reader: OfficeReader, fields: Fields, key: str, kind: str) -> str:
    """The name of a sound; a "prompt" that does not exist is spoken, a "sound" must exist."""
    node = fields.get(key)
    name = reader.name(node, key)
    if name is not None and node is not None:
        reader.refer(Text(node.line, name, quoted=True), key, kind)
    return name or ""


def _key(reader: OfficeReader, node: Node | None, key: str) -> str | None:
    if node is None:
        return None
    if isinstance(node, Text) and node.value in KEYS:
        return node.value
    reader.say(node.line, f"'{key}' must be a key of a phone: 0 to 9, * or #, in quotes")
    return None


def read_hours(reader: OfficeReader, node: Node | None) -> tuple[Hours, ...]:
    """`hours: [{name, open, holidays, exceptions}]`."""
    found = []
    for item in reader.items(node, "hours", MAX_OF_A_KIND):
        fields = reader.mapping(item, "hours")
        if fields is None:
            continue
        name = reader.name(fields.need("name", "office"))
        reader.claim_name("hours", name, fields.line_of("name"))
        week = read_week(reader, fields.need("open", '{mon-fri: "08:00-16:00"}'), "open")
        code = _holidays(reader, fields.get("holidays"))
        exceptions = read_exceptions(reader, fields.get("exceptions"))
        fields.end()
        if name is not None:
            found.append(Hours(name=name, open=week or (), holidays=code, exceptions=exceptions))
    return tuple(found)


def _holidays(reader: OfficeReader, node: Node | None) -> str:
    text = reader.scalar(node, "holidays")
    if text is None:
        return ""
    known = holiday_codes()
    if text.value in known:
        return text.value
    upper = text.value.upper()
    hint = f'; did you mean "{upper}"?' if upper in known else ""
    country = upper.partition("-")[0]
    if not hint and country in known:
        parts = sorted(code.partition("-")[2] for code in known if code.startswith(f"{country}-"))
        some = did_you_mean(text.value, [f"{country}-{part}" for part in parts])
        hint = some or f"; {country} is known with {', '.join(parts[:20])}"
        hint = hint if parts else f'; did you mean "{country}"?'
    message = f"'holidays' is '{short(text.value)}': expected a country or part of one of ISO 3166, like \"NO\" or \"DE-BY\""
    reader.say(text.line, message + hint)
    return ""


def read_menus(reader: OfficeReader, node: Node | None) -> tuple[Menu, ...]:
    """`menus: [{name, prompt, keys, otherwise, ...}]`."""
    menus = (_menu(reader, item) for item in reader.items(node, "menus", MAX_OF_A_KIND))
    return tuple(menu for menu in menus if menu is not None)


def _menu(reader: OfficeReader, node: Node) -> Menu | None:
    fields = reader.mapping(node, "a menu")
    if fields is None:
        return None
    name = reader.name(fields.need("name", "front"))
    reader.claim_name("menu", name, fields.line_of("name"))
    extension = reader.extension(fields.get("extension"))
    reader.claim("extension", extension, fields.line_of("extension"), f"menu {name}")
    fields.need("prompt", "welcome")
    keys: dict[str, str] = {}
    for word, wanted in reader.entries(fields.get("keys"), "keys", '{"1": "queue:support"}'):
        key, to = _key(reader, word, "keys"), reader.target(wanted, f"keys: {short(word.value)}")
        if key is not None and to is not None:
            keys[key] = to
    otherwise = reader.target(fields.get("otherwise"), "otherwise")
    if name is not None and otherwise == f"menu:{name}":
        told = f"'otherwise' leads to menu {name} itself: who presses nothing hears it until they hang up"
        reader.warn(fields.line_of("otherwise"), told)
    timeout = reader.seconds(fields.get("timeout"), "timeout", least=1, most=60)
    direct_dial = fields.get("direct_dial")
    menu = Menu(
        id="",
        name=name or "",
        prompt=_sound(reader, fields, "prompt", "prompt"),
        keys=keys,
        otherwise=otherwise or "hangup",
        extension=extension,
        timeout_seconds=5.0 if timeout is None else timeout,
        tries=reader.whole(fields.get("tries"), "tries", least=1, most=10) or 3,
        direct_dial=direct_dial is None or reader.yes_no(direct_dial, "direct_dial"),
    )
    fields.end()
    return None if name is None else menu


def read_sounds(reader: OfficeReader, node: Node | None, folder: Path) -> tuple[SoundSpec, ...] | None:
    """`sounds: [{name, file | text, language}]`; files are looked for in `folder`. None where the file does not speak of
    sounds."""
    if node is None:
        return None
    found = []
    for item in reader.items(node, "sounds", MAX_OF_A_KIND):
        fields = reader.mapping(item, "a sound")
        if fields is None:
            continue
        name = reader.name(fields.need("name", "welcome"))
        reader.claim_name("sound", name, fields.line_of("name"))
        file = reader.text(fields.get("file"), "file", limit=1000)
        text = reader.text(fields.get("text"), "text", limit=MAX_TEXT)
        language = reader.language(fields.get("language"), "language") or ""
        fields.end()
        if fields.has("file") and fields.has("text"):
            reader.say(fields.line, "a sound has a 'file' or a 'text', not both")
        elif not fields.has("file") and not fields.has("text") and not reader.known:
            reader.say(fields.line, "a sound needs a 'file' or a 'text', for example text: Welcome to Acme")
        if file is not None and not (folder / file).is_file():
            reader.say(fields.line_of("file"), f"'file': there is no file {short(str(folder / file))}")
        if name is not None:
            found.append(SoundSpec(name, str(folder / file) if file else "", text or "", language, fields.line))
    return tuple(found)
