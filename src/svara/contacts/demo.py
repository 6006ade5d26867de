"""The contacts that people of the demo office keep, so that a newcomer sees what the page is for.

All are invented. The numbers are from the ranges that Sweden keeps free for books and films, as those of the office: Norway
keeps none. The addresses end in .example (RFC 2606).
"""

from __future__ import annotations

from svara.contacts import actions
from svara.contacts.card import Card, Number
from svara.people import access, demooffice

CARDS = {
    "ingrid": (
        Card(
            "Marit Hovland",
            "Hovland Eiendom",
            (Number("+46846500410", "work"), Number("+46701740610", "mobile")),
            "marit@hovland.example",
            "Owns the house. Rent is settled in January.",
        ),
        Card("Kari Nordstrand", "Nordstrand Regnskap", (Number("+46846500417", "work"),), "kari@nordstrand.example"),
        Card("Odd-Arne Lien", "Sykkelimport Nord", (Number("+46701740623", "mobile"),), "", "Delivers on Tuesdays."),
        Card("Bergljot Aasen", "", (Number("+46701740631", "mobile"),), "", "Two cargo bikes, service every spring."),
        Card("", "Bryggen Hotell", (Number("+46313900640", "work"),), "resepsjon@bryggen.example", "Hires twenty bikes."),
    ),
    "jonas": (
        Card("Anne-Lise Moe", "", (Number("+46701740644", "mobile"),), "", "Call her when the battery has come."),
        Card("Tor Inge Brekke", "Brekke Budbil", (Number("+46313900652", "mobile"),), "tor@brekke.example"),
        Card("Per Olav Strand", "Strand skole", (Number("+46846500458", "work"),), "", "Thirty school bikes."),
        Card("", "Hjulgrossisten", (Number("+46313900666", "work"),), "ordre@hjulgrossisten.example"),
    ),
}


def furnish() -> None:
    """Give them to the people of the demo company that was just made."""
    for username, cards in CARDS.items():
        (account,) = access.accounts_named(f"{username}@{demooffice.office().tenant.slug}")
        actions.do_take(account, cards, "add", "file")
