"""Whoever runs the installation writes to the people who want to know what is new, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.voicemail.mailserver import MailServer
from typer.testing import CliRunner, Result

from svara.cli import letters as command
from svara.cli.main import app
from svara.letters.models import Letter
from svara.letters.sending import send_portion
from svara.people.models import Account
from svara.privacy.errors import PlainError
from svara.privacy.functions import wayout
from svara.privacy.functions.port import do_switch, enabled
from svara.privacy.functions.registry import PRODUCT_UPDATES
from svara.privacy.subject import person

pytestmark = [pytest.mark.django_db, pytest.mark.claim("ONC-5")]
FILE = """\
en:
  subject: What is new
  text: |
    Dear colleague,

    there is a board for the wall now.
nb:
  subject: Hva er nytt
  text: Det er en tavle for veggen nå.
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command, "open_data", lambda _data: None)
    place = tmp_path / "letter.yaml"
    place.write_text(FILE)
    return place


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["letters", *arguments])


def test_counted_tried_sent_and_followed(file: Path, anna: Account, bob: Account, post: MailServer) -> None:
    do_switch(anna, PRODUCT_UPDATES, True)
    counted = run("send", str(file), "--to", "product-updates")
    assert counted.stdout == "1 people would get it, in en, nb. Nothing was sent: say --yes to do it.\n"
    run("send", str(file), "--to", "product-updates", "--test", "me@operator.example", "--lang", "nb")
    [(to, mail)] = post.mails
    assert (to, mail["Subject"]) == (["me@operator.example"], "Hva er nytt")
    begun = run("send", str(file), "--to", "product-updates", "--yes")
    letter = Letter.all_tenants.get()
    assert begun.stdout == f"{letter.sending}  acme: sending, 0 of 1 sent\n"
    while send_portion():
        pass
    send_portion()
    assert run("list").stdout == f"{letter.sending}  acme: sent, 1 of 1 sent\n"
    assert [to for to, _mail in post.mails] == [["me@operator.example"], ["anna@acme.test"]]
    assert "anna" not in run("list").stdout
    assert run("stop", letter.sending).exit_code == 0
    assert isinstance(run("stop", "x").exception, PlainError)


def test_who_asks_by_mail_gets_out_too(file: Path, anna: Account) -> None:
    do_switch(anna, PRODUCT_UPDATES, True)
    token = wayout.token_of(anna.tenant_id, person(anna.id), PRODUCT_UPDATES)
    assert run("withdraw", token).stdout == "Withdrawn.\n"
    assert run("withdraw", token).stdout == "It was withdrawn before.\n"
    assert not enabled(anna.id, PRODUCT_UPDATES)
    assert isinstance(run("withdraw", token[:-2]).exception, PlainError)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("xx:\n  subject: a\n  text: b\n", "line 1: expected a language"),
        ("en:\n  subject: a\n", "expected a language"),
        ("en: [a, b]\n", "expected a language"),
        ("en: &a\n  subject: a\n  text: b\nnb: *a\n", "anchors"),
        ("- a\n", "Write the letter in one language"),
        ('en:\n  subject: "a\\nBcc: all@acme.test"\n  text: b\n', "cannot stand in a letter"),
    ],
)
def test_a_file_that_is_no_letter_is_refused(file: Path, content: str, says: str, post: MailServer) -> None:
    file.write_text(content)
    assert says in str(run("send", str(file), "--to", "product-updates").exception)
    assert run("send", str(file), "--to", "everybody").exit_code == 2
