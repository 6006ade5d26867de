"""What phones say and hear of a transfer."""

from __future__ import annotations

from collections.abc import Callable

from tests.calls.phones import SERVER, Phone

from svara.sip.message import Request


def refer(phone: Phone, to: str, *headers: tuple[str, str]) -> None:
    """Transfer the other side to a number, or to a whole address."""
    address = to if ":" in to else f"sip:{to}@{SERVER[0]}"
    phone.request("REFER", [("Refer-To", f"<{address}>"), ("Contact", phone.contact()), *headers])


def notified(phone: Phone) -> list[str]:
    """The status lines that the phone was told, in their order."""
    return [one.body.decode().strip().removeprefix("SIP/2.0 ") for one in notifies(phone)]


def notifies(phone: Phone) -> list[Request]:
    return [one for one in phone.heard("NOTIFY") if isinstance(one, Request)]


def dialog_of(phone: Phone) -> str:
    """The phone's talk, as a Replaces names it."""
    ours = phone.to.partition("tag=")[2]
    mine = phone.from_.partition("tag=")[2]
    return f"{phone.call_id};to-tag={ours};from-tag={mine}"


def attend(phone: Phone, talk: str, to: str = "103") -> None:
    """Transfer the other side into another talk of this phone."""
    escaped = talk.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
    refer(phone, f"sip:{to}@{SERVER[0]}?Replaces={escaped}")


Line = Callable[[], Phone]
