"""Messages as a whole: written and read again, changed and written."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from svara.sip.headers import CSeq, NameAddr, Via
from svara.sip.message import Message, Request, Response, new_request, new_response, parse
from svara.sip.uri import Uri

words = st.text("abzAZ09-.", min_size=1, max_size=8)
texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=8)
hosts = st.sampled_from(["acme.test", "192.0.2.7", "2001:db8::7"])
params = st.dictionaries(words.map(str.lower), st.none() | words, max_size=3)
uris = st.builds(
    Uri,
    scheme=st.sampled_from(["sip", "sips"]),
    user=words,
    password=st.none(),
    host=hosts,
    port=st.none() | st.integers(1, 65535),
    params=params,
)
addresses = st.builds(NameAddr, texts, uris, params)
vias = st.builds(Via, st.sampled_from(["UDP", "TCP", "TLS", "WS"]), hosts, st.none() | st.integers(1, 65535), params)
methods = st.sampled_from(["INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "INFO", "PRACK", "UPDATE", "X-OTHER"])


@st.composite
def requests(draw: st.DrawFn) -> Request:
    method = draw(methods)
    headers = [("Via", str(via)) for via in draw(st.lists(vias, min_size=1, max_size=3))]
    headers += [
        ("From", str(draw(addresses).with_tag(draw(words)))),
        ("To", str(draw(addresses))),
        ("Call-ID", draw(words)),
        ("CSeq", str(CSeq(draw(st.integers(0, 2**31 - 1)), method))),
        ("Max-Forwards", str(draw(st.integers(0, 255)))),
    ]
    headers += [("Contact", str(each)) for each in draw(st.lists(addresses, max_size=2))]
    headers += [("Route", str(NameAddr("", each))) for each in draw(st.lists(uris, max_size=2))]
    headers += [("Subject", draw(texts)), ("X-Other", draw(texts))]
    body = draw(st.binary(max_size=40))
    return new_request(method, str(draw(uris)), headers, body, "application/octet-stream" if body else None)


def same(one: Message, other: Message) -> bool:
    return one.to_bytes() == other.to_bytes()


@settings(max_examples=60)
@given(requests())
def test_any_request_survives_the_wire(request: Request) -> None:
    data = request.to_bytes()
    again = parse(data)
    assert isinstance(again, Request)
    assert (again.method, again.uri, again.body) == (request.method, request.uri, request.body)
    assert again.to_bytes() == data
    for name in ("call_id", "cseq", "from_", "to", "vias", "contacts", "routes", "max_forwards", "content_type"):
        assert getattr(again, name) == getattr(request, name), name
    assert again.first("x-other") == (request.first("x-other") or "").strip(" \t")


@settings(max_examples=60)
@given(requests(), st.sampled_from([100, 180, 200, 302, 404, 486, 603]), texts, st.binary(max_size=20))
def test_any_response_survives_the_wire(request: Request, status: int, reason: str, body: bytes) -> None:
    response = new_response(request, status, reason, headers=[("X-Why", reason)], body=body, to_tag="t1")
    data = response.to_bytes()
    again = parse(data)
    assert isinstance(again, Response)
    assert (again.status, again.reason, again.body) == (status, reason, body)
    assert again.to_bytes() == data
    assert (again.vias, again.from_, again.call_id, again.cseq) == (
        request.vias,
        request.from_,
        request.call_id,
        request.cseq,
    )
    assert again.to.tag == (request.to.tag or "t1") if "tag" in request.to.params else again.to.tag == "t1"


changes = st.lists(
    st.tuples(st.sampled_from(["set", "add", "prepend", "remove"]), st.sampled_from(["X-New", "Contact", "Subject"]), words),
    max_size=6,
)


@settings(max_examples=60)
@given(requests(), changes)
def test_what_nobody_changed_stays_byte_for_byte(request: Request, changes: list[tuple[str, str, str]]) -> None:
    received = parse(request.to_bytes())
    assert isinstance(received, Request)
    for action, name, value in changes:
        arguments = (name,) if action == "remove" else (name, f"<sip:{value}>")
        getattr(received, action)(*arguments)
    touched = {name for _, name, _ in changes}
    before, after = request.to_bytes().partition(b"\r\n\r\n")[0], received.to_bytes().partition(b"\r\n\r\n")[0]
    kept = [line for line in before.split(b"\r\n") if line.partition(b":")[0].decode() not in touched]
    assert [line for line in after.split(b"\r\n") if line.partition(b":")[0].decode() not in touched] == kept
    assert same(parse(received.to_bytes()), received)  # type: ignore[arg-type]
