"""The administrator of Acme writes down where calls go, and is told what leads nowhere."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.people.office import FindMe, Forward, Member, Window
from svara.people.officefile import OfficeFile, OfficeFileError, check, load, read
from svara.people.values import Problem
from svara.people.yamltree import from_plain

from .offices import ACME_FULL, wav

WORDS = ["name", "open", "keys", "members", "person", "strategy", "mon-fri", "exceptions", "12-24", "prompt", "1", "ring"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "waltz.wav").write_bytes(wav())
    return tmp_path


def office(folder: Path, text: str = ACME_FULL) -> OfficeFile:
    file = folder / "acme.yaml"
    file.write_text(text)
    return load(file)


def complaints(folder: Path, text: str) -> list[str]:
    with pytest.raises(OfficeFileError) as refused:
        office(folder, text)
    return [line.removeprefix(f"{folder}/") for line in refused.value.lines]


def test_all_that_can_be_said_is_read(folder: Path) -> None:
    acme = office(folder)
    assert acme.warnings == ()
    assert acme.tenant.recording_rule == "consent"
    anna, bob = acme.people
    assert (anna.mobile, anna.classes, anna.shows) == ("+4790000001", ("internal", "national"), "+4721000000")
    assert anna.forwards == (Forward("busy", "person:bob"), Forward("offline", "number:+4790000001"))
    assert anna.find_me == (FindMe(10, "number:+4790000001"),)
    assert anna.quiet == (Window(tuple(range(7)), 22 * 60, 7 * 60),)
    assert (anna.language, anna.record, anna.voicemail_pin) == ("nb", True, "2580")
    assert (bob.mobile, bob.forwards, bob.find_me, bob.quiet, bob.language) == (None,) * 5
    support, sales = acme.queues
    assert [member.person for member in support.members] == ["anna", "bob"]
    assert (support.ring_seconds, support.max_waiting, support.when_timeout) == (15, 50, "voicemail:support")
    assert sales.members == (Member("bob", 2, 3, {"norwegian": 4}), Member("anna", 1))
    assert (sales.callback_key, sales.music, sales.when_empty, sales.skills) == (
        "*",
        "waltz",
        "queue:support",
        {"norwegian": 3},
    )
    shop = acme.hours[1]
    assert shop.open == (Window((0, 1, 2, 4), 540, 720), Window((0, 1, 2, 4), 780, 1050), Window((5, 6), 1320, 120))
    assert shop.exceptions == {"2026-12-24": (Window((), 480, 720),), "12-31": ()}
    front, more = acme.menus
    assert front.keys == {"1": "queue:support", "2": "person:anna", "*": "menu:more"}
    assert (more.otherwise, more.direct_dial, front.direct_dial) == ("hangup", False, True)
    assert acme.trunks[1].match == ("192.0.2.0/24", "2001:db8::/32")
    assert [number.number for number in acme.numbers] == ["+4721000000", "+4721000001"]
    assert [(rule.prefix, rule.trunk) for rule in acme.outbound] == [("+", "itsp"), ("+", "spare"), ("+47", "spare")]
    assert "t0psecret" not in repr(acme)
    assert "2580" not in repr(acme)


@pytest.mark.parametrize(
    ("was", "is_", "said"),
    [
        # what leads nowhere
        ("[anna, bob]", "[anna, bobb]", "'members': there is no person 'bobb' in this file; did you mean 'bob'?"),
        ("[anna, bob]", "[anna, anna]", "'members' names 'anna' twice"),
        ("person: bob, order: 2", "person: support, order: 2", "there is no person 'support' in this file"),
        ('"1": "queue:support"', '"1": "queue:suport"', "'keys: 1': there is no queue 'suport' in this file"),
        ('"menu:more"', '"menu:mor"', "did you mean 'more'?"),
        ('"voicemail:support"}\n  - {number: +47', '"voicemail:suport"}\n  - {number: +47', "no person or queue 'suport'"),
        ("hours: office", "hours: offices", "'hours': there is no hours 'offices' in this file; did you mean 'office'?"),
        ("trunk: itsp, to", "trunk: istp, to", "'trunk': there is no trunk 'istp' in this file; did you mean 'itsp'?"),
        ('prefix: "+", trunk: itsp', 'prefix: "+", trunk: isp', "there is no trunk 'isp'"),
        ("music: waltz", "music: walz", "'music': there is no sound 'walz' in this file; did you mean 'waltz'?"),
        ('shows: "+4721000000"', 'shows: "+4721000009"', "'shows': there is no number '+4721000009'"),
        ('when_empty: "queue:support"', 'when_empty: "queue:sales"', "whom queue sales lets go cannot go to it again"),
        ('busy: "person:bob"', 'busy: "person:anna"', "anna's calls cannot go to anna again"),
        ('to: "number:+4790000001"}]', 'to: "voicemail:anna"}]', "only person: and number: can ring beside the desk"),
        # what there is twice
        ('extension: "700"', 'extension: "101"', "extension '101' of menu front is taken by anna (line 8)"),
        ('extension: "600"', 'extension: "102"', "extension '102' of queue support is taken by bob (line 21)"),
        ("name: sales", "name: support", "there is another queue 'support' on line 23"),
        ("name: shop", "name: office", "there is another hours 'office' on line 41"),
        ("name: spare", "name: itsp", "there is another trunk 'itsp' on line 51"),
        ("+4721000001", '"+4721000000"', "there is another number '+4721000000' on line 55"),
        ('{prefix: "+", trunk: spare}', '{prefix: "+", trunk: itsp}', "another outbound rule for '+' by trunk 'itsp'"),
        # what is no value of its kind
        ("longest-idle", "longest-idel", "did you mean 'longest-idle'?"),
        ("ring: 15", "ring: 0", "seconds from 1 to 300"),
        ("max_waiting: 50", "max_waiting: 5.5", "a whole number from 0 to 100000"),
        ("announce_position: true", "announce_position: maybe", "must be true or false"),
        ("announce_position: true", "anounce_position: true", "unknown in a queue; did you mean 'announce_position'?"),
        ("wrap_up: 5", "wrapup: 5", "'wrapup' is unknown in a queue; did you mean 'wrap_up'?"),
        ('callback_key: "*"', 'callback_key: "**"', "0 to 9, * or #"),
        ("norwegian: 3", "norwegian: 6", "a whole number from 1 to 5"),
        ("weight: 3", "weight: 0", "a whole number from 1 to 100"),
        ('"08:00-16:00"', '"8-16"', "expected times like \"08:00-16:00\", or closed"),
        ('"08:00-16:00"', '"08:00-24:30"', "expected times like"),
        ('"08:00-16:00"', '"08:00-08:00"', 'is no time at all; the whole day is "00:00-24:00"'),
        ("mon-fri", "man-fre", "'man-fre' are no days"),
        ('"NO"}\n  - name', '"NQ"}\n  - name', "'holidays' is 'NQ': expected a country or part of one of ISO 3166"),
        ("DE-BY", "DE-XY", "DE-BY"),
        ("DE-BY", "de-by", 'did you mean "DE-BY"?'),
        ("2026-12-24", "24.12.2026", "expected a date like 2026-12-24, or 12-24 for each year"),
        ("12-31", "02-30", "'exceptions' has '02-30'"),
        ('2: "person:anna"', 'A: "person:anna"', "'keys' must be a key of a phone"),
        ("tries: 2", "tries: 0", "a whole number from 1 to 10"),
        ("prompt: hello, keys: {\"0\"", "keys: {\"0\"", "a menu needs 'prompt', for example prompt: welcome"),
        ('"sip:127.0.0.1:5090"', "127.0.0.1", 'did you mean "sip:127.0.0.1"?'),
        ("transport=tcp", "transport=sctp", "transport 'sctp' must be udp, tcp or tls"),
        ("192.0.2.0/24", "192.0.2.1/24", "(host bits are set)"),
        ("match: [127.0.0.1]", "match: [provider.example]", "expected an IP address or network"),
        ("login: acme, secret: t0psecret, ", "", "'register' needs 'login' and 'secret'"),
        ("secret: t0psecret, ", "", "trunk itsp has a 'login' and needs a 'secret'"),
        ("format: national", "format: nationl", "did you mean 'national'?"),
        ('number: "+4721000000"', 'number: "21 00 00 00"', '; did you mean "+4721000000"?'),
        ('mobile: "+4790000001"', "mobile: 90000001", 'did you mean "+4790000001"?'),
        ('prefix: "+", trunk: itsp', 'prefix: "00", trunk: itsp', "expected how numbers of E.164 begin"),
        ("[internal, national]", "[internal, nationl]", "did you mean 'national'?"),
        ('"2580"', "2580", "'voicemail_pin' must be text: write it in quotes"),
        ('"2580"', '"25"', "'voicemail_pin' must have four to ten digits"),
        ("file: waltz.wav", "file: walz.wav", "there is no file"),
        ("file: waltz.wav", "file: waltz.wav, text: Waltz", "a sound has a 'file' or a 'text', not both"),
        (", file: waltz.wav", "", "a sound needs a 'file' or a 'text'"),
        ("recording: consent", "recording: ask", "known are announce, consent"),
        ("recording: consent", "presence_to: friends", "known are everybody, colleagues, nobody"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_was_meant(folder: Path, was: str, is_: str, said: str) -> None:
    assert was in ACME_FULL
    line = ACME_FULL[: ACME_FULL.index(was)].count("\n") + 1
    lines = complaints(folder, ACME_FULL.replace(was, is_, 1))
    assert any(told.startswith(f"acme.yaml:{line}: ") and said in told for told in lines), lines


def test_whether_supervisors_may_listen_and_how_the_two_are_told(folder: Path) -> None:
    assert [queue.supervision for queue in office(folder).queues] == ["off", "off"]
    with_words = ACME_FULL.replace("strategy: longest-idle,", "strategy: longest-idle, supervision: announced,")
    assert office(folder, with_words).queues[0].supervision == "announced"
    with_tone = with_words.replace("announced", "tone")
    [said] = complaints(folder, with_tone)
    assert said.endswith(
        "'supervision' is 'tone': in NO both who talk have to be told in words that somebody listens; write announced"
    )
    in_britain = with_tone.replace('country: "NO"', "country: GB").replace("+47", "+44")
    assert not any("supervision" in line for line in _complaints_or_none(folder, in_britain))
    [said] = complaints(folder, with_words.replace("announced", "silent"))
    assert "expected one of off, announced, tone" in said or "silent" in said


def _complaints_or_none(folder: Path, text: str) -> list[str]:
    try:
        office(folder, text)
    except OfficeFileError as refused:
        return refused.lines
    return []


def test_secrets_are_not_repeated(folder: Path) -> None:
    text = ACME_FULL.replace("secret: t0psecret", "secret: 0x5ec4e7").replace('"2580"', '"25a8"')
    told = "\n".join(complaints(folder, text))
    assert "0x5ec4e7" not in told
    assert "25a8" not in told


@pytest.mark.parametrize(
    ("was", "is_", "warned"),
    [
        ("greeting: hello", "greeting: welcome", "'greeting': there is no sound 'welcome': its name is spoken instead"),
        ('otherwise: "queue:support"', 'otherwise: "menu:front"', "'otherwise' leads to menu front itself: who presses"),
        ('{prefix: "+", trunk: itsp}, {prefix: "+", trunk: spare}, ', "", None),
        (', closed: "voicemail:support"', "", "without 'closed', who calls outside these hours is hung up on"),
        (", hours: office", "", "'closed' never happens without 'hours'"),
        ("max_wait: 300, ", "", "'when_timeout' never happens without 'max_wait'"),
        ('"2580"', '"1234"', "this voicemail_pin is among the first that somebody would try"),
    ],
)  # fmt: skip
def test_what_is_unwise_is_taken_with_a_warning(folder: Path, was: str, is_: str, warned: str | None) -> None:
    assert was in ACME_FULL
    line = ACME_FULL[: ACME_FULL.index(was)].count("\n") + 1
    warnings = office(folder, ACME_FULL.replace(was, is_, 1)).warnings
    assert (warnings == ()) if warned is None else any(f"acme.yaml:{line}: {warned}" in each for each in warnings), warnings


def test_a_mailbox_that_could_be_two_is_refused_only_when_it_is_meant(folder: Path) -> None:
    text = ACME_FULL.replace("name: sales", "name: bob")
    assert len(office(folder, text).queues) == 2
    said = complaints(folder, text.replace('to: "voicemail:anna"', 'to: "voicemail:bob"'))
    assert said == [
        "acme.yaml:11: 'to': 'voicemail:bob' can be that of the person or of the queue 'bob'; give the queue another name"
    ]


def test_menus_may_lead_in_circles(folder: Path) -> None:
    assert office(folder, ACME_FULL.replace('"0": "menu:front"', '"0": "menu:front", "1": "menu:more"')).warnings == ()


def test_numbers_that_no_trunk_takes_are_pointed_out(folder: Path) -> None:
    text = ACME_FULL[: ACME_FULL.index("outbound:")] + ACME_FULL[ACME_FULL.index("sounds:") :]
    assert [warning.rpartition("/")[2] for warning in office(folder, text).warnings] == [
        "acme.yaml:15: 'offline': no outbound rule takes +4790000001, so no call can go there",
        "acme.yaml:16: 'to': no outbound rule takes +4790000001, so no call can go there",
    ]


@given(st.data())
def test_no_damage_to_a_good_file_is_too_strange(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(ACME_FULL)))
    end = data.draw(st.integers(start, min(len(ACME_FULL), start + 30)))
    damaged = ACME_FULL[:start] + data.draw(st.text(max_size=10)) + ACME_FULL[end:]
    with contextlib.suppress(OfficeFileError):
        assert read(damaged.encode(), "acme.yaml").tenant.slug


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
        max_leaves=25,
    )
)
def test_no_document_of_a_page_is_too_strange(nonsense: object) -> None:
    document = {"version": 1, "tenant": {"slug": "acme", "name": "Acme", "country": "NO", "timezone": "Europe/Oslo"}}
    tree, paths = from_plain(document | {"people": [], "queues": [nonsense], "hours": nonsense, "menus": [nonsense]})
    problems: list[Problem] = []
    try:
        check(tree, "", known=True)
    except OfficeFileError as refused:
        problems = refused.problems
    assert all(0 < problem.line <= len(paths) for problem in problems)
