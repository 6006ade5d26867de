"""The country codes of ISO 3166-1 (alpha-2), and where public holidays are known."""

from __future__ import annotations

from functools import cache

import holidays

_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD
CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF
GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI
SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
VN VU WF WS YE YT ZA ZM ZW
"""

COUNTRIES = frozenset(_CODES.split())

A_TONE_TELLS = frozenset(("GB", "US"))
"""Where both sides of a talk may be told by a tone that somebody else listens: the United Kingdom, where those who may be
listened to have to be informed, but not in each call (SI 2018/356), and the United States, where a tone every 15 seconds
counts as notice also in the states that want all parties to know (California: CPUC General Order 107-B). Nowhere else is
that known to be enough, least of all in the European Union (Directive 2002/58/EC article 5: consent of the users)."""


@cache
def holiday_codes() -> frozenset[str]:
    """Countries ("NO") and subdivisions of ISO 3166-2 ("DE-BY") whose public holidays are known."""
    known = holidays.list_supported_countries(include_aliases=False)
    return frozenset(known) | {f"{country}-{part}" for country, parts in known.items() for part in parts}
