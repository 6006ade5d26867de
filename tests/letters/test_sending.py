"""Acme writes to its readers: who agreed gets it once, who withdrew meanwhile does not, whatever happens in between."""

from __future__ import annotations

import os
import signal
import smtplib
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from tests.letters.stories import PAGES, TEXTS, leaves, reader, sent_by
from tests.voicemail.mailserver import MailServer

from svara.data import DataFolder
from svara.letters import access, actions, audience, sending
from svara.letters.models import Letter, Posting
from svara.letters.sending import send_portion
from svara.people.models import Account, Tenant
from svara.privacy import sharing
from svara.privacy.audit.models import Entry
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions import outside, wayout
from svara.privacy.functions.models import Reader
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import MARKETING, NEWS, PRODUCT_UPDATES
from svara.privacy.rights import erasing, objections, port, restriction, retention
from svara.privacy.subject import person

pytestmark = pytest.mark.django_db
KARI, OLA, IDA = "kari@nordmann.example", "ola@nordmann.example", "ida@nordmann.example"


def send_all() -> None:
    while send_portion():
        pass
    send_portion()


def receivers(post: MailServer) -> list[str]:
    return sorted(to[0] for to, _mail in post.mails)


def states() -> dict[str, str]:
    return dict(Posting.all_tenants.values_list("subject", "state"))


@pytest.mark.claim("PHO-9")
def test_only_who_agreed_gets_it_and_once(anna: Account, acme: Tenant, beta: Tenant, post: MailServer) -> None:
    reader(acme, KARI)
    reader(acme, OLA, "nb")
    reader(beta, IDA)
    letter = sent_by(anna)
    send_all()
    send_all()
    assert receivers(post) == [KARI, OLA]
    by_address = {to[0]: mail for to, mail in post.mails}
    assert by_address[KARI]["Subject"] == "Autumn at Acme"
    assert by_address[OLA]["Subject"] == "Høst hos Acme"
    assert by_address[OLA]["Content-Language"] == "nb"
    assert by_address[KARI]["List-Unsubscribe"].strip() == f"<{PAGES}{leaves(acme, KARI)}>"
    assert by_address[KARI]["Message-ID"] != by_address[OLA]["Message-ID"]
    letter.refresh_from_db()
    assert (letter.state, access.progress(letter).sent, access.progress(letter).total) == ("sent", 2, 2)
    assert [(entry.act, entry.what) for entry in Entry.of(anna)] == [("create", "letter"), ("approve", "letter")]


@pytest.mark.claim("PHO-9")
@pytest.mark.claim("PHO-1")
def test_who_withdraws_before_it_is_their_turn_gets_none(anna: Account, acme: Tenant, post: MailServer) -> None:
    reader(acme, KARI)
    reader(acme, OLA)
    letter = sent_by(anna)
    wayout.do_withdraw(leaves(acme, KARI).rpartition("/")[2])
    send_all()
    assert receivers(post) == [OLA]
    letter.refresh_from_db()
    assert access.progress(letter).withdrawn == 1


def test_who_is_erased_before_it_is_their_turn_gets_none(anna: Account, acme: Tenant, post: MailServer) -> None:
    kari = reader(acme, KARI)
    reader(acme, OLA)
    sent_by(anna)
    receipt = erasing.erase(acme.id, kari, reason="asked for it", by=anna.id)
    send_all()
    assert receivers(post) == [OLA]
    assert not Reader.all_tenants.filter(subject=kari).exists()
    assert kari not in states()
    assert "letters.Posting" in str(receipt.receipt)


def test_who_restricted_the_use_of_their_data_is_spared(anna: Account, acme: Tenant, post: MailServer) -> None:
    kari = reader(acme, KARI)
    reader(acme, OLA)
    letter = sent_by(anna)
    restriction.do_restrict(anna, kari, "accuracy", "she says it is not her")
    assert access.access_number(anna) == 1
    send_all()
    assert receivers(post) == [OLA]
    letter.refresh_from_db()
    assert access.progress(letter).spared == 1


