"""Acme's Anna and Bob, their sessions, and a push service on this machine that the operator allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.peers.pushservice import PushService, Subscribed
from tests.people.conftest import acme, anna, beta, bob, other_anna

from svara.people import signedin
from svara.people.models import Account, PushDevice
from svara.push import actions
from svara.push.services import Subscription

__all__ = ["acme", "anna", "beta", "bob", "other_anna"]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

SignIn = Callable[[Account], dict[str, str]]
TurnOn = Callable[..., tuple[PushDevice, Subscribed]]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    found = PushService(tmp_path / "push")
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    yield found
    found.close()


@pytest.fixture
def sign_in() -> SignIn:
    """Gives what the session holds."""

    def enter(account: Account) -> dict[str, str]:
        return {signedin.SESSION_KEY: signedin.do_enter(account, "", FIREFOX, "192.0.2.7").session_id}

    return enter


@pytest.fixture
def turn_on(service: PushService, sign_in: SignIn) -> TurnOn:
    """Somebody signs in with a browser and lets it be woken."""

    def on(account: Account, **choices: bool) -> tuple[PushDevice, Subscribed]:
        browser, session = service.subscribe(), sign_in(account)
        device = actions.do_subscribe(account, session, Subscription(**browser.given), "en")
        if choices:
            wanted = {"names": False, "missed": False, "messages": False} | choices
            actions.do_choose(account, session, **wanted)
        return device, browser

    return on
