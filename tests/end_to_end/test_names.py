"""Real phones are told whom they call, who picked up, and by which queue a call comes to them."""

from __future__ import annotations

import re

import pytest
from tests.peers import desk
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.fixture
def running(reception: Svara) -> Svara:
    return reception


def told(phone: Linphone, header: str) -> set[str]:
    """What it was told by this header, as its trace has it."""
    trace = (phone.folder / "trace").read_text("utf-8", "replace")
    return set(re.findall(rf"^{header}: *(.*?)\r?$", trace, re.MULTILINE | re.IGNORECASE))


def test_the_phones_are_told_who_is_called_who_picked_up_and_by_which_queue_it_comes(
    svara: Svara, anna: Linphone, bob: Linphone
) -> None:
    server = (svara.account("anna-desk").server or "").partition(":")[0]
    anna.dial("102")
    bob.wait_state("incoming")
    bob.answer()
    anna.wait_state("talking")
    anna.wait_to_hear(desk.BOB_HZ)
    anna.hangup()
    bob.wait_state("idle")
    anna.wait_state("idle")
    assert told(anna, "P-Asserted-Identity") == {f'"Bob Dahl" <sip:102@{server}>'}
    bob.dial("600")
    anna.wait_state("incoming")
    anna.answer()
    bob.wait_to_hear(desk.ANNA_HZ)
    bob.hangup()
    anna.wait_state("idle")
    assert told(anna, "P-Called-Party-ID") == {f'"reception" <sip:600@{server}>'}
    assert told(bob, "P-Called-Party-ID") == set(), "he was called himself"
    assert f'"Anna Berg" <sip:101@{server}>' in told(bob, "P-Asserted-Identity"), "who took it"
    svara.wait_records(2)
