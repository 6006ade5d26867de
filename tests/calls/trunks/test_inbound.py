"""The public number rings: calls that a provider brings."""

from __future__ import annotations

import msgspec
import pytest
from tests.calls.phones import SERVER, Office, Phone
from tests.calls.trunks.carriers import BETAS, BOBS, MAIN, OSLO, Carrier, open_lines

from svara.calls.events import CallEnded, CallStarted
from svara.people.office import Hours, PublicNumber, Window


@pytest.fixture
def carrier(at_work: Office) -> Carrier:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk())
    return carrier


def test_the_caller_from_oslo_reaches_anna_at_the_main_number(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    carrier.call(MAIN)
    assert not carrier.heard(407)  # a provider is not asked for a password
    assert anna.rings
    assert anna.invite is not None
    assert anna.invite.from_.uri.user == OSLO
    anna.ring()
    anna.answer()
    assert carrier.statuses == [180, 200]
    (started,) = at_work.told(CallStarted)
    assert (started.direction, started.tenant, started.dialled) == ("inbound", "t-acme", MAIN)
    assert (started.caller.number, started.caller.person, started.callee.person) == (OSLO, None, "p-acme-anna")
    carrier.hang_up()
    (ended,) = at_work.told(CallEnded)
    assert (ended.outcome, ended.by) == ("answered", "caller")


@pytest.mark.parametrize(
    ("form", "called", "caller"),
    [
        ("e164", "+4721000002", "+4790000001"),
        ("plain", "4721000002", "4790000001"),
        ("national", "21000002", "90000001"),
        ("00", "004721000002", "004790000001"),
        ("national", "+4721000002", "4790000001"),  # and providers do not always keep to what they agreed
        ("e164", "21000002", "90000001"),
        ("plain", "004721000002", "+47 90 00 00 01"),
    ],
)
def test_each_provider_writes_numbers_in_its_own_manner(
    at_work: Office, bob: Phone, form: str, called: str, caller: str
) -> None:
    carrier = Carrier(at_work, login=caller.replace(" ", "%20"))
    open_lines(at_work, carrier.trunk(format=form))
    carrier.call(called)
    assert bob.rings
    (started,) = at_work.told(CallStarted)
    assert (started.dialled, started.caller.number) == (BOBS, OSLO)


def test_a_number_that_nobody_has_is_refused(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    carrier.call("+4721009999")
    assert carrier.statuses == [404]
    assert at_work.told(CallStarted) == []


def test_a_stranger_with_the_right_number_is_challenged_and_learns_nothing(at_work: Office, anna: Phone) -> None:
    open_lines(at_work, Carrier(at_work).trunk())
    answers = []
    for number in (MAIN, "+4721009999", "101", "anna"):
        stranger = Phone(at_work, "stranger", address="198.51.100.66").call(number)
        answers.append([message.status for message in stranger.received if message.status != 100])  # type: ignore[union-attr]
    assert answers == [[407, 407]] * 4
    assert not anna.rings


def test_a_network_of_the_provider_counts_too(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work, "203.0.113.77")
    open_lines(at_work, carrier.trunk(match=("203.0.113.0/24", "2001:db8::/64")))
    carrier.call(MAIN)
    assert anna.rings


def test_two_companies_with_the_same_provider_are_told_apart_by_the_number(at_work: Office, anna: Phone) -> None:
    dora = Phone(at_work, "beta-dora").register()
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(), beta=(carrier.trunk("their-itsp"),))
    carrier.call(BETAS)
    assert dora.rings
    assert not anna.rings
    Carrier(at_work).call(MAIN)
    assert anna.rings
    assert [started.tenant for started in at_work.told(CallStarted)] == ["t-beta", "t-acme"]


def test_a_number_comes_by_its_own_trunk_only(at_work: Office, anna: Phone) -> None:
    ours, other = Carrier(at_work), Carrier(at_work, "203.0.113.20")
    open_lines(at_work, ours.trunk(), other.trunk("backup"))
    other.call(MAIN)
    assert other.statuses == [404]
    assert not anna.rings


def test_a_trunk_without_addresses_is_known_by_its_login(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work, login="acme-trunk")
    open_lines(at_work, carrier.trunk(match=(), login="acme-trunk", secret="s3cret-acme-trunk"))
    carrier.call(MAIN, headers=[("P-Asserted-Identity", f"<sip:{OSLO}@itsp.example>")])
    assert carrier.heard(407)
    assert anna.rings
    (started,) = at_work.told(CallStarted)
    assert (started.direction, started.caller.number) == ("inbound", OSLO)


def test_a_wrong_secret_of_a_trunk_opens_nothing(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work, login="acme-trunk")
    open_lines(at_work, carrier.trunk(match=(), login="acme-trunk", secret="another"))
    carrier.call(MAIN)
    assert carrier.statuses == []
    assert not anna.rings


def test_two_trunks_of_two_companies_may_have_the_same_login(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work, login="pbx")
    open_lines(
        at_work,
        carrier.trunk(match=(), login="pbx", secret="s3cret-pbx"),
        beta=(carrier.trunk("theirs", match=(), login="pbx", secret="something else"),),
    )
    carrier.call(MAIN)
    assert anna.rings


def test_a_phone_at_the_address_of_a_provider_is_still_a_phone(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk())
    bob = Phone(at_work, "acme-bob", address=carrier.address[0]).register()
    bob.call("101")
    assert bob.heard(407)
    assert anna.rings
    (started,) = at_work.told(CallStarted)
    assert started.caller.person == "p-acme-bob"


@pytest.mark.parametrize(
    "headers",
    [
        [("P-Asserted-Identity", f"<sip:{OSLO}@itsp.example>"), ("Privacy", "id")],
        [("P-Asserted-Identity", f"<sip:{OSLO}@itsp.example>"), ("Privacy", "user;header;critical")],
        [("Remote-Party-ID", f"<sip:{OSLO}@itsp.example>;privacy=full")],
    ],
)
def test_who_wants_to_stay_unknown_is_unknown_everywhere(
    at_work: Office, anna: Phone, carrier: Carrier, headers: list[tuple[str, str]]
) -> None:
    carrier.call(MAIN, headers=headers)
    (started,) = at_work.told(CallStarted)
    assert (started.caller.number, started.caller.name) == ("anonymous", "Anonymous")
    assert anna.invite is not None
    assert OSLO.encode() not in anna.invite.to_bytes()
    anna.respond(183, anna.sdp)  # early sound, with which the state of the call is kept
    written = b"".join(body for _, _, body in at_work.journal.frames(None))
    assert b"anonymous" in written
    assert b"90000001" not in written


def test_the_providers_word_counts_more_than_the_callers_own(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work, login="director")
    open_lines(at_work, carrier.trunk())
    carrier.call(MAIN, headers=[("P-Asserted-Identity", f'"Kari Nordmann" <sip:{OSLO};cpc=ordinary@itsp.example>')])
    (started,) = at_work.told(CallStarted)
    assert (started.caller.number, started.caller.name) == (OSLO, "Kari Nordmann")


def test_what_is_no_number_is_shown_as_it_came(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work, login="taxi-bergen")
    open_lines(at_work, carrier.trunk())
    carrier.call(MAIN)
    (started,) = at_work.told(CallStarted)
    assert started.caller.number == "taxi-bergen"


def test_the_called_number_may_stand_in_to_or_in_p_called_party_id(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    carrier.call("acme", uri=f"sip:acme@{SERVER[0]}", headers=[("P-Called-Party-ID", f"<sip:{BOBS}@itsp.example>")])
    assert bob.rings
    other = Carrier(at_work, "203.0.113.10", login="+4790000002")
    other.call(BOBS, uri=f"sip:acme@{SERVER[0]}")
    assert [started.dialled for started in at_work.told(CallStarted)] == [BOBS, BOBS]


def test_outside_of_the_hours_the_closed_target_counts(at_work: Office, anna: Phone, bob: Phone) -> None:
    carrier = Carrier(at_work)
    never = Hours("office", (Window((0, 1, 2, 3, 4, 5, 6), 0, 0),))
    number = PublicNumber(MAIN, "itsp", "person:anna", hours="office", closed="person:bob")
    open_lines(at_work, carrier.trunk(), numbers=(number,), hours=(never,))
    carrier.call(MAIN)
    assert bob.rings
    assert not anna.rings
    again = Carrier(at_work)
    open_lines(at_work, again.trunk(), numbers=(msgspec.structs.replace(number, closed="hangup"),), hours=(never,))
    again.call(MAIN)
    assert again.statuses == [480]


def test_the_caller_gives_up(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    carrier.call(MAIN)
    anna.ring()
    carrier.cancel()
    assert not anna.rings
    assert carrier.statuses == [180, 487]
    (ended,) = at_work.told(CallEnded)
    assert (ended.outcome, ended.end_reason) == ("abandoned", "caller gave up")


def test_a_provider_asks_whether_we_live(at_work: Office, carrier: Carrier) -> None:
    carrier.from_, carrier.to, carrier.call_id = f"<sip:{carrier.address[0]}>;tag=1", f"<sip:{SERVER[0]}>", "ping"
    carrier.request("OPTIONS")
    assert carrier.heard(200)


def test_calls_of_a_provider_do_not_make_it_a_stranger(at_work: Office, carrier: Carrier) -> None:
    assert carrier.address[0] in at_work.transports.trusted
