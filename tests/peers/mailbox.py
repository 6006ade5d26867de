"""A message in somebody's mailbox, as a caller with a real phone leaves it."""

from __future__ import annotations

import time

from tests.peers.baresip import Baresip


def leave_a_message(caller: Baresip) -> None:
    """The menu (700) puts the caller through to Bob's mailbox; some seconds are heard there."""
    caller.dial("700")
    caller.wait_state("talking")
    caller.press("2")
    time.sleep(1)
    caller.press("#")  # not the whole greeting
    time.sleep(5)
    caller.hangup()
