"""One call of a demo phone, from the first ring to the end, as caller or as callee."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from svara.cli import descriptions
from svara.cli.sound import Sound
from svara.sip.dialog import Dialog
from svara.sip.message import Request, Response, SipError, new_request, new_response
from svara.sip.sdp import Sdp, parse_sdp
from svara.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from svara.cli.softphone import SoftPhone

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a phone does with a call: after `after_seconds` it answers, declines or says it is busy, or it just rings.

    Having answered it hangs up after `talk_seconds`, or waits for the other side to. `echo`: say back what is said.
    """

    does: Literal["answer", "decline", "busy", "ring"] = "answer"
    after_seconds: float = 2.0
    talk_seconds: float | None = None
    echo: bool = False


class PhoneCall:
    """One call of one phone. `answered` and `ended` are set as they happen; `status` is what ended it, 200 after a talk."""

    def __init__(self, phone: SoftPhone, call_id: str, tag: str, *, echo: bool) -> None:
        self.phone = phone
        self.answered = asyncio.Event()
        self.ended = asyncio.Event()
        self.status = 0
        self.sound = Sound(echo=echo)
        self._agent = phone.agent
        self._key = (call_id, tag)
        self._dialog: Dialog | None = None
        self._description: Sdp | None = None
        self._port = 0
        self._gave_up = False
        self._flow = self._agent.flow
        self._invite: ClientTransaction | None = None
        self._incoming: ServerTransaction | None = None
        self._agent.calls[self._key] = self

    # --- calling

    async def dial(self, number: str) -> None:
        """Send the INVITE."""
        self._port = await self.sound.open(self._agent.local_host)
        self._description = self._offer()
        call_id, tag = self._key
        uri = self._agent.server_uri(number)
        cseq = 0

        def build(extra: list[tuple[str, str]]) -> Request:
            nonlocal cseq
            cseq += 1
            headers = [("Max-Forwards", "70"), ("From", f"{self.phone.address};tag={tag}"), ("To", f"<{uri}>")]
            headers += [("Call-ID", call_id), ("CSeq", f"{cseq} INVITE"), ("Contact", f"<{self.phone.contact}>")]
            headers += [("Allow", ALLOW), *extra]
            return new_request("INVITE", uri, headers, self._body(), "application/sdp")

        def sent(transaction: ClientTransaction) -> None:
            self._invite = transaction

        self.phone.ask(build, self._on_answer, sent)

    def _on_answer(self, response: Response) -> None:
        if response.status < 200 or self.ended.is_set():
            return
        if response.status >= 300:
            self.over(response.status)
            return
        request = self._invite.request if self._invite is not None else None
        if request is None or self._dialog is not None:
            return
        self._dialog = Dialog.uac(request, response, self.phone.contact, self._agent.flow.id)
        self._agent.transactions.send_ack(self._dialog.new_ack(response.cseq.number), self._agent.flow)
        try:
            self._listen_to(response.body)
        except SipError:
            self._gave_up = True
        if self._gave_up:  # it was answered in the moment in which we let go, or cannot be heard
            self.hang_up()
        else:
            self.answered.set()

    # --- being called

    async def react(self, transaction: ServerTransaction, reaction: Reaction) -> None:
        """Ring, and do what was decided."""
        self._incoming, self._flow = transaction, transaction.flow
        transaction.on_cancel = lambda _: self._give_up(487)
        transaction.respond(
            new_response(
                transaction.request, 180, to_tag=transaction.to_tag, headers=[("Contact", f"<{self.phone.contact}>")]
            )
        )
        try:
            await asyncio.wait_for(self.ended.wait(), reaction.after_seconds)
        except TimeoutError:
            await self._decide(transaction, reaction)

    async def _decide(self, transaction: ServerTransaction, reaction: Reaction) -> None:
        if reaction.does == "busy":
            self._give_up(486)
        elif reaction.does == "decline":
            self._give_up(603)
        elif reaction.does == "answer":
            await self._answer(transaction)
            if reaction.talk_seconds is not None:
                try:
                    await asyncio.wait_for(self.ended.wait(), reaction.talk_seconds)
                except TimeoutError:
                    self.hang_up()

    async def _answer(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        try:
            self._port = await self.sound.open(self._agent.local_host)
            dialog = Dialog.uas(request, transaction.to_tag, self.phone.contact, self._agent.flow.id)
            self._listen_to(request.body)
        except (SipError, OSError):
            self._give_up(488)
            return
        if self.ended.is_set():
            return
        dialog.confirmed = True
        self._dialog = dialog
        if self._description is None:
            self._description = self._offer()
        if not request.body:
            transaction.on_ack = lambda ack: self._listen_to(ack.body)
        self._respond(transaction)
        self.answered.set()

    def _give_up(self, status: int) -> None:
        if self._incoming is not None:
            self._incoming.reply(status)
        self.over(status)

    # --- the rest of its life

    def on_request(self, transaction: ServerTransaction) -> None:
        """A request within the call."""
        request = transaction.request
        if self._dialog is not None and not self._dialog.accepts(request):
            transaction.reply(500)
        elif request.method == "BYE":
            transaction.reply(200)
            self.over(200)
        elif request.method in ("INVITE", "UPDATE") and self._dialog is not None:
            self._dialog.refresh_target(request)
            if request.body:
                self._listen_to(request.body)
            if request.method == "INVITE" or request.body:
                self._respond(transaction)
            else:
                transaction.reply(200, headers=(("Contact", f"<{self.phone.contact}>"),))
        elif request.method in ("INFO", "OPTIONS"):
            transaction.reply(200)
        else:
            transaction.reply(501)

    def hang_up(self) -> None:
        """End it, in whatever state it is."""
        if self.ended.is_set():
            return
        if self._dialog is not None:
            dialog = self._dialog
            self.phone.ask(lambda extra: dialog.new_request("BYE", extra), lambda _: None, flow=self._flow)
            self.over(200)
        elif self._incoming is not None:
            self._give_up(486)
        elif self._invite is not None:
            self._gave_up = True
            self._invite.cancel()

    def over(self, status: int) -> None:
        """It has ended."""
        if self.ended.is_set():
            return
        self.status = status
        self.sound.close()
        self._agent.calls.pop(self._key, None)
        self.ended.set()

    # --- offer and answer

    def _offer(self) -> Sdp:
        return descriptions.offer(self._agent.local_host, self._port)

    def _listen_to(self, body: bytes) -> None:
        """Take the other side's description, as answer to ours or as an offer. Raises SipError."""
        if body:
            ours = self._description or self._offer()
            self._description, remote, payload = descriptions.answer(ours, parse_sdp(body), self._port)
            self.sound.send_to(remote, payload)

    def _body(self) -> bytes:
        return self._description.to_bytes() if self._description is not None else b""

    def _respond(self, transaction: ServerTransaction) -> None:
        """A 200 with our description."""
        transaction.respond(
            new_response(
                transaction.request,
                200,
                headers=[("Contact", f"<{self.phone.contact}>"), ("Allow", ALLOW)],
                body=self._body(),
                content_type="application/sdp",
                to_tag=transaction.to_tag,
            )
        )
