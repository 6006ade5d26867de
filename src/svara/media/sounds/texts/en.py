"""What the system says in English."""

from __future__ import annotations

from svara.media.sounds.texts.tongue import Tongue, words

_SMALL = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third "
    "twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
)


def number(n: int) -> str:
    if n < 20:
        return _SMALL[n]
    return _TENS[n // 10] + (f"-{_SMALL[n % 10]}" if n % 10 else "")


def _messages(n: int, kind: str) -> str:
    return f"You have {number(n)} {kind} message{'' if n == 1 else 's'}."


def _minute(n: int) -> str:
    if n == 0:
        return ""
    return f"oh {number(n)}" if n < 10 else number(n)


TONGUE = Tongue(
    phrases={
        "next-in-line": "You are next in the line.",
        "in-line-far": "You are in the line. There are more than fifty callers before you.",
        "wait-under-a-minute": "The expected wait is less than a minute.",
        "wait-over-an-hour": "The expected wait is more than an hour.",
        "callback-kept": "Your place in the line is kept. We will call you back when it is your turn. Goodbye.",
        "callback-number": "We will call you back on the number",
        "callback-choices": "To confirm, press hash. To enter another number, press star.",
        "callback-enter": "Enter the number on which we shall call you back, and end with the hash key.",
        "callback-refused": "That number cannot be called back.",
        "call-back-to": "Call back to the number",
        "closed": "We are closed at the moment. Please call again during our opening hours.",
        "nobody-available": "Nobody is available to take your call at the moment. Please call again later.",
        "person-not-available": "The person you are calling is not available.",
        "person-busy": "The person you are calling is busy.",
        "name-not-available": "is not available.",
        "name-busy": "is busy.",
        "number-not-in-use": "The number you have dialled is not in use.",
        "cannot-be-completed": "Your call cannot be completed. Please call again later.",
        "goodbye": "Goodbye.",
        "not-a-choice": "That is not one of the choices.",
        "recorded": "This call is recorded.",
        "recorded-consent": "We would like to record this call. If you agree to the recording, press one.",
        "recording-agreed": "Thank you. This call is recorded.",
        "recording-declined": "This call is not recorded.",
        "supervised": "A colleague is listening to this call, for training and quality.",
        "leave-message": "Please leave a message after the tone.",
        "message-left": "Thank you. Your message has been saved. Goodbye.",
        "nothing-recorded": "Nothing was recorded.",
        "enter-pin": "Please enter your PIN, and end with the hash key.",
        "wrong-pin": "That PIN is wrong.",
        "pin-blocked": "A wrong PIN was entered too often. Please try again later.",
        "mailbox-menu": "To hear your messages, press one. To change your greeting, press two. To end, hang up.",
        "no-messages": "You have no messages.",
        "no-new-messages": "You have no new messages.",
        "more-than-fifty-new": "You have more than fifty new messages.",
        "more-than-fifty-saved": "You have more than fifty saved messages.",
        "message-from": "Message from the number",
        "message-from-unknown": "Message from an unknown number.",
        "message-menu": "To hear the message again, press one. To save it, press two. To delete it, press three. "
        "For the next message, press hash.",
        "message-not-reachable": "This message cannot be reached at the moment. Please try again later.",
        "no-more-messages": "There are no more messages.",
        "message-saved": "The message is saved.",
        "message-deleted": "The message is deleted.",
        "greetings-menu": "For the greeting when you do not answer, press one. "
        "For the greeting when you are busy, press two. To record your name, press three. "
        "For a greeting while you are away, press four. To go back, press star.",
        "greetings-menu-queue": "For the greeting of this mailbox, press one. "
        "For a greeting while everybody is away, press four. To go back, press star.",
        "record-name": "Say your name after the tone, and end with the hash key.",
        "record-greeting": "Record your greeting after the tone, and end with the hash key.",
        "greeting-menu": "To hear your greeting, press one. To keep it, press two. To record it again, press three. "
        "To use the standard greeting, press four.",
        "greeting-saved": "Your greeting is saved.",
        "greeting-deleted": "Your greeting is deleted. Callers hear the standard greeting.",
        "greeting-until": "Enter the last day on which callers shall hear this greeting: "
        "two digits for the day, and two for the month.",
        "greeting-ends": "Callers hear your greeting up to and including the day",
        "not-a-day": "That is not a day within the next year.",
        "record-announcement": "Record the announcement after the tone, and end with the hash key.",
        "announcement-menu": "To keep the announcement, press one. To record it again, press two. To give up, press star.",
        "administrators-only": "Only administrators may do that.",
        "try-phone": "Say something, and you hear it a second later. If you hear yourself, press one.",
        "announcement-saved": "The announcement is saved.",
        "conference-moderator-pin": "If you moderate this conference, enter your PIN and press hash. Otherwise press hash.",
        "conference-alone": "You are the first in this conference.",
        "conference-waiting": "The conference begins when the moderator comes. Please wait.",
        "conference-full": "This conference is full. Please call again later.",
        "conference-locked": "This conference is locked. Nobody else can join.",
        "conference-muted": "You are muted.",
        "conference-unmuted": "You can be heard again.",
        "conference-locked-now": "The conference is locked.",
        "conference-unlocked-now": "The conference is open again.",
        "conference-all-muted": "Everybody else is muted.",
        "conference-all-unmuted": "Everybody can be heard again.",
        "conference-end-again": "To end the conference for everybody, press nine again.",
        "conference-ended": "The conference is over. Goodbye.",
        "conference-removed": "You have been removed from the conference. Goodbye.",
        "conference-menu": "To mute yourself, or to be heard again, press one.",
        "conference-moderator-menu": "To lock or open the conference, press two. To mute everybody else, press three. To "
        "end it for everybody, press nine.",
        "forward-on": "Your calls are now forwarded to the number",
        "forward-off": "Your calls are no longer forwarded.",
        "dnd-on": "Do not disturb is on. Your phones do not ring.",
        "dnd-off": "Do not disturb is off. Your phones ring again.",
        "waiting-on": "A second call rings while you are in a call.",
        "waiting-off": "While you are in a call, others hear that you are busy.",
        "parked-at": "Your call is parked at",
        "park-back": "One moment please. You are being connected again.",
        "call-back-set": "You are called back as soon as your colleague is free. Goodbye.",
        "call-back-gone": "You are not called back any more.",
        "call-back-offer": "To be called back when your colleague is free, press five.",
        "queue-logged-in": "You are logged in to the queue.",
        "queue-logged-out": "You are logged out of the queue.",
        "queue-paused": "You are paused, and get no calls from the queue.",
        "queue-resumed": "The pause is over. You get calls from the queue again.",
        "received-today": "Received today",
        "received-yesterday": "Received yesterday",
    },
    keys=dict(zip("0123456789", _SMALL, strict=False)) | {"*": "star", "#": "hash", "+": "plus"},
    position=lambda n: f"You are number {number(n)} in the line.",
    wait=lambda n: f"The expected wait is about {number(n)} minute{'' if n == 1 else 's'}.",
    keep_place=lambda key: f"To keep your place in the line and be called back, press {key}.",
    new_messages=lambda n: _messages(n, "new"),
    saved_messages=lambda n: _messages(n, "saved"),
    received_weekday=tuple(
        f"Received on {day}" for day in words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
    ),
    received_day=tuple(f"Received on the {day} of" for day in _ORDINALS),
    months=words("January February March April May June July August September October November December"),
    hour=lambda n: f"at {number((n - 1) % 12 + 1)}",
    minute=_minute,
    halves=("a.m.", "p.m."),
)
