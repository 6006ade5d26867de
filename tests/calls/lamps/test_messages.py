"""Bob's phone shows that messages wait: it subscribes, is told of every change, and is told no longer than it asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.lamps.watch import Watch, answers_with, kept
from tests.calls.phones import SERVER, Office, Phone

from svara.calls.boxes import Counts, write_counts
from svara.calls.lamps import subscriptions
from svara.people.office import Member, Queue
from svara.sip.message import Response

BOX = "person:p-acme-bob"


def wait_for(office: Office, counts: dict[str, Counts]) -> None:
    """The jobs process has counted anew."""
    write_counts(counts, office.folder)
    office.switch.lamps.look(office.folder)
    office.settle()


@pytest.fixture
def counted(at_work: Office) -> Office:
    wait_for(at_work, {BOX: Counts(2, 8)})
    return at_work


def test_bob_subscribes_and_is_told_at_once_and_when_something_changes(counted: Office, bob: Phone) -> None:
    watch = Watch(bob)
    assert (watch.answer.status, watch.answer.first("expires")) == (200, "600")
    [first] = watch.told
    assert first.uri == bob.contact().strip("<>")
    assert first.first("event") == "message-summary"
    assert first.first("content-type") == "application/simple-message-summary"
    assert first.body.decode() == (
        f"Messages-Waiting: yes\r\nMessage-Account: sip:acme-bob@{SERVER[0]}\r\nVoice-Message: 2/8 (0/0)\r\n"
    )
    assert watch.last == ("2/8 (0/0)", "active;expires=600")
    counted.wait(100)
    wait_for(counted, {BOX: Counts(0, 10)})
    assert watch.last == ("0/10 (0/0)", "active;expires=500")
    assert watch.told[-1].body.startswith(b"Messages-Waiting: no\r\n")
    assert [message.cseq.number for message in watch.told] == [1, 2]
    wait_for(counted, {})
    assert watch.last[0] == "0/0 (0/0)"


def test_another_box_s_change_is_not_told(counted: Office, bob: Phone) -> None:
    watch = Watch(bob)
    wait_for(counted, {BOX: Counts(2, 8), "person:p-acme-anna": Counts(1)})
    assert len(watch.told) == 1


@pytest.mark.parametrize("address", ["102", "bob", "acme-bob", ""])
def test_the_own_box_has_several_addresses(counted: Office, bob: Phone, address: str) -> None:
    assert Watch(bob, to=address).last[0] == "2/8 (0/0)"


@pytest.mark.parametrize("address", ["101", "acme-anna", "anna", "beta-dora", "support", "nobody"])
def test_nobody_watches_another_s_box(counted: Office, bob: Phone, address: str) -> None:
    watch = Watch(bob, to=address)
    assert (watch.answer.status, watch.told) == (404, [])
    assert kept(counted) == 0


def test_a_stranger_is_challenged_and_nothing_is_kept(counted: Office) -> None:
    stranger = Phone(counted, "acme-nobody")
    stranger._asked("SUBSCRIBE", f"sip:102@{SERVER[0]}", f"sip:102@{SERVER[0]}", [("Event", "message-summary")])
    assert {m.status for m in stranger.received if isinstance(m, Response)} == {401}
    assert kept(counted) == 0


def test_the_members_of_a_queue_watch_its_box(tmp_path: Path) -> None:
    members = (Member("p-acme-bob"), Member("p-acme-anna"))
    queues = (Queue("q1", "support", "600", members=members),)
    office = Office(tmp_path, offices.office(acme={"queues": queues}))
    wait_for(office, {"queue:q1": Counts(3, 0)})
    bob, cecilie = (Phone(office, f"acme-{name}").register() for name in ("bob", "cecilie"))
    assert [Watch(bob, to=to).last[0] for to in ("600", "support")] == ["3/0 (0/0)"] * 2
    assert Watch(cecilie, to="600").answer.status == 404
    office.switch.office = offices.office(acme={"queues": (Queue("q1", "support", "600", members=members[1:]),)})
    wait_for(office, {"queue:q1": Counts(4, 0)})
    assert [message.first("subscription-state") for message in bob.heard("NOTIFY")[-2:]] == [
        "terminated;reason=noresource"
    ] * 2
    assert kept(office) == 0
    office.close()


def test_a_subscription_is_refreshed_ended_and_runs_out(counted: Office, bob: Phone) -> None:
    watch = Watch(bob)
    counted.wait(500)
    answer = watch.again(expires=600)
    assert (answer.status, answer.first("expires"), watch.last) == (200, "600", ("2/8 (0/0)", "active;expires=600"))
    counted.wait(599)
    assert kept(counted) == 1
    counted.wait(2)
    assert watch.last[1] == "terminated;reason=timeout"
    assert kept(counted) == 0
    assert watch.again(expires=600).status == 481
    other = Watch(bob)
    assert other.again(expires=0).status == 200
    assert other.last[1] == "terminated;reason=timeout"
    assert kept(counted) == 0
    told = len(other.told)
    counted.wait(700)
    assert len(other.told) == told


def test_who_only_asks_is_told_once(counted: Office, bob: Phone) -> None:
    watch = Watch(bob, expires=0)
    assert (watch.answer.status, watch.last) == (200, ("2/8 (0/0)", "terminated;reason=timeout"))
    assert kept(counted) == 0


@pytest.mark.parametrize(("asked", "granted"), [(None, "3600"), (60, "60"), (10_000_000, "7200")])
def test_the_time_is_bounded(counted: Office, bob: Phone, asked: int | None, granted: str) -> None:
    assert Watch(bob, expires=asked).answer.first("expires") == granted


def test_what_cannot_be_had_is_refused_in_the_standard_s_words(counted: Office, bob: Phone) -> None:
    brief = Watch(bob, expires=30).answer
    assert (brief.status, brief.first("min-expires")) == (423, "60")
    for event in ("conference", "x" * 500, "message-summary-x"):
        refused = Watch(bob, event=event).answer
        assert (refused.status, refused.first("allow-events")) == (489, "dialog, presence, message-summary, reg")
    assert Watch(bob, accept="application/pidf+xml").answer.status == 406
    assert Watch(bob, accept="text/plain, application/simple-message-summary;q=0.5").answer.status == 200
    assert Watch(bob, event="Message-Summary;id=7").told[-1].first("event") == "Message-Summary;id=7"


def test_within_the_dialog_only_what_belongs_there_counts(counted: Office, bob: Phone) -> None:
    watch = Watch(bob)
    assert watch.again(600, event="presence").status == 489
    assert watch.again(30).status == 423
    assert watch.again(600, method="INFO").status == 405
    assert watch.again(600, tag="guessed").status == 481
    number = bob.sent.cseq.number if bob.sent else 0
    bob.cseq = iter([number - 5])  # type: ignore[assignment]
    assert watch.again(600).status == 500
    assert kept(counted) == 1


def test_a_phone_that_has_forgotten_is_told_no_more(counted: Office, bob: Phone) -> None:
    Watch(bob)
    answers_with(bob, 481)
    wait_for(counted, {BOX: Counts(1, 0)})
    assert kept(counted) == 0


def test_a_phone_that_is_gone_is_told_no_more(counted: Office, bob: Phone) -> None:
    Watch(bob)
    bob.deaf = True
    wait_for(counted, {BOX: Counts(1, 0)})
    assert kept(counted) == 1
    counted.wait(40)
    assert kept(counted) == 0
    assert counted.switch.transactions.open == 0


def test_many_changes_in_a_moment_become_one(counted: Office, bob: Phone) -> None:
    watch = Watch(bob)
    for n in range(5):
        write_counts({BOX: Counts(n + 3, 0)}, counted.folder)
        counted.switch.lamps.look(counted.folder)
    counted.settle()
    assert [message.body.split(b": ")[-1].split(b" ")[0] for message in watch.told] == [b"2/8", b"3/0", b"7/0"]


def test_a_phone_has_only_so_many_subscriptions(counted: Office, bob: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MAX_OF_PHONE", 10)
    watches = [Watch(bob) for _ in range(11)]
    # The watches of one phone share a Call-ID here: their tags tell them apart.
    ended = [m for m in bob.heard("NOTIFY") if m.first("subscription-state") == "terminated;reason=deactivated"]
    assert [message.from_.tag for message in ended] == [watches[0].answer.to.tag]
    assert kept(counted) == 10


def test_a_phone_that_only_listens_is_told_too(counted: Office, anna: Phone, bob: Phone) -> None:
    assert bob.heard("NOTIFY") == [], "not before it has seen the answer to its registration"
    counted.wait(1.5)
    [welcome] = bob.heard("NOTIFY")
    assert welcome.uri == bob.contact().strip("<>")
    assert (welcome.first("event"), welcome.first("subscription-state")) == ("message-summary", "active")
    assert b"Voice-Message: 2/8 (0/0)" in welcome.body
    wait_for(counted, {BOX: Counts(0, 10)})
    assert b"Messages-Waiting: no" in bob.heard("NOTIFY")[1].body
    counted.wait(10)
    assert len(bob.heard("NOTIFY")) == 2
    assert anna.heard("NOTIFY") == []


def test_a_phone_that_subscribes_is_not_told_twice(counted: Office, bob: Phone) -> None:
    watch = Watch(bob)
    counted.wait(5)
    wait_for(counted, {BOX: Counts(3, 8)})
    assert bob.heard("NOTIFY") == watch.told
    assert len(watch.told) == 2


def test_after_a_restart_the_phone_subscribes_anew(counted: Office, bob: Phone) -> None:
    watch = Watch(bob)
    counted.kill()
    counted.start()
    counted.switch.lamps.look(counted.folder)
    assert watch.again(600).status == 481
    assert Watch(bob).last[0] == "2/8 (0/0)"


def test_a_damaged_file_leaves_the_counts_as_they_were(counted: Office, bob: Phone) -> None:
    (counted.folder / "mailboxes.msgpack").write_bytes(b"\xc1")
    counted.switch.lamps.look(counted.folder)
    assert Watch(bob).last[0] == "2/8 (0/0)"