def test_who_objects_to_marketing_is_no_reader_any_more(anna: Account, acme: Tenant, post: MailServer) -> None:
    kari = reader(acme, KARI)
    reader(acme, OLA)
    sent_by(anna)
    objections.object_(acme.id, kari, "marketing", "", by="")
    send_all()
    assert receivers(post) == [OLA]
    assert not Reader.all_tenants.filter(subject=kari).exists()


def test_an_address_that_does_not_exist_is_not_tried_again(anna: Account, acme: Tenant, post: MailServer) -> None:
    kari = reader(acme, KARI)
    post.refuse["RCPT"] = "550 5.1.1 no such user"
    sent_by(anna)
    send_all()
    assert states() == {kari: "refused"}
    post.refuse.clear()
    assert access.access_number(anna) == 0
    with pytest.raises(Invalid, match="Nobody would get it"):
        sent_by(anna)
    reader(acme, KARI)  # confirms the address anew
    sent_by(anna)
    send_all()
    assert receivers(post) == [KARI]


def test_a_server_that_says_later_is_asked_later(anna: Account, acme: Tenant, post: MailServer) -> None:
    reader(acme, KARI)
    post.refuse["RCPT"] = "451 4.7.1 greylisted"
    sent_by(anna)
    send_all()
    assert list(states().values()) == ["waiting"]
    post.refuse.clear()
    assert send_portion(lambda: timezone.now() + timedelta(minutes=14)) == 0
    assert send_portion(lambda: timezone.now() + timedelta(minutes=16)) == 1
    assert receivers(post) == [KARI]


def test_what_the_server_has_against_the_letter_is_not_held_against_the_reader(
    anna: Account, acme: Tenant, post: MailServer
) -> None:
    reader(acme, KARI)
    post.refuse["DATA"] = "554 we do not like it"
    sent_by(anna)
    send_all()
    assert list(states().values()) == ["refused"]
    assert access.access_number(anna) == 1


def test_what_the_server_has_against_us_waits_until_it_is_set_right(anna: Account, acme: Tenant, post: MailServer) -> None:
    reader(acme, KARI)
    post.refuse["MAIL"] = "550 who are you"
    sent_by(anna)
    with pytest.raises(smtplib.SMTPSenderRefused):
        send_all()
    assert list(states().values()) == ["waiting"]
    post.refuse.clear()
    assert send_portion(lambda: timezone.now() + timedelta(minutes=16)) == 1
    assert receivers(post) == [KARI]


def test_no_server_no_letter_and_nothing_is_lost(anna: Account, acme: Tenant, post: MailServer, settings: Any) -> None:
    kari = reader(acme, KARI)
    letter = sent_by(anna)
    port_, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    with pytest.raises(OSError, match="refused"):
        send_portion()
    assert states() == {kari: "waiting"}
    settings.EMAIL_PORT = port_
    send_all()
    letter.refresh_from_db()
    assert letter.state == "sent"
    settings.EMAIL_HOST = ""
    assert send_portion() == 0
    with pytest.raises(Invalid, match="no mail server"):
        sent_by(anna)


