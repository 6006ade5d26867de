"""The room of a talk: both phones are taken to the voice process, where others can be with them, and back.

A talk has its sound straight through the relay as long as nobody else is in it. When somebody needs the room (`use`), each
phone's sound is led to a voice leg; when nobody does any more (`release`), the two are put together again. Phones notice
nothing of it but another stream from the same address; one is asked for a change only where its codec would not fit.

Guarantees: a talk never ends because of its room. When the voice process is away, or anything on the way in fails, the two
are put directly together at once; who used the room is told. Keys cross from phone to phone in the room too. What happens in
a talk's room is ended by the talk's end. After a restart of ours the two are put together (see `svara.calls.recovery`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol

from svara.calls.exchange import Asked, Asking, Exchange, Known, answer_with, refuse, renew
from svara.calls.leg import Leg, sdp_of
from svara.calls.resound import DISAGREED, fits
from svara.calls.talks.hearing import EVERYBODY, HeardBy, hearing
from svara.calls.talks.seat import AGAIN_SECONDS, MAX_TRIES, Said, Seat, Voiced, session, told
from svara.media.relay import RelayError
from svara.media.voice.port import Item, Voice
from svara.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.clock import Timer

ENTER_SECONDS = 1.0
"""So long the way in may take; then the two are put together again."""

State = Literal["out", "going in", "in", "going out"]


class User(Protocol):
    """Who needs the room."""

    def entered(self) -> None:
        """Both phones are in the room."""
        ...

    def room_lost(self, reason: str) -> None:
        """They are not, or not any more, and the user is in the room no more either. The talk goes on, unless it is over."""
        ...


class Room:
    """The room of one talk. `members` are voice legs: of the two phones, and of others (see `admit`)."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.state: State = "out"
        self.seats = tuple(Seat(self, leg) for leg in (call.front, call.back) if leg is not None)
        self.users: list[User] = []
        self._guests: dict[str, HeardBy] = {}
        self._moved: list[Leg] = []
        """Phones that were asked for a change on the way in, and changed."""
        self._direct = False
        """The phones sent to each other, without a relay."""
        self._broken = False
        """The way in did not work."""
        self._tries = 0
        self._told_back = b""
        self._again = False
        self._deadline: Timer | None = None

    # --- who needs it

    def use(self, user: User) -> None:
        """`user` needs the room: told `entered`, at once or later, or `room_lost`."""
        self.users.append(user)
        if self.state == "in":
            user.entered()
        else:
            self._step()

    def release(self, user: User) -> None:
        """... and does not any more."""
        if user in self.users:
            self.users.remove(user)
            self._step()

    # --- who hears whom

    def admit(self, voice_leg: str, heard_by: HeardBy) -> None:
        """A voice leg that is not one of the phones' is in the room from now on, hears everybody and is heard by these."""
        self._guests[voice_leg] = heard_by
        self.hear()

    def dismiss(self, voice_leg: str) -> None:
        """... and is not any more."""
        voice = self.voice
        if voice_leg in self._guests:
            del self._guests[voice_leg]
            if voice is not None:
                voice.hears(voice_leg, ())
            self.hear()

    def seat(self, leg: Leg) -> Seat:
        """Where this phone sits."""
        return next(seat for seat in self.seats if seat.leg is leg)

    def hear(self) -> None:
        """Tell the voice process who hears whom."""
        voice = self.voice
        if voice is not None and self.state in ("going in", "in"):
            members: dict[str, HeardBy] = {seat.voice_leg: EVERYBODY for seat in self.seats}
            for one, others in hearing(members | self._guests).items():
                voice.hears(one, others)

    def say(self, words: Mapping[Seat, Sequence[Item]], done: Callable[[bool], object]) -> None:
        """Play this to phones, over what they hear; `done` is told once whether all of them got it to its end."""
        Said(self, words, done)

    # --- in and out

    @property
    def voice(self) -> Voice | None:
        return self.call.switch.voice

    @property
    def away(self) -> bool:
        """Whether the phones are connected as if there were no room."""
        return self.state == "out"

    @property
    def coming(self) -> bool:
        """Whether the phones are on their way in."""
        return self.state == "going in" and not self._broken and self.call.state == "talking"

    def _step(self) -> None:
        """Go where the users want it, as soon as that is possible."""
        call = self.call
        if call.state != "talking" or self._again:
            return
        if self.users and self.state == "out":
            go = self._go_in
        elif (not self.users and self.state == "in") or (self._broken and self.state == "going in"):
            go = self._go_out
        else:
            if self.state == "out" and call.room is self:
                call.room = None
                call.agreed()  # who was put on hold meanwhile hears music
            return
        if call.exchange is None:
            go()
        else:
            self._again = True
            call.switch.clock.call_later(AGAIN_SECONDS, call.guarded, self._look_again)

    def _look_again(self) -> None:
        self._again = False
        self._step()

    def _go_in(self) -> None:
        call, switch, voice = self.call, self.call.switch, self.voice
        if voice is None or not voice.up:
            self._lose("no sound is available")
            return
        if call.held_by:
            self._lose("the call is on hold")
            return
        self.state = "going in"
        self._broken = False
        self._moved = []
        self._direct = call.relay is switch.direct
        if self._direct:
            call.relay = switch.relay
            call.relay_used = True
        for seat in self.seats:
            switch.guests[seat.voice_leg] = seat
        for seat in self.seats:
            seat.come()

    def ready(self) -> None:
        """A voice leg is there. Once both are, the phones are led to them: nobody waits for the voice process in silence."""
        if self.coming and all(seat.ready for seat in self.seats):
            clock = self.call.switch.clock
            self._deadline = clock.call_later(ENTER_SECONDS, self.call.guarded, self._late)
            for seat in self.seats:
                seat.connect()

    def _late(self) -> None:
        if self.coming and not any(seat.asking for seat in self.seats):
            self.fail("no sound is available")

    def seated(self) -> None:
        """A phone is there."""
        if self.state == "going in" and not self._broken and all(seat.taken for seat in self.seats):
            self.state = "in"
            self._in_time()
            self.hear()
            self.call.save()
            for user in list(self.users):
                user.entered()
            self._step()

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def moved(self, leg: Leg) -> None:
        """A phone was asked for a change, and changed."""
        self._moved.append(leg)
        self.hear()

    def fail(self, reason: str) -> None:
        """It does not work, or not any more: everybody out."""
        if self.state in ("going in", "in"):
            self._broken = True
            self._lose(reason)

    def _lose(self, reason: str) -> None:
        users, self.users = self.users, []
        for guest in list(self._guests):
            self.dismiss(guest)
        for user in users:
            user.room_lost(reason)
        self._step()

    def _go_out(self) -> None:
        """Put the two together: by the relay alone, where what they were told before still holds."""
        call, front, back = self.call, self.call.front, self.call.back
        before, self.state = self.state, "going out"
        if front is None or back is None:
            return
        if before == "going in" and not any(seat.led for seat in self.seats):
            if self._direct:
                call.relay = call.switch.direct
            self._leave()
            return
        if before == "going in" and self._direct:
            self._back_to_direct(front, back)
            return
        if not (front.described and back.described and front.told and back.told):
            self._anew(front, back)
        else:
            self._tries = 0
            self._put_together(front, back)

    def _put_together(self, front: Leg, back: Leg) -> None:
        call = self.call
        if self.state != "going out" or call.state != "talking":
            return
        call.relay.offer(
            call.id,
            front.id,
            back.id,
            session(front),
            partial(self._offered, front, back),
            to=back.kind,
            from_address=front.address,
            to_address=back.address,
        )

    def _back_to_direct(self, front: Leg, back: Leg) -> None:
        """They sent to each other, and not both could be led here: who could is told where the other is."""
        call, moved = self.call, self._moved
        call.relay = call.switch.direct
        self._leave()
        if len(moved) == 1 and call.state == "talking":
            other = back if moved[0] is front else front
            failed = partial(call.end, "system", DISAGREED)
            Exchange(call, Asked(moved[0]), Known(other, other.described), lambda _status: failed()).start()
        elif moved:
            renew(call, DISAGREED)

    def _offered(self, front: Leg, back: Leg, result: bytes | RelayError) -> None:
        call = self.call
        if self.state != "going out" or call.state != "talking":
            return
        if isinstance(result, RelayError):
            self._try_again(front, back)
            return
        self._told_back = result
        call.relay.answer(call.id, back.id, front.id, session(back), partial(self._answered, front, back), to=front.kind)

    def _answered(self, front: Leg, back: Leg, result: bytes | RelayError) -> None:
        if self.state != "going out" or self.call.state != "talking":
            return
        if isinstance(result, RelayError) or not (fits(told(back), self._told_back) and fits(told(front), result)):
            self._anew(front, back)
        else:
            self._leave()

    def _try_again(self, front: Leg, back: Leg) -> None:
        """The relay does not take it: perhaps the next moment."""
        call = self.call
        self._tries += 1
        if self._tries < MAX_TRIES:
            call.switch.clock.call_later(AGAIN_SECONDS, call.guarded, self._put_together, front, back)
        else:
            self._anew(front, back)

    def _anew(self, front: Leg, back: Leg) -> None:
        """The phones have to be asked. Without a relay they are, by itself, when it is there again."""
        self._leave()
        if self.call.relay.up and not (front.down or back.down):
            renew(self.call, DISAGREED)

    def _leave(self) -> None:
        self.state = "out"
        self._close_legs()
        self.call.save()
        self._step()

    def _close_legs(self) -> None:
        self._in_time()
        for seat in self.seats:
            seat.leave()

    def taken_up(self) -> None:
        """After a restart of ours the phones are where they were, with nobody who needs the room."""
        self.state = "in"
        self._step()

    def lost(self) -> None:
        """The relay was restarted: the talk's sound is built anew, without a room."""
        self.state = "out"
        self._close_legs()
        self._lose("media relay lost")

    def over(self) -> None:
        """The talk is over."""
        self.state = "out"
        self._close_legs()
        self._lose("the call is over")

    # --- what the phones do meanwhile

    def changed(self, leg: Leg, transaction: ServerTransaction) -> None:
        """A phone changes its session, or holds: that is between it and us."""
        if self.state != "in":
            transaction.reply(491)
        elif sdp_of(transaction.request):
            if transaction.request.method == "INVITE":
                transaction.on_cancel = lambda _cancel: refuse(transaction, 487)
            Exchange(self.call, Asking(leg, transaction), Voiced(self.seat(leg))).start()
        else:
            answer_with(leg, transaction, leg.told)  # the session as it stands; what the ACK brings changes nothing

    def renew(self) -> None:
        """Both phones are asked for their session."""
        for seat in self.seats:
            seat.ask()


def room_of(call: Call) -> Room:
    """The room of a talk."""
    if call.room is None:
        call.room = Room(call)
    return call.room
