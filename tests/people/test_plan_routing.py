"""Acme's administrator changes where calls go, applies it, and call control learns exactly that."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import hashers

from svara.data import DataFolder
from svara.media.sounds import speech
from svara.people import plan, snapshot
from svara.people.models import Account, Greeting, Queue, Sound, Tenant, Trunk
from svara.people.office import Hours, Member, Outbound, read_office
from svara.people.office import Tenant as Company
from svara.people.officefile import OfficeFileError, load
from svara.people.pin import check_pin

from .offices import ACME_FULL, wav

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick_and_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = hashers.get_hasher()
    for name, value in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
        monkeypatch.setattr(hasher, name, value)
    monkeypatch.setattr(speech, "voice_for", lambda language: None)


class Acme:
    """The office file of Acme, in a folder with its sounds."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "acme.yaml"
        (folder / "waltz.wav").write_bytes(wav())
        self.text = ACME_FULL

    def _load(self) -> plan.OfficeFile:
        self.file.write_text(self.text)
        return load(self.file)

    def plan(self) -> list[str]:
        return [str(change) for change in plan.plan(self._load())]

    def apply(self) -> plan.Applied:
        return plan.apply(self._load())

    def now(self, was: str, is_: str) -> Acme:
        assert was in self.text
        self.text = self.text.replace(was, is_)
        return self


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    return Acme(tmp_path)


def company(data: DataFolder) -> Company:
    (found,) = read_office(data.root).tenants
    return found


def test_a_whole_company_is_planned_made_and_then_left_alone(acme: Acme, data_folder: DataFolder) -> None:
    assert acme.plan() == [
        "+ tenant acme: Acme AS",
        "+ person anna: Anna Berg, extension 101",
        "+ person bob: Bob Lund, extension 102",
        "+ phone acme-anna: of anna",
        '+ sound hello: "Welcome to Acme"',
        "+ sound waltz: waltz.wav",
        "+ queue support: longest-idle, members anna bob, extension 600",
        "+ queue sales: in-order, members bob anna",
        "+ hours office: mon-fri 08:00-16:00",
        "+ hours shop: mon-wed,fri 09:00-12:00 mon-wed,fri 13:00-17:30 sat,sun 22:00-02:00",
        "+ menu front: 1: queue:support, 2: person:anna, *: menu:more, extension 700",
        "+ menu more: 0: menu:front",
        "+ trunk itsp: sip:127.0.0.1:5090",
        "+ trunk spare: sip:spare.example;transport=tcp",
        "+ number +4721000000: to menu:front",
        "+ number +4721000001: to person:anna",
        "+ outbound + by itsp",
        "+ outbound + by spare",
        "+ outbound +47 by spare",
    ]
    acme.apply()
    version = read_office(data_folder.root).version
    assert acme.plan() == []
    assert acme.apply() == plan.Applied(changes=())
    assert read_office(data_folder.root).version == version


def test_call_control_learns_of_all_of_it(acme: Acme, data_folder: DataFolder) -> None:
    office = acme._load()
    acme.apply()
    seen = company(data_folder)
    anna, bob = seen.by_username["anna"], seen.by_username["bob"]
    support, sales = seen.queue_by_name["support"], seen.queue_by_name["sales"]
    assert support.members == (Member(anna.id, 1), Member(bob.id, 2))
    assert sales.members == (Member(anna.id, 1), Member(bob.id, 2, 3, {"norwegian": 4}))
    assert (sales.callback_key, sales.retry_seconds, sales.skills, sales.record) == ("*", 2.5, {"norwegian": 3}, True)
    assert seen.hours == office.hours
    assert {menu.name: menu.keys for menu in seen.menus} == {menu.name: menu.keys for menu in office.menus}
    assert seen.trunk_by_name["itsp"].secret == "t0psecret"
    assert seen.numbers == office.numbers
    assert seen.outbound == (Outbound("+", "itsp"), Outbound("+", "spare"), Outbound("+47", "spare"))
    assert seen.recording_rule == "consent"
    assert seen.target_by_extension == {
        "101": "person:anna",
        "102": "person:bob",
        "600": "queue:support",
        "700": "menu:front",
    }
    assert (anna.forwards, anna.find_me, anna.quiet) == (
        office.people[0].forwards,
        office.people[0].find_me,
        office.people[0].quiet,
    )
    assert (anna.classes, anna.shows, anna.mobile) == (("internal", "national"), "+4721000000", "+4790000001")
    assert check_pin("2580", anna.voicemail_pin)
    assert not check_pin("2581", anna.voicemail_pin)
    assert not check_pin("", bob.voicemail_pin)


