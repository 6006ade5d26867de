"""Where a message may go: to the push services of browsers, and to what the operator names."""

from __future__ import annotations

import pytest

from svara.push.services import SETTING, Place, Refused, place_of


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", "fcm.googleapis.com"),
        ("https://updates.push.services.mozilla.com/wpush/v2/gAAA", "push.services.mozilla.com"),
        ("https://web.push.apple.com/QGu", "push.apple.com"),
        ("https://wns2-par02p.notify.windows.com/w/?token=BQ%3d", "notify.windows.com"),
        ("https://FCM.googleapis.com:443/x", "fcm.googleapis.com"),
    ],
)
def test_the_services_of_the_browsers_makers(address: str, service: str) -> None:
    found = place_of(address)
    assert (found.service, found.port, found.anywhere) == (service, 443, False)
    assert found.origin == f"https://{found.host}"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://fcm.googleapis.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/x",
        "https://push.evil.example/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com.example/x",
        "https://notfcm.googleapis.co/x",
        "https://xfcm.googleapis.com/x",
        "https://fcm.googleapis.com:8080/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example#.fcm.googleapis.com",
        "https://evil.example\\.push.apple.com/",
        "https://user:secret@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:99999/x",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x\r\nHost: evil",
        "https://fcm.googleapis.com/" + "a" * 2_000,
        "https://ｆcm.googleapis.com/x",
        "ftp://fcm.googleapis.com/x",
        "//fcm.googleapis.com/x",
    ],
)
def test_nothing_else(address: str) -> None:
    with pytest.raises(Refused):
        place_of(address)


def test_the_operator_names_another_one_by_host_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "push.acme.example, nonsense:port, ,10.0.0.7:8443")
    assert place_of("https://push.acme.example/a?b=c") == Place(
        "push.acme.example", 443, "/a?b=c", "push.acme.example", anywhere=True
    )
    assert place_of("https://10.0.0.7:8443/a").origin == "https://10.0.0.7:8443"
    for address in ("https://push.acme.example:8443/a", "https://sub.push.acme.example/a", "http://10.0.0.7:8443/a"):
        with pytest.raises(Refused):
            place_of(address)
