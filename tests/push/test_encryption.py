"""What is said to a browser: as the standards write it, and for nobody else."""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from tests.peers.pushservice import Subscribed, decoded, encoded

from svara.push.encryption import PADDED_BYTES, BrowserKeys, browser_keys, encrypt, sealed
from svara.push.vapid import authorization, from_base64url, public_key

ANNAS, BOBS = Subscribed("https://push.example/a"), Subscribed("https://push.example/b")


def keys(browser: Subscribed) -> BrowserKeys:
    return browser_keys(browser.given["p256dh"], browser.given["auth"])


def test_the_example_of_rfc_8291() -> None:
    """Section 5 and appendix A: every byte."""
    number = int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    browser = browser_keys(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg"
    )
    body = sealed(
        b"When I grow up, I want to be a watermelon\x02",
        browser,
        own=ec.derive_private_key(number, ec.SECP256R1()),
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_annas_browser_reads_it_and_bobs_does_not() -> None:
    body = encrypt(b"somebody calls", keys(ANNAS))
    assert ANNAS.decrypt(body) == b"somebody calls"
    with pytest.raises(InvalidTag):
        BOBS.decrypt(body)


def test_the_length_tells_nothing() -> None:
    assert len({len(encrypt(bytes(length), keys(ANNAS))) for length in (0, 1, 500, PADDED_BYTES - 1)}) == 1
    assert encrypt(b"one", keys(ANNAS)) != encrypt(b"one", keys(ANNAS))
    with pytest.raises(ValueError, match="long"):
        encrypt(bytes(PADDED_BYTES), keys(ANNAS))


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", ""),
        (ANNAS.given["p256dh"], "c2hvcnQ"),
        (encoded(b"\x04" + bytes(64)), ANNAS.given["auth"]),
        (encoded(b"\x02" + bytes(32)), ANNAS.given["auth"]),
        (base64.b64encode(ANNAS.public).decode() + "+/", ANNAS.given["auth"]),
        ("A" * 100_000, ANNAS.given["auth"]),
        ("ключ", ANNAS.given["auth"]),
        (ANNAS.given["p256dh"], "A"),
    ],
    ids=["empty", "short secret", "no point", "compressed", "not base64url", "endless", "not ASCII", "half a byte"],
)
def test_what_are_no_keys_of_a_browser(p256dh: str, auth: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        browser_keys(p256dh, auth)


def test_one_installation_has_one_key_and_another_another() -> None:
    assert public_key(b"one") == public_key(b"one") != public_key(b"two")
    assert len(from_base64url(public_key(b"one"))) == 65
    assert "k=" + public_key(b"one") in authorization(b"one", "https://push.example", "mailto:a@b.test", 1.0)
