"""What a call remembers of its moves from one to another, and of who waits meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from svara.calls.events import EndedBy
    from svara.calls.leg import Leg
    from svara.calls.moves.keys import TalkKeys
    from svara.calls.moves.move import Move
    from svara.calls.talks.music import HoldMusic


class Movable:
    """Part of a `Call`."""

    __slots__ = ("agreeing", "comes_from", "goes_out", "held_for", "keys", "leaving", "move", "moves", "music", "taped_with")

    def __init__(self) -> None:
        self.move: Move | None = None
        """The call is on its way from one to another."""
        self.moves = 0
        self.leaving: Leg | None = None
        """Who sent the call on: out of it, until this phone hangs up."""
        self.agreeing = False
        """The two who talk were put together, and their phones have not agreed on the sound yet."""
        self.music: HoldMusic | None = None
        """What a phone on hold hears (see `svara.calls.talks.music`)."""
        self.held_for: EndedBy | None = None
        """The side for which we have the other on hold, without its phone knowing."""
        self.keys: tuple[TalkKeys, ...] = ()
        """Phones whose keys within the talk mean something to us."""
        self.goes_out = False
        """The call was sent on to a number outside."""
        self.taped_with = "", ""
        """With whom (an id) the last talk of this call was, and whose rule had it recorded: it goes on so when the two talk
        again."""
        self.comes_from = ""
        """Before the caller's name, on phones that ring: from whom the call comes back."""

    def moved_to_the_end(self) -> None:
        """The call is over: who sent it on learns it, and is hung up."""
        move, leaving = self.move, self.leaving
        if self.music is not None:
            self.music.stop()
        keys, self.keys = self.keys, ()
        for one in keys:
            one.stop()
        if move is not None:
            move.over()
        if leaving is not None and not leaving.down:
            leaving.hang_up()
        self.move = self.leaving = None
