"""What the system says in Swedish."""

from __future__ import annotations

from svara.media.sounds.texts.tongue import Tongue, words

_SMALL = words("noll ett två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton arton nitton")
_TENS = ("", "", "tjugo", "trettio", "fyrtio", "femtio", "sextio", "sjuttio", "åttio", "nittio")
_ORDINALS = words(
    "första andra tredje fjärde femte sjätte sjunde åttonde nionde tionde elfte tolfte trettonde fjortonde femtonde "
    "sextonde sjuttonde artonde nittonde tjugonde tjugoförsta tjugoandra tjugotredje tjugofjärde tjugofemte "
    "tjugosjätte tjugosjunde tjugoåttonde tjugonionde trettionde trettioförsta"
)


def number(n: int) -> str:
    if n < 20:
        return _SMALL[n]
    return _TENS[n // 10] + (_SMALL[n % 10] if n % 10 else "")


def _common(n: int) -> str:
    """Before "minut": en, tjugoen."""
    return number(n).removesuffix("ett") + "en" if n % 10 == 1 and n != 11 else number(n)


def _messages(n: int, one: str, several: str) -> str:
    return f"Du har {number(n)} {one if n == 1 else several}."


def _minute(n: int) -> str:
    if n == 0:
        return ""
    return f"noll {number(n)}" if n < 10 else number(n)


TONGUE = Tongue(
    phrases={
        "next-in-line": "Du är näst på tur.",
        "in-line-far": "Du står i kö. Det är fler än femtio uppringare före dig.",
        "wait-under-a-minute": "Beräknad väntetid är under en minut.",
        "wait-over-an-hour": "Beräknad väntetid är mer än en timme.",
        "callback-kept": "Du behåller din plats i kön. Vi ringer upp dig när det är din tur. Hej då.",
        "callback-number": "Vi ringer upp dig på numret",
        "callback-choices": "Tryck fyrkant för att bekräfta. Tryck stjärna för att slå in ett annat nummer.",
        "callback-enter": "Slå in numret som vi ska ringa upp dig på, och avsluta med fyrkant.",
        "callback-refused": "Det numret kan inte ringas upp.",
        "call-back-to": "Uppringning till numret",
        "closed": "Vi har stängt just nu. Välkommen att ringa igen under våra öppettider.",
        "nobody-available": "Ingen kan ta emot ditt samtal just nu. Var god ring igen senare.",
        "person-not-available": "Personen du ringer kan inte nås.",
        "person-busy": "Personen du ringer är upptagen.",
        "name-not-available": "kan inte nås.",
        "name-busy": "är upptagen.",
        "number-not-in-use": "Numret du har slagit används inte.",
        "cannot-be-completed": "Samtalet kan inte kopplas. Var god ring igen senare.",
        "goodbye": "Hej då.",
        "not-a-choice": "Det är inte ett av valen.",
        "recorded": "Det här samtalet spelas in.",
        "recorded-consent": "Vi vill gärna spela in det här samtalet. Tryck ett om du samtycker till inspelningen.",
        "recording-agreed": "Tack. Samtalet spelas in.",
        "recording-declined": "Samtalet spelas inte in.",
        "supervised": "En kollega lyssnar på det här samtalet, för utbildning och kvalitet.",
        "leave-message": "Var god lämna ett meddelande efter tonen.",
        "message-left": "Tack. Ditt meddelande har sparats. Hej då.",
        "nothing-recorded": "Ingenting spelades in.",
        "enter-pin": "Slå in din pinkod, och avsluta med fyrkant.",
        "wrong-pin": "Pinkoden är fel.",
        "pin-blocked": "Fel pinkod har slagits in för många gånger. Var god försök igen senare.",
        "mailbox-menu": "Tryck ett för att höra dina meddelanden. Tryck två för att ändra din hälsning. "
        "Lägg på för att avsluta.",
        "no-messages": "Du har inga meddelanden.",
        "no-new-messages": "Du har inga nya meddelanden.",
        "more-than-fifty-new": "Du har fler än femtio nya meddelanden.",
        "more-than-fifty-saved": "Du har fler än femtio sparade meddelanden.",
        "message-from": "Meddelande från numret",
        "message-from-unknown": "Meddelande från okänt nummer.",
        "message-menu": "Tryck ett för att höra meddelandet igen. Tryck två för att spara det. "
        "Tryck tre för att radera det. Tryck fyrkant för nästa meddelande.",
        "message-not-reachable": "Det här meddelandet kan inte nås just nu. Försök igen senare.",
        "no-more-messages": "Det finns inga fler meddelanden.",
        "message-saved": "Meddelandet är sparat.",
        "message-deleted": "Meddelandet är raderat.",
        "greetings-menu": "Tryck ett för hälsningen när du inte svarar. Tryck två för hälsningen när du är upptagen. "
        "Tryck tre för att tala in ditt namn. Tryck fyra för en hälsning medan du är borta. "
        "Tryck stjärna för att gå tillbaka.",
        "greetings-menu-queue": "Tryck ett för den här brevlådans hälsning. Tryck fyra för en hälsning medan alla är borta. "
        "Tryck stjärna för att gå tillbaka.",
        "record-name": "Säg ditt namn efter tonen, och avsluta med fyrkant.",
        "record-greeting": "Tala in din hälsning efter tonen, och avsluta med fyrkant.",
        "greeting-menu": "Tryck ett för att höra din hälsning. Tryck två för att behålla den. "
        "Tryck tre för att tala in den på nytt. Tryck fyra för att använda standardhälsningen.",
        "greeting-saved": "Din hälsning är sparad.",
        "greeting-deleted": "Din hälsning är raderad. Den som ringer hör standardhälsningen.",
        "greeting-until": "Slå in den sista dagen som den som ringer ska höra hälsningen: "
        "två siffror för dagen och två för månaden.",
        "greeting-ends": "Den som ringer hör din hälsning till och med dagen",
        "not-a-day": "Det är ingen dag under det kommande året.",
        "record-announcement": "Tala in meddelandet efter tonen, och avsluta med fyrkant.",
        "announcement-menu": "Tryck ett för att behålla meddelandet. "
        "Tryck två för att tala in det på nytt. Tryck stjärna för att avbryta.",
        "administrators-only": "Det får bara administratörer göra.",
        "try-phone": "Säg något, så hör du det en sekund senare. Om du hör dig själv, tryck ett.",
        "announcement-saved": "Meddelandet är sparat.",
        "conference-moderator-pin": "Om du leder den här konferensen, ange din PIN-kod och tryck fyrkant. Annars tryck "
        "fyrkant.",
        "conference-alone": "Du är den första i den här konferensen.",
        "conference-waiting": "Konferensen börjar när ledaren kommer. Vänligen vänta.",
        "conference-full": "Den här konferensen är full. Vänligen ring igen senare.",
        "conference-locked": "Den här konferensen är låst. Ingen mer kan ansluta.",
        "conference-muted": "Din mikrofon är avstängd.",
        "conference-unmuted": "Du hörs igen.",
        "conference-locked-now": "Konferensen är låst.",
        "conference-unlocked-now": "Konferensen är öppen igen.",
        "conference-all-muted": "Alla andras mikrofoner är avstängda.",
        "conference-all-unmuted": "Alla hörs igen.",
        "conference-end-again": "Tryck nio en gång till för att avsluta konferensen för alla.",
        "conference-ended": "Konferensen är slut. Hej då.",
        "conference-removed": "Du har tagits bort från konferensen. Hej då.",
        "conference-menu": "Tryck ett för att stänga av din mikrofon eller för att höras igen.",
        "conference-moderator-menu": "Tryck två för att låsa eller öppna konferensen. Tryck tre för att stänga av alla "
        "andras mikrofoner. Tryck nio för att avsluta för alla.",
        "forward-on": "Dina samtal vidarekopplas nu till numret",
        "forward-off": "Dina samtal vidarekopplas inte längre.",
        "dnd-on": "Stör ej är på. Dina telefoner ringer inte.",
        "dnd-off": "Stör ej är av. Dina telefoner ringer igen.",
        "waiting-on": "Ett nytt samtal ringer medan du är i ett samtal.",
        "waiting-off": "Medan du är i ett samtal hör andra att du är upptagen.",
        "parked-at": "Samtalet är parkerat på",
        "park-back": "Ett ögonblick. Du kopplas vidare igen.",
        "call-back-set": "Du blir uppringd så snart din kollega är ledig. Hej då.",
        "call-back-gone": "Du blir inte längre uppringd.",
        "call-back-offer": "Tryck fem för att bli uppringd när din kollega är ledig.",
        "queue-logged-in": "Du är inloggad i kön.",
        "queue-logged-out": "Du är utloggad ur kön.",
        "queue-paused": "Du har paus, och får inga samtal från kön.",
        "queue-resumed": "Pausen är över. Du får samtal från kön igen.",
        "received-today": "Mottaget i dag",
        "received-yesterday": "Mottaget i går",
    },
    keys=dict(zip("0123456789", _SMALL, strict=False)) | {"*": "stjärna", "#": "fyrkant", "+": "plus"},
    position=lambda n: f"Du är nummer {number(n)} i kön.",
    wait=lambda n: f"Beräknad väntetid är ungefär {_common(n)} minut{'' if n == 1 else 'er'}.",
    keep_place=lambda key: f"Tryck {key} för att behålla din plats i kön och bli uppringd.",
    new_messages=lambda n: _messages(n, "nytt meddelande", "nya meddelanden"),
    saved_messages=lambda n: _messages(n, "sparat meddelande", "sparade meddelanden"),
    received_weekday=tuple(f"Mottaget i {day}" for day in words("måndags tisdags onsdags torsdags fredags lördags söndags")),
    received_day=tuple(f"Mottaget den {day}" for day in _ORDINALS),
    months=words("januari februari mars april maj juni juli augusti september oktober november december"),
    hour=lambda n: f"klockan {number(n)}",
    minute=_minute,
)
