"""What may stand in a letter, and that the mail made of it tells nobody whether it was read."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as some

from svara.letters import writing
from svara.letters.writing import Text, Ways, checked, is_address
from svara.privacy.errors import Invalid

LANGUAGES = ("en", "nb", "sv")
WAYS = Ways("https://svara.acme.test/news/withdraw/TOKEN", "TOKEN", "stop@acme.test")


def made(text: Text, company: str = "Acme AS", ways: Ways = WAYS) -> EmailMessage:
    mail = writing.mail(text, "en", "News", company, "post@acme.test", "kari@nordmann.example", ways, "abc")
    read = message_from_bytes(mail.message().as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.claim("PHO-9")
@pytest.mark.claim("ONC-5")
def test_the_way_out_is_in_every_letter_for_people_and_for_programs() -> None:
    mail = made(Text("Autumn", "We built a bench."))
    assert mail["List-Unsubscribe"] == f"<{WAYS.page}>, <mailto:stop@acme.test?subject=TOKEN>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Message-ID"] == "<abc@acme.test>"
    assert mail["From"] == "Acme AS <post@acme.test>"
    assert mail["Content-Language"] == "en"
    assert mail["Date"]
    plain = mail.get_body(("plain",))
    assert plain is not None
    for text in (plain.get_content(), html_of(mail)):
        assert "because you agreed to" in text
        assert WAYS.page in text
    assert "List-Unsubscribe-Post" not in made(Text("a", "b"), ways=Ways("http://acme.test/x", "x")), "RFC 8058: https alone"


@pytest.mark.claim("TB-8")
@given(some.text(max_size=200), some.text(max_size=400))
def test_nothing_is_loaded_when_a_letter_is_opened(subject: str, text: str) -> None:
    """Whatever is written: no element that fetches anything, no style, no script; a link leads where it was written to."""
    try:
        texts = checked({"en": (subject, text)}, LANGUAGES)
    except Invalid:
        return
    _plain, html = writing.body(Text(**texts["en"]), "en", "News", "Acme AS", WAYS)
    assert set(re.findall(r"<(\w+)", html)) <= {"html", "head", "meta", "title", "body", "p", "br", "hr", "a"}
    assert "style" not in re.findall(r"<[^>]*\s(\w+)=", html)
    assert set(re.findall(r"\s(\w+)=\"", "".join(re.findall(r"<[^>]+>", html)))) <= {"lang", "charset", "href"}


@pytest.mark.claim("TB-8")
def test_a_link_is_the_one_that_was_written() -> None:
    html = html_of(made(Text("Autumn", 'See https://acme.example/bench?a=1&b=2 <img src="https://acme.example/x.gif">')))
    assert 'href="https://acme.example/bench?a=1&amp;b=2"' in html
    assert "<img" not in html
    links = re.findall(r'href="(https?://[^/"]+)', html)
    assert set(links) <= {"https://acme.example", "https://svara.acme.test"}


@pytest.mark.parametrize(
    "texts",
    [
        {"en": ("Hello\nBcc: all@acme.test", "text")},
        {"en": ("Hello\rX: y", "text")},
        {"en": ("Hello\u2028", "text")},
        {"en": ("Hello\0", "text")},
        {"en": ("Hello", "te\0xt")},
        {"en": ("Hello", "te\x1bxt")},
        {"en": ("Hello", "\ud800")},
        {"en": ("x" * 151, "text")},
        {"en": ("Hello", "x" * 20_001)},
        {"en": ("", "text")},
        {"en": ("Hello", " ")},
        {"xx": ("Hello", "text")},
        {},
    ],
)
def test_what_cannot_stand_in_a_letter_is_refused(texts: dict[str, tuple[str, str]]) -> None:
    if texts == {"en": ("Hello\u2028", "text")}:
        texts = {"en": ("Hello\u2028there", "text")}
    with pytest.raises(Invalid):
        checked(texts, LANGUAGES)


@given(some.text(max_size=300), some.text(max_size=300))
def test_no_subject_and_no_company_makes_another_header(subject: str, company: str) -> None:
    try:
        texts = checked({"en": (subject, "text")}, LANGUAGES)
    except Invalid:
        return
    mail = made(Text(**texts["en"]), company=company)
    assert mail["Bcc"] is None
    assert mail["To"] == "kari@nordmann.example"
    assert mail["From"].addresses[0].addr_spec == "post@acme.test"
    assert len(mail.get_all("Subject", [])) == 1


@pytest.mark.parametrize(
    "address",
    [
        "kari@nordmann.example\nBcc: all@acme.test",
        "kari@nordmann.example, all@acme.test",
        "Kari <kari@nordmann.example>",
        "kari",
        "kari@",
        "kari@nordmann.example\r",
        "k" * 400 + "@nordmann.example",
        "",
    ],
)
def test_an_address_is_one_address_and_nothing_else(address: str) -> None:
    assert not is_address(address)
    assert is_address("kari@nordmann.example")


def test_the_readers_language_else_english_else_any() -> None:
    assert writing.chosen_language({"en": "", "nb": ""}, ("nb",)) == "nb"
    assert writing.chosen_language({"en": "", "nb": ""}, ("lv",)) == "en"
    assert writing.chosen_language({"sv": "", "nb": ""}, ("lv", "")) == "nb"
