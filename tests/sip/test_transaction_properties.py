"""Whatever a network does with messages, in whatever order, each request has one outcome and nothing is left behind."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sip.net import FakeFlow, FakeTransports, answer, request_bytes

from svara.clock import VirtualClock
from svara.sip.message import Request, Response, new_request, new_response, parse
from svara.sip.transaction import ClientTransaction, ServerTransaction, Transactions

TRANSPORTS = st.sampled_from(["UDP", "TCP"])

ARRIVALS = st.tuples(
    st.just("arrive"),
    st.sampled_from(["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK"]),
    st.integers(0, 2),
    st.booleans(),
)
ANSWERS = st.tuples(
    st.just("answer"), st.sampled_from([100, 180, 183, 200, 302, 404, 486, 487, 503, 603]), st.integers(0, 5)
)
WAITS = st.tuples(st.just("wait"), st.sampled_from([0.1, 0.5, 1.0, 4.0, 5.0, 31.0]))


@settings(max_examples=150, deadline=None)
@given(TRANSPORTS, st.lists(st.one_of(ARRIVALS, ANSWERS, WAITS), max_size=40))
def test_as_server(transport: str, story: list[tuple[str, ...]]) -> None:
    clock, net, flow = VirtualClock(), FakeTransports(), FakeFlow(transport)
    offered: list[ServerTransaction] = []
    layer = Transactions(clock, net, random.Random(1), offered.append, lambda *_: None)
    for event in story:
        if event[0] == "arrive":
            _, method, branch, in_dialog = event
            to_tag = "bob-tag" if in_dialog else ""
            net.arrive(
                request_bytes(
                    method,
                    branch=f"z9hG4bK{branch}",
                    call_id=f"c{branch}",
                    to_tag=to_tag,
                    transport=transport,
                    cseq=int(branch) + 1,
                ),
                flow,
            )
        elif event[0] == "answer" and offered:
            transaction = offered[int(event[2]) % len(offered)]
            transaction.respond(new_response(transaction.request, int(event[1]), to_tag="bob-tag"))
        elif event[0] == "wait":
            clock.advance(float(event[1]))
        for data in flow.sent:
            assert isinstance(parse(data), Response)
        flow.sent.clear()
        keys = Counter((id(one.request), one.request.method) for one in offered)
        assert max(keys.values(), default=0) <= 1
    for transaction in offered:
        if not transaction.done:
            transaction.reply(500)
    clock.advance(100)
    assert layer.open == 0
    assert clock.pending == 0
    assert not layer._by_flow or transport == "TCP"


STATUSES = st.sampled_from([100, 180, 200, 200, 404, 487, 603])
CLIENT_STEPS = st.one_of(
    st.tuples(st.just("hear"), STATUSES, st.sampled_from(["desk", "mobile"])),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("close")),
    st.tuples(st.just("icmp")),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 0.6, 3.0, 33.0])),
)


@settings(max_examples=150, deadline=None)
@given(TRANSPORTS, st.sampled_from(["INVITE", "BYE"]), st.lists(CLIENT_STEPS, max_size=25))
def test_as_client(transport: str, method: str, story: list[tuple[str, ...]]) -> None:
    clock, net, flow = VirtualClock(), FakeTransports(), FakeFlow(transport)
    layer = Transactions(clock, net, random.Random(1), lambda *_: None, lambda *_: None)
    heard: list[tuple[int, str | None]] = []
    failed: list[str] = []
    request = new_request(
        method, "sip:bob@x", [("From", "<sip:a@x>;tag=1"), ("To", "<sip:b@x>"), ("Call-ID", "c"), ("CSeq", f"1 {method}")]
    )
    transaction: ClientTransaction = layer.request(
        request, flow, on_response=lambda one: heard.append((one.status, one.to.tag)), on_failure=failed.append
    )
    for event in story:
        if event[0] == "hear":
            net.arrive(answer(request, int(event[1]), to_tag=event[2]), flow)
        elif event[0] == "cancel":
            transaction.cancel()
        elif event[0] == "close":
            flow.close()
            clock.advance(0)
        elif event[0] == "icmp":
            layer.unreachable(flow)
            clock.advance(0)
        else:
            clock.advance(float(event[1]))
        finals = [one for one in heard if one[0] >= 200]
        refusals = [one for one in finals if one[0] >= 300]
        assert len(refusals) + len(failed) <= 1
        if refusals or failed:
            assert len(finals) == len(refusals), "no answer after a refusal or failure"
        assert len(finals) == len(set(finals)), "each 2xx once"
        if method == "BYE":
            assert len(finals) <= 1
        assert transaction.done == bool(finals or failed)
        for data in flow.sent:
            assert isinstance(parse(data), Request)
        flow.sent.clear()
    if not transaction.done:
        net.arrive(answer(request, 500), flow)
    clock.advance(200)
    assert transaction.done
    assert layer.open == 0
    assert clock.pending == 0


CORPUS = [
    request_bytes(method, to_tag=tag, extra=extra, via=via)
    for method in ("INVITE", "ACK", "CANCEL", "BYE", "REGISTER", "PRACK", "WHATEVER")
    for tag in ("", "bob-tag")
    for extra in ((), ("Require: 100rel", "RAck: 1 1 INVITE"), ("Route: <sip:x;lr>", "Record-Route: <sip:y;lr>, <sip:z>"))
    for via in (
        "",
        "Via: SIP/2.0/UDP 10.0.0.1;rport",
        "v: SIP/2.0/TCP [2001:db8::1]:5061;alias;branch=z9hG4bKx;rport=1;received=9",
    )
] + [
    answer(received, status)
    for received in [parse(request_bytes("INVITE"))]
    if isinstance(received, Request)
    for status in (100, 180, 200, 401, 486)
]

DAMAGE = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=6)), max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CORPUS), DAMAGE), min_size=1, max_size=6), TRANSPORTS)
def test_damaged_messages_reach_nobody_or_are_answered(
    story: list[tuple[bytes, list[tuple[float, int, bytes]]]], transport: str
) -> None:
    clock, net, flow = VirtualClock(), FakeTransports(), FakeFlow(transport)
    strays: list[Response] = []
    layer = Transactions(
        clock,
        net,
        random.Random(1),
        lambda asked: asked.reply(486),
        lambda *_: None,
        lambda response, _: strays.append(response),
    )
    for message, damages in story:
        data = message
        for where, length, new in damages:
            at = int(where * len(data))
            data = data[:at] + new + data[at + length :]
        net.arrive(data, flow)
    clock.advance(100)
    assert layer.open == 0
    assert clock.pending == 0
