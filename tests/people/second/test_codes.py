"""Codes against the standard's own figures, and the mails about what changes."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.core import mail
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from svara.data import DataFolder
from svara.people import retention, throttle
from svara.people.alerts import FACTOR_NEWS, send_alerts
from svara.people.models import Account, CodeApp, FactorNews, Passkey, RecoveryCode, SignInCount
from svara.people.second import actions, codes, tries
from svara.people.second.access import access_factors, access_new_secret
from svara.people.signin import Throttled
from svara.people.subjects import PeopleCapability
from svara.privacy.audit.models import Entry
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.subject import person

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_6238 = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}
"""Appendix B, SHA-1, the last six digits."""
NOW = 1_800_000_000.0


def with_app(account: Account, now: float = NOW) -> list[str]:
    actions.do_begin_app(account)
    return actions.do_confirm_app(account, pyotp.TOTP(access_new_secret(account)).at(int(now)), now)


@pytest.mark.parametrize(("at", "code"), RFC_6238.items())
def test_the_codes_of_the_standard(at: int, code: str) -> None:
    assert codes.step_of(RFC_SECRET, code, at, 0) == at // 30
    assert codes.step_of(RFC_SECRET, code, at + 30, 0) == at // 30, "a phone that is behind"
    assert codes.step_of(RFC_SECRET, code, at + 60, 0) is None
    assert codes.step_of(RFC_SECRET, code, at, at // 30) is None, "used before"
    assert codes.step_of(RFC_SECRET, f" {code[:3]} {code[3:]} ", at, 0) == at // 30, "as apps write it"


@given(st.text(max_size=200))
def test_whatever_is_typed_is_a_wrong_code_and_no_fault(typed: str) -> None:
    assert codes.step_of(RFC_SECRET, typed, 59, 0) in (None, 1)
    codes.looks_like_code(typed)
    assert len(codes.recovery_mark("key", "anna", typed)) == 64


def test_recovery_codes_are_ten_and_long_and_each_another() -> None:
    shown = [code for _ in range(20) for code in codes.new_recovery_codes()]
    assert len(set(shown)) == 200
    assert all(re.fullmatch(r"[a-z0-9]{4}(-[a-z0-9]{4}){3}", code) and not set(code) & set("ilou") for code in shown)


def test_six_digits_are_not_guessed_in_a_year() -> None:
    """Somebody who knows the password tries as often as they may, for a day."""
    count, tried = throttle.UNUSED, 0
    for second in range(0, 24 * 3600, 10):
        if tries.CODES.wait_seconds(count, second) == 0:
            count, tried = tries.CODES.after(count, second), tried + 1
    assert tried < 300
    assert 1 - (1 - 3e-6) ** (tried * 365) < 0.3


@pytest.mark.claim("ADV-12")
def test_tries_are_counted_for_each_person_and_go_with_them(data_folder: DataFolder, anna: Account, bob: Account) -> None:
    with_app(anna)
    with_app(bob)
    for _number in range(5):
        assert actions.try_code(anna, "000000", NOW) is None
    held = actions.try_code(anna, "000000", NOW)
    assert held == Throttled(retry_after_seconds=300)
    assert actions.try_code(bob, "000000", NOW) is None, "nobody else is held up"
    for hour in range(1, 24):
        assert actions.try_code(anna, "000000", NOW + 3600 * hour) is None
    assert FactorNews.all_tenants.filter(account=anna, what="guessed").count() == 1, "told once, not each time"
    assert SignInCount.objects.filter(key=tries.key_of(anna.id)).exists()
    list(PeopleCapability().erase(anna.tenant_id, person(anna.id), reason="left"))
    assert not SignInCount.objects.filter(key=tries.key_of(anna.id)).exists()


def test_the_secret_is_nowhere_in_clear(data_folder: DataFolder, anna: Account) -> None:
    actions.do_begin_app(anna)
    secret = access_new_secret(anna)
    stored = bytes(CodeApp.all_tenants.get(account=anna).sealed)
    assert secret.encode() not in stored
    assert base64.b32decode(secret) not in stored


def test_an_app_that_nobody_confirms_goes_within_the_hour(data_folder: DataFolder, anna: Account) -> None:
    actions.do_begin_app(anna, timezone.now() - timedelta(minutes=59))
    retention.forget_factors(timezone.now())
    assert CodeApp.all_tenants.filter(account=anna).exists()
    retention.forget_factors(timezone.now() + timedelta(minutes=2))
    assert not CodeApp.all_tenants.filter(account=anna).exists()
    with pytest.raises(NotFound):
        actions.do_confirm_app(anna, "000000", NOW)


def test_a_second_app_has_to_wait_for_the_first_to_go(data_folder: DataFolder, anna: Account) -> None:
    with pytest.raises(Invalid):
        actions.do_renew_codes(anna)
    old = with_app(anna)
    with pytest.raises(Invalid, match="already"):
        actions.do_begin_app(anna)
    new = actions.do_renew_codes(anna)
    assert actions.try_code(anna, old[0], NOW) is None
    assert actions.try_code(anna, new[0], NOW) == "recovery"
    assert access_factors(anna).recovery_codes == 9


@pytest.mark.claim("ADV-12")
def test_anna_is_told_of_what_changes_in_her_language(
    data_folder: DataFolder, anna: Account, settings: Any, mailoutbox: list[mail.EmailMessage]
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_BACKEND = "mail.test", "django.core.mail.backends.locmem.EmailBackend"
    anna.language = "en"
    anna.save()
    first = with_app(anna)[0]
    actions.try_code(anna, first, NOW)
    for _number in range(5):
        actions.try_code(anna, "000000", NOW)
    assert send_alerts() == 3
    texts = [str(each.body) for each in mailoutbox]
    assert "asks for a code from your app" in texts[0]
    assert "A recovery code of yours was used" in texts[1]
    assert "has typed wrong codes" in texts[2]
    assert all("Hello Anna Berg," in text and first not in text for text in texts)
    assert send_alerts() == 0
    assert not FactorNews.all_tenants.exists()
    for what in FACTOR_NEWS:
        actions.tell(anna, what)
    assert send_alerts() == len(FACTOR_NEWS)
    settings.EMAIL_HOST = ""
    actions.tell(anna, "app-on")
    assert send_alerts() == 0
    assert send_alerts(timezone.now() + timedelta(days=1)) == 0
    assert not FactorNews.all_tenants.exists(), "not kept for a mail server that may come one day"


def test_an_administrator_takes_away_what_bob_has_lost(data_folder: DataFolder, anna: Account, bob: Account) -> None:
    with_app(bob)
    with pytest.raises(Forbidden):
        actions.do_reset(anna, "bob")
    anna.roles = ["admin"]
    anna.save()
    with pytest.raises(Invalid):
        actions.do_reset(anna, "anna")
    with pytest.raises(NotFound):
        actions.do_reset(anna, "nobody")
    actions.do_reset(anna, "bob")
    with pytest.raises(Invalid, match="no second factor"):
        actions.do_reset(anna, "bob")
    assert not access_factors(bob).any
    assert not RecoveryCode.all_tenants.filter(account=bob).exists()
    assert FactorNews.all_tenants.filter(account=bob, what="reset").exists()
    assert Entry.of(anna).get(what="second-factor").actor == anna.id


def test_an_administrator_of_another_company_reaches_nobody(
    data_folder: DataFolder, bob: Account, other_anna: Account
) -> None:
    with_app(bob)
    other_anna.roles = ["admin"]
    other_anna.save()
    with pytest.raises(NotFound):
        actions.do_reset(other_anna, "bob")
    assert access_factors(bob).any


def test_what_is_exported_opens_nothing_and_what_is_erased_is_gone(data_folder: DataFolder, anna: Account) -> None:
    shown = with_app(anna)
    rows = {table: table.all_tenants.filter(account=anna) for table in (CodeApp, Passkey, RecoveryCode, FactorNews)}
    room, subject = PeopleCapability(), person(anna.id)
    section = next(each for each in room.export(anna.tenant_id, subject) if each.key == "access")
    text = str(section.rows)
    assert "code_app" in text
    assert "'recovery_codes_left': 10" in text
    marks = RecoveryCode.all_tenants.filter(account=anna).values_list("mark", flat=True)
    assert not any(secret in text for secret in (*shown, *marks))
    held = {each.table for each in room.holdings(anna.tenant_id, subject)}
    assert {"people.CodeApp", "people.RecoveryCode", "people.FactorNews"} <= held
    gone = {each.table for each in room.erase(anna.tenant_id, subject, reason="left")}
    assert {"people.CodeApp", "people.RecoveryCode", "people.FactorNews"} <= gone
    assert not any(each.exists() for each in rows.values())
