"""What the system says in Czech.

One is a word of its own, two to four take the nominative plural, all other numbers (21 and 22 too) the genitive plural.
"""

from __future__ import annotations

from svara.media.sounds.texts.tongue import Tongue, words

_SMALL = words(
    "nula jedna dva tři čtyři pět šest sedm osm devět deset jedenáct dvanáct třináct čtrnáct patnáct šestnáct "
    "sedmnáct osmnáct devatenáct"
)
_TENS = ("", "", "dvacet", "třicet", "čtyřicet", "padesát", "šedesát", "sedmdesát", "osmdesát", "devadesát")
_ORDINALS = words(
    "prvního druhého třetího čtvrtého pátého šestého sedmého osmého devátého desátého jedenáctého dvanáctého "
    "třináctého čtrnáctého patnáctého šestnáctého sedmnáctého osmnáctého devatenáctého dvacátého"
)
_DAYS = (
    *_ORDINALS,
    *(f"dvacátého {ordinal}" for ordinal in _ORDINALS[:9]),
    "třicátého",
    "třicátého prvního",
)


def number(n: int) -> str:
    if n < 20:
        return _SMALL[n]
    return _TENS[n // 10] + (f" {_SMALL[n % 10]}" if n % 10 else "")


def _counted(n: int, one: str, few: str, many: str, two: str = "dvě") -> str:
    """A number with its noun: "dvě minuty", "pět minut"; `one` has its number with it, in its gender and case."""
    if n == 1:
        return one
    if n == 2:
        return f"{two} {few}"
    return f"{number(n)} {few if n in (3, 4) else many}"


def _hour(n: int) -> str:
    preposition = "ve" if n in (2, 3, 4, 12, 13, 14) or n >= 20 else "v"
    return f"{preposition} {_counted(n, 'jednu hodinu', 'hodiny', 'hodin')}"


TONGUE = Tongue(
    phrases={
        "next-in-line": "Jste na řadě jako další.",
        "in-line-far": "Čekáte ve frontě. Před vámi je více než padesát volajících.",
        "wait-under-a-minute": "Předpokládaná doba čekání je méně než jedna minuta.",
        "wait-over-an-hour": "Předpokládaná doba čekání je více než jedna hodina.",
        "callback-kept": "Vaše místo ve frontě zůstává zachováno. Zavoláme vám, až na vás přijde řada. Na shledanou.",
        "callback-number": "Zavoláme vám zpět na číslo",
        "callback-choices": "Pro potvrzení stiskněte křížek. Pro zadání jiného čísla stiskněte hvězdičku.",
        "callback-enter": "Zadejte číslo, na které vám máme zavolat, a ukončete křížkem.",
        "callback-refused": "Na toto číslo nelze zavolat zpět.",
        "call-back-to": "Zpětné volání na číslo",
        "closed": "Nyní máme zavřeno. Zavolejte nám, prosím, znovu v otevírací době.",
        "nobody-available": "Nyní není nikdo k dispozici. Zavolejte, prosím, později.",
        "person-not-available": "Volaná osoba není dostupná.",
        "person-busy": "Volaná osoba právě hovoří.",
        "name-not-available": "není k dispozici.",
        "name-busy": "právě hovoří.",
        "number-not-in-use": "Volané číslo se nepoužívá.",
        "cannot-be-completed": "Hovor nelze spojit. Zavolejte, prosím, později.",
        "goodbye": "Na shledanou.",
        "not-a-choice": "Taková volba není v nabídce.",
        "recorded": "Tento hovor je nahráván.",
        "recorded-consent": "Rádi bychom tento hovor nahrávali. Souhlasíte-li s nahráváním, stiskněte jedničku.",
        "recording-agreed": "Děkujeme. Hovor je nahráván.",
        "recording-declined": "Hovor není nahráván.",
        "supervised": "Tento hovor poslouchá kolega, pro školení a zlepšení kvality.",
        "leave-message": "Po zaznění tónu zanechte, prosím, vzkaz.",
        "message-left": "Děkujeme. Váš vzkaz byl uložen. Na shledanou.",
        "nothing-recorded": "Nic nebylo nahráno.",
        "enter-pin": "Zadejte svůj PIN a ukončete křížkem.",
        "wrong-pin": "PIN není správný.",
        "pin-blocked": "PIN byl příliš mnohokrát zadán chybně. Zkuste to, prosím, později.",
        "mailbox-menu": "Pro poslech vzkazů stiskněte jedničku. Pro změnu pozdravu stiskněte dvojku. Pro ukončení zavěste.",
        "no-messages": "Nemáte žádné vzkazy.",
        "no-new-messages": "Nemáte žádné nové vzkazy.",
        "more-than-fifty-new": "Máte více než padesát nových vzkazů.",
        "more-than-fifty-saved": "Máte více než padesát uložených vzkazů.",
        "message-from": "Vzkaz z čísla",
        "message-from-unknown": "Vzkaz z neznámého čísla.",
        "message-menu": "Pro nový poslech stiskněte jedničku. Pro uložení stiskněte dvojku. Pro smazání stiskněte trojku. "
        "Pro další vzkaz stiskněte křížek.",
        "message-not-reachable": "Tento vzkaz teď není dostupný. Zkuste to, prosím, později.",
        "no-more-messages": "Žádné další vzkazy nejsou.",
        "message-saved": "Vzkaz je uložen.",
        "message-deleted": "Vzkaz je smazán.",
        "greetings-menu": "Pro pozdrav, když neodpovídáte, stiskněte jedničku. "
        "Pro pozdrav, když hovoříte, stiskněte dvojku. Pro namluvení svého jména stiskněte trojku. "
        "Pro pozdrav v době nepřítomnosti stiskněte čtyřku. Pro návrat stiskněte hvězdičku.",
        "greetings-menu-queue": "Pro pozdrav této schránky stiskněte jedničku. "
        "Pro pozdrav v době nepřítomnosti všech stiskněte čtyřku. Pro návrat stiskněte hvězdičku.",
        "record-name": "Po zaznění tónu řekněte své jméno a ukončete křížkem.",
        "record-greeting": "Po zaznění tónu namluvte svůj pozdrav a ukončete křížkem.",
        "greeting-menu": "Pro poslech pozdravu stiskněte jedničku. Pro jeho ponechání stiskněte dvojku. "
        "Pro nové namluvení stiskněte trojku. Pro použití standardního pozdravu stiskněte čtyřku.",
        "greeting-saved": "Váš pozdrav je uložen.",
        "greeting-deleted": "Váš pozdrav je smazán. Volající uslyší standardní pozdrav.",
        "greeting-until": "Zadejte poslední den, kdy mají volající tento pozdrav slyšet: "
        "dvě číslice pro den a dvě pro měsíc.",
        "greeting-ends": "Volající uslyší váš pozdrav do konce dne",
        "not-a-day": "Takový den v příštím roce není.",
        "record-announcement": "Po zaznění tónu namluvte hlášení a ukončete křížkem.",
        "announcement-menu": "Pro ponechání hlášení stiskněte jedničku. "
        "Pro nové namluvení stiskněte dvojku. Pro zrušení stiskněte hvězdičku.",
        "administrators-only": "To smějí jen správci.",
        "try-phone": "Něco řekněte a za vteřinu to uslyšíte. Pokud se slyšíte, stiskněte jedničku.",
        "announcement-saved": "Hlášení je uloženo.",
        "conference-moderator-pin": "Pokud tuto konferenci vedete, zadejte PIN a stiskněte křížek. Jinak stiskněte křížek.",
        "conference-alone": "Jste v této konferenci první.",
        "conference-waiting": "Konference začne, až přijde moderátor. Čekejte prosím.",
        "conference-full": "Tato konference je plná. Zavolejte prosím později.",
        "conference-locked": "Tato konference je zamčená. Nikdo další se nemůže připojit.",
        "conference-muted": "Váš mikrofon je vypnutý.",
        "conference-unmuted": "Ostatní vás znovu slyší.",
        "conference-locked-now": "Konference je zamčená.",
        "conference-unlocked-now": "Konference je znovu otevřená.",
        "conference-all-muted": "Mikrofony všech ostatních jsou vypnuté.",
        "conference-all-unmuted": "Všichni jsou znovu slyšet.",
        "conference-end-again": "Chcete-li konferenci ukončit pro všechny, stiskněte znovu devět.",
        "conference-ended": "Konference skončila. Na shledanou.",
        "conference-removed": "Byli jste z konference odpojeni. Na shledanou.",
        "conference-menu": "Chcete-li vypnout nebo znovu zapnout svůj mikrofon, stiskněte jedna.",
        "conference-moderator-menu": "Chcete-li konferenci zamknout nebo otevřít, stiskněte dva. Chcete-li vypnout "
        "mikrofony všech ostatních, stiskněte tři. Chcete-li ji ukončit pro všechny, stiskněte devět.",
        "forward-on": "Vaše hovory jsou nyní přesměrovány na číslo",
        "forward-off": "Vaše hovory již nejsou přesměrovány.",
        "dnd-on": "Režim nerušit je zapnutý. Vaše telefony nezvoní.",
        "dnd-off": "Režim nerušit je vypnutý. Vaše telefony opět zvoní.",
        "waiting-on": "Druhý hovor zvoní i během vašeho hovoru.",
        "waiting-off": "Během vašeho hovoru ostatní uslyší, že máte obsazeno.",
        "parked-at": "Hovor je zaparkován na lince",
        "park-back": "Okamžik, prosím. Znovu vás spojujeme.",
        "call-back-set": "Zavoláme vám, jakmile bude kolega volný. Na shledanou.",
        "call-back-gone": "Zpětné volání je zrušeno.",
        "call-back-offer": "Chcete-li, abychom vám zavolali, až bude kolega volný, stiskněte pět.",
        "queue-logged-in": "Jste přihlášeni do fronty.",
        "queue-logged-out": "Jste odhlášeni z fronty.",
        "queue-paused": "Máte přestávku a nedostáváte hovory z fronty.",
        "queue-resumed": "Přestávka skončila. Opět dostáváte hovory z fronty.",
        "received-today": "Přijato dnes",
        "received-yesterday": "Přijato včera",
    },
    keys={
        "0": "nula",
        "1": "jedna",
        "2": "dva",
        "3": "tři",
        "4": "čtyři",
        "5": "pět",
        "6": "šest",
        "7": "sedm",
        "8": "osm",
        "9": "devět",
        "*": "hvězdička",
        "#": "křížek",
        "+": "plus",
    },
    position=lambda n: f"Vaše pořadí ve frontě je {number(n)}.",
    wait=lambda n: f"Předpokládaná doba čekání je asi {_counted(n, 'jedna minuta', 'minuty', 'minut')}.",
    keep_place=lambda key: f"Chcete-li si ponechat místo ve frontě a být zavoláni zpět, stiskněte klávesu {key}.",
    new_messages=lambda n: f"Máte {_counted(n, 'jeden nový vzkaz', 'nové vzkazy', 'nových vzkazů', 'dva')}.",
    saved_messages=lambda n: f"Máte {_counted(n, 'jeden uložený vzkaz', 'uložené vzkazy', 'uložených vzkazů', 'dva')}.",
    received_weekday=(
        "Přijato v pondělí",
        "Přijato v úterý",
        "Přijato ve středu",
        "Přijato ve čtvrtek",
        "Přijato v pátek",
        "Přijato v sobotu",
        "Přijato v neděli",
    ),
    received_day=tuple(f"Přijato {day}" for day in _DAYS),
    months=words("ledna února března dubna května června července srpna září října listopadu prosince"),
    hour=_hour,
    minute=lambda n: _counted(n, "jednu minutu", "minuty", "minut") if n else "",
)
