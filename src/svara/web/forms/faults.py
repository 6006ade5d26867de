"""What the check of an office objects to, as the reader of a page is told it, in the reader's language.

The check speaks plain English to the writer of a file and names keys and quotes; on a page the sentence stands at its field.
A sentence that is not known here is shown as it came.
"""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

_MEANT = re.compile(r"; did you mean [\"'](?P<meant>[^\"']+)[\"']\?")
_KNOWN: tuple[tuple[re.Pattern[str], Promise], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\w+ '(?P<value>.*)' of .* is taken by (?P<who>.*); it must be unique", _("%(value)s is taken by %(who)s.")),
        (r"login '(?P<value>.*)' is taken by another tenant", _("%(value)s is taken by another company on this server.")),
        (r"there is another .*'(?P<value>.*)'", _("There is another %(value)s: each needs a name of its own.")),
        (
            r"'.*' must be a number of seconds from (?P<least>\d+) to (?P<most>\d+)",
            _("Give a number of seconds from %(least)s to %(most)s."),
        ),
        (
            r"'.*' must be a whole number from (?P<least>-?\d+) to (?P<most>\d+)",
            _("Give a whole number from %(least)s to %(most)s."),
        ),
        (r"'.*' must have 1 to (?P<most>\d+) characters", _("This may have at most %(most)s characters.")),
        (r"'.*' is '.*': expected a number of E.164", _("Give a telephone number with the country, such as +4721000000.")),
        (r"'.*' is '.*': expected how numbers of E.164 begin", _("Give how numbers begin, such as + or +47.")),
        (r"'timezone' is ", _("Choose a time zone of the list, such as Europe/Oslo.")),
        (r"'languages' is '.*': expected", _("Give languages by their tags, such as nb or en-GB.")),
        (r"'languages' is empty", _("Name at least one language.")),
        (r"'languages' names '(?P<value>.*)' twice", _("%(value)s stands there twice.")),
        (r"'codes': '.*' is '.*': expected", _("A code is a star or hash and up to four more signs, such as *98.")),
        (r"'codes': '.*' could not be told from '.*', which is (?P<value>.*)", _("This could not be told from %(value)s.")),
        (r"'extensions' is '.*': expected", _("Give a row of extensions such as 801-805, a hundred at most.")),
        (r"'extension' ", _("An extension has two to ten digits.")),
        (
            r"'(name|username|prompt|greeting|skills|pickup)' is '.*': expected lower-case",
            _("Use small letters, digits, dots and hyphens only."),
        ),
        (r"'login' is '.*': expected", _("Use letters, digits, dots and hyphens only.")),
        (r"'email' is ", _("This is no e-mail address.")),
        (r"'.*' are no days", _("“%(all)s”: write days as mon-fri, sat or daily.")),
        (r"'.*' is '.*': expected times", _("Write times as 08:00-16:00.")),
        (r"'.*' is no time at all|.* is no time at all", _("It would end when it begins; the whole day is 00:00-24:00.")),
        (r"'exceptions' has ", _("Write the day as 2026-12-24, or 12-24 for each year.")),
        (
            r"'holidays' is ",
            _("No holidays are known for this; write a country such as NO, or a part of one such as DE-BY."),
        ),
        (r"'.*': there is no .* '(?P<value>.*)' in this file", _("There is no %(value)s.")),
        (r".*whom queue .* lets go cannot go to it again", _("Callers cannot go back to the same queue.")),
        (
            r"'.*': .* calls cannot go to .* again|'.*': .* phones ring already",
            _("Calls cannot go back to the same person."),
        ),
        (r"'to': only person: and number: can ring", _("Only people and numbers can ring beside the own phones.")),
        (
            r"'.*': 'voicemail:.*' can be that of the person or of the queue",
            _("A person and a queue have this name: give the queue another one."),
        ),
        (r"'.*' is '.*', which is no target", _("Choose where the call goes.")),
        (r"'voicemail_pin' |'(moderator_)?pin' must (have|be text)", _("A PIN has four to ten digits.")),
        (r"'moderator_pin' must be another", _("The moderator needs another PIN than everybody else.")),
        (r"'address'", _("Give a SIP address, such as sip:sip.provider.example:5060.")),
        (r"'match' is ", _("Give IP addresses or networks, such as 192.0.2.7 or 192.0.2.0/24.")),
        (
            r"'register' needs|trunk .* has a '(login|secret)' and needs",
            _("A login and a secret belong together, and registering needs both."),
        ),
        (r"'.*' must be a key of a phone", _("A key is 0 to 9, * or #.")),
        (r".* needs '.*', for example", _("Something is missing here.")),
        (r"'unanswered' needs", _("Something is missing here.")),
    )
)


def told(message: str) -> str:
    """The objection in the reader's language, with what was probably meant."""
    meant = _MEANT.search(message)
    plain = _MEANT.sub("", message)
    asked = gettext("Did you mean %(meant)s?")
    for pattern, words in _KNOWN:
        if match := pattern.match(plain):
            said = str(words) % ({"all": plain.split("'")[1] if "'" in plain else ""} | match.groupdict())
            return said if meant is None else f"{said} {asked % meant.groupdict()}"
    return message
