"""Anna lets her browser be woken, and it ends with whatever it stands on."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.conf import settings
from tests.peers.pushservice import PushService, Subscribed
from tests.push.conftest import SignIn, TurnOn

from svara.people import office, signedin, snapshot
from svara.people.models import Account, PushDevice, SignedIn, Tenant
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions.port import collected, do_erase_collected, do_switch, enabled
from svara.privacy.functions.registry import CALL_PUSH
from svara.privacy.policies import facts
from svara.privacy.registers import recipients
from svara.privacy.subject import person
from svara.push import actions
from svara.push.access import access_devices, access_here, access_lapsed, opened
from svara.push.services import Subscription


def wakes(account: Account) -> bool:
    """What call control knows of this person."""
    return snapshot.of(account.tenant).by_id[account.id].wakes


def devices(account: Account) -> int:
    return PushDevice.all_tenants.filter(account=account).count()


@pytest.mark.claim("ADV-8")
def test_a_browser_is_woken_only_once_its_person_turned_that_on(anna: Account, bob: Account, turn_on: TurnOn) -> None:
    assert (wakes(anna), enabled(anna.id, CALL_PUSH)) == (False, False)
    device, browser = turn_on(anna)
    assert (wakes(anna), enabled(anna.id, CALL_PUSH), wakes(bob)) == (True, True, False)
    assert [one.id for one in access_devices(anna)] == [device.id]
    place, keys = opened(device)
    assert (f"{place.origin}{place.path}", keys.public, keys.secret) == (browser.address, browser.public, browser.secret)
    assert (device.names, device.missed, device.messages) == (False, False, False), "more only by her choice"


def test_call_control_is_told_at_once(anna: Account, turn_on: TurnOn, django_capture_on_commit_callbacks: object) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        turn_on(anna)
    assert office.read_office(settings.DATA.root).tenants[0].by_id[anna.id].wakes
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        do_switch(anna, CALL_PUSH, False)
    assert not office.read_office(settings.DATA.root).tenants[0].by_id[anna.id].wakes


def test_nothing_of_the_address_lies_in_clear(anna: Account, turn_on: TurnOn) -> None:
    device, browser = turn_on(anna)
    stored = " ".join(str(value) for value in PushDevice.all_tenants.filter(pk=device.pk).values_list().get())
    raw = bytes(device.sealed)
    for secret in (urlsplit(browser.address).path, *list(browser.given.values())[1:]):
        assert secret not in stored
        assert secret.encode() not in raw


@pytest.mark.claim("ADV-8")
def test_it_ends_with_the_session(anna: Account, turn_on: TurnOn) -> None:
    device, _ = turn_on(anna)
    other, _ = turn_on(anna)
    signedin.leave({signedin.SESSION_KEY: device.session_id})
    assert [one.id for one in access_devices(anna)] == [other.id]
    assert [access_lapsed(anna, {signedin.SESSION_KEY: one.session_id}) for one in (device, other)] == [True, False]
    signedin.do_end(anna, other.session_id)
    assert (devices(anna), wakes(anna)) == (0, False)


def test_it_ends_everywhere_with_the_function_and_does_not_come_back_with_it(anna: Account, turn_on: TurnOn) -> None:
    turn_on(anna)
    turn_on(anna)
    assert collected(anna, CALL_PUSH) == 2
    do_switch(anna, CALL_PUSH, False)
    do_switch(anna, CALL_PUSH, True)
    assert (devices(anna), wakes(anna)) == (0, False)
    turn_on(anna)
    assert do_erase_collected(anna, CALL_PUSH) == 1
    assert devices(anna) == 0


def test_one_browser_is_one_and_whoever_sits_there_now_has_it(
    anna: Account, other_anna: Account, service: PushService, sign_in: SignIn
) -> None:
    browser = service.subscribe()
    for who in (anna, anna, other_anna):
        actions.do_subscribe(who, sign_in(who), Subscription(**browser.given), "en")
    assert (devices(anna), devices(other_anna)) == (0, 1)


def test_the_push_service_gives_another_address_and_the_choices_stay(
    anna: Account, service: PushService, turn_on: TurnOn
) -> None:
    device, old = turn_on(anna, names=True, missed=True)
    new, session = service.subscribe(), {signedin.SESSION_KEY: device.session_id}
    actions.do_renew(anna, session, Subscription(**new.given))
    now = access_here(anna, session)
    assert now is not None
    place, _ = opened(now)
    assert (now.id, now.names, now.missed, now.messages) == (device.id, True, True, False)
    assert (f"{place.origin}{place.path}", devices(anna)) == (new.address, 1)
    actions.do_subscribe(anna, session, Subscription(**old.given), "en")
    assert devices(anna) == 1


def test_nobody_is_woken_who_did_not_ask_here(anna: Account, service: PushService, sign_in: SignIn) -> None:
    given = Subscription(**service.subscribe().given)
    with pytest.raises(NotFound):
        actions.do_renew(anna, sign_in(anna), given)
    with pytest.raises(NotFound):
        actions.do_choose(anna, sign_in(anna), names=True, missed=True, messages=True)
    for session in ({}, {signedin.SESSION_KEY: "invented"}):
        with pytest.raises(Forbidden):
            actions.do_subscribe(anna, session, given, "en")
    assert not enabled(anna.id, CALL_PUSH)


def test_bob_cannot_end_annas_nor_can_another_company(
    anna: Account, bob: Account, other_anna: Account, turn_on: TurnOn
) -> None:
    device, _ = turn_on(anna)
    for stranger in (bob, other_anna):
        with pytest.raises(NotFound):
            actions.do_revoke(stranger, device.id)
    actions.do_revoke(anna, device.id)
    assert devices(anna) == 0


def test_a_session_of_somebody_else_is_none(anna: Account, bob: Account, service: PushService, sign_in: SignIn) -> None:
    with pytest.raises(Forbidden):
        actions.do_subscribe(bob, sign_in(anna), Subscription(**service.subscribe().given), "en")


def test_addresses_that_lead_elsewhere_are_refused_in_plain_words(anna: Account, sign_in: SignIn) -> None:
    keys = Subscribed("").given
    for address in ("https://127.0.0.1/x", "http://fcm.googleapis.com/x", "https://evil.example/x"):
        with pytest.raises(Invalid, match="may ask"):
            actions.do_subscribe(anna, sign_in(anna), Subscription(**keys | {"address": address}), "en")
    wrong = Subscription("https://fcm.googleapis.com/fcm/send/x", "nonsense", keys["auth"])
    with pytest.raises(Invalid, match="Load the page again"):
        actions.do_subscribe(anna, sign_in(anna), wrong, "en")
    assert (devices(anna), enabled(anna.id, CALL_PUSH)) == (0, False), "no agreement was made of what came to nothing"


def test_the_eleventh_browser_takes_the_place_of_the_first(anna: Account, turn_on: TurnOn) -> None:
    ids = [turn_on(anna)[0].id for _ in range(actions.MAX_DEVICES + 1)]
    assert [one.id for one in access_devices(anna)] == ids[:0:-1]


def test_the_push_service_is_a_recipient_and_closed_it_gets_nothing(
    acme: Tenant, anna: Account, service: PushService, turn_on: TurnOn, sign_in: SignIn
) -> None:
    anna.roles = ["admin"]
    assert not [one for one in recipients.access_recipients(anna) if one.kind == "push-service"]
    turn_on(anna)
    (known,) = [one for one in recipients.access_recipients(anna) if one.kind == "push-service"]
    assert (known.name, known.closable) == ("localhost", True)
    assert {use.recipients for use in facts.gather(acme.id).uses if use.category == "user.device.device_id"} >= {
        ("push-service",)
    }
    recipients.do_close(anna, known.key)
    assert not wakes(anna)
    with pytest.raises(Invalid, match="closed"):
        actions.do_subscribe(anna, sign_in(anna), Subscription(**service.subscribe().given), "en")
    recipients.do_close(anna, known.key, closed=False)
    assert wakes(anna)


def test_the_policy_speaks_of_it_only_where_somebody_uses_it(acme: Tenant, anna: Account, turn_on: TurnOn) -> None:
    assert "push" not in facts.gather(acme.id).features
    turn_on(anna)
    assert "push" in facts.gather(acme.id).features
    assert (CALL_PUSH, 1) in facts.gather(acme.id).functions


def test_signing_in_anew_every_fortnight_forgets_the_browser_with_the_session(anna: Account, turn_on: TurnOn) -> None:
    device, _ = turn_on(anna)
    SignedIn.all_tenants.filter(pk=device.session_id).delete()
    assert devices(anna) == 0


def test_it_is_in_what_anna_gets_of_her_data(anna: Account, turn_on: TurnOn) -> None:
    from svara.people.subjects import PeopleCapability

    turn_on(anna, missed=True)
    sections = {one.key: one for one in PeopleCapability().export(anna.tenant_id, person(anna.id))}
    (told,) = list(sections["push"].rows)
    assert (told["service"], told["missed_calls"], told["caller_named"]) == ("localhost", True, False)
