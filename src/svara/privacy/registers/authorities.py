"""Where one complains about a company, by its country: the supervisory authorities.

Names and sites are those that public lists of authorities give; `read` is the authority's own page on which the rest was
read (November 2026). Where nothing was, nothing but the site is told: look there. The states are those of the European
Economic Area, and Russia. A company may be elsewhere: then nobody is named.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority: its own name and site; `complain` is its page about complaints, `post` and `mail` where they may be
    sent. `read`: its own page on which these stood, "" where they were not read."""

    name: str
    site: str
    complain: str = ""
    post: str = ""
    mail: str = ""
    read: str = ""


AUTHORITIES = {
    "CZ": Authority(
        "Úřad pro ochranu osobních údajů",
        "https://uoou.gov.cz",
        post="Pplk. Sochora 27, 170 00 Praha 7",
        mail="posta@uoou.gov.cz",
        read="https://uoou.gov.cz/informace-ochrana-soukromi",
    ),
    "LV": Authority(
        "Datu valsts inspekcija",
        "https://www.dvi.gov.lv",
        complain="https://www.dvi.gov.lv/lv/iesniegumu-paraugi",
        post="Elijas iela 17, Rīga, LV-1050",
        mail="pasts@dvi.gov.lv",
        read="https://www.dvi.gov.lv/lv/iesniegumu-paraugi",
    ),
    "NO": Authority(
        "Datatilsynet",
        "https://www.datatilsynet.no",
        complain="https://www.datatilsynet.no/Om-Datatilsynet/Kontakt-oss/Hvordan-kan-jeg-klage-til-Datatilsynet/",
        post="Postboks 458 Sentrum, 0105 Oslo",
        read="https://www.datatilsynet.no/Om-Datatilsynet/Kontakt-oss/Hvordan-kan-jeg-klage-til-Datatilsynet/",
    ),
    "RU": Authority("Роскомнадзор", "https://rkn.gov.ru"),
    "SE": Authority(
        "Integritetsskyddsmyndigheten",
        "https://www.imy.se",
        complain="https://www.imy.se/privatperson/utfora-arenden/lamna-ett-klagomal/",
        post="Box 8114, 104 20 Stockholm",
        read="https://www.imy.se/om-oss/etjanst-avbrott/",
    ),
    "AT": Authority("Österreichische Datenschutzbehörde", "https://www.dsb.gv.at"),
    "BE": Authority(
        "Autorité de protection des données / Gegevensbeschermingsautoriteit", "https://www.dataprotectionauthority.be"
    ),
    "BG": Authority("Комисия за защита на личните данни", "https://www.cpdp.bg"),
    "CY": Authority("Commissioner for Personal Data Protection", "https://www.dataprotection.gov.cy"),
    "DE": Authority("Die Bundesbeauftragte für den Datenschutz und die Informationsfreiheit", "https://www.bfdi.bund.de"),
    "DK": Authority("Datatilsynet", "https://www.datatilsynet.dk"),
    "EE": Authority("Andmekaitse Inspektsioon", "https://www.aki.ee"),
    "ES": Authority("Agencia Española de Protección de Datos", "https://www.aepd.es"),
    "FI": Authority("Tietosuojavaltuutetun toimisto", "https://tietosuoja.fi"),
    "FR": Authority("Commission nationale de l'informatique et des libertés", "https://www.cnil.fr"),
    "GR": Authority("Αρχή Προστασίας Δεδομένων Προσωπικού Χαρακτήρα", "https://www.dpa.gr"),
    "HR": Authority("Agencija za zaštitu osobnih podataka", "https://azop.hr"),
    "HU": Authority("Nemzeti Adatvédelmi és Információszabadság Hatóság", "https://www.naih.hu"),
    "IE": Authority("Data Protection Commission", "https://www.dataprotection.ie"),
    "IS": Authority("Persónuvernd", "https://www.personuvernd.is"),
    "IT": Authority("Garante per la protezione dei dati personali", "https://www.garanteprivacy.it"),
    "LI": Authority("Datenschutzstelle", "https://www.datenschutzstelle.li"),
    "LT": Authority("Valstybinė duomenų apsaugos inspekcija", "https://vdai.lrv.lt"),
    "LU": Authority("Commission nationale pour la protection des données", "https://cnpd.public.lu"),
    "MT": Authority("Information and Data Protection Commissioner", "https://idpc.org.mt"),
    "NL": Authority("Autoriteit Persoonsgegevens", "https://autoriteitpersoonsgegevens.nl"),
    "PL": Authority("Urząd Ochrony Danych Osobowych", "https://uodo.gov.pl"),
    "PT": Authority("Comissão Nacional de Proteção de Dados", "https://www.cnpd.pt"),
    "RO": Authority("Autoritatea Națională de Supraveghere a Prelucrării Datelor", "https://www.dataprotection.ro"),
    "SI": Authority("Informacijski pooblaščenec", "https://www.ip-rs.si"),
    "SK": Authority("Úrad na ochranu osobných údajov", "https://dataprotection.gov.sk"),
}


def authority(country: str) -> Authority | None:
    """Of a company's country, ISO 3166-1."""
    return AUTHORITIES.get(country)
