"""INVITEs without a final answer that a process before us had sent or received, and in whose place we are.

A transaction is known by its Via (RFC 3261 section 17): whoever has the request as it stood on the wire can go on with it.
(One that was sent goes on by being sent again: `Transactions.request_as`.)
"""

from __future__ import annotations

from collections.abc import Iterable

from svara.sip.message import Request
from svara.sip.transaction.client import ClientTransaction, OnResponse
from svara.sip.transaction.layer import Transactions
from svara.sip.transaction.server import ServerTransaction
from svara.sip.transport.flow import Flow


def cancel_before(
    layer: Transactions, request: Request, flow: Flow, headers: Iterable[tuple[str, str]], on_response: OnResponse
) -> None:
    """End an INVITE, given as it was sent (section 9.1); `on_response` gets its final answer. A peer that knows nothing of
    it says 481 to that."""
    branch = request.via.branch or ""
    transaction = ClientTransaction(layer, request, flow, key=branch, on_response=on_response, on_failure=_gone)
    layer._clients[branch] = transaction
    layer._watch(flow).add(transaction)
    transaction.provisional_came()
    transaction.cancel(headers)


def received_before(layer: Transactions, request: Request, flow: Flow) -> ServerTransaction:
    """An INVITE that was received, given as it had been handed on."""
    via = request.via
    key = f"{via.branch}|{via.host}|{via.port}|INVITE"
    transaction = ServerTransaction(layer, request, flow, layer._stamp(request, via, flow), key)
    layer._servers[key] = transaction
    return transaction


def _gone(_why: str) -> None:
    """Who does not answer does not ring either."""
