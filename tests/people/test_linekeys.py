"""Bob looks at the keys of his desk phone: those he chose, or those that were thought of for him."""

from __future__ import annotations

import pytest
from tests.people.conftest import person
from tests.people.test_officefile import ACME, complaint, office

from svara.people import administration, linekeys, plan, snapshot
from svara.people.document import export
from svara.people.models import Account, OfficeChange, Queue, QueueMember, Tenant
from svara.people.office import Key, Member, Parking, Person
from svara.people.office import Queue as QueueStruct
from svara.people.office import Tenant as Company
from svara.people.officefile import read
from svara.privacy.rights.port import capabilities
from svara.privacy.subject import person as subject_of

ANNA = Person("a", "anna", "Anna Berg", "101")
BOB = Person("b", "bob", "Bob Lund", "102")
CECILIE = Person("c", "cecilie", "Cecilie Moe", "103")
DAG = Person("d", "dag", "Dag Vik")
SUPPORT = QueueStruct("q", "support", "600", members=(Member("b"), Member("c")))


def company(*people: Person, queues: tuple[QueueStruct, ...] = (SUPPORT,)) -> Company:
    return Company("t", "acme", "Acme AS", "NO", "Europe/Oslo", ("nb",), people=people, queues=queues)


def test_bob_who_chose_nothing_has_a_line_his_queue_those_beside_him_and_then_everybody_else() -> None:
    acme = company(ANNA, BOB, CECILIE, DAG)
    assert [linekeys.target_of(key) for key in linekeys.keys_of(acme, BOB)] == [
        "line",
        "queue:support",
        "person:cecilie",
        "person:anna",
    ]  # Dag has no extension: no lamp can watch him


def test_a_large_company_does_not_fill_the_phone_with_strangers() -> None:
    many = [Person(f"p{n}", f"p{n}", f"Person {n:03}", str(2000 + n)) for n in range(100)]
    acme = company(ANNA, BOB, CECILIE, *many)
    assert [linekeys.target_of(key) for key in linekeys.keys_of(acme, BOB)] == ["line", "queue:support", "person:cecilie"]
    busy = company(BOB, *many, queues=(QueueStruct("q", "all", "600", members=tuple(Member(p.id) for p in (BOB, *many))),))
    assert len(linekeys.keys_of(busy, BOB)) == linekeys.MAX_AUTOMATIC


def test_keys_on_the_phone_say_whom_they_watch_and_what_they_dial() -> None:
    chosen = (Key("person", "anna"), Key("speed", "+4790000000", "Taxi"), Key("person", "dag"), Key("person", "gone"),
              Key("queue", "support"), Key("speed", "*97"))  # fmt: skip
    bob = Person("b", "bob", "Bob Lund", "102", keys=chosen)
    assert [(key.kind, key.label, key.number, key.lamp) for key in linekeys.shown(company(ANNA, bob, DAG), bob)] == [
        ("line", "102", "", False),
        ("person", "Anna Berg", "101", True),
        ("speed", "Taxi", "+4790000000", False),
        ("queue", "support", "600", True),
        ("speed", "*97", "*97", False),
    ]


KEYS = """    keys: [line, "person:bob", {to: "number:+4790000000", label: Taxi}, {to: "dial:*97", label: Messages}]
"""
WITH_KEYS = ACME.replace("    roles: [admin]\n", f"    roles: [admin]\n{KEYS}")


def test_the_office_file_names_the_keys() -> None:
    assert office(WITH_KEYS).people[0].keys == (
        Key("line"),
        Key("person", "bob"),
        Key("speed", "+4790000000", "Taxi"),
        Key("speed", "*97", "Messages"),
    )
    assert office(WITH_KEYS).people[1].keys is None


@pytest.mark.parametrize(
    ("was", "is_", "said"),
    [
        ('"person:bob"', '"person:bbo"', "there is no person 'bbo' in this file; did you mean 'bob'?"),
        ('"person:bob"', '"persn:bob"', "to which no key of a phone can lead; did you mean 'person:'?"),
        ('"person:bob"', "hangup", "to which no key of a phone can lead"),
        ('"person:bob"', "[line]", "must be text"),
        ("+4790000000", "90000000", 'did you mean "+4790000000"?'),
        ("dial:*97", "dial:anna", "1 to 20 digits, stars and hashes"),
        ("Taxi", "T" * 31, "'label' must have 1 to 30 characters"),
        ("label: Taxi", "lable: Taxi", "did you mean 'label'?"),
    ],
)
def test_what_is_wrong_with_a_key_is_said(was: str, is_: str, said: str) -> None:
    text = WITH_KEYS.replace(f"{was}, {{", f"{is_}, {{") if was == '"person:bob"' else WITH_KEYS.replace(was, is_)
    assert said in complaint(text)


