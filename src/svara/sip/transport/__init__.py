"""Ways to carry SIP: UDP, TCP, TLS and WebSocket, over IPv4 and IPv6, behind one `Flow`."""

from svara.sip.transport.flow import Address, Flow, FlowError, Target
from svara.sip.transport.limits import Limits, Sources
from svara.sip.transport.transports import DATAGRAM_BYTES, Transports

__all__ = ["DATAGRAM_BYTES", "Address", "Flow", "FlowError", "Limits", "Sources", "Target", "Transports"]
