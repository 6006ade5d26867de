"""Digest authentication: the published examples, and a phone that registers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.clock import VirtualClock
from svara.sip import digest
from svara.sip.digest import Rejected, Verified, challenge, ha1, hashes_for, respond, verify
from svara.sip.errors import SipError
from svara.sip.message import Request, new_request
from svara.sip.nonces import Nonces

REALM = "svara"
ANNA = hashes_for("acme-anna", REALM, "s3cret-anna")


def people(login: str) -> Mapping[str, str] | None:
    return ANNA if login == "acme-anna" else None


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def nonces(clock: VirtualClock) -> Nonces:
    return Nonces(b"a key that is kept", clock)


def register(authorization: str | None = None, method: str = "REGISTER", body: bytes = b"") -> Request:
    headers = [("Via", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1"), ("Call-ID", "x"), ("CSeq", f"1 {method}")]
    if authorization is not None:
        headers.append(("Authorization", authorization))
    return new_request(method, "sip:acme.test", headers, body)


def answer(
    value: str, nc: int = 1, *, login: str = "acme-anna", secret: str = "s3cret-anna", method: str = "REGISTER"
) -> Request:
    return register(respond(value, method, "sip:acme.test", login, secret, cnonce="f00d", nc=nc))


def ask(nonces: Nonces, algorithm: str = "SHA-256") -> str:
    return challenge(nonces, REALM, proxy=False, algorithms=[algorithm])[0][1]


def check(request: Request, nonces: Nonces) -> Verified | Rejected | None:
    return verify(request, nonces, REALM, people, proxy=False)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616(algorithm: str, response: str) -> None:
    """RFC 7616 3.9.1: Mufasa reads /dir/index.html."""
    value = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    credentials = respond(value, "GET", "/dir/index.html", "Mufasa", "Circle of Life", cnonce=cnonce, nc=1)
    assert f'response="{response}"' in credentials
    assert "nc=00000001" in credentials
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in credentials


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256"])
def test_annas_phone_answers_the_challenge_and_is_known(nonces: Nonces, algorithm: str) -> None:
    assert check(answer(ask(nonces, algorithm)), nonces) == Verified("acme-anna")


def test_a_phone_that_gives_up_at_what_it_does_not_know_is_asked_for_md5_alone(nonces: Nonces) -> None:
    def asked_for(user_agent: str | None) -> int:
        return len(challenge(nonces, REALM, proxy=False, user_agent=user_agent))

    assert asked_for("baresip v1.0.0 (x86_64/linux)") == 1
    assert asked_for("Linphonec/5.1.65") == asked_for("baresip v3.10.1") == asked_for(None) == 2


def test_without_credentials_nobody_is_known(nonces: Nonces) -> None:
    assert check(register(), nonces) is None
    assert check(register("Basic YWJj"), nonces) is None
    assert check(register('Digest realm="elsewhere",nonce="1"'), nonces) is None
    assert check(register("Digest ,,=,"), nonces) is None


def test_wrong_secret_and_unknown_login_look_the_same(nonces: Nonces) -> None:
    wrong = check(answer(ask(nonces), secret="guess"), nonces)
    unknown = check(answer(ask(nonces), login="acme-bob"), nonces)
    assert wrong == Rejected(stale=False, login="acme-anna")
    assert unknown == Rejected(stale=False, login="acme-bob")


def test_wrong_secret_and_unknown_login_cost_the_same(nonces: Nonces, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan must not learn from the time an answer takes which extensions exist."""
    lengths: list[int] = []

    def counting(data: bytes) -> str:
        lengths.append(len(data))
        return hashlib.sha256(data).hexdigest()

    wrong, unknown = answer(ask(nonces), secret="guess"), answer(ask(nonces), login="acme-olga")
    monkeypatch.setitem(digest._HASHES, "SHA-256", counting)
    check(wrong, nonces)
    known_work = lengths.copy()
    lengths.clear()
    check(unknown, nonces)
    assert lengths == known_work
    assert len(lengths) == 2


def test_an_overheard_request_is_refused_when_it_comes_again(nonces: Nonces) -> None:
    overheard = answer(ask(nonces))
    assert check(overheard, nonces) == Verified("acme-anna")
    assert check(overheard, nonces) == Rejected(stale=True, login="acme-anna")


def test_a_nonce_serves_many_requests_also_out_of_order(nonces: Nonces) -> None:
    value = ask(nonces)
    results = [check(answer(value, nc), nonces) for nc in (1, 3, 2, 5, 200, 180)]
    assert results == [Verified("acme-anna")] * 6
    stale = Rejected(stale=True, login="acme-anna")
    assert [check(answer(value, nc), nonces) for nc in (1, 2, 3, 4, 5, 180, 200)] == [stale] * 7


def test_an_old_nonce_is_stale_and_says_so_only_to_who_knows_the_secret(clock: VirtualClock, nonces: Nonces) -> None:
    value = ask(nonces)
    clock.advance(301)
    assert check(answer(value), nonces) == Rejected(stale=True, login="acme-anna")
    assert check(answer(value, secret="guess"), nonces) == Rejected(stale=False, login="acme-anna")
    assert ",stale=true" in challenge(nonces, REALM, proxy=True, stale=True)[0][1]


def test_after_a_restart_old_nonces_are_known_but_used_up(clock: VirtualClock, nonces: Nonces) -> None:
    overheard = answer(ask(nonces))
    restarted = Nonces(b"a key that is kept", clock)
    assert check(overheard, restarted) == Rejected(stale=True, login="acme-anna")