@pytest.mark.django_db
def test_an_office_is_applied_with_its_keys_and_is_the_same_afterwards() -> None:
    plan.apply(read(WITH_KEYS.encode(), "acme.yaml"))
    acme = Tenant.objects.get(slug="acme")
    assert plan.plan(read(WITH_KEYS.encode(), "acme.yaml")) == ()
    anna = snapshot.of(acme).by_username["anna"]
    assert anna.keys[1:3] == (Key("person", "bob"), Key("speed", "+4790000000", "Taxi"))
    assert export(acme)["people"][0]["keys"][2] == {"to": "number:+4790000000", "label": "Taxi"}
    plan.apply(read(ACME.encode(), "acme.yaml"))  # what the file leaves out stays
    assert snapshot.of(acme).by_username["anna"].keys == anna.keys
    [change] = plan.plan(read(WITH_KEYS.replace(KEYS, "    keys: []\n").encode(), "acme.yaml"))
    assert str(change) == "~ person anna: keys line person:bob number:+4790000000 dial:*97 -> none"
    alone = ACME.split("  - username: bob")[0].replace('to: "person:bob"', "to: hangup")
    told = [str(change) for change in plan.plan(read(alone.encode(), "acme.yaml"))]
    assert "no key for person:bob any more, which is gone" in told[0]


@pytest.fixture
def support(acme: Tenant, anna: Account, bob: Account) -> Queue:
    rules = {"ring_seconds": 15, "retry_seconds": 1, "wrap_up_seconds": 0, "announce_position": False, "priority": 0}
    rules |= {"announce_every_seconds": 45, "auto_pause_after": 0, "relax_seconds": 30, "service_level_seconds": 20}
    queue = Queue.all_tenants.create(
        tenant=acme, name="support", extension="600", strategy="ring-all", record=False, **rules
    )
    QueueMember.all_tenants.create(tenant=acme, queue=queue, account=bob, order=1, weight=1)
    return queue


def item_of(actor: Account, username: str) -> dict[str, object]:
    return administration.access_item(actor, "people", username)[1]


def admin(acme: Tenant) -> Account:
    account = person(acme, "cecilie", "Cecilie Moe", "103")
    account.roles = ["member", "admin"]
    account.save()
    return account


def test_a_lamp_for_what_is_removed_goes_with_it_and_follows_another_name(
    acme: Tenant, anna: Account, bob: Account, support: Queue
) -> None:
    cecilie = admin(acme)
    keys = [{"to": "person:anna"}, {"to": "queue:support", "label": "Help"}]
    administration.do_save(cecilie, "people", "bob", item_of(cecilie, "bob") | {"keys": keys})
    administration.do_rename(cecilie, "queues", "support", "help")
    assert snapshot.of(acme).by_username["bob"].keys == (Key("person", "anna"), Key("queue", "help", "Help"))
    administration.do_remove(cecilie, "people", "anna")
    administration.do_remove(cecilie, "queues", "help")
    assert snapshot.of(acme).by_username["bob"].keys == ()


def test_bob_chooses_his_keys_himself_which_is_in_no_log(acme: Tenant, anna: Account, bob: Account) -> None:
    item, _names = administration.access_own(bob)
    administration.do_change_own(bob, item | {"keys": [{"to": "person:anna"}]})
    assert snapshot.of(acme).by_username["bob"].keys == (Key("person", "anna"),)
    assert not OfficeChange.of(acme).exists()


def test_when_anna_is_erased_no_key_of_bob_names_her(acme: Tenant, anna: Account, bob: Account) -> None:
    bob.keys = [{"kind": "person", "target": "anna", "label": "Anna"}, {"kind": "line", "target": "", "label": ""}]
    bob.save()
    [people] = [each for each in capabilities() if each.name == "people"]
    list(people.erase(acme.id, subject_of(anna.id), reason="asked"))
    bob.refresh_from_db()
    assert [key["kind"] for key in bob.keys] == ["line"]


def test_a_key_for_a_parking_place_watches_it_while_there_is_one() -> None:
    parking = 'parking: {extensions: "801-803"}\n'
    text = WITH_KEYS.replace('"person:bob", {', '"park:802", {') + parking
    assert office(text).people[0].keys is not None
    assert office(text).people[0].keys[1] == Key("park", "802")
    assert "there is no park '804' in this file" in complaint(text.replace("park:802", "park:804"))
    bob = Person("b", "bob", "Bob Lund", "102", keys=(Key("park", "802"), Key("park", "804")))
    acme = Company("t", "acme", "Acme AS", "NO", "Europe/Oslo", ("nb",), people=(bob,), parking=Parking(("801", "802")))
    assert [(key.label, key.number, key.lamp) for key in linekeys.shown(acme, bob)][1:] == [("802", "802", True)]
