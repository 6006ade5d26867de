"""The times of RFC 3261 section 17 (table 4), in seconds."""

from __future__ import annotations

from typing import Final

T1: Final = 0.5  # round-trip estimate
T2: Final = 4.0  # longest interval between retransmissions, INVITE requests apart
T4: Final = 5.0  # how long a message may stay in the network
TRYING: Final = 0.2  # how long an INVITE may be without any response
LIFE: Final = 64 * T1  # timers B, D, F, H, J, L and M
# RFC 3261 table 4: A and B, E and F, G and H run side by side; here one timer carries each pair.
#   A  INVITE request retransmission, UDP: T1, doubling                       B  INVITE transaction time-out: 64*T1
#   D  wait for response retransmissions: 64*T1 over UDP (at least 32 s), 0 else
#   E  non-INVITE request retransmission, UDP: T1, doubling to T2             F  non-INVITE transaction time-out: 64*T1
#   G  INVITE response retransmission: T1, doubling to T2                     H  wait for ACK: 64*T1
#   I  wait for ACK retransmissions: T4 over UDP, 0 else
#   J  wait for non-INVITE request retransmissions: 64*T1 over UDP, 0 else
#   K  wait for response retransmissions: T4 over UDP, 0 else
#   L  (RFC 6026) Accepted at the server: 64*T1                               M  Accepted at the client: 64*T1