def test_a_nonce_of_another_key_is_not_ours(clock: VirtualClock, nonces: Nonces) -> None:
    foreign = Nonces(b"another key", clock)
    assert check(answer(ask(foreign)), nonces) == Rejected(stale=False, login="acme-anna")


def test_an_old_phone_without_qop_is_accepted_once_a_nonce(nonces: Nonces) -> None:
    nonce = nonces.new()
    value = f'Digest realm="{REALM}",nonce="{nonce}"'
    assert check(answer(value), nonces) == Verified("acme-anna")
    assert check(answer(value), nonces) == Rejected(stale=True, login="acme-anna")


def test_credentials_cannot_be_pasted_on_another_call(nonces: Nonces) -> None:
    request = register(respond(ask(nonces), "REGISTER", "sip:101@acme.test", "acme-anna", "s3cret-anna"))
    request.uri = "sip:+1900555@acme.test"
    assert check(request, nonces) == Rejected(stale=False, login="acme-anna")
    request = answer(ask(nonces))
    request.uri = "sip:elsewhere.test"
    assert check(request, nonces) == Rejected(stale=False, login="acme-anna")
    request = answer(ask(nonces))
    request.method = "INVITE"
    assert check(request, nonces) == Rejected(stale=False, login="acme-anna")
    request = answer(ask(nonces))
    request.uri = "sip:acme.test:5060;transport=udp"
    assert check(request, nonces) == Verified("acme-anna")
    request = answer(ask(nonces))
    request.uri = "sip:102@acme.test"  # phones that name the server alone (SIPp does)
    assert check(request, nonces) == Verified("acme-anna")


def test_a_protected_body_cannot_be_changed(nonces: Nonces) -> None:
    value = ask(nonces).replace('qop="auth"', 'qop="auth-int"')
    credentials = respond(value, "REGISTER", "sip:acme.test", "acme-anna", "s3cret-anna", body=b"v=0")
    assert check(register(credentials, body=b"v=1"), nonces) == Rejected(stale=False, login="acme-anna")
    assert check(register(credentials, body=b"v=0"), nonces) == Verified("acme-anna")


@pytest.mark.parametrize("nc", ["", "00000000", "-1", "zz", "1_0", "123456789abcdef"])
def test_a_count_that_is_none_is_refused(nonces: Nonces, nc: str) -> None:
    value = ask(nonces, "MD5")
    nonce = value.split('nonce="')[1].split('"')[0]
    ha2 = hashlib.md5(b"REGISTER:sip:acme.test").hexdigest()
    response = hashlib.md5(f"{ANNA['MD5']}:{nonce}:{nc}:c:auth:{ha2}".encode()).hexdigest()
    header = (
        f'Digest username="acme-anna",realm="{REALM}",nonce="{nonce}",uri="sip:acme.test",response="{response}",'
        f'cnonce="c",qop=auth,nc="{nc}"'
    )
    assert check(register(header), nonces) == Rejected(stale=False, login="acme-anna")


def test_the_client_picks_the_strongest_and_hides_its_name_when_asked() -> None:
    values = [f'Digest realm="r",nonce="n",algorithm={name},qop="auth"' for name in ("MD5", "SHA-256", "token")]
    assert "algorithm=SHA-256" in respond(values, "INVITE", "sip:b@b", "anna", "x")
    hidden = respond(values[1] + ",userhash=true", "INVITE", "sip:b@b", "anna", "x")
    assert "anna" not in hidden
    assert hashlib.sha256(b"anna:r").hexdigest() in hidden
    with pytest.raises(SipError):
        respond([values[2], "Basic x"], "INVITE", "sip:b@b", "anna", "x")


def test_memory_of_used_nonces_is_bounded_and_forgets_safely(clock: VirtualClock) -> None:
    nonces = Nonces(b"k", clock, lifetime_seconds=300, remembered=10)
    first = nonces.new()
    assert nonces.use(first, 1)
    for _ in range(50):
        clock.advance(0.01)
        assert nonces.use(nonces.new(), 1)
    assert len(nonces) <= 10
    assert not nonces.use(first, 1), "a forgotten nonce must not be usable again"
    assert not nonces.use(first, 2)


def test_what_expired_is_forgotten(clock: VirtualClock, nonces: Nonces) -> None:
    for _ in range(100):
        assert nonces.use(nonces.new(), 1)
    clock.advance(400)
    for _ in range(60):
        assert nonces.use(nonces.new(), 1)
    assert len(nonces) == 60


def test_ha1_is_the_stored_form() -> None:
    assert ha1("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life") == "939e7578ed9e3c518a452acee763bce9"
    assert set(ANNA) == {"MD5", "SHA-256", "SHA-512-256"}
    assert len(ANNA["SHA-512-256"]) == 64


@given(st.text(max_size=200))
def test_hostile_credentials_never_raise(text: str) -> None:
    nonces = Nonces(b"k", VirtualClock())
    text = text.replace("\r", "").replace("\n", "")
    for value in (text, f"Digest {text}", f'Digest realm="svara",nonce="{nonces.new()}",{text}'):
        assert not isinstance(check(register(value), nonces), Verified)


def test_the_first_challenge_is_the_one_that_every_phone_knows() -> None:
    challenges = [value for _, value in challenge(Nonces(b"k" * 32, VirtualClock()), "svara", proxy=False)]
    assert ["algorithm=MD5," in challenges[0], "algorithm=SHA-256," in challenges[1]] == [True, True]
