"""The live pages of queues: who sees whom wait, what agents and supervisors can do, and that nobody else sees any of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from django.test import Client
from django.utils import timezone
from tests.history import stories
from tests.web.office import PASSWORD, Company
from tests.web.test_pages import text

from svara.bus.port import BusError
from svara.calls import commands
from svara.calls.commands import AskQueues, LiveCall, QueueChanged, QueueMember, Queues, QueueState, SetAgent, WaitingCaller
from svara.calls.events import Party
from svara.people.models import Queue
from svara.people.models import SignedIn as Session
from svara.web import live
from svara.web.live import Event, Live, Viewer
from svara.web.queues_now import QueuesNow

SignedIn = Callable[..., Client]
KARI = Party(number="+4722000001", name="Kari Nordmann")
HTMX = {"HTTP_HX_REQUEST": "true"}


class Floor:
    """The calls process as the pages ask it: holds queues, and does what agents wish."""

    def __init__(self) -> None:
        self.queues: dict[str, list[QueueState]] = {}
        self.wishes: list[SetAgent] = []
        self.away = False

    async def request(self, service: str, payload: bytes, timeout_seconds: float = 5.0) -> bytes:
        if self.away:
            raise BusError("unavailable", service)
        return msgspec.msgpack.encode(self._answer(msgspec.msgpack.decode(payload, type=commands.Request)))

    def _answer(self, request: commands.Request) -> commands.Answer:
        if isinstance(request, AskQueues):
            return Queues(tuple(self.queues.get(request.tenant, ())))
        assert isinstance(request, SetAgent)
        members = {one.person for state in self.queues[request.tenant] for one in state.members}
        if request.person not in members:
            return commands.Refused("not-found", "no member")
        self.wishes.append(request)
        self.queues[request.tenant] = [
            msgspec.structs.replace(state, members=tuple(_wished(one, state, request) for one in state.members))
            for state in self.queues[request.tenant]
        ]
        return commands.Done()


def _wished(member: QueueMember, state: QueueState, wish: SetAgent) -> QueueMember:
    if member.person != wish.person or wish.queue not in (None, state.name):
        return member
    return QueueMember(member.person, wish.state, wish.reason, time.time())


def line(company: Company, queue: Queue, *callers: Party, **members: str) -> QueueState:
    """A queue as the calls process tells of it; `members` are states by user name ("paused:lunch" with a reason)."""
    now = time.time()
    found = []
    for username, state in members.items():
        key, _, reason = state.partition(":")
        found.append(QueueMember(company[username].id, key.replace("_", "-"), reason, now - 60))
    waiting = tuple(WaitingCaller(f"w{n}", n, now - 100 + n, caller) for n, caller in enumerate(callers, 1))
    return QueueState(queue.id, queue.name, waiting=len(callers), callers=waiting, members=tuple(found))


@pytest.fixture
def floor(mirror: Live) -> Floor:
    floor = Floor()
    mirror.bus, mirror.up = floor, True  # type: ignore[assignment]
    return floor


@pytest.fixture
def busy(acme: Company, floor: Floor) -> Company:
    """Eva and Bob work in support, where Kari waits; Dag alone works in sales, where Ola waits."""
    told = stories.Company(acme.tenant, acme.people)
    support = stories.queue_of(told, "eva", "bob", service_seconds=20)
    sales = stories.queue_of(told, "dag", name="sales")
    floor.queues[acme.tenant.id] = [
        line(acme, support, KARI, Party(number="+4722000002"), eva="available", bob="paused:lunch"),
        line(acme, sales, Party(number="+4722000003", name="Ola Dunk"), dag="talking"),
    ]
    return acme


@pytest.mark.claim("PHO-4")
def test_an_agent_sees_the_line_and_the_colleagues_of_the_own_queues_alone(busy: Company, browser_of: SignedIn) -> None:
    page = text(browser_of(busy, "eva").get("/queues/"))
    for seen in ("support", "2 wait", "Kari Nordmann", "+4722000001", "Bob Lund", "Paused: Lunch", "Available"):
        assert seen in page, seen
    assert page.find("Kari Nordmann") < page.find("+4722000002"), "in the order of the line"
    for unseen in ("sales", "Ola Dunk", "Dag Vik", "Service level"):
        assert unseen not in page, unseen
    everything = text(browser_of(busy, "cecilie").get("/queues/"))
    assert "Kari Nordmann" in everything
    assert "Ola Dunk" in everything
    assert "Pause …" not in everything, "Cecilie is no agent"
    nobody = text(browser_of(busy, "galina").get("/queues/"))
    assert "You work in no queue" in nobody
    assert "Kari" not in nobody


def test_eva_pauses_with_a_reason_and_takes_calls_again(busy: Company, browser_of: SignedIn, floor: Floor) -> None:
    eva = browser_of(busy, "eva")
    paused = text(eva.post("/my-queues/state/", {"state": "paused", "reason": "lunch"}, **HTMX))
    assert "Take calls again" in paused
    assert paused.count("Lunch") >= 2
    text(eva.post("/my-queues/state/", {"state": "available", "queue": "support"}, **HTMX))
    own = text(
        eva.post("/my-queues/state/", {"state": "paused", "reason": "break", "own_reason": " printer  is on fire"}, **HTMX)
    )
    assert "printer is on fire" in own, "one's own words go before the list"
    out = text(eva.post("/my-queues/state/", {"state": "logged-out"}, **HTMX))
    assert "Log in and take calls" in out
    assert [(wish.person, wish.state, wish.reason, wish.queue) for wish in floor.wishes] == [
        (busy["eva"].id, "paused", "lunch", None),
        (busy["eva"].id, "available", "", "support"),
        (busy["eva"].id, "paused", "printer is on fire", None),
        (busy["eva"].id, "logged-out", "", None),
    ]
    plain = eva.post("/my-queues/state/", {"state": "available"})
    assert plain["Location"] == "/queues/", "also without a script"
    assert eva.post("/my-queues/state/", {"state": "asleep"}, **HTMX).status_code == 409
    assert len(floor.wishes) == 5


def test_ending_a_pause_logs_in_nowhere_else(acme: Company, floor: Floor, browser_of: SignedIn) -> None:
    told = stories.Company(acme.tenant, acme.people)
    first, second = stories.queue_of(told, "eva", name="after-sales"), stories.queue_of(told, "eva")
    floor.queues[acme.tenant.id] = [line(acme, first, eva="logged_out"), line(acme, second, eva="paused:break")]
    page = text(browser_of(acme, "eva").get("/queues/"))
    assert '<input type="hidden" name="queue" value="support">\n' in page.split("Take calls again")[0]
    assert "Log in to after-sales" in page
    assert "Log out of support" in page


def test_an_agent_whose_phone_is_off_is_told_so(acme: Company, floor: Floor, browser_of: SignedIn) -> None:
    support = stories.queue_of(stories.Company(acme.tenant, acme.people), "eva")
    floor.queues[acme.tenant.id] = [line(acme, support, eva="logged_out:offline")]
    page = text(browser_of(acme, "eva").get("/queues/"))
    assert "none of your phones is online" in page
    assert "Nobody takes calls here at the moment" in page
    assert "Nobody waits." in page


def test_nobody_changes_the_state_of_others_but_a_supervisor(busy: Company, browser_of: SignedIn, floor: Floor) -> None:
    bob = busy["bob"].id
    way = f"/queues/support/members/{bob}/"
    eva = browser_of(busy, "eva")
    assert eva.get(way).status_code == 404
    assert eva.post(way, {"state": "logged-out"}, **HTMX).status_code == 404
    assert "Change the state of" not in text(eva.get("/queues/support/"))
    assert floor.wishes == []

    cecilie = browser_of(busy, "cecilie")
    assert "Change the state of Bob Lund" in text(cecilie.get("/queues/support/"))
    asked = text(cecilie.get(way))
    assert "Bob Lund pauses and gets no calls of any queue" in asked
    assert "gets no more calls of support until one of you logs in again" in asked
    board = text(cecilie.post(way, {"state": "logged-out"}, **HTMX))
    assert "Logged out" in board
    again = text(cecilie.post(way, {"state": "paused"}, **HTMX))
    assert "Paused: by Cecilie Moe" in again
    assert [(wish.person, wish.state, wish.queue) for wish in floor.wishes] == [
        (bob, "logged-out", "support"),
        (bob, "paused", None),
    ]
    assert cecilie.get(f"/queues/sales/members/{bob}/").status_code == 404, "Bob does not work in sales"


def test_the_board_shows_figures_to_who_may_see_figures(busy: Company, browser_of: SignedIn) -> None:
    told, now = stories.Company(busy.tenant, busy.people), time.time()
    stories.happened(
        stories.queue_call(told, KARI, [("eva", "answered")], call="q1", at=now - 90, talks=30.0),
        stories.queue_call(told, KARI, [("eva", "no answer"), ("bob", "no answer")], call="q2", at=now - 60),
    )
    cecilie = text(browser_of(busy, "cecilie").get("/queues/support/"))
    assert "Service level today" in cecilie
    assert "answered within 20 s" in cecilie
    today = text(browser_of(busy, "cecilie").get("/queues/support/today/"))
    assert "Gave up today" in today
    eva = browser_of(busy, "eva")
    member = text(eva.get("/queues/support/"))
    assert "Kari Nordmann" in member
    assert "Service level" not in member
    assert "Gave up" not in member
    assert eva.get("/queues/support/today/").status_code == 404
    assert eva.get("/queues/nowhere/").status_code == 404


def test_who_is_no_member_sees_how_many_wait_and_not_who(busy: Company, browser_of: SignedIn) -> None:
    page = text(browser_of(busy, "dag").get("/queues/support/"))
    assert page.count('id="waiting-acme-support-') == 2
    assert "Bob Lund" in page
    for unseen in ("Kari", "+4722", "Lunch", "Service level", "Change the state of"):
        assert unseen not in page, unseen


def test_the_wall_has_the_line_without_names_and_no_buttons(busy: Company, browser_of: SignedIn) -> None:
    cecilie = browser_of(busy, "cecilie")
    page = text(cecilie.get("/queues/support/", {"wall": "1"}))
    part = text(cecilie.get("/queues/support/", {"wall": "1", "part": "1"}))
    assert 'class="wall"' in page
    assert 'class="nav"' not in page
    assert "Service level today" in page
    assert "<html" not in part
    for shown in (page, part):
        assert shown.count('id="waiting-acme-support-') == 2
        assert "Bob Lund" in shown
        assert "Kari" not in shown, "visitors look at the wall too"
        assert "+4722" not in shown
        assert "Change the state of" not in shown


def test_a_supervisor_sees_the_talks_that_came_out_of_a_queue(busy: Company, browser_of: SignedIn, mirror: Live) -> None:
    support = Queue.of(busy["anna"]).get(name="support")
    eva = busy.party("eva")
    mirror._calls["t1"] = LiveCall(
        "t1", busy.tenant.id, "inbound", "answered", KARI, eva, 1.0, time.time(), (eva.person or "",), support.id
    )
    mirror._calls["t2"] = msgspec.structs.replace(mirror._calls["t1"], id="t2", queue="")
    page = text(browser_of(busy, "cecilie").get("/queues/support/"))
    assert 'id="talk-t1"' in page
    assert 'id="talk-t2"' not in page
    assert 'id="talk-t1"' not in text(browser_of(busy, "cecilie").get("/queues/sales/"))
    assert "talk-t1" not in text(browser_of(busy, "bob").get("/queues/support/")), "colleagues see no talks of others"


def test_only_supervisors_take_part_in_talks_and_only_where_the_queue_allows_it(
    busy: Company, beta: Company, browser_of: SignedIn, mirror: Live, floor: Floor
) -> None:
    support = Queue.of(busy["anna"]).get(name="support")
    eva = busy.party("eva")
    mirror._calls["t1"] = LiveCall(
        "t1", busy.tenant.id, "inbound", "answered", KARI, eva, 1.0, time.time(), (eva.person or "",), support.id
    )
    assert "Whisper" not in text(browser_of(busy, "cecilie").get("/queues/support/")), "off where nothing is said"
    Queue.of(busy["anna"]).filter(id=support.id).update(supervision="announced")
    assert "Whisper" in text(browser_of(busy, "cecilie").get("/queues/support/"))
    assert "Whisper" not in text(browser_of(busy, "cecilie").get("/queues/support/?wall=1"))
    wish = {"how": "listen"}
    assert browser_of(busy, "eva").post("/calls/t1/supervise/", wish).status_code == 404
    assert browser_of(beta, next(iter(beta.people))).post("/calls/t1/supervise/", wish).status_code == 404
    assert browser_of(busy, "cecilie").post("/calls/t1/supervise/", {"how": "spy"}).status_code == 404
    for stranger in (browser_of(beta, next(iter(beta.people))), browser_of(busy, "bob")):
        assert stranger.post("/calls/t1/recording/", {"paused": "yes"}).status_code == 404


def test_while_the_phone_system_is_away_pages_say_so(busy: Company, browser_of: SignedIn, floor: Floor) -> None:
    floor.away = True
    eva = browser_of(busy, "eva")
    for path in ("/queues/", "/queues/support/"):
        assert "nobody can say who waits" in text(eva.get(path)), path
    assert eva.get("/queues/nowhere/").status_code == 404
    assert "Kari" not in text(eva.get("/"))
    refused = eva.post("/my-queues/state/", {"state": "paused"}, **HTMX)
    assert refused.status_code == 409
    assert "does not answer at the moment" in refused.content.decode()


def test_home_tells_an_agent_of_the_own_queues(busy: Company, browser_of: SignedIn) -> None:
    page = text(browser_of(busy, "eva").get("/"))
    assert "My queues" in page
    assert "2 wait" in page
    assert "My queues" in text(browser_of(busy, "eva").get("/my-queues/"))
    assert "My queues" not in text(browser_of(busy, "galina").get("/"))
    assert "My queues" not in text(browser_of(busy, "cecilie").get("/")), "she supervises, but answers for none"


@pytest.mark.claim("TB-3")
def test_another_company_sees_and_changes_nothing(busy: Company, beta: Company, browser_of: SignedIn, floor: Floor) -> None:
    stories.queue_of(stories.Company(beta.tenant, beta.people), "bosse")
    stranger = browser_of(beta, "anna")
    floor.queues[beta.tenant.id] = [line(beta, Queue.of(beta["anna"]).get(name="support"), bosse="available")]
    for path in ("/queues/", "/queues/support/", "/my-queues/", "/"):
        page = text(stranger.get(path))
        assert "Kari" not in page, path
        assert "Bob Lund" not in page, path
    assert "Bosse Åberg" in text(stranger.get("/queues/support/"))
    assert stranger.get("/queues/sales/").status_code == 404
    assert stranger.post(f"/queues/support/members/{busy['bob'].id}/", {"state": "logged-out"}).status_code == 404
    assert floor.wishes == []


@pytest.mark.claim("TB-3")
def test_news_of_a_queue_stay_in_the_company_and_make_the_mirror_ask_again(mirror: Live, floor: Floor) -> None:
    colleague, stranger = Viewer("acme", "dag"), Viewer("beta", "anna", sees_all=True)
    floor.queues = {"acme": [QueueState("q1", "support", waiting=0)], "beta": [QueueState("q2", "support", waiting=0)]}

    async def story() -> None:
        with mirror.subscribe(colleague) as ours, mirror.subscribe(stranger) as theirs:
            assert [one.waiting for one in await mirror.queues("acme")] == [0]
            assert [one.waiting for one in await mirror.queues("beta")] == [0]
            floor.queues = {tenant: [QueueState("q", "support", waiting=1)] for tenant in ("acme", "beta")}
            mirror.take(Event("queue.changed", msgspec.msgpack.encode(QueueChanged("acme", "q1", "support", 1, 5.0))))
            assert [news.name for news in ours._waiting] == ["queue.changed"]
            assert [news.name for news in theirs._waiting] == []
            assert [one.waiting for one in await mirror.queues("acme")] == [1]
            assert [one.waiting for one in await mirror.queues("beta")] == [0], "nothing happened there"

    asyncio.run(story())


def test_a_hundred_readers_cost_one_question_until_something_changes() -> None:
    asked: list[str] = []

    async def ask(request: AskQueues) -> commands.Answer:
        asked.append(request.tenant)
        await asyncio.sleep(0)
        return Queues((QueueState(f"q{len(asked)}", "support"),))

    async def story() -> None:
        queues = QueuesNow(ask)
        answers = await asyncio.gather(*(queues.of("acme") for _ in range(100)))
        assert {answer[0].id for answer in answers} == {"q1"}
        first = asyncio.create_task(queues.of("acme"))
        await asyncio.sleep(0)
        queues.changed("beta")
        assert (await first)[0].id == "q1"
        queues.changed("acme")
        assert (await queues.of("acme"))[0].id == "q2"
        await queues.of("beta")
        assert asked == ["acme", "acme", "beta"]

    asyncio.run(story())


def test_a_question_that_failed_is_asked_again() -> None:
    answers: list[commands.Answer | BusError] = [BusError("timeout", "calls"), commands.Done(), Queues()]

    async def ask(_: AskQueues) -> commands.Answer:
        answer = answers.pop(0)
        if isinstance(answer, BusError):
            raise answer
        return answer

    async def story() -> None:
        queues = QueuesNow(ask)
        for _ in range(2):
            with pytest.raises(BusError):
                await queues.of("acme")
        assert await queues.of("acme") == ()

    asyncio.run(story())


def test_the_mirror_asks_nobody_while_the_calls_process_is_away() -> None:
    with pytest.raises(BusError):
        asyncio.run(live.Live().queues("acme"))


def test_the_wall_shows_all_queues_in_turn_where_there_are_several(busy: Company, browser_of: SignedIn) -> None:
    cecilie = browser_of(busy, "cecilie")
    assert "All in turn, 30 s each" in text(cecilie.get("/queues/support/", {"wall": "1"}))
    turning = text(cecilie.get("/queues/support/", {"wall": "1", "turn": "30"}))
    assert 'data-turn="30" data-turn-to="/queues/sales/?wall=1&amp;turn=30"' in turning
    assert "Stay on this queue" in turning
    assert 'data-turn-to="/queues/support/?wall=1&amp;turn=30"' in text(cecilie.get("/queues/sales/?wall=1&turn=30"))
    for nonsense in ("0", "31", "x", "-1", "1" * 5000, "٣٠"):
        assert "data-turn" not in text(cecilie.get("/queues/support/", {"wall": "1", "turn": nonsense}))
    Queue.of(busy.tenant).filter(name="sales").delete()
    alone = text(cecilie.get("/queues/support/", {"wall": "1", "turn": "30"}))
    assert "data-turn" not in alone
    assert "All in turn" not in alone


def test_a_wall_says_days_before_that_it_has_to_be_signed_in_anew(busy: Company) -> None:
    wall = Client(headers={"accept-language": "en"})
    wall.post("/sign-in/", {"name": "cecilie@acme.test", "password": PASSWORD})
    assert "signed in anew" not in text(wall.get("/queues/support/?wall=1"))
    Session.all_tenants.filter(account=busy["cecilie"]).update(at=timezone.now() - timedelta(days=12))
    assert "This screen has to be signed in anew before" in text(wall.get("/queues/support/?wall=1&part=1"))
    assert "signed in anew" not in text(wall.get("/queues/support/")), "at a desk nobody is surprised"
