"""Anna switches a second step on: from then on her password alone opens nothing, whoever has it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pyotp
import pytest
from django.conf import settings as django_settings
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from tests.web.office import PASSWORD, Company
from tests.web.test_door import OPEN

from svara.people import plan
from svara.people.document import export as document_of
from svara.people.models import Account, CodeApp, Device, OfficeChange, RecoveryCode, SignedIn
from svara.people.officefile import OfficeFileError, check
from svara.people.second import actions, codes, pending, rule
from svara.people.second.access import access_new_secret, secret_of
from svara.people.signin import BACKEND
from svara.people.yamltree import from_plain
from svara.privacy.audit.models import Entry
from svara.web.middleware import WITHOUT_FACTOR
from svara.web.pages.viewing import party_of

pytestmark = [pytest.mark.claim("ADV-1")]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Clock:
    """The time as the test says it is."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Wherever the second step asks what time it is."""
    made = Clock()
    monkeypatch.setattr("svara.people.second.actions.time.time", made)
    return made


def browser(**more: str) -> Client:
    return Client(headers={"accept-language": "en", "user-agent": FIREFOX, **more})


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def password(client: Client, who: str = "anna@acme.test", **more: str) -> Any:
    return client.post("/sign-in/", {"name": who, "password": PASSWORD, **more})


def signed_in(client: Client | None = None, who: str = "anna@acme.test") -> Client:
    one = client or browser()
    assert password(one, who)["Location"] == "/"
    return one


def code_of(account: Account, at: float) -> str:
    return pyotp.TOTP(secret_of(CodeApp.all_tenants.get(account=account))).at(int(at))


def with_app(account: Account, clock: Clock) -> list[str]:
    """The person has an app, confirmed with the code before this one; gives the recovery codes."""
    actions.do_begin_app(account)
    before = clock.now - codes.STEP_SECONDS
    return actions.do_confirm_app(account, pyotp.TOTP(access_new_secret(account)).at(int(before)), clock.now)


def test_an_app_is_switched_on_by_its_own_code_and_asked_for_from_then_on(acme: Company, clock: Clock) -> None:
    here, elsewhere = signed_in(), signed_in()
    assert "Off" in words(here.get("/profile/security/"))
    assert here.post("/profile/security/app/new/")["Location"] == "/profile/security/app/"
    page = words(here.get("/profile/security/app/"))
    assert "<svg" in page
    secret = re.search(r'<code id="secret">([A-Z2-7 ]+)</code>', page)
    assert secret is not None
    assert password(browser())["Location"] == "/", "not asked for before it is confirmed"

    wrong = here.post("/profile/security/app/", {"code": "000000"})
    assert wrong.status_code == 422
    assert "This code is not right" in words(wrong)
    kept = here.post("/profile/security/app/", {"code": pyotp.TOTP(secret[1].replace(" ", "")).at(int(clock.now))})
    shown = re.findall(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){3}", kept.content.decode())
    assert len(set(shown)) == 10
    assert elsewhere.get("/").status_code == 302, "signed out everywhere else"
    assert here.get("/").status_code == 200
    assert not any(one in words(here.get("/profile/security/")) for one in shown), "shown once"
    assert "10 are left" in words(here.get("/profile/security/"))

    next_one = browser()
    assert password(next_one, next="/history/")["Location"] == "/sign-in/second/"
    assert "The password is right, Anna Berg" in words(next_one.get("/sign-in/second/"))
    clock.now += codes.STEP_SECONDS
    answer = next_one.post("/sign-in/second/", {"code": code_of(acme["anna"], clock.now)})
    assert answer["Location"] == "/history/"
    assert next_one.get("/history/").status_code == 200


