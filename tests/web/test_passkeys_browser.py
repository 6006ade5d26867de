"""Passkeys in a real browser, with a key store that Chromium plays (WebAuthn.addVirtualAuthenticator)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.web.browsing import WIDTHS, Visit, visit
from tests.web.office import PASSWORD, Company
from tests.web.stage import Stage

from svara.people.models import Passkey, RecoveryCode

pytestmark = [pytest.mark.browser, pytest.mark.claim("ADV-1")]


class Here:
    """The same pages under a name: passkeys are made for names, never for a mere address."""

    def __init__(self, stage: Stage) -> None:
        self.url = stage.url.replace("127.0.0.1", "localhost")


class KeyStore:
    """The device's key store, which unlocks itself unless it is told not to."""

    def __init__(self, page: Page) -> None:
        self._line = page.context.new_cdp_session(page)
        self._line.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self.id = self._line.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def keys(self) -> list[dict[str, Any]]:
        return list(self._line.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"])

    def take(self, keys: list[dict[str, Any]]) -> None:
        """Put keys of another store into this one: a copy."""
        for key in keys:
            self._line.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": key})

    def unlocks(self, yes: bool) -> None:
        self._line.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": yes})


@contextmanager
def at_a_device(browser: Browser, stage: Stage, *, offers: bool = False, **more: Any) -> Iterator[tuple[Visit, KeyStore]]:
    """`offers`: the browser offers passkeys beside the user name. Chromium's key store then answers at once, as somebody
    would who chooses one from the list."""
    with visit(browser, Here(stage), **more) as one:  # type: ignore[arg-type]  # a stage by its name
        if not offers:
            one.page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
        yield one, KeyStore(one.page)


def add(one: Visit, name: str) -> None:
    one.go("/profile/security/")
    one.page.fill("#label", name)
    one.page.locator("form[data-passkey=create] button").click()


def sign_out(one: Visit) -> None:
    one.go("/profile/")
    one.page.locator("main form[action='/sign-out/'] button").click()
    one.page.wait_for_selector("#password")


def test_eva_makes_a_passkey_and_comes_in_with_it_alone(stage: Stage, browser: Browser, acme: Company) -> None:
    with at_a_device(browser, stage) as (eva, store):
        eva.sign_in("eva@acme.test")
        add(eva, "My laptop")
        eva.page.wait_for_selector("#codes")
        shown = eva.page.locator("#codes").inner_text().split()
        assert len(shown) == 10
        assert RecoveryCode.all_tenants.filter(account=acme["eva"]).count() == 10
        with eva.page.expect_download() as kept:
            eva.page.locator("[data-keep]").click()
        assert kept.value.path().read_text().split() == shown
        assert kept.value.suggested_filename == "svara-eva.txt"
        eva.picture("recovery-codes")
        eva.page.get_by_role("link", name="I have kept them").click()
        expect(eva.page.locator("main")).to_contain_text("My laptop")
        assert len(store.keys()) == 1

        sign_out(eva)
        eva.go("/sign-in/?next=/history/")
        assert eva.page.locator("#name").get_attribute("autocomplete") == "username webauthn"
        eva.page.get_by_role("button", name="Sign in with a passkey").click()
        eva.page.wait_for_selector(".app")
        assert eva.page.url.endswith("localhost:" + eva.stage.url.rpartition(":")[2] + "/history/")
        row = Passkey.all_tenants.get(account=acme["eva"])
        assert row.last_used_at is not None
        assert row.sign_count == store.keys()[0]["signCount"] > 0
        assert eva.complaints == []

        add(eva, "The same again")
        expect(eva.page.locator("[data-trouble=there]")).to_be_visible()


def test_a_passkey_is_offered_beside_the_user_name(stage: Stage, browser: Browser, acme: Company) -> None:
    with at_a_device(browser, stage) as (eva, store):
        eva.sign_in("eva@acme.test")
        add(eva, "My laptop")
        eva.page.wait_for_selector("#codes")
        keys = store.keys()
    with at_a_device(browser, stage, offers=True) as (again, store):
        store.take(keys)
        again.go("/sign-in/?next=/history/")
        again.page.wait_for_selector(".app")
        assert Passkey.all_tenants.get(account=acme["eva"]).last_used_at is not None


def test_the_passkey_as_second_step_and_what_is_refused(stage: Stage, browser: Browser, acme: Company) -> None:
    with at_a_device(browser, stage) as (dag, store):
        dag.sign_in("dag@acme.test")
        add(dag, "My phone")
        dag.page.wait_for_selector("#codes")
        keys = store.keys()
        sign_out(dag)
        dag.page.fill("#name", "dag@acme.test")
        dag.page.fill("#password", PASSWORD)
        dag.page.press("#password", "Enter")
        dag.page.wait_for_url("**/sign-in/second/")
        expect(dag.page.get_by_role("heading", name="Second step")).to_be_visible()
        assert dag.barriers() == []
        dag.page.get_by_role("button", name="Use a passkey").click()
        dag.page.wait_for_selector(".app")

        # Locked, the device shows no passkey; without the password it has to be unlocked.
        sign_out(dag)
        store.unlocks(False)
        dag.page.get_by_role("button", name="Sign in with a passkey").click()
        expect(dag.page.locator("[data-trouble=none]")).to_be_visible()
        store.unlocks(True)

        # A copy whose counter is behind is refused, and written down.
        with at_a_device(browser, stage) as (thief, copied):
            copied.take(keys)
            thief.go("/sign-in/")
            thief.page.get_by_role("button", name="Sign in with a passkey").click()
            expect(thief.page.locator("#error")).to_contain_text("may have been copied")

        # Removed, it opens nothing.
        dag.page.get_by_role("button", name="Sign in with a passkey").click()
        dag.page.wait_for_selector(".app")
        dag.go("/profile/security/")
        dag.page.get_by_role("button", name="Remove · My phone").click()
        expect(dag.page.locator(".toast")).to_contain_text("The passkey is removed")
        sign_out(dag)
        dag.page.get_by_role("button", name="Sign in with a passkey").click()
        expect(dag.page.locator("#error")).to_contain_text("was removed")
        assert not Passkey.all_tenants.exists()


def test_an_app_with_codes_by_hand(stage: Stage, browser: Browser, acme: Company) -> None:
    with visit(browser, stage) as eva:
        eva.sign_in("eva@acme.test", "/profile/security/")
        assert "http://localhost" in eva.page.locator("main").inner_text(), "why there are no passkeys at a mere address"
        eva.page.get_by_role("button", name="Set up an app").click()
        eva.page.wait_for_selector(".qr svg")
        eva.picture("security-app")
        assert eva.barriers() == []
        secret = eva.page.locator("#secret").inner_text().replace(" ", "")
        eva.page.fill("#code", "000000")
        eva.page.press("#code", "Enter")
        expect(eva.page.locator("#code-errors")).to_contain_text("This code is not right")
        eva.page.fill("#code", pyotp.TOTP(secret).now())
        eva.page.press("#code", "Enter")
        eva.page.wait_for_selector("#codes")
        first = eva.page.locator("#codes").inner_text().split()[0]
        eva.page.get_by_role("link", name="I have kept them").click()
        expect(eva.page.locator("main")).to_contain_text("10 are left")
        sign_out(eva)
        eva.page.fill("#name", "eva@acme.test")
        eva.page.fill("#password", PASSWORD)
        eva.page.press("#password", "Enter")
        eva.page.wait_for_selector("#code")
        eva.page.fill("#code", first)
        eva.page.press("#code", "Enter")
        eva.page.wait_for_selector(".app")
        assert eva.complaints == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_pages_fit_and_have_no_barriers(stage: Stage, browser: Browser, acme: Company, language: str) -> None:
    for scheme, width in (("light", 1440), ("dark", 360)):
        who = "eva" if scheme == "light" else "dag"
        with at_a_device(browser, stage, width=width, scheme=scheme, language=language) as (one, _store):
            one.go("/sign-in/")
            expect(one.page.locator("form[data-passkey]")).to_be_visible()
            assert (one.overflow(), one.barriers()) == (0, [])
            one.picture(f"sign-in-{width}-{language}")
            one.sign_in(f"{who}@acme.test", "/profile/security/")
            assert (one.overflow(), one.barriers()) == (0, [])
            add(one, "x" * 60)
            one.page.wait_for_selector("#codes")
            assert (one.overflow(), one.barriers()) == (0, [])
            for place in ("/profile/security/", "/profile/security/confirm/", "/profile/", "/profile/devices/"):
                one.go(place)
                for each in WIDTHS:
                    one.page.set_viewport_size({"width": each, "height": WIDTHS[each]})
                    assert one.overflow() == 0, (place, each)
                assert one.barriers() == [], place
                name = re.sub(r"\W+", "-", place).strip("-")
                one.picture(f"{name}-{width}-{language}")
            sign_out(one)
            one.page.fill("#name", f"{who}@acme.test")
            one.page.fill("#password", PASSWORD)
            one.page.press("#password", "Enter")
            one.page.wait_for_url("**/sign-in/second/")
            assert (one.overflow(), one.barriers()) == (0, [])
            one.picture(f"second-step-{width}-{language}")
            assert one.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_where_the_company_asks_for_it_eva_adds_a_passkey_before_all_else(
    stage: Stage, browser: Browser, acme: Company, scheme: str
) -> None:
    acme.tenant.second_factor = "everybody"
    acme.tenant.save()
    with at_a_device(browser, stage, scheme=scheme) as (eva, _store):
        eva.go("/sign-in/?next=/history/")
        eva.page.fill("#name", "eva@acme.test")
        eva.page.fill("#password", PASSWORD)
        eva.page.press("#password", "Enter")
        expect(eva.page.locator("[role=status]")).to_contain_text("asks for a second factor")
        expect(eva.page.locator("form[data-passkey=create]")).to_be_visible()
        for width, height in WIDTHS.items():
            eva.page.set_viewport_size({"width": width, "height": height})
            assert eva.overflow() == 0, width
            eva.picture(f"security-asked-{width}-{scheme}")
        assert eva.barriers() == []
        assert eva.page.locator(".nav").count() == 0
        eva.page.fill("#label", "My laptop")
        eva.page.locator("form[data-passkey=create] button").click()
        eva.page.wait_for_selector("#codes")
        eva.go("/history/")
        eva.page.wait_for_selector(".app")
        assert eva.complaints == []
