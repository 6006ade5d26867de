"""How long the law of a country lets a company keep what, where it names a number; and what it says where it does not.

A starting point, not legal advice. Each rule stands with the law (by the name that it has there) and the address where it
was read, in November 2026; what could not be supported by a source is not here, and then the rooms' own defaults hold.
Rules for telephone providers, who must keep traffic data for the police, do not bind a company with a telephone system.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of data (`port.Period`) is kept for at most so many days."""

    days: int
    law: str
    read: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A country. `law` and `read`: what is said there about how long anything may be kept."""

    law: str
    read: str
    rules: Mapping[str, Rule] = field(default_factory=dict)


_CNIL_2005 = Rule(
    365,
    "CNIL, délibération n° 2005-19 du 3 février 2005 (norme simplifiée n° 47)",
    "https://juriblio.fr/deliberations/deliberation-no-2005-19-du-3-fevrier-2005/134455801",
)
"""Data on the use of telephones at work: one year. Since the GDPR it binds nobody any more and is read as advice."""

PROFILES: dict[str, Profile] = {
    "CZ": Profile(
        "Nařízení (EU) 2016/679, čl. 5 odst. 1 písm. e); zákon č. 262/2006 Sb., § 316",
        "https://rozkotova.cld.bz/SLP-02-2013/38",
    ),
    "DK": Profile(
        "Forordning (EU) 2016/679, artikel 5, stk. 1, litra e; Datatilsynet: Optagelse af telefonsamtaler",
        "https://www.njordlaw.com/da/datatilsynet-offentliggoer-ny-vejledning-om-optagelse-af-telefonsamtaler",
    ),
    "FR": Profile(
        "Règlement (UE) 2016/679, article 5, paragraphe 1, point e)",
        "https://juriblio.fr/deliberations/deliberation-no-2005-19-du-3-fevrier-2005/134455801",
        {"history.calls": _CNIL_2005, "history.agents": _CNIL_2005},
    ),
    # Claims from employment lapse after two years (s. 31 (1)); nothing here is kept as long.
    "LV": Profile(
        "Regula (ES) 2016/679, 5. panta 1. punkta e) apakšpunkts; Darba likums, 31. pants", "http://kreisie.lv/?p=3751"
    ),
    "NO": Profile(
        "Forordning (EU) 2016/679, artikkel 5 nr. 1 bokstav e; Datatilsynet: Lydopptak av samtaler",
        "https://www.datatilsynet.no/personvern-pa-ulike-omrader/overvaking-og-sporing/lydopptak/",
    ),
    "PT": Profile(
        "Regulamento (UE) 2016/679, artigo 5.º, n.º 1, alínea e)",
        "https://www.abreuadvogados.com/pt/conhecimento/publicacoes/artigos/conservacao-de-dados-pessoais-resultantes-da-gravacao-de-chamadas/",
        {
            "history.recordings": Rule(
                30,
                "CNPD, Deliberação n.º 629/2010 (monitorização da qualidade do serviço)",
                "https://www.abreuadvogados.com/pt/conhecimento/publicacoes/artigos/conservacao-de-dados-pessoais-resultantes-da-gravacao-de-chamadas/",
            )
        },
    ),
    "RU": Profile(
        "Федеральный закон от 27.07.2006 № 152-ФЗ, статья 5, часть 7",
        "https://advokatnasimov.ru/sroki-hraneniya-personalnyh-dannyh/",
    ),
    "SE": Profile(
        "Förordning (EU) 2016/679, artikel 5.1 e; Datainspektionen om inspelade kundsamtal",
        "https://www.datainspektionen.se/fragor-och-svar/personuppgiftslagen/ar-det-tillatet-att-spela-in-foretagets-telefonsamtal-i-syfte-att-utbilda-den-egna-personalen/",
    ),
}


def profile(country: str) -> Profile | None:
    """Of a company's country, ISO 3166-1; None where we know nothing."""
    return PROFILES.get(country)


def days(country: str) -> dict[str, int]:
    """The days that a country's law names, by kind."""
    found = PROFILES.get(country)
    return {key: rule.days for key, rule in found.rules.items()} if found else {}