@pytest.mark.claim("ADV-12")
def test_between_the_steps_nobody_is_signed_in_anywhere(acme: Company, clock: Clock) -> None:
    with_app(acme["anna"], clock)
    half = browser()
    password(half)
    assert half.get("/sign-in/second/").status_code == 200
    for pattern in get_resolver().url_patterns:
        if not isinstance(pattern, URLPattern) or pattern.name is None or pattern.name in OPEN:
            continue
        path = "/" + re.sub(r"<\w+:\w+>", "1", str(pattern.pattern))
        for method in ("get", "post"):
            answer = getattr(half, method)(path)
            assert answer.status_code == 302, f"{method} {path}"
            assert "/sign-in/" in answer["Location"], path
    schema = half.get("/api/v1/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method in methods:
            where = re.sub(r"\{\w+\}", "1", path)
            answer = half.generic(method.upper(), where, b"{}", content_type="application/json")
            assert answer.status_code == (200 if open_to_all(path) else 401), f"{method} {where}"
    assert SignedIn.all_tenants.filter(account=acme["anna"]).count() == 0
    assert "_auth_user_id" not in half.session


def open_to_all(path: str) -> bool:
    return path.endswith(("/healthz", "/metrics", "/openapi.json"))


def test_a_code_counts_once_and_only_around_its_time(acme: Company, clock: Clock) -> None:
    with_app(acme["anna"], clock)
    anna = acme["anna"]
    current = code_of(anna, clock.now)
    assert actions.try_code(anna, current, clock.now) == "app"
    assert actions.try_code(anna, current, clock.now) is None, "replayed"
    assert actions.try_code(anna, current, clock.now + 29) is None
    clock.now += 3600
    assert actions.try_code(anna, code_of(anna, clock.now - 60), clock.now) is None, "two steps old"
    assert actions.try_code(anna, code_of(anna, clock.now + 60), clock.now) is None, "two steps early"
    assert actions.try_code(anna, code_of(anna, clock.now + 30), clock.now) == "app", "a phone whose clock is ahead"
    assert actions.try_code(anna, code_of(anna, clock.now), clock.now) is None, "one before that is used up with it"


def test_a_recovery_code_opens_once_however_it_is_typed(acme: Company, clock: Clock) -> None:
    first, second, *_rest = with_app(acme["anna"], clock)
    half = browser()
    password(half)
    assert half.post("/sign-in/second/", {"code": f" {first.upper().replace('-', ' ')} "})["Location"] == "/"
    again = browser()
    password(again)
    refused = again.post("/sign-in/second/", {"code": first})
    assert refused.status_code == 422
    assert "9 are left" in words(half.get("/profile/security/"))
    bob = acme["bob"]
    with_app(bob, clock)
    assert actions.try_code(bob, second, clock.now) is None, "somebody else's"
    assert second not in "".join(RecoveryCode.all_tenants.values_list("mark", flat=True))


@pytest.mark.claim("ADV-12")
def test_whoever_has_the_password_and_guesses_codes_has_to_wait_and_anna_is_told(acme: Company, clock: Clock) -> None:
    with_app(acme["anna"], clock)
    guesser = browser()
    password(guesser)
    for number in range(5):
        assert guesser.post("/sign-in/second/", {"code": f"{number:06}"}).status_code == 422
    right = code_of(acme["anna"], clock.now)
    held = guesser.post("/sign-in/second/", {"code": right})
    assert held.status_code == 429
    assert "Too many tries. Wait" in words(held)
    other = browser()
    assert password(other)["Location"] == "/sign-in/second/"
    assert other.post("/sign-in/second/", {"code": right}).status_code == 429, "from wherever it is tried"
    assert Entry.of(acme["anna"]).filter(act="refuse", what="second-step").count() == 1
    clock.now += int(held["Retry-After"])
    assert other.post("/sign-in/second/", {"code": code_of(acme["anna"], clock.now)})["Location"] == "/"


def test_the_second_step_waits_ten_minutes_and_ends_with_the_password(
    acme: Company, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_app(acme["anna"], clock)
    slow = browser()
    password(slow)
    session = slow.session
    session["second"] = session["second"] | {"at": time.time() - pending.LIFETIME_SECONDS - 1}
    session.save()
    late = slow.post("/sign-in/second/", {"code": code_of(acme["anna"], clock.now)})
    assert late.status_code == 422
    assert "more than ten minutes" in words(late)
    assert slow.get("/sign-in/second/")["Location"] == "/sign-in/"

    changed = browser()
    password(changed)
    anna = Account.all_tenants.get(pk=acme["anna"].pk)
    anna.set_password("another-horse-battery")
    anna.save()
    assert changed.post("/sign-in/second/", {"code": code_of(anna, clock.now)}).status_code == 422
    assert changed.get("/").status_code == 302


def test_the_session_has_another_key_after_each_step(acme: Company, clock: Clock) -> None:
    with_app(acme["anna"], clock)
    one = browser()
    session = one.session
    session["planted"] = True
    session.save()
    keys = [session.session_key]
    password(one)
    keys.append(one.cookies["sessionid"].value)
    one.post("/sign-in/second/", {"code": code_of(acme["anna"], clock.now)})
    keys.append(one.cookies["sessionid"].value)
    assert len(set(keys)) == 3
    for old in keys[:2]:
        stale = browser()
        stale.cookies["sessionid"] = old
        assert stale.get("/").status_code == 302


def test_a_browser_is_spared_the_second_step_only_where_that_was_ticked(acme: Company, clock: Clock) -> None:
    with_app(acme["anna"], clock)
    plain, ticked = browser(), browser()
    for one, more in ((plain, {}), (ticked, {"remember": "yes"})):
        password(one)
        one.post("/sign-in/second/", {"code": code_of(acme["anna"], clock.now), **more})
        clock.now += codes.STEP_SECONDS
        one.post("/sign-out/")
    assert django_settings.TRUST_COOKIE_NAME not in plain.cookies
    cookie = ticked.cookies[django_settings.TRUST_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/sign-in/")
    assert int(cookie["max-age"]) == 30 * 24 * 3600
    assert password(plain)["Location"] == "/sign-in/second/"
    assert password(ticked)["Location"] == "/"
    assert "no second step until" in words(ticked.get("/profile/devices/"))
    assert "svara_trust" in words(ticked.get("/cookies/"))

    with_app(acme["bob"], clock)
    assert password(ticked_by_bob(ticked), "bob@acme.test")["Location"] == "/sign-in/second/", "for one person alone"
    device = Device.all_tenants.exclude(trust="").get()
    assert signed_in(browser(), "dag@acme.test").post(f"/profile/devices/{device.id}/ask-again/").status_code == 404
    assert ticked.post(f"/profile/devices/{device.id}/ask-again/").status_code == 302
    ticked.post("/sign-out/")
    assert password(ticked)["Location"] == "/sign-in/second/"


def ticked_by_bob(other: Client) -> Client:
    """Bob at a browser that spares somebody else the second step."""
    client = browser()
    client.cookies[django_settings.TRUST_COOKIE_NAME] = other.cookies[django_settings.TRUST_COOKIE_NAME].value
    return client


@pytest.mark.parametrize("how", ["password", "device", "factor", "time"])
def test_what_ends_the_sparing(acme: Company, clock: Clock, how: str) -> None:
    with_app(acme["anna"], clock)
    one = browser()
    password(one)
    one.post("/sign-in/second/", {"code": code_of(acme["anna"], clock.now), "remember": "yes"})
    anna = Account.all_tenants.get(pk=acme["anna"].pk)
    token = one.cookies[django_settings.TRUST_COOKIE_NAME].value
    assert actions.trusted(anna, token)
    if how == "password":
        anna.set_password("another-horse-battery")
    elif how == "device":
        Device.all_tenants.filter(account=anna).delete()
    elif how == "factor":
        actions.do_remove_app(anna)
    else:
        Device.all_tenants.filter(account=anna).update(trusted_until=actions.timezone.now())
    assert not actions.trusted(anna, token)
    assert not actions.trusted(anna, "")


def test_an_invitation_for_a_lost_password_does_not_go_round_the_second_step(acme: Company, clock: Clock) -> None:
    from svara.people import actions as people

    with_app(acme["anna"], clock)
    newcomer = browser()
    answer = newcomer.post(f"/invitation/{people.do_invite(acme['anna'])}", {"password": "a-walk-in-the-rain"})
    assert answer["Location"] == "/sign-in/second/"
    assert newcomer.get("/").status_code == 302


def test_what_is_delicate_asks_anew_after_a_quarter_of_an_hour(acme: Company, clock: Clock) -> None:
    with_app(acme["anna"], clock)
    one = browser()
    password(one)
    one.post("/sign-in/second/", {"code": code_of(acme["anna"], clock.now)})
    assert "Make a token" in words(one.get("/profile/"))
    session = one.session
    session["proved"] = time.time() - pending.FRESH_SECONDS
    session.save()
    assert "show first that it is you" in words(one.get("/profile/"))
    assert "Make a token" not in words(one.get("/profile/"))
    for path, given in (
        ("/profile/tokens/", {"label": "script"}),
        ("/profile/password/", {"old": PASSWORD, "new": "another-horse-battery"}),
        ("/profile/security/app/remove/", {}),
        ("/profile/security/codes/", {}),
        ("/profile/security/app/new/", {}),
    ):
        answer = one.post(path, given)
        assert answer["Location"].startswith("/profile/security/confirm/?next="), path
    assert one.post("/profile/security/passkeys/options/").status_code == 403
    assert Account.all_tenants.get(pk=acme["anna"].pk).check_password(PASSWORD)

    clock.now += codes.STEP_SECONDS
    back = "/profile/?label=script"
    assert one.post("/profile/security/confirm/", {"code": "123", "next": back}).status_code == 422
    shown = one.post("/profile/security/confirm/", {"code": code_of(acme["anna"], clock.now), "next": back})
    assert shown["Location"] == back
    assert 'value="script"' in words(one.get(back)), "what was typed is still there"
    assert one.post("/profile/tokens/", {"label": "script"}).status_code == 200
    assert one.post("/profile/security/confirm/", {"code": "1", "next": "//evil.example"}).status_code == 422


def test_who_has_no_factor_shows_the_password_before_adding_one(acme: Company, browser_of: Any) -> None:
    stolen = browser_of(acme, "anna")  # a session whose person was last seen long ago
    assert "show first that it is you" in words(stolen.get("/profile/security/"))
    assert stolen.post("/profile/security/app/new/")["Location"].startswith("/profile/security/confirm/")
    assert stolen.post("/profile/security/confirm/", {"password": "a-guess-of-mine"}).status_code == 422
    assert stolen.post("/profile/security/app/new/")["Location"].startswith("/profile/security/confirm/")
    assert stolen.post("/profile/security/confirm/", {"password": PASSWORD})["Location"] == "/profile/security/"
    assert stolen.post("/profile/security/app/new/")["Location"] == "/profile/security/app/"
    for _number in range(5):
        stolen.post("/profile/security/confirm/", {"password": "a-guess-of-mine"})
    assert stolen.post("/profile/security/confirm/", {"password": PASSWORD}).status_code == 429


def test_removing_the_last_factor_takes_all_with_it(acme: Company, clock: Clock) -> None:
    with_app(acme["anna"], clock)
    one = browser()
    password(one)
    one.post("/sign-in/second/", {"code": code_of(acme["anna"], clock.now), "remember": "yes"})
    assert one.post("/profile/security/app/remove/")["Location"] == "/profile/security/"
    assert not RecoveryCode.all_tenants.filter(account=acme["anna"]).exists()
    assert not Device.all_tenants.exclude(trust="").exists()
    assert password(browser())["Location"] == "/"
    acts = set(Entry.of(acme["anna"]).filter(what="code-app").values_list("act", flat=True))
    assert acts == {"grant", "revoke"}


def test_an_administrator_is_in_the_log_as_signed_in_only_after_the_second_step(acme: Company, clock: Clock) -> None:
    with_app(acme["anna"], clock)
    half = browser()
    password(half)
    entries = Entry.of(acme["anna"]).filter(act="sign-in", what="account")
    assert not entries.exists()
    half.post("/sign-in/second/", {"code": code_of(acme["anna"], clock.now)})
    assert entries.get().why == "admin"


def test_tokens_and_phones_are_not_asked_for_a_second_step(acme: Company, clock: Clock) -> None:
    from svara.people import actions as people

    with_app(acme["anna"], clock)
    token = people.do_create_token(acme["anna"], "script")
    answer = Client().get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
    assert json.loads(answer.content)["username"] == "anna"


def asks(office: Company, who: str, day: str = "") -> None:
    """The company asks for a second factor, as its administrator says on the page."""
    boss = browser()
    boss.force_login(office["anna"], backend=BACKEND)
    right = {"name": "Acme AS", "timezone": "Europe/Oslo", "languages": "nb, en", "recording": "announce", "media": "relay"}
    answer = boss.post("/administration/company/", right | {"second_factor": who, "second_factor_from": day})
    assert answer.status_code == 302, words(answer)


def test_who_lacks_what_the_company_asks_for_reaches_nothing_else(acme: Company, clock: Clock) -> None:
    before = signed_in(who="bob@acme.test")
    asks(acme, "everybody")
    for bob in (before, signed_in(who="bob@acme.test")):
        for pattern in get_resolver().url_patterns:
            if not isinstance(pattern, URLPattern) or pattern.name is None or pattern.name in OPEN | WITHOUT_FACTOR:
                continue
            path = "/" + re.sub(r"<\w+:\w+>", "1", str(pattern.pattern))
            for method in ("get", "post"):
                answer = getattr(bob, method)(path)
                assert answer.status_code == 302, f"{method} {path}"
                assert answer["Location"] in ("/profile/security/", "/staff/sign-in/"), path
        for path in ("/api/v1/me", "/api/v1/people", "/api/v1/events"):
            assert bob.get(path).status_code == 403, path
    page = words(before.get("/profile/security/"))
    assert "Acme AS asks for a second factor" in page
    assert 'class="door"' in page
    assert "Dag Vik" not in page
    assert before.post("/profile/security/app/new/")["Location"] == "/profile/security/app/"
    secret = re.search(r'<code id="secret">([A-Z2-7 ]+)</code>', words(before.get("/profile/security/app/")))
    assert secret is not None
    code = pyotp.TOTP(secret[1].replace(" ", "")).at(int(clock.now))
    assert before.post("/profile/security/app/", {"code": code}).status_code == 200
    assert before.get("/history/").status_code == 200
    assert before.get("/api/v1/me").status_code == 200
    before.post("/profile/security/app/remove/")
    assert before.get("/history/")["Location"] == "/profile/security/", "who takes it off again is asked again"
    assert before.post("/sign-out/")["Location"] == "/sign-in/"


def test_administrators_alone_and_only_from_the_day_on(acme: Company, beta: Company, clock: Clock) -> None:
    today = timezone.localdate(timezone=ZoneInfo("Europe/Oslo"))
    asks(acme, "administrators", (today + timedelta(days=3)).isoformat())
    anna, bob, other = signed_in(), signed_in(who="bob@acme.test"), signed_in(who="anna@beta.test")
    assert "asks for a second factor" in words(anna.get("/history/"))
    assert "asks for a second factor" not in words(bob.get("/history/"))
    asks(acme, "administrators", today.isoformat())
    assert anna.get("/history/").status_code == 302
    assert bob.get("/history/").status_code == 200
    assert other.get("/history/").status_code == 200
    account = Account.all_tenants.select_related("tenant").get(pk=acme["anna"].pk)
    midnight = datetime.combine(today, datetime.min.time(), ZoneInfo("Europe/Oslo"))
    assert rule.due(account, midnight)
    assert not rule.due(account, midnight - timedelta(seconds=1)), "the day begins where the company is"
    assert rule.coming(account, midnight - timedelta(seconds=1)) == today


def test_the_rule_is_in_the_log_and_can_be_taken_back_there(acme: Company) -> None:
    asks(acme, "everybody", "2031-01-01")
    change = OfficeChange.of(acme["anna"]).get()
    assert 'second factor "nobody" -> "everybody"' in " ".join(change.lines)
    boss = signed_in()
    assert boss.post(f"/administration/changes/{change.id}/undo/").status_code == 302
    acme.tenant.refresh_from_db()
    assert (acme.tenant.second_factor, acme.tenant.second_factor_from) == ("nobody", "")


def test_an_office_file_that_says_nothing_of_it_leaves_it(acme: Company) -> None:
    asks(acme, "administrators")
    document = document_of(acme.tenant)
    document["tenant"].pop("second_factor")
    assert not plan.plan(check(from_plain(document)[0], "acme.yaml", known=True))
    document["tenant"] |= {"second_factor": "everybody", "second_factor_from": "2026-02-30"}
    with pytest.raises(OfficeFileError, match="expected a date like 2026-12-24"):
        check(from_plain(document)[0], "acme.yaml", known=True)


def test_an_administrator_takes_away_bobs_second_factor_on_his_page(acme: Company, beta: Company, clock: Clock) -> None:
    with_app(acme["bob"], clock)
    bob = browser()
    password(bob, "bob@acme.test")
    bob.post("/sign-in/second/", {"code": code_of(acme["bob"], clock.now)})
    assert bob.get("/").status_code == 200
    anna, place = signed_in(), "/administration/people/item/bob/second-factor/"
    assert "Take it away" in words(anna.get("/administration/people/item/bob/"))
    assert "Take it away" not in words(anna.get("/administration/people/item/dag/"))
    assert signed_in(who="dag@acme.test").post(place).status_code == 403
    assert signed_in(who="anna@beta.test").post(place).status_code == 404
    assert bob.get("/").status_code == 200
    assert anna.post(place)["Location"] == "/administration/people/item/bob/"
    assert bob.get("/").status_code == 302, "signed out everywhere"
    assert password(browser(), "bob@acme.test")["Location"] == "/"


@pytest.mark.parametrize(
    ("address", "asked_at", "party"),
    [
        ("https://phone.acme.test", "phone.acme.test", ("phone.acme.test", "https://phone.acme.test")),
        ("https://Phone.acme.test:443/", "phone.acme.test", ("phone.acme.test", "https://phone.acme.test")),
        ("https://phone.acme.test:8443", "phone.acme.test", ("phone.acme.test", "https://phone.acme.test:8443")),
        ("http://localhost:8080", "localhost:8080", ("localhost", "http://localhost:8080")),
        ("http://phone.acme.test", "phone.acme.test", None),
        ("https://192.0.2.7", "192.0.2.7", None),
        ("https://[2001:db8::7]", "testserver", None),
        ("", "localhost:8080", ("localhost", "http://localhost:8080")),
        ("", "127.0.0.1:8080", None),
        ("", "localhost.evil.example", None),
    ],
)
def test_where_passkeys_can_be_made(settings: Any, address: str, asked_at: str, party: tuple[str, str] | None) -> None:
    settings.ADDRESS, settings.ALLOWED_HOSTS = urlsplit(address), ["*"]
    found = party_of(RequestFactory().get("/", headers={"host": asked_at}))
    assert (found and (found.host, found.origin)) == party