def test_changes_are_told_one_by_one(acme: Acme) -> None:
    acme.apply()
    acme.now("ring: 15", "ring: 20").now("members: [anna, bob]", "members: [bob]").now("08:00-16:00", "08:00-15:30")
    acme.now("t0psecret", "0ther-secret").now('"0": "menu', '"9": "menu').now('"2580"', '"2581"')
    acme.now("{prefix: +47, trunk: spare}", "{prefix: +46, trunk: spare}").now(
        "consent", "announce, presence_to: colleagues"
    )
    acme.now("Welcome to Acme,", "Welcome,").now("skills: {norwegian: 4}", "skills: {norwegian: 5}")
    assert acme.plan() == [
        '~ tenant acme: recording rule "consent" -> "announce", presence to "everybody" -> "colleagues"',
        "~ person anna: another PIN of the mailbox",
        "~ sound hello: spoken anew",
        "~ queue support: without anna, another order, weight or skills of bob, ring seconds 15 -> 20",
        "~ queue sales: another order, weight or skills of bob",
        "~ hours office: open mon-fri 08:00-16:00 -> mon-fri 08:00-15:30",
        "~ menu more: keys 0: menu:front -> 9: menu:front",
        "~ trunk itsp: another secret",
        "+ outbound +46 by spare",
        "- outbound +47 by spare",
    ]
    acme.apply()
    assert acme.plan() == []


def test_a_queue_keeps_its_id_when_it_changes(acme: Acme) -> None:
    acme.apply()
    before = Queue.all_tenants.get(name="support").id
    acme.now("ring: 15", "ring: 20").apply()
    assert Queue.all_tenants.get(name="support").id == before


def test_what_the_file_no_longer_names_is_removed(acme: Acme, data_folder: DataFolder) -> None:
    acme.apply()
    head = ACME_FULL[: ACME_FULL.index("queues:")].replace('    shows: "+4721000000"\n', "")
    acme.text = head + "sounds: []\n"
    assert [line for line in acme.plan() if not line.startswith("-")] == ['~ person anna: shows "+4721000000" -> none']
    assert len(acme.apply().changes) == 1 + 2 + 2 + 2 + 2 + 2 + 2 + 3
    seen = company(data_folder)
    assert (seen.queues, seen.hours, seen.menus, seen.trunks, seen.numbers, seen.outbound, seen.sounds) == ((),) * 7


def test_sounds_of_which_the_file_does_not_speak_stay(acme: Acme) -> None:
    acme.apply()
    acme.text = ACME_FULL[: ACME_FULL.index("sounds:")]
    assert acme.plan() == []
    assert Sound.all_tenants.count() == 2


