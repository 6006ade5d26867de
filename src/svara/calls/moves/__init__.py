"""How calls go from one to another: one leg leaves a talk and the other goes on.

Two primitives do all of it. `hold_out`: who stays is our guest again and can be sent anywhere a call can go. `adopt`: a leg
of another call becomes the other side of this one, and that call ends. Transfers, the way back, parking, picking up and
conferences are made of them. Guarantees: the journal knows before a phone does; whatever fails
before that leaves the talk as it was; a call has one move at a time.
"""

from svara.calls.moves.adopt import adopt
from svara.calls.moves.move import Move
from svara.calls.moves.out import hold_out

__all__ = ["Move", "adopt", "hold_out"]
