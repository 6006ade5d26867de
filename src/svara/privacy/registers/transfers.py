"""Where data may go, and on what ground: pure.

Within the European Economic Area a recipient in another country is no transfer (GDPR Article 44); beyond it one of the
grounds of Chapter V has to be named. A company elsewhere needs a ground for every country but its own.
"""

from __future__ import annotations

from typing import Literal

Ground = Literal["", "adequacy", "clauses", "consent"]
"""Article 45, Article 46(2)(c), Article 49(1)(a); "" is none that was named."""
GROUNDS = ("adequacy", "clauses", "consent")
Role = Literal["", "processor", "controller", "own"]
"""What a recipient is: it works on the company's instructions (Article 28), it decides for itself (a telephone provider, an
authority), or it is no recipient at all, but another machine of the company. "" was not said yet."""
ROLES = ("processor", "controller", "own")
Gap = Literal["country", "ground", "adequacy", "role", "contract", "confidential"]

EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()  # noqa: SIM905
)
ADEQUATE = frozenset("AD AR CA CH FO GB GG IL IM JE JP KR NZ US UY".split())  # noqa: SIM905
"""Countries with an adequacy decision of the European Commission, as the authority of Luxembourg lists them
(https://cnpd.public.lu, "Transfers outside the EEA: adequate protection"). For CA and US it covers some recipients
alone: those under PIPEDA, and those certified under the Data Privacy Framework. Decisions come and go: look before
relying on it."""


def needs_ground(home: str, country: str) -> bool:
    """Whether data that go from one country to another need a ground of their own."""
    return country != home and not (home in EEA and country in EEA)


def gaps(
    home: str, country: str, role: Role, ground: Ground, contract: str, *, confidential: bool, shared: bool
) -> tuple[Gap, ...]:
    """What has not been said of a recipient yet. `shared`: it gets data because the company chose to share them.

    A processor works under a contract, bound to confidentiality (Article 28(3)); whoever the company shares data with is
    bound to confidentiality too.
    """
    found: list[Gap] = []
    if not country:
        found.append("country")
    elif role != "own" and needs_ground(home, country):
        if not ground:
            found.append("ground")
        elif ground == "adequacy" and home in EEA and country not in ADEQUATE:
            found.append("adequacy")
    if not role:
        found.append("role")
    if role == "processor" and not contract:
        found.append("contract")
    if (role == "processor" or (shared and role != "own")) and not confidential:
        found.append("confidential")
    return tuple(found)
