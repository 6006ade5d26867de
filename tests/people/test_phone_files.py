"""What the phones of each maker are told: files as they were agreed on, read back as the phones read them; and Mallory,
whose name tries to say more than a name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.people.linekeys import Shown
from svara.people.provisioning import grandstream, poly, snom, softphones, yealink
from svara.people.provisioning.makers import MAKERS, mac_in, mac_of, told
from svara.people.provisioning.setup import Setup
from svara.people.provisioning.zone import Change, parse, zone

GOLDEN = Path(__file__).parent / "golden"
ANNA = Setup(
    name="Anna Bergström",
    extension="101",
    login="acme-anna",
    secret="s3cret-of-anna",
    address="https://phone.acme.test/provision/svaraph_x/",
    host="phone.acme.test",
    port=5061,
    transport="tls",
    timezone="Europe/Oslo",
    language="nb",
    keys=(
        Shown("line", "101"),
        Shown("queue", "support", "600", lamp=True),
        Shown("person", "Bob Lund", "102", lamp=True),
        Shown("speed", "Taxi", "+4790000000"),
    ),
    mailbox="*97",
    phonebook="https://phone.acme.test/provision/svaraph_x/phonebook.xml",
    pickup="**",
    mac="001565aabbcc",
)
FILES: dict[str, Callable[[Setup], str]] = {
    "yealink.cfg": yealink.render,
    "snom.xml": snom.render,
    "grandstream.xml": grandstream.render,
    "poly.xml": poly.render,
    "poly-master.xml": lambda setup: poly.master(setup.mac),
    "poly-directory.xml": poly.directory,
    "linphone.xml": softphones.linphone,
    "baresip-accounts": softphones.baresip,
}


def lines_of(text: str) -> dict[str, str]:
    """A file of Yealink, as the phone reads it."""
    head, *rest = text.splitlines()
    assert head == "#!version:1.0.0.1"
    return dict(line.split(" = ", 1) for line in rest)


def values_of(text: str, wanted: str) -> dict[str, str]:
    """Elements of an XML file by tag."""
    return {element.tag: element.text or "" for element in ET.fromstring(text).iterfind(wanted)}


def with_(**changes: object) -> Setup:
    return Setup(**({name: getattr(ANNA, name) for name in Setup.__slots__} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_as_they_were_agreed_on(name: str) -> None:
    written = FILES[name](ANNA)
    if os.environ.get("SVARA_WRITE_GOLDEN"):
        (GOLDEN / name).write_text(written, encoding="utf-8")
    assert written == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_a_firmware(name: str) -> None:
    text = FILES[name](ANNA)
    assert not re.search(r"firmware|upgrade|\.rom|\.bin|update_policy|update_server|software", text, re.IGNORECASE)
    assert not re.search(r"<P(192|6767|194|232|233|234|238|240)>", text), "Grandstream's numbers for firmware"
    if name == "poly-master.xml":
        assert ET.fromstring(text).get("APP_FILE_PATH") == "", "named so that the phone looks for none"
    else:
        assert "APP_FILE_PATH" not in text


def test_a_yealink_has_its_account_its_keys_and_a_place_to_ask_again() -> None:
    told_ = lines_of(yealink.render(ANNA))
    assert (told_["account.1.user_name"], told_["account.1.password"]) == ("acme-anna", "s3cret-of-anna")
    assert (told_["account.1.sip_server.1.address"], told_["account.1.sip_server.1.transport_type"]) == (
        "phone.acme.test",
        "2",
    )
    assert [told_[f"account.1.codec.{codec}.priority"] for codec in ("opus", "g722", "pcma", "pcmu")] == ["1", "2", "3", "4"]
    assert [told_[f"linekey.{number}.type"] for number in (1, 2, 3, 4)] == ["15", "16", "16", "13"]
    assert (told_["linekey.3.value"], told_["linekey.3.label"], told_["linekey.3.extension"]) == ("102", "Bob Lund", "**102")
    assert (told_["local_time.time_zone"], told_["local_time.start_time"], told_["local_time.end_time"]) == (
        "+1",
        "3/5/7/2",
        "10/5/7/3",
    )
    assert told_["static.auto_provision.server.url"] == ANNA.address
    assert told_["static.auto_provision.dhcp_option.enable"] == "0"


def test_a_snom_a_grandstream_and_a_poly_have_the_same() -> None:
    of_snom = ET.fromstring(snom.render(ANNA))
    assert of_snom.findtext("phone-settings/user_pass") == "s3cret-of-anna"
    assert of_snom.findtext("phone-settings/dst") == "3600 03.05.07 02:00:00 10.05.07 03:00:00"
    assert [(key.get("label"), key.text) for key in of_snom.iterfind("functionKeys/fkey")] == [
        ("101", "line"),
        ("support", "blf sip:600@phone.acme.test|**"),
        ("Bob Lund", "blf sip:102@phone.acme.test|**"),
        ("Taxi", "speed +4790000000"),
    ]
    values = values_of(grandstream.render(ANNA), "config/*")
    assert (values["P35"], values["P34"], values["P47"], values["P130"]) == (
        "acme-anna",
        "s3cret-of-anna",
        "phone.acme.test:5061",
        "2",
    )
    assert (values["P237"], values["P212"]) == ("phone.acme.test/provision/svaraph_x", "2")
    assert values["P331"] == "phone.acme.test/provision/svaraph_x"
    assert values["P246"] == "CET-1CEST,M3.5.0,M10.5.0/3"
    assert [values[f"P{1363 + 2 * number}"] for number in range(4)] == ["0", "11", "11", "10"]
    of_poly = ET.fromstring(poly.render(ANNA)).find("ALL")
    assert of_poly is not None
    assert of_poly.get("reg.1.auth.password") == "s3cret-of-anna"
    assert [of_poly.get(f"lineKey.{number}.category") for number in (1, 2, 3, 4)] == ["Line", "BLF", "BLF", "SpeedDial"]
    assert of_poly.get("attendant.resourceList.2.address") == "sip:102@phone.acme.test"
    assert of_poly.get("tcpIpApp.sntp.daylightSavings.start.dayOfWeek.lastInMonth") == "1"
    assert "s3cret" not in poly.master(ANNA.mac)
    assert ET.fromstring(poly.directory(ANNA)).findtext("item_list/item/ct") == "+4790000000"


def test_a_grandstream_gets_as_many_keys_as_it_has_numbers_for() -> None:
    keys = tuple(Shown("person", f"P{n}", str(200 + n), lamp=True) for n in range(40))
    values = values_of(grandstream.render(with_(keys=keys)), "config/*")
    assert values["P23800"] == "11"  # the seventh
    assert values["P23802"] == "P6"
    assert values[f"P{23800 + 4 * 25 + 3}"] == "231"
    assert f"P{23800 + 4 * 26}" not in values


HOSTILE = st.text(min_size=1, max_size=60) | st.sampled_from(
    [
        'Anna" password="x',
        "Anna\naccount.1.password = mallory",
        "Anna\r\nfirmware.url = http://evil.test/x.rom",
        "Anna\u2028account.1.sip_server.1.address = evil.test",
        "</user_realname><user_pass>x</user_pass>",
        "]]><P192>evil.test</P192>",
        "&evil;",
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
        '"><sip:evil.test>;auth_pass=x',
        "Anna\x00\x1b[31m",
        "Anna\xa0Berg\u3000",
        "\u202eanna",
        "%NULL%",
    ]
)


@given(name=HOSTILE, label=HOSTILE)
def test_a_name_is_a_name_and_nothing_more(name: str, label: str) -> None:
    setup = with_(name=name, keys=(Shown("person", label, "102", lamp=True), Shown("speed", label, "*97")))
    plain = with_(name="Anna", keys=(Shown("person", "Bob", "102", lamp=True), Shown("speed", "Bob", "*97")))
    ours, theirs = lines_of(yealink.render(setup)), lines_of(yealink.render(plain))
    assert ours.keys() == theirs.keys()
    assert {key for key in ours if ours[key] != theirs[key]} <= {
        "account.1.display_name",
        "linekey.1.label",
        "linekey.2.label",
    }
    for render in (snom.render, grandstream.render, poly.render, poly.directory, softphones.linphone):
        shape = [(each.tag, sorted(each.attrib)) for each in ET.fromstring(render(setup)).iter()]
        assert shape == [(each.tag, sorted(each.attrib)) for each in ET.fromstring(render(plain)).iter()]
    comment, line, *rest = softphones.baresip(setup).split("\n")
    assert (comment[0], rest) == ("#", [""])
    assert line.isprintable()
    assert re.fullmatch(r'"[^"\\<>;,]*" <sip:acme-anna@phone\.acme\.test:5061;transport=tls>;auth_user=acme-anna;.*', line)


def test_zones_are_told_as_their_own_rules_are() -> None:
    assert zone("Europe/Oslo") == parse("CET-1CEST,M3.5.0,M10.5.0/3")
    assert parse("EST5EDT,M3.2.0,M11.1.0") == parse("EST5EDT4,M3.2.0/2,M11.1.0/2").__class__(
        -18000, "EST5EDT,M3.2.0,M11.1.0", 3600, Change(3, 2, 0, 2), Change(11, 1, 0, 2)
    )
    assert zone("Asia/Kolkata").offset_seconds == 19800
    assert zone("Asia/Kolkata").begins is None
    assert parse("<+0330>-3:30").offset_seconds == 12600
    assert zone("Mars/Olympus").posix == "UTC0"
    assert parse("IST-2IDT,M3.4.4/26,M10.5.0").begins == Change(3, 4, 4, 23)
    assert "local_time.time_zone = +5:30" in yealink.render(with_(timezone="Asia/Kolkata"))
    assert "local_time.summer_time = 0" in yealink.render(with_(timezone="Asia/Kolkata"))


def test_every_zone_that_there_is_can_be_told() -> None:
    import zoneinfo

    for name in sorted(zoneinfo.available_timezones()):
        here = zone(name)
        assert abs(here.offset_seconds) <= 14 * 3600, name
        yealink.render(with_(timezone=name))


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Yealink SIP-T46S 66.84.0.15 00:15:65:aa:bb:cc", ("SIP-T46S", "66.84.0.15")),
        ("Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12 000413922D24 SXM:0 UXM:0)", ("D785", "10.1.33.33")),
        ("Grandstream Model HW GXP2170 SW 1.0.11.6 DevId 000b82aabbcc", ("GXP2170", "1.0.11.6")),
        ("FileTransport PolycomVVX-VVX_411-UA/5.9.0.9373 (SN:64167f112233)", ("VVX_411", "5.9.0.9373")),
        ("Mozilla/5.0 <script>", ("", "")),
        ("Yealink " + "A" * 300 + " 1.2", ("", "")),
    ],
)
def test_a_phone_says_what_it_is(agent: str, expected: tuple[str, str]) -> None:
    assert told(agent) == expected


def test_mac_addresses_are_read_as_people_and_phones_write_them() -> None:
    assert {mac_of(text) for text in ("00:15:65:AA:BB:CC", "00-15-65-aa-bb-cc", "0015.65aa.bbcc", " 001565aabbcc ")} == {
        "001565aabbcc"
    }
    assert {mac_of(text) for text in ("", "00:15:65:aa:bb", "00:15:65:aa:bb:cg", "001565aabbccdd")} == {""}
    assert mac_in("cfg001565AABBCC.xml") == mac_in("001565aabbcc-svara.cfg") == "001565aabbcc"
    assert mac_in("y000000000066.cfg") == ""
    assert MAKERS["grandstream"].file("cfg001565AABBCC.xml", "001565aabbcc") is not None
    assert MAKERS["yealink"].file("001565aabbcd.cfg", "001565aabbcc") is None
