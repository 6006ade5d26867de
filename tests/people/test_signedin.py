"""Anna's devices and sessions: a browser she has used is known again, another one is told to her, and each can be ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as some
from tests.voicemail.mailserver import MailServer, mail_server

from svara.people import agents, alerts, signedin
from svara.people.models import Account, Device, SignedIn, Tenant
from svara.people.retention import forget_expired
from svara.privacy.audit.models import Entry
from svara.privacy.errors import NotFound
from svara.privacy.rights import erasing, port
from svara.privacy.subject import person

pytestmark = [pytest.mark.claim("ADV-12")]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
PIXEL = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
HOME, ABROAD = "192.0.2.7", "2001:db8:77:1::5"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        settings.ADDRESS = urlsplit("https://svara.acme.test")
        yield server


def enter(who: Account, token: str = "", agent: str = FIREFOX, address: str = HOME, at: datetime = NOON) -> signedin.Entered:
    return signedin.do_enter(who, token, agent, address, at)


def session(entered: signedin.Entered) -> dict[str, str]:
    return {signedin.SESSION_KEY: entered.session_id}


@pytest.mark.parametrize(
    ("agent", "known"),
    [
        (FIREFOX, ("Firefox", "Linux")),
        (EDGE, ("Edge", "Windows")),
        (IPHONE, ("Safari", "iOS")),
        (PIXEL, ("Chrome", "Android")),
        ("curl/8.0", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_browser_is_two_words(agent: str, known: tuple[str, str]) -> None:
    assert agents.seen(agent) == known


@given(some.text(max_size=3000), some.text(max_size=100))
def test_whatever_a_browser_says_of_itself_nothing_of_it_is_kept(agent: str, address: str) -> None:
    assert all(word == "" or word.replace(" ", "").isalpha() for word in agents.seen(agent))
    assert len(agents.network_of(address)) <= 50


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:77:1::5", "2001:db8:77::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unix:", ""),
    ],
)
def test_an_address_is_kept_as_a_network_alone(address: str, network: str) -> None:
    assert agents.network_of(address) == network


def test_the_first_browser_is_nothing_to_tell_of_and_the_second_is(anna: Account, acme: Tenant, post: MailServer) -> None:
    first = enter(anna)
    assert enter(anna, first.device_token).device_token == first.device_token
    assert alerts.send_alerts(NOON) == 0
    stranger = enter(anna, "", PIXEL, ABROAD)
    assert alerts.send_alerts(NOON) == 1
    assert alerts.send_alerts(NOON) == 0, "once"
    [(to, mail)] = post.mails
    text = mail.get_content()
    assert (to, mail["Auto-Submitted"]) == (["anna@acme.test"], "auto-generated")
    assert mail["Subject"] == "En ny enhet har logget inn"
    assert "Chrome, Android, 2001:db8:77::/48" in text
    assert "13:00" in text, "in the company's time"
    assert "https://svara.acme.test/profile/devices/" in text
    assert "2001:db8:77:1::5" not in text
    assert [each.browser for each in signedin.access_new_devices(anna, session(first), NOON)] == ["Chrome"]
    assert signedin.access_new_devices(anna, session(stranger), NOON) == [], "the new one cannot wave it away"
    signedin.do_know(anna, session(stranger))
    assert signedin.access_new_devices(anna, session(first), NOON)
    assert [(e.act, e.what) for e in Entry.of(anna).filter(what="new-device")] == [("sign-in", "new-device")]


def test_it_was_me(anna: Account, post: MailServer) -> None:
    first = enter(anna, at=timezone.now())
    second = enter(anna, "", PIXEL, at=timezone.now())
    signedin.do_know(anna, session(first))
    assert signedin.access_new_devices(anna, session(first)) == []
    alerts.send_alerts()
    enter(anna, second.device_token, PIXEL)
    assert alerts.send_alerts() == 0
    assert len(signedin.access_devices(anna)) == 2


def test_two_people_at_one_browser_are_two_marks(anna: Account, bob: Account) -> None:
    token = enter(anna).device_token
    enter(bob, token)
    marks = set(Device.all_tenants.values_list("mark", flat=True))
    assert len(marks) == 2
    assert token not in str(Device.all_tenants.values())


@pytest.mark.parametrize("token", ["x", "é" * 43, "\0" * 43, "a" * 42, "a" * 44, "' OR 1=1 --", "a" * 100_000])
def test_an_invented_cookie_is_replaced(anna: Account, token: str) -> None:
    given_ = enter(anna, token).device_token
    assert given_ != token
    assert len(given_) == 43


def test_a_session_that_is_ended_does_not_hold(anna: Account, bob: Account, other_anna: Account) -> None:
    here, there = enter(anna), enter(anna, "", EDGE)
    for stranger in (bob, other_anna):
        with pytest.raises(NotFound):
            signedin.do_end(stranger, there.session_id)
        assert not signedin.holds(stranger, session(there))
    for invented in ("", "x", "' OR 1=1", "\0" * 32):
        with pytest.raises(NotFound):
            signedin.do_end(anna, invented)
    signedin.do_end(anna, there.session_id)
    assert not signedin.holds(anna, session(there))
    assert signedin.holds(anna, session(here))
    third, fourth = enter(anna), enter(anna)
    assert signedin.do_end_others(anna, session(here)) == 2
    assert [signedin.holds(anna, session(each)) for each in (here, third, fourth)] == [True, False, False]


def test_a_device_that_is_forgotten_is_out_and_new_again(anna: Account) -> None:
    here, there = enter(anna), enter(anna, "", EDGE)
    device = next(each for each in signedin.access_devices(anna) if each.browser == "Edge")
    signedin.do_forget_device(anna, device.id)
    assert not signedin.holds(anna, session(there))
    enter(anna, there.device_token, EDGE)
    assert signedin.access_new_devices(anna, session(here), NOON)


def test_a_flood_of_new_devices_neither_fills_the_table_nor_the_letter_box(anna: Account, post: MailServer) -> None:
    mine = enter(anna)
    for minute in range(80):
        enter(anna, "", PIXEL, at=NOON + timedelta(minutes=minute))
    assert alerts.send_alerts(NOON + timedelta(minutes=80)) == signedin.MAX_MAILS_A_DAY
    assert Device.of(anna).count() == signedin.MAX_DEVICES
    assert signedin.holds(anna, session(mine)), "her own stays known and signed in"


def test_a_mail_server_that_is_away_is_asked_again_for_a_day(anna: Account, post: MailServer, settings: Any) -> None:
    enter(anna)
    enter(anna, "", EDGE)
    port_, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    with pytest.raises(OSError, match="refused"):
        alerts.send_alerts(NOON + timedelta(minutes=1))
    settings.EMAIL_PORT = port_
    assert alerts.send_alerts(NOON + timedelta(hours=25)) == 0
    assert not Device.all_tenants.filter(mail_due=True).exists()


def test_they_go_with_time_but_each_persons_last_device_stays(anna: Account, bob: Account) -> None:
    old, newer = enter(anna), enter(anna, "", EDGE, at=NOON + timedelta(days=1))
    enter(bob)
    later = NOON + timedelta(days=370)
    forget_expired(later.timestamp())
    assert not SignedIn.all_tenants.exists()
    assert [(each.account_id, each.browser) for each in Device.all_tenants.order_by("browser")] == [
        (anna.id, "Edge"),
        (bob.id, "Firefox"),
    ]
    assert not signedin.holds(anna, session(old))
    assert not signedin.holds(anna, session(newer))


def test_they_are_told_exported_and_erased(anna: Account, acme: Tenant) -> None:
    enter(anna)
    people = next(each for each in port.capabilities() if each.name == "people")
    tables = {holding.table for holding in people.holdings(acme.id, person(anna.id))}
    assert {"people.Device", "people.SignedIn"} <= tables
    rows = [row for section in people.export(acme.id, person(anna.id)) if section.key == "access" for row in section.rows]
    assert {"browser": "Firefox", "system": "Linux", "network": "192.0.2.0/24"}.items() <= rows[0].items()
    erasing.erase(acme.id, person(anna.id), reason="left", by=anna.id)
    assert not Device.all_tenants.exists()
    assert not SignedIn.all_tenants.exists()
