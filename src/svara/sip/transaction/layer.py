"""The transaction layer: matches what arrives to transactions, and keeps what only absorbs retransmissions.

A transaction object exists while something is still open. States whose only purpose is to absorb retransmissions
(timers D, I, J, K, L, M) are entries of a few hundred bytes in maps that expire, so that thousands of requests a
second cost little memory; every table is bounded.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from svara import log
from svara.clock import Clock
from svara.sip.headers import Via
from svara.sip.message import Malformed, Message, Request, Response, SipError, new_response
from svara.sip.timers import ExpiringMap, Timers
from svara.sip.tokens import Tokens
from svara.sip.transaction.client import Accepted, ClientTransaction, OnFailure, OnResponse
from svara.sip.transaction.server import ServerTransaction
from svara.sip.transaction.times import LIFE, T4
from svara.sip.transport.flow import Flow
from svara.sip.transport.load import RETRY_AFTER_SECONDS, Load

_LOG = log.get("sip.transaction")

# Answers to requests without credentials: enough for thousands of phones that start at once, little for a flood.
_CHALLENGES = 20_000
_COOKIE = "z9hG4bK"
_DEFAULT_PORT = {"TLS": 5061, "WSS": 443, "WS": 80}
# Methods of which an upstream fork may bring us copies over several ways (section 8.2.2.2).
_MERGED_METHODS = frozenset({"INVITE", "MESSAGE", "REFER", "SUBSCRIBE"})

OnRequest = Callable[[ServerTransaction], object]
OnAck = Callable[[Request, Flow], object]
OnData = Callable[[bytes], object]
OnStrayResponse = Callable[[Response, Flow], object]


class Ways(Protocol):
    """What the layer needs of the transports."""

    on_message: Callable[[Message | Malformed, Flow], None] | None
    on_unreachable: Callable[[Flow], None] | None

    def alias(self, flow: Flow, port: int) -> None: ...


@dataclass(slots=True)
class Counts:
    """Figures since the start."""

    requests: int = 0
    responses: int = 0
    sent: int = 0
    retransmitted: int = 0  # by us
    absorbed: int = 0  # retransmissions of the peers
    malformed: int = 0
    refused: int = 0  # 503: too many transactions
    shed: int = 0  # 503: a new call, while more arrived than could be handled
    timeouts: int = 0


class Transactions:
    """All transactions of one process. Takes over `transports.on_message`."""

    def __init__(  # noqa: PLR0917  the order is the interface
        self,
        clock: Clock,
        transports: Ways,
        randomness: random.Random | None,
        on_request: OnRequest,
        on_ack: OnAck,
        on_stray_response: OnStrayResponse | None = None,
        *,
        limit: int = 50_000,
        remembered: int = 200_000,
        load: Load | None = None,
    ) -> None:
        """`limit` bounds the open transactions of either side, `remembered` each table of finished ones; `load` says when
        calls that begin are refused.
        """
        self.timers = Timers(clock)
        self.counts = Counts()
        self._tokens = Tokens(randomness)
        self._on_request = on_request
        self._on_ack = on_ack
        self._on_stray_response = on_stray_response
        self._limit = limit
        self._load = load or Load(clock)
        self._servers: dict[str, ServerTransaction] = {}
        self._clients: dict[str, ClientTransaction] = {}
        self._by_flow: dict[str, set[ClientTransaction]] = {}
        self._callers: dict[str, set[ServerTransaction]] = {}  # INVITEs without final response, by connection
        # Timer J: the answer again. G/H run in the transaction. I: nothing. L: nothing, and the 2xx's ACK by dialog.
        self._answered: ExpiringMap[str, bytes] = ExpiringMap(clock, LIFE, remembered)
        self._challenged: ExpiringMap[str, bytes] = ExpiringMap(clock, T4, _CHALLENGES)
        self._completed: dict[str, ServerTransaction] = {}
        self._confirmed: ExpiringMap[str, None] = ExpiringMap(clock, T4, remembered)
        self._accepted: ExpiringMap[str, None] = ExpiringMap(clock, LIFE, remembered)
        self._unacknowledged: ExpiringMap[str, ServerTransaction | None] = ExpiringMap(clock, LIFE, remembered, _expired)
        # Timer K: nothing. D: the ACK again. M: what knows forks; and our ACKs to 2xx.
        self._done: ExpiringMap[str, None] = ExpiringMap(clock, T4, remembered)
        self._refused: ExpiringMap[str, tuple[bytes, Flow]] = ExpiringMap(clock, LIFE, remembered)
        self._winners: ExpiringMap[str, Accepted] = ExpiringMap(clock, LIFE, remembered)
        self._acks: ExpiringMap[str, tuple[bytes, Flow]] = ExpiringMap(clock, LIFE, remembered)
        self._origins: ExpiringMap[str, None] = ExpiringMap(clock, LIFE, remembered)
        self._transports = transports
        transports.on_message = self.receive
        transports.on_unreachable = self.unreachable

    # --- for the user

    def request(
        self,
        request: Request,
        flow: Flow,
        *,
        on_response: OnResponse,
        on_failure: OnFailure,
        before: OnData | None = None,
    ) -> ClientTransaction:
        """Send a request that carries no Via yet, or an empty line where it shall stand; `before` gets it as it is sent.

        `on_response` gets every provisional response and the final one (for an INVITE each different 2xx: forks);
        `on_failure("timeout" | "transport")` comes instead of a final response, never from within this call.
        """
        branch = self._add_via(request, flow)
        return self.request_as(request, flow, branch, on_response=on_response, on_failure=on_failure, before=before)

    def request_as(
        self,
        request: Request,
        flow: Flow,
        key: str,
        *,
        on_response: OnResponse,
        on_failure: OnFailure,
        before: OnData | None = None,
    ) -> ClientTransaction:
        """Send a request whose Via stands already (a CANCEL has its INVITE's)."""
        transaction = ClientTransaction(self, request, flow, key=key, on_response=on_response, on_failure=on_failure)
        if before is not None:
            before(transaction.data)
        self._clients[key] = transaction
        self._watch(flow).add(transaction)
        self.counts.sent += 1
        transaction.start()
        return transaction

    def send_ack(self, request: Request, flow: Flow) -> None:
        """Send the ACK to a 2xx, and again whenever that 2xx comes again."""
        self._add_via(request, flow)
        data = request.to_bytes()
        self._acks.put(f"{request.call_id}|{request.to.tag}|{request.cseq.number}", (data, flow))
        flow.send(data)

    def _add_via(self, request: Request, flow: Flow) -> str:
        branch = self.new_branch()
        if not request.has("via"):
            request.prepend("Via", "")
        request.put_line("via", f"Via: SIP/2.0/{flow.transport} {flow.sent_by};branch={branch};rport")
        return branch

    def new_branch(self) -> str:
        return _COOKIE + self._tokens.take(20)

    def new_tag(self) -> str:
        """A From or To tag (section 19.3)."""
        return self._tokens.take(16)

    @property
    def open(self) -> int:
        """How many transactions wait for something."""
        return len(self._servers) + len(self._clients) + len(self._completed)

    # --- what arrives

    def receive(self, message: Message | Malformed, flow: Flow) -> None:
        """A message from the transports. Never raises: a failing callback costs that one request a 500."""
        if isinstance(message, Request):
            self.counts.requests += 1
            try:
                self._request(message, flow)
            except SipError as error:
                self._answer_plainly(message, flow, error.status, error.reason)
        elif isinstance(message, Response):
            self.counts.responses += 1
            try:
                self._response(message, flow)
            except SipError:
                self.counts.malformed += 1
            except Exception:
                _LOG.error("handling a response failed", exc_info=True)
        elif isinstance(message, Malformed):
            self.counts.malformed += 1
            if message.status and message.request is not None and message.request.method != "ACK":
                self._answer_plainly(message.request, flow, message.status, message.reason)

    def _request(self, request: Request, flow: Flow) -> None:
        via, cseq, method = request.via, request.cseq, request.method
        # Whoever gets the request may rely on these; malformed ones are answered 400 before anything is remembered.
        from_, to, call_id = request.from_, request.to, request.call_id
        branch = via.branch
        if branch is not None and branch.startswith(_COOKIE):
            stem = f"{branch}|{via.host}|{via.port}|"
        else:
            # RFC 2543: no unique branch (section 17.2.3)
            stem = f"{request.uri}|{from_.tag}|{call_id}|{cseq.number}|{request.first('via')}|"
        if method == "ACK":
            self._ack(request, flow, stem + "INVITE")
            return
        key = stem + method
        if self._absorbed(key, flow):
            self.counts.absorbed += 1
            return
        reply = self._stamp(request, via, flow)
        if len(self._servers) >= self._limit and method not in ("BYE", "CANCEL"):
            self.counts.refused += 1
            self._unavailable(request, reply)
            return
        if method == "INVITE" and to.tag is None and self._load.refuses(has_credentials=_has_credentials(request)):
            self.counts.shed += 1
            self._unavailable(request, reply)
            return
        transaction = ServerTransaction(self, request, flow, reply, key)
        if method == "CANCEL":
            self._cancel(transaction, stem + "INVITE")
            return
        self._servers[key] = transaction
        if flow.reliable and method == "INVITE":
            self._callers_on(flow).add(transaction)
        origin = ""
        if method in _MERGED_METHODS and to.tag is None:
            origin = f"{from_.tag}|{call_id}|{cseq.number}|{method}"
            if origin in self._origins:
                transaction.reply(482)
                return
        self._offer(transaction)
        if origin and not transaction.done:
            self._origins.put(origin, None)

    def _unavailable(self, request: Request, reply: Flow) -> None:
        """503 without a transaction: nothing is kept, and the ACK to it means nothing (section 21.5.4)."""
        headers = [("Retry-After", str(RETRY_AFTER_SECONDS))]
        reply.send(new_response(request, 503, headers=headers, to_tag=self.new_tag()).to_bytes())

    def _offer(self, transaction: ServerTransaction) -> None:
        """Hand a new transaction to the user, who may answer soon; an INVITE that has no answer by then gets a 100."""
        try:
            self._on_request(transaction)
        except SipError as error:
            self._refuse(transaction, error.status, error.reason)
        except Exception:
            _LOG.error("handling a request failed", exc_info=True, method=transaction.request.method)
            self._refuse(transaction, 500, None)
        if transaction.request.method == "INVITE" and not transaction.responded and not transaction.done:
            transaction.try_soon()

    def _refuse(self, transaction: ServerTransaction, status: int, reason: str | None) -> None:
        try:
            transaction.reply(status, reason)
        except SipError:
            transaction.done = True
            self.forget_server(transaction._key, transaction)

    def _absorbed(self, key: str, flow: Flow) -> bool:
        """Is it a retransmission of a request that we know? Then it has been dealt with."""
        transaction = self._servers.get(key) or self._completed.get(key)
        if transaction is not None:
            transaction.send_again()
            return True
        answer = self._answered.get(key) or self._challenged.get(key)
        if answer is not None:
            flow.send(answer)
            return True
        return key in self._accepted or key in self._confirmed

    def _ack(self, ack: Request, flow: Flow, key: str) -> None:
        completed = self._completed.pop(key, None)
        if completed is not None:
            completed.acknowledged()
            if not completed.reliable:
                self._confirmed.put(key, None)
            return
        if key in self._confirmed or key in self._challenged:
            return
        dialog_key = f"{ack.call_id}|{ack.to.tag}|{ack.cseq.number}"
        if dialog_key in self._unacknowledged:
            transaction = self._unacknowledged.get(dialog_key)
            if transaction is None:
                self.counts.absorbed += 1
                return
            self._unacknowledged.replace(dialog_key, None)
            transaction.acknowledged()
            if transaction.on_ack is not None:
                self._guarded(transaction.on_ack, ack)
                return
        try:
            self._on_ack(ack, flow)
        except Exception:
            _LOG.error("handling an ACK failed", exc_info=True)

    def _cancel(self, transaction: ServerTransaction, invite_key: str) -> None:
        self._servers[transaction._key] = transaction
        invite = self._servers.get(invite_key)
        if invite is None:
            known = invite_key in self._completed or invite_key in self._accepted
            transaction.reply(200 if known else 481)
            return
        transaction.respond(new_response(transaction.request, 200, to_tag=invite.to_tag))
        self._guarded(invite.cancel_received, transaction.request)

    def _response(self, response: Response, flow: Flow) -> None:
        branch, method = response.via.branch, response.cseq.method
        _ = response.to, response.call_id  # a malformed one has not come: nothing may change its state by half
        key = branch or ""
        if method == "CANCEL":
            key += "|CANCEL"
        client = self._clients.get(key)
        if client is not None:
            if client.request.method == method:
                client.receive(response)
            return
        winner = self._winners.get(key)
        if winner is not None and method == "INVITE" and winner.receive(response, self):
            return
        refused = self._refused.get(key)
        if refused is not None:
            self.counts.absorbed += 1
            if response.status >= 300:
                refused[1].send(refused[0])
        elif key in self._done:
            self.counts.absorbed += 1
        elif self._on_stray_response is not None:
            self._on_stray_response(response, flow)

    def _stamp(self, request: Request, via: Via, flow: Flow) -> Flow:
        """Write `received` and `rport` into the topmost Via (section 18.2.1, RFC 3581); gives the flow for responses."""
        host, port = flow.remote
        asks = "rport" in via.params
        elsewhere = via.host != host
        if asks or elsewhere:
            request.set_received(host, port)
        if flow.reliable and "alias" in via.params and not elsewhere:
            self._transports.alias(flow, via.port or _DEFAULT_PORT.get(via.transport, 5060))
        if flow.reliable or asks or elsewhere:
            # Behind address translation a peer that does not ask for rport can be reached there only all the same.
            return flow
        return flow.beside(via.port or _DEFAULT_PORT.get(via.transport, 5060))

    def _answer_plainly(self, request: Request, flow: Flow, status: int, reason: str) -> None:
        """Answer a request that has no transaction, if it can be answered at all."""
        if request.method == "ACK":
            return
        try:
            reply = self._stamp(request, request.via, flow)
            reply.send(new_response(request, status, reason, to_tag=self.new_tag()).to_bytes())
        except SipError:
            self.counts.malformed += 1

    def _guarded(self, callback: Callable[[Request], object], request: Request) -> None:
        try:
            callback(request)
        except Exception:
            _LOG.error("handling a request failed", exc_info=True, method=request.method)

    # --- what transactions leave here

    def forget(self, key: str, transaction: ClientTransaction) -> None:
        if self._clients.get(key) is transaction:
            del self._clients[key]
        watched = self._by_flow.get(transaction.flow.id)
        if watched is not None:
            watched.discard(transaction)
            if not watched and not transaction.flow.reliable:
                del self._by_flow[transaction.flow.id]

    def keep_done(self, key: str) -> None:
        if self._on_stray_response is not None:  # else nobody could tell a repeated response from a stray one
            self._done.put(key, None)

    def keep_accepted(self, key: str, accepted: Accepted) -> None:
        self._winners.put(key, accepted)

    def acknowledge(self, key: str, transaction: ClientTransaction, ack: bytes) -> None:
        transaction.flow.send(ack)
        if not transaction.flow.reliable:
            self._refused.put(key, (ack, transaction.flow))

    def acknowledge_again(self, response: Response) -> None:
        kept = self._acks.get(f"{response.call_id}|{response.to.tag}|{response.cseq.number}")
        if kept is not None:
            self.counts.absorbed += 1
            kept[1].send(kept[0])

    def forget_server(self, key: str, transaction: ServerTransaction) -> None:
        if self._servers.get(key) is transaction:
            del self._servers[key]
        if transaction.flow.reliable:
            callers = self._callers.get(transaction.flow.id)
            if callers is not None:
                callers.discard(transaction)

    def keep_answered(self, key: str, data: bytes) -> None:
        self._answered.put(key, data)

    def keep_challenged(self, key: str, data: bytes) -> None:
        self._challenged.put(key, data)

    def keep_completed(self, key: str, transaction: ServerTransaction) -> None:
        self._completed[key] = transaction

    def drop_completed(self, key: str) -> None:
        self._completed.pop(key, None)

    def keep_accepted_server(self, key: str, dialog_key: str, transaction: ServerTransaction) -> None:
        self._accepted.put(key, None)
        self._unacknowledged.put(dialog_key, transaction)

    def _watch(self, flow: Flow) -> set[ClientTransaction]:
        """The transactions that fail when this connection closes, or nobody is there any more."""
        watched = self._by_flow.get(flow.id)
        if watched is None:
            watched = self._by_flow[flow.id] = set()
            if flow.reliable:
                flow.on_close(lambda: self._flow_closed(flow.id))
        return watched

    def _callers_on(self, flow: Flow) -> set[ServerTransaction]:
        """The INVITEs that nobody can answer any more when this connection closes."""
        callers = self._callers.get(flow.id)
        if callers is None:
            callers = self._callers[flow.id] = set()
            flow.on_close(lambda: self._callers_gone(flow.id))
        return callers

    def _callers_gone(self, flow_id: str) -> None:
        for transaction in self._callers.pop(flow_id, set()):
            self.timers.after(0.0, transaction.caller_gone)

    def unreachable(self, flow: Flow) -> None:
        """Nobody listens at that UDP peer (ICMP): requests that have had no answer at all have failed (section 17.1.4)."""
        for transaction in list(self._by_flow.get(flow.id, ())):
            self.timers.after(0.0, transaction.refused)

    def _flow_closed(self, flow_id: str) -> None:
        for transaction in self._by_flow.pop(flow_id, set()):
            # Later: the user may be in the middle of something with that flow.
            self.timers.after(0.0, transaction.transport_failed)


def _has_credentials(request: Request) -> bool:
    return request.has("proxy-authorization") or request.has("authorization")


def _expired(_key: str, transaction: ServerTransaction | None) -> None:
    if transaction is not None:
        transaction.unacknowledged()
