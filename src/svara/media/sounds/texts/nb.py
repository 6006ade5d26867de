"""What the system says in Norwegian (bokmål)."""

from __future__ import annotations

from svara.media.sounds.texts.tongue import Tongue, words

_SMALL = words("null en to tre fire fem seks sju åtte ni ti elleve tolv tretten fjorten femten seksten sytten atten nitten")
_TENS = ("", "", "tjue", "tretti", "førti", "femti", "seksti", "sytti", "åtti", "nitti")
_ORDINALS = words(
    "første andre tredje fjerde femte sjette sjuende åttende niende tiende ellevte tolvte trettende fjortende "
    "femtende sekstende syttende attende nittende tjuende tjueførste tjueandre tjuetredje tjuefjerde tjuefemte "
    "tjuesjette tjuesjuende tjueåttende tjueniende trettiende trettiførste"
)


def number(n: int) -> str:
    if n < 20:
        return _SMALL[n]
    return _TENS[n // 10] + (_SMALL[n % 10] if n % 10 else "")


def _neuter(n: int) -> str:
    """Before "minutt": ett, tjueett."""
    return number(n).removesuffix("en") + "ett" if n % 10 == 1 and n != 11 else number(n)


def _messages(n: int, one: str, several: str) -> str:
    return f"Du har {number(n)} {one} melding." if n == 1 else f"Du har {number(n)} {several} meldinger."


def _minute(n: int) -> str:
    if n == 0:
        return ""
    return f"null {number(n)}" if n < 10 else number(n)


TONGUE = Tongue(
    phrases={
        "next-in-line": "Du er den neste i køen.",
        "in-line-far": "Du står i kø. Det er mer enn femti innringere foran deg.",
        "wait-under-a-minute": "Forventet ventetid er under ett minutt.",
        "wait-over-an-hour": "Forventet ventetid er mer enn en time.",
        "callback-kept": "Du beholder plassen din i køen. Vi ringer deg opp når det er din tur. Ha det bra.",
        "callback-number": "Vi ringer deg opp på nummeret",
        "callback-choices": "Trykk firkant for å bekrefte. Trykk stjerne for å taste inn et annet nummer.",
        "callback-enter": "Tast inn nummeret vi skal ringe deg på, og avslutt med firkant.",
        "callback-refused": "Det nummeret kan ikke ringes opp.",
        "call-back-to": "Tilbakeringing til nummeret",
        "closed": "Vi har stengt nå. Ring oss gjerne igjen i åpningstiden vår.",
        "nobody-available": "Ingen kan ta telefonen akkurat nå. Vennligst ring igjen senere.",
        "person-not-available": "Den du ringer til, er ikke tilgjengelig.",
        "person-busy": "Den du ringer til, er opptatt.",
        "name-not-available": "er ikke tilgjengelig.",
        "name-busy": "er opptatt.",
        "number-not-in-use": "Nummeret du har ringt, er ikke i bruk.",
        "cannot-be-completed": "Samtalen kan ikke settes opp. Vennligst ring igjen senere.",
        "goodbye": "Ha det bra.",
        "not-a-choice": "Det er ikke et av valgene.",
        "recorded": "Denne samtalen blir tatt opp.",
        "recorded-consent": "Vi ønsker å ta opp denne samtalen. Trykk en hvis du samtykker til opptaket.",
        "recording-agreed": "Takk. Samtalen blir tatt opp.",
        "recording-declined": "Samtalen blir ikke tatt opp.",
        "supervised": "En kollega lytter til denne samtalen, for opplæring og kvalitet.",
        "leave-message": "Vennligst legg igjen en beskjed etter tonen.",
        "message-left": "Takk. Meldingen din er lagret. Ha det bra.",
        "nothing-recorded": "Ingenting ble tatt opp.",
        "enter-pin": "Tast inn pinkoden din, og avslutt med firkant.",
        "wrong-pin": "Pinkoden er feil.",
        "pin-blocked": "Feil pinkode er tastet for mange ganger. Vennligst prøv igjen senere.",
        "mailbox-menu": "Trykk en for å høre meldingene dine. Trykk to for å endre hilsenen din. Legg på for å avslutte.",
        "no-messages": "Du har ingen meldinger.",
        "no-new-messages": "Du har ingen nye meldinger.",
        "more-than-fifty-new": "Du har mer enn femti nye meldinger.",
        "more-than-fifty-saved": "Du har mer enn femti lagrede meldinger.",
        "message-from": "Melding fra nummeret",
        "message-from-unknown": "Melding fra ukjent nummer.",
        "message-menu": "Trykk en for å høre meldingen igjen. Trykk to for å lagre den. Trykk tre for å slette den. "
        "Trykk firkant for neste melding.",
        "message-not-reachable": "Denne meldingen kan ikke nås nå. Prøv igjen senere.",
        "no-more-messages": "Det er ingen flere meldinger.",
        "message-saved": "Meldingen er lagret.",
        "message-deleted": "Meldingen er slettet.",
        "greetings-menu": "Trykk en for hilsenen når du ikke svarer. Trykk to for hilsenen når du er opptatt. "
        "Trykk tre for å lese inn navnet ditt. Trykk fire for en hilsen mens du er borte. "
        "Trykk stjerne for å gå tilbake.",
        "greetings-menu-queue": "Trykk en for hilsenen i denne postkassen. Trykk fire for en hilsen mens alle er borte. "
        "Trykk stjerne for å gå tilbake.",
        "record-name": "Si navnet ditt etter tonen, og avslutt med firkant.",
        "record-greeting": "Les inn hilsenen din etter tonen, og avslutt med firkant.",
        "greeting-menu": "Trykk en for å høre hilsenen din. Trykk to for å beholde den. "
        "Trykk tre for å lese den inn på nytt. Trykk fire for å bruke standardhilsenen.",
        "greeting-saved": "Hilsenen din er lagret.",
        "greeting-deleted": "Hilsenen din er slettet. Innringere hører standardhilsenen.",
        "greeting-until": "Tast inn den siste dagen innringere skal høre denne hilsenen: "
        "to sifre for dagen og to for måneden.",
        "greeting-ends": "Innringere hører hilsenen din til og med dagen",
        "not-a-day": "Det er ikke en dag i det neste året.",
        "record-announcement": "Les inn meldingen etter tonen, og avslutt med firkant.",
        "announcement-menu": "Trykk en for å beholde meldingen. "
        "Trykk to for å lese den inn på nytt. Trykk stjerne for å avbryte.",
        "administrators-only": "Bare administratorer kan gjøre det.",
        "try-phone": "Si noe, så hører du det et sekund senere. Hvis du hører deg selv, trykk en.",
        "announcement-saved": "Meldingen er lagret.",
        "conference-moderator-pin": "Hvis du leder denne konferansen, tast PIN-koden og trykk firkant. Ellers trykk "
        "firkant.",
        "conference-alone": "Du er den første i denne konferansen.",
        "conference-waiting": "Konferansen begynner når lederen kommer. Vennligst vent.",
        "conference-full": "Denne konferansen er full. Vennligst ring igjen senere.",
        "conference-locked": "Denne konferansen er låst. Ingen flere kan bli med.",
        "conference-muted": "Mikrofonen din er slått av.",
        "conference-unmuted": "Du kan høres igjen.",
        "conference-locked-now": "Konferansen er låst.",
        "conference-unlocked-now": "Konferansen er åpen igjen.",
        "conference-all-muted": "Mikrofonene til alle andre er slått av.",
        "conference-all-unmuted": "Alle kan høres igjen.",
        "conference-end-again": "Trykk ni en gang til for å avslutte konferansen for alle.",
        "conference-ended": "Konferansen er over. Ha det.",
        "conference-removed": "Du er tatt ut av konferansen. Ha det.",
        "conference-menu": "Trykk en for å slå av mikrofonen din eller for å høres igjen.",
        "conference-moderator-menu": "Trykk to for å låse eller åpne konferansen. Trykk tre for å slå av mikrofonene til "
        "alle andre. Trykk ni for å avslutte for alle.",
        "forward-on": "Samtalene dine viderekobles nå til nummeret",
        "forward-off": "Samtalene dine viderekobles ikke lenger.",
        "dnd-on": "Ikke forstyrr er slått på. Telefonene dine ringer ikke.",
        "dnd-off": "Ikke forstyrr er slått av. Telefonene dine ringer igjen.",
        "waiting-on": "Et nytt anrop ringer mens du er i en samtale.",
        "waiting-off": "Mens du er i en samtale, hører andre at du er opptatt.",
        "parked-at": "Samtalen er parkert på",
        "park-back": "Et øyeblikk. Du blir satt over igjen.",
        "call-back-set": "Du blir ringt opp så snart kollegaen din er ledig. Ha det bra.",
        "call-back-gone": "Du blir ikke ringt opp lenger.",
        "call-back-offer": "Trykk fem for å bli ringt opp når kollegaen din er ledig.",
        "queue-logged-in": "Du er logget på køen.",
        "queue-logged-out": "Du er logget av køen.",
        "queue-paused": "Du har pause, og får ingen samtaler fra køen.",
        "queue-resumed": "Pausen er over. Du får samtaler fra køen igjen.",
        "received-today": "Mottatt i dag",
        "received-yesterday": "Mottatt i går",
    },
    keys=dict(zip("0123456789", _SMALL, strict=False)) | {"*": "stjerne", "#": "firkant", "+": "pluss"},
    position=lambda n: f"Du er nummer {number(n)} i køen.",
    wait=lambda n: f"Forventet ventetid er omtrent {_neuter(n)} minutt{'' if n == 1 else 'er'}.",
    keep_place=lambda key: f"Trykk {key} for å beholde plassen din i køen og bli ringt opp.",
    new_messages=lambda n: _messages(n, "ny", "nye"),
    saved_messages=lambda n: _messages(n, "lagret", "lagrede"),
    received_weekday=tuple(f"Mottatt {day}" for day in words("mandag tirsdag onsdag torsdag fredag lørdag søndag")),
    received_day=tuple(f"Mottatt den {day}" for day in _ORDINALS),
    months=words("januar februar mars april mai juni juli august september oktober november desember"),
    hour=lambda n: f"klokken {_neuter(n)}",
    minute=_minute,
)