def test_a_company_that_closed_its_mail_server_sends_none(
    anna: Account, acme: Tenant, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kari = reader(acme, KARI)
    letter = sent_by(anna)
    monkeypatch.setattr(sharing, "_gates", [lambda: frozenset({acme.id})])
    send_all()
    assert (states(), post.mails) == ({kari: "waiting"}, [])
    for wish in (lambda: actions.do_test(anna, letter.id, "en"), lambda: sent_by(anna)):
        with pytest.raises(Invalid, match="closed its mail server"):
            wish()
    do_switch(anna, PRODUCT_UPDATES, True)
    assert actions.do_send_by_operator(PRODUCT_UPDATES, TEXTS) == []
    monkeypatch.setattr(sharing, "_gates", [])
    send_all()
    assert receivers(post) == [KARI]


def test_anna_stops_it(anna: Account, acme: Tenant, post: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        reader(acme, f"{number}@nordmann.example")
    monkeypatch.setattr(sending, "PORTION", 1)
    letter = sent_by(anna)
    send_portion()
    actions.do_stop(anna, letter.id)
    send_all()
    assert len(post.mails) == 1
    letter.refresh_from_db()
    assert letter.state == "stopped"
    assert access.progress(letter).stopped == 2
    with pytest.raises(Invalid, match="on its way already"):
        actions.do_send(anna, letter.id)


def test_a_letter_is_its_companys_and_its_administrators(
    anna: Account, bob: Account, other_anna: Account, acme: Tenant, post: MailServer
) -> None:
    other_anna.roles = ["admin"]
    reader(acme, KARI)
    letter = actions.do_write(anna, None, TEXTS)
    for function in (access.access_letter, actions.do_send, actions.do_stop, actions.do_remove):
        with pytest.raises(NotFound):
            function(other_anna, letter.id)
        with pytest.raises(Forbidden):
            function(bob, letter.id)
    with pytest.raises(Forbidden):
        actions.do_write(bob, None, TEXTS)
    with pytest.raises(NotFound):
        actions.do_test(other_anna, letter.id, "en")
    assert access.access_letters(other_anna) == []
    assert post.mails == []


def test_anna_tries_it_on_herself(anna: Account, acme: Tenant, post: MailServer) -> None:
    letter = actions.do_write(anna, None, TEXTS)
    assert actions.do_test(anna, letter.id, "nb") == "anna@acme.test"
    [(to, mail)] = post.mails
    assert (to, mail["Subject"]) == (["anna@acme.test"], "Høst hos Acme")
    token = mail["List-Unsubscribe"].strip(" <>").rpartition("/")[2]
    assert wayout.do_withdraw(token) is None, "she never agreed, so nothing is written"
    with pytest.raises(Invalid):
        actions.do_test(anna, letter.id, "sv")


@pytest.mark.claim("ONC-5")
def test_what_is_new_goes_to_who_switched_it_on(anna: Account, bob: Account, other_anna: Account, post: MailServer) -> None:
    for someone in (anna, bob, other_anna):
        do_switch(someone, PRODUCT_UPDATES, True)
    do_switch(bob, PRODUCT_UPDATES, False)
    do_switch(bob, MARKETING, True)
    letters = actions.do_send_by_operator(PRODUCT_UPDATES, TEXTS)
    assert [letter.tenant.slug for letter in letters] == ["acme", "beta"]
    send_all()
    assert receivers(post) == ["anna@acme.test", "anna@beta.test"]
    mail = {to[0]: mail for to, mail in post.mails}["anna@acme.test"]
    assert mail["From"] == "Svara <post@acme.test>"
    token = mail["List-Unsubscribe"].strip(" <>").rpartition("/")[2]
    assert wayout.do_withdraw(token)
    actions.do_send_by_operator(PRODUCT_UPDATES, TEXTS)
    send_all()
    assert receivers(post) == ["anna@acme.test", "anna@beta.test", "anna@beta.test"]
    assert access.access_letters(anna) == [], "the operator's letters are no company's"
    with pytest.raises(Invalid):
        actions.do_send_by_operator(NEWS, TEXTS)


def test_demo_people_get_none_and_a_dead_address_is_found_again_when_it_changes(
    anna: Account, other_anna: Account, beta: Tenant, post: MailServer
) -> None:
    beta.demo = True
    beta.save()
    for someone in (anna, other_anna):
        do_switch(someone, PRODUCT_UPDATES, True)
    post.refuse["RCPT"] = "550 no such user"
    assert len(actions.do_send_by_operator(PRODUCT_UPDATES, TEXTS)) == 1
    send_all()
    post.refuse.clear()
    assert actions.do_send_by_operator(PRODUCT_UPDATES, TEXTS) == []
    anna.email = "anna.berg@acme.test"
    anna.save()
    assert len(actions.do_send_by_operator(PRODUCT_UPDATES, TEXTS)) == 1
    send_all()
    assert receivers(post) == ["anna.berg@acme.test"]


def test_what_is_kept_is_told_erased_and_goes_with_time(anna: Account, acme: Tenant, post: MailServer) -> None:
    kari = reader(acme, KARI)
    do_switch(anna, PRODUCT_UPDATES, True)
    letter = sent_by(anna)
    actions.do_send_by_operator(PRODUCT_UPDATES, TEXTS)
    send_all()
    capabilities = {each.name: each for each in port.capabilities()}
    sections = {
        each.key: list(each.rows) for name in ("letters", "consent") for each in capabilities[name].export(acme.id, kari)
    }
    assert sections["news"][0]["address"] == KARI
    assert sections["letters"][0]["state"] == "sent"
    assert [each.key for each in capabilities["letters"].export(acme.id, person(anna.id))] == ["letters", "letters-written"]
    assert retention.run(acme.id, timezone.now() + timedelta(days=89), dry=False).count == 0
    retention.run(acme.id, timezone.now() + timedelta(days=91), dry=False)
    assert not Posting.all_tenants.exists()
    letter.refresh_from_db()
    assert access.progress(letter).sent == 1, "the counts stay"
    erasing.erase(acme.id, person(anna.id), reason="left", by=anna.id)
    assert Letter.all_tenants.get(pk=letter.pk).by == ""


@pytest.mark.claim("PHO-9")
def test_the_address_lies_sealed_and_goes_with_the_consent(anna: Account, acme: Tenant, data_folder: DataFolder) -> None:
    kari = reader(acme, KARI)
    row = Reader.all_tenants.get(subject=kari)
    assert KARI.encode() not in bytes(row.sealed)
    assert KARI not in str(Reader.all_tenants.values())
    undo = wayout.do_withdraw(leaves(acme, KARI).rpartition("/")[2])
    assert undo is not None
    assert not Reader.all_tenants.exists()
    wayout.do_undo(undo)
    assert audience.addressee(acme.id, kari) == audience.Addressee(KARI, ("en",))
    outside.do_record(acme.id, kari, NEWS, agreed=False, how="phone")
    assert not Reader.all_tenants.exists()


ONE_BY_ONE = """
import sys
from svara.cli.installation import open_installation
from pathlib import Path
open_installation(Path(sys.argv[1]))
from urllib.parse import urlsplit
from django.conf import settings
settings.EMAIL_USE_TLS = False
from svara.letters import sending
sending.PORTION = 1
print("ready", flush=True)
while sending.send_portion(): pass
"""


@pytest.mark.django_db(transaction=True)
def test_a_kill_in_the_middle_sends_nobody_a_second_letter(
    anna: Account, acme: Tenant, post: MailServer, data_folder: DataFolder
) -> None:
    """The sender is killed while the letters go out, again and again; whoever takes over goes on with the rest."""
    if connection.vendor != "sqlite":
        pytest.skip("the second process opens the file")
    for number in range(20):
        reader(acme, f"reader{number}@nordmann.example")
    letter = sent_by(anna)
    database = connection.settings_dict["NAME"]
    environment = os.environ | {
        "SVARA_DATABASE_URL": f"sqlite:///{database}",
        "SVARA_SMTP_URL": f"smtp://127.0.0.1:{post.port}",
        "SVARA_URL": PAGES,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    kills = 0
    for _round in range(30):
        before = len(post.mails)
        sender = subprocess.Popen(
            [sys.executable, "-c", ONE_BY_ONE, str(data_folder.root)], env=environment, stdout=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 60
        while sender.poll() is None and len(post.mails) < before + 5 and time.monotonic() < deadline:
            time.sleep(0.005)
        if sender.poll() is not None:
            assert sender.returncode == 0
            break
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
        kills += 1
    send_all()
    letter.refresh_from_db()
    assert letter.state == "sent"
    assert kills >= 2
    got = receivers(post)
    assert len(got) == len(set(got)), "nobody twice"
    done = access.progress(letter)
    assert done.sent + done.uncertain == 20
    assert 20 - kills <= len(got) <= 20
