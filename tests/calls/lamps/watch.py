"""A subscription as the phone that asked for it sees it."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

from tests.calls.phones import SERVER, Office, Phone

from svara.sip.message import Request, Response, new_response, parse

DIALOG_INFO = "{urn:ietf:params:xml:ns:dialog-info}"
PIDF = "{urn:ietf:params:xml:ns:pidf}"
RPID = "{urn:ietf:params:xml:ns:pidf:rpid}"
REGINFO = "{urn:ietf:params:xml:ns:reginfo}"


class Watch:
    """Subscribes when it is made."""

    def __init__(
        self, phone: Phone, to: str = "", expires: int | None = 600, event: str = "message-summary", accept: str = ""
    ) -> None:
        self.phone = phone
        headers = [("Event", event)]
        headers += [] if expires is None else [("Expires", str(expires))]
        headers += [("Accept", accept)] if accept else []
        self.uri = f"sip:{to or phone.login}@{SERVER[0]}"
        before = len(phone.received)
        phone._asked("SUBSCRIBE", self.uri, self.uri, headers)
        phone.office.settle()
        answers = [m for m in phone.received[before:] if isinstance(m, Response) and m.status != 401]
        [self.answer] = answers
        self.id = self.answer.call_id
        self.event = event

    @property
    def told(self) -> list[Request]:
        """What it was told, of the subscription with this tag alone."""
        return [m for m in self.phone.heard("NOTIFY") if (m.call_id, m.from_.tag) == (self.id, self.answer.to.tag)]

    @property
    def state(self) -> str:
        """Of the subscription."""
        return self.told[-1].first("subscription-state") or ""

    @property
    def last(self) -> tuple[str, str]:
        """The newest count of messages, and the state of the subscription."""
        line = self.told[-1].body.decode().split("\r\n")[2]
        return line.removeprefix("Voice-Message: "), self.state

    @property
    def document(self) -> Element:
        """The newest one."""
        return fromstring(self.told[-1].body)

    @property
    def dialogs(self) -> list[Element]:
        return self.document.findall(f"{DIALOG_INFO}dialog")

    @property
    def lamp(self) -> str:
        """What a lamp shows: the states of all dialogs."""
        return " ".join(one.findtext(f"{DIALOG_INFO}state", "") for one in self.dialogs) or "terminated"

    @property
    def lamps(self) -> list[str]:
        """What it has shown, one after the other."""
        seen = []
        for message in self.told:
            states = [one.text or "" for one in fromstring(message.body).iter(f"{DIALOG_INFO}state")]
            seen.append(" ".join(states) or "terminated")
        return seen

    @property
    def presence(self) -> str:
        """Reachable or not, and what the person does."""
        basic = self.document.findtext(f".//{PIDF}basic", "")
        activities = [one.tag.removeprefix(RPID) for one in self.document.findall(f".//{RPID}activities/*")]
        return " ".join([basic, *activities])

    def again(self, expires: int, event: str = "", method: str = "SUBSCRIBE", tag: str = "") -> Response:
        """Another request within the subscription; its answer."""
        phone = self.phone
        to = f"<{self.uri}>;tag={tag or self.answer.to.tag}"
        base = [("From", phone.from_), ("To", to), ("Call-ID", self.id), ("CSeq", f"{next(phone.cseq)} {method}")]
        base += [("Contact", phone.contact()), ("Event", event or self.event), ("Expires", str(expires))]
        before = len(phone.received)
        phone.send_new(method, str(self.answer.contacts[0].uri), base)
        answer = phone.received[before]
        assert isinstance(answer, Response)
        return answer


def kept(office: Office) -> int:
    """How many subscriptions are remembered."""
    return len(office.switch.lamps.subscriptions)


def answers_with(phone: Phone, status: int) -> None:
    """What the phone says to a NOTIFY."""
    receive = phone.receive

    def received(data: bytes) -> None:
        if data.startswith(b"NOTIFY"):
            message = parse(data)
            assert isinstance(message, Request)
            phone.received.append(message)
            phone.transmit(new_response(message, status))
        else:
            receive(data)

    phone.receive = received  # type: ignore[method-assign]
