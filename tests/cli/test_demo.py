"""The demo office: believable, invented, and a script of calls that can really be played."""

from __future__ import annotations

from pathlib import Path

import pytest

from svara.cli import demo
from svara.cli.demo_phones import LONGEST_CALL_SECONDS, PARTS, server_address
from svara.data import DataFolder


def test_eight_people_who_cannot_be_mistaken_for_real_ones() -> None:
    people = demo.office().people
    assert [person.extension for person in people] == [str(number) for number in range(101, 109)]
    assert all(person.email.endswith(".example") for person in people)  # RFC 2606
    assert demo.office().warnings == ()
    assert all(person.password and len(person.phones) == 1 for person in people)


def test_the_company_can_be_reached_from_outside_by_numbers_that_nobody_has() -> None:
    office = demo.office()
    assert {queue.name for queue in office.queues} == {"workshop", "shop"}
    numbers = [number.number for number in office.numbers]
    assert all(number.startswith("+468465004") for number in numbers)  # kept free for fiction in Sweden
    assert all(person.mobile is None or person.mobile.startswith("+467017406") for person in office.people)
    assert [trunk.address for trunk in office.trunks] == ["sip:sip.carrier.example"]  # RFC 2606


def test_a_newcomer_is_told_everything_needed() -> None:
    text = demo.welcome(DataFolder(Path("/srv/svara")), "127.0.0.1:8080", "127.0.0.1:5060")
    for person in demo.office().people:
        phone = person.phones[0]
        for needed in (person.name, person.email, person.password, person.extension, phone.login, phone.secret):
            assert needed
            assert needed in text
    assert "http://127.0.0.1:8080/" in text
    assert "127.0.0.1:5060" in text
    assert "with care" not in text
    assert "with care" in demo.welcome(DataFolder(Path("/srv/svara")), "127.0.0.1:8080", "0.0.0.0:5060")


def test_the_script_can_be_played() -> None:
    """Whoever is in a call is in one only: rows of one part share nobody."""
    usernames = {person.extension: person.username for person in demo.office().people}
    for part in PARTS:
        casts = []
        for row in part:
            cast = {scene.caller for scene in row} | {scene.callee for scene in row if scene.callee}
            casts.append(cast | {usernames[scene.dials] for scene in row if scene.dials in usernames})
        assert sum(map(len, casts)) == len(set().union(*casts))
    scenes = [scene for part in PARTS for row in part for scene in row]
    assert 20 <= len(scenes) <= 30
    assert {scene.reaction.does for scene in scenes} == {"answer", "decline", "busy", "ring"}
    row_seconds = [
        [sum(1 + scene.reaction.after_seconds % LONGEST_CALL_SECONDS + scene.talk_seconds for scene in row) for row in part]
        for part in PARTS
    ]
    assert sum(max(part) for part in row_seconds) < 90


@pytest.mark.parametrize(
    ("listens", "reached"),
    [
        ("127.0.0.1:5060", ("127.0.0.1", 5060)),
        ("0.0.0.0:5070", ("127.0.0.1", 5070)),
        ("[::]:5060", ("::1", 5060)),
        ("192.0.2.7:5060", ("192.0.2.7", 5060)),
    ],
)
def test_phones_of_this_machine_find_the_server(listens: str, reached: tuple[str, int]) -> None:
    assert server_address(listens) == reached
