"""Transactions: RFC 3261 section 17 with the corrections of RFC 6026, as synchronous state machines on an injected clock."""

from svara.sip.transaction.client import ClientTransaction
from svara.sip.transaction.layer import Counts, Transactions
from svara.sip.transaction.server import ServerTransaction

__all__ = ["ClientTransaction", "Counts", "ServerTransaction", "Transactions"]