def test_what_people_chose_stays_while_its_target_is_there(acme: Acme, data_folder: DataFolder) -> None:
    acme.apply()
    bob = Account.all_tenants.get(username="bob")
    bob.forwards = [{"when": "busy", "to": "queue:sales"}, {"when": "offline", "to": "person:anna"}]
    bob.mobile = "+4790000002"
    bob.save()
    assert acme.plan() == []
    without_sales = ACME_FULL[: ACME_FULL.index("  - name: sales")] + ACME_FULL[ACME_FULL.index("hours:\n") :]
    acme.text = without_sales
    person, queue = acme.plan()
    assert person.endswith("-> offline to person:anna, no longer forwarded busy to queue:sales, which is gone")
    assert queue == "- queue sales"
    acme.apply()
    (forward,) = company(data_folder).by_username["bob"].forwards
    assert forward.to == "person:anna"
    assert company(data_folder).by_username["bob"].mobile == "+4790000002"
    acme.now("roles: [agent]}", 'roles: [agent], mobile: "", forward: {}}')
    assert acme.plan() == ['~ person bob: forwards offline to person:anna -> none, mobile "+4790000002" -> none']


def test_sounds_are_converted_and_spoken_where_there_is_a_voice(
    acme: Acme, data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.apply()
    (waltz,) = company(data_folder).sounds  # nobody can speak the other one
    assert waltz.name == "waltz"
    assert (data_folder.sounds / waltz.file).read_bytes().startswith(b"RIFF")
    monkeypatch.setattr(speech, "voice_for", lambda language: speech.Voice("espeak-ng", "espeak-ng", language))
    monkeypatch.setattr(speech, "speak", lambda text, language: wav())
    assert acme.plan() == ["~ sound hello: can be spoken now"]
    acme.apply()
    assert [sound.name for sound in company(data_folder).sounds] == ["hello", "waltz"]
    (acme.file.parent / "waltz.wav").write_bytes(wav(hertz=880))
    assert acme.plan() == ["~ sound waltz: another file"]
    acme.apply()
    assert company(data_folder).sound_by_name["waltz"].file != waltz.file
    assert acme.plan() == []


def test_a_file_that_is_no_sound_is_refused_with_its_line_and_nothing_is_changed(acme: Acme) -> None:
    (acme.file.parent / "waltz.wav").write_bytes(b"this is no sound")
    with pytest.raises(OfficeFileError) as refused:
        acme.apply()
    (line,) = refused.value.lines
    assert "acme.yaml:60: 'file': waltz.wav" in line
    assert not Tenant.objects.exists()


def test_a_trunk_keeps_a_secret_that_is_never_shown(acme: Acme) -> None:
    acme.apply()
    assert Trunk.all_tenants.get(name="itsp").secret == "t0psecret"
    told = " ".join(acme.now("t0psecret", "0ther-secret").plan())
    assert "secret" in told
    assert "t0psecret" not in told
    assert "0ther-secret" not in told


@pytest.mark.claim("TB-3")
def test_two_companies_route_their_calls_alone(acme: Acme, data_folder: DataFolder) -> None:
    acme.apply()
    other = Acme(acme.file.parent)
    other.now("slug: acme", "slug: beta").now("acme-anna", "beta-anna").now("anna@acme", "anna@beta")
    other.now("ring: 15", "ring: 25").apply()
    assert acme.plan() == other.plan() == []
    first, second = read_office(data_folder.root).tenants
    assert {member.person for member in first.queues[1].members}.isdisjoint(second.by_id)
    assert (first.queue_by_name["support"].ring_seconds, second.queue_by_name["support"].ring_seconds) == (15, 25)
    other.text = other.text[: other.text.index("queues:")].replace('    shows: "+4721000000"\n', "")
    other.apply()
    assert acme.plan() == []


def test_the_greeting_of_a_person_ends_on_its_day(acme: Acme, data_folder: DataFolder) -> None:
    acme.apply()
    bob = Account.all_tenants.get(username="bob")
    until = datetime(2026, 12, 1, tzinfo=UTC)
    Greeting.all_tenants.create(tenant=bob.tenant, account=bob, kind="away", file="t/away.wav", until=until)
    seen = snapshot.write(data_folder).tenants[0].by_username["bob"].greetings["away"]
    assert (seen.file, seen.until) == ("t/away.wav", 1_796_083_200.0)
    assert isinstance(read_office(data_folder.root).tenants[0].hours[0], Hours)
