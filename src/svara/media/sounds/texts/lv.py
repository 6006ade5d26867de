"""What the system says in Latvian.

Numbers that end in one (not in eleven) take the singular, all others the plural; the small numbers have genders and, for
the clock, a locative.
"""

from __future__ import annotations

from typing import Literal

from svara.media.sounds.texts.tongue import Tongue, words

_Form = Literal["m", "f", "m-locative", "f-locative"]
_SMALL: dict[_Form, tuple[str, ...]] = {
    "m": words("nulle viens divi trīs četri pieci seši septiņi astoņi deviņi"),
    "f": words("nulle viena divas trīs četras piecas sešas septiņas astoņas deviņas"),
    "m-locative": words("nullē vienos divos trijos četros piecos sešos septiņos astoņos deviņos"),
    "f-locative": words("nulle vienā divās trijās četrās piecās sešās septiņās astoņās deviņās"),
}
_ACCUSATIVE = {"zvaigznīte": "zvaigznīti", "restīte": "restīti"}
_TEENS = words(
    "desmit vienpadsmit divpadsmit trīspadsmit četrpadsmit piecpadsmit sešpadsmit septiņpadsmit astoņpadsmit deviņpadsmit"
)
_TENS = (
    "",
    "",
    "divdesmit",
    "trīsdesmit",
    "četrdesmit",
    "piecdesmit",
    "sešdesmit",
    "septiņdesmit",
    "astoņdesmit",
    "deviņdesmit",
)
_ORDINALS = words(
    "pirmajā otrajā trešajā ceturtajā piektajā sestajā septītajā astotajā devītajā desmitajā vienpadsmitajā "
    "divpadsmitajā trīspadsmitajā četrpadsmitajā piecpadsmitajā sešpadsmitajā septiņpadsmitajā astoņpadsmitajā "
    "deviņpadsmitajā divdesmitajā"
)
_DAYS = (
    *_ORDINALS,
    *(f"divdesmit {ordinal}" for ordinal in _ORDINALS[:9]),
    "trīsdesmitajā",
    "trīsdesmit pirmajā",
)


def number(n: int, form: _Form = "m") -> str:
    if n < 10:
        return _SMALL[form][n]
    if n < 20:
        return _TEENS[n - 10]
    return _TENS[n // 10] + (f" {_SMALL[form][n % 10]}" if n % 10 else "")


def _counted(n: int, form: _Form, one: str, several: str) -> str:
    return f"{number(n, form)} {one if n % 10 == 1 and n % 100 != 11 else several}"


def _hour(n: int) -> str:
    if n == 0:
        return "pulksten divpadsmitos naktī"
    words = number(n, "m-locative")
    return f"pulksten {words}os" if words.endswith(("desmit", "padsmit")) else f"pulksten {words}"


TONGUE = Tongue(
    phrases={
        "next-in-line": "Nākamā kārta ir jūsu.",
        "in-line-far": "Jūs gaidāt rindā. Pirms jums ir vairāk nekā piecdesmit zvanītāju.",
        "wait-under-a-minute": "Paredzamais gaidīšanas laiks ir mazāk nekā viena minūte.",
        "wait-over-an-hour": "Paredzamais gaidīšanas laiks ir vairāk nekā viena stunda.",
        "callback-kept": "Jūsu vieta rindā ir saglabāta. Mēs atzvanīsim, kad pienāks jūsu kārta. Uz redzēšanos.",
        "callback-number": "Mēs jums atzvanīsim uz numuru",
        "callback-choices": "Lai apstiprinātu, nospiediet restīti. Lai ievadītu citu numuru, nospiediet zvaigznīti.",
        "callback-enter": "Ievadiet numuru, uz kuru jums atzvanīt, un nospiediet restīti.",
        "callback-refused": "Uz šo numuru atzvanīt nevar.",
        "call-back-to": "Atzvans uz numuru",
        "closed": "Pašlaik mēs nestrādājam. Lūdzu, zvaniet vēlreiz mūsu darba laikā.",
        "nobody-available": "Pašlaik neviens nevar atbildēt uz jūsu zvanu. Lūdzu, zvaniet vēlāk.",
        "person-not-available": "Abonents, kuram jūs zvanāt, nav sasniedzams.",
        "person-busy": "Abonents, kuram jūs zvanāt, ir aizņemts.",
        "name-not-available": "pašlaik nevar atbildēt.",
        "name-busy": "pašlaik runā.",
        "number-not-in-use": "Numurs, uz kuru jūs zvanāt, netiek lietots.",
        "cannot-be-completed": "Zvanu nevar savienot. Lūdzu, zvaniet vēlāk.",
        "goodbye": "Uz redzēšanos.",
        "not-a-choice": "Tādas izvēles nav.",
        "recorded": "Šī saruna tiek ierakstīta.",
        "recorded-consent": "Mēs vēlētos ierakstīt šo sarunu. Ja piekrītat ierakstīšanai, nospiediet viens.",
        "recording-agreed": "Paldies. Saruna tiek ierakstīta.",
        "recording-declined": "Saruna netiek ierakstīta.",
        "supervised": "Šo sarunu apmācībai un kvalitātei klausās kolēģis.",
        "leave-message": "Lūdzu, atstājiet ziņojumu pēc signāla.",
        "message-left": "Paldies. Jūsu ziņojums ir saglabāts. Uz redzēšanos.",
        "nothing-recorded": "Nekas netika ierakstīts.",
        "enter-pin": "Ievadiet savu pin kodu un nospiediet restīti.",
        "wrong-pin": "Pin kods nav pareizs.",
        "pin-blocked": "Pin kods pārāk daudz reižu ievadīts nepareizi. Lūdzu, mēģiniet vēlāk.",
        "mailbox-menu": "Lai noklausītos ziņojumus, nospiediet viens. Lai mainītu sveicienu, nospiediet divi. "
        "Lai beigtu, nolieciet klausuli.",
        "no-messages": "Jums nav ziņojumu.",
        "no-new-messages": "Jums nav jaunu ziņojumu.",
        "more-than-fifty-new": "Jums ir vairāk nekā piecdesmit jaunu ziņojumu.",
        "more-than-fifty-saved": "Jums ir vairāk nekā piecdesmit saglabātu ziņojumu.",
        "message-from": "Ziņojums no numura",
        "message-from-unknown": "Ziņojums no nezināma numura.",
        "message-menu": "Lai noklausītos ziņojumu vēlreiz, nospiediet viens. Lai to saglabātu, nospiediet divi. "
        "Lai to dzēstu, nospiediet trīs. Lai pārietu pie nākamā ziņojuma, nospiediet restīti.",
        "message-not-reachable": "Šis ziņojums pašlaik nav pieejams. Lūdzu, mēģiniet vēlāk.",
        "no-more-messages": "Vairāk ziņojumu nav.",
        "message-saved": "Ziņojums ir saglabāts.",
        "message-deleted": "Ziņojums ir dzēsts.",
        "greetings-menu": "Lai izvēlētos sveicienu, kad jūs neatbildat, nospiediet viens. "
        "Sveicienam, kad jūs runājat, nospiediet divi. Lai ierunātu savu vārdu, nospiediet trīs. "
        "Sveicienam prombūtnes laikā nospiediet četri. Lai atgrieztos, nospiediet zvaigznīti.",
        "greetings-menu-queue": "Lai izvēlētos šīs pastkastes sveicienu, nospiediet viens. "
        "Sveicienam, kad visi ir prombūtnē, nospiediet četri. Lai atgrieztos, nospiediet zvaigznīti.",
        "record-name": "Pēc signāla pasakiet savu vārdu un nospiediet restīti.",
        "record-greeting": "Ierunājiet savu sveicienu pēc signāla un nospiediet restīti.",
        "greeting-menu": "Lai noklausītos sveicienu, nospiediet viens. Lai to paturētu, nospiediet divi. "
        "Lai to ierunātu no jauna, nospiediet trīs. Lai lietotu standarta sveicienu, nospiediet četri.",
        "greeting-saved": "Jūsu sveiciens ir saglabāts.",
        "greeting-deleted": "Jūsu sveiciens ir dzēsts. Zvanītāji dzirdēs standarta sveicienu.",
        "greeting-until": "Ievadiet pēdējo dienu, kad zvanītājiem jādzird šis sveiciens: "
        "divi cipari dienai un divi mēnesim.",
        "greeting-ends": "Zvanītāji dzirdēs jūsu sveicienu līdz dienas beigām",
        "not-a-day": "Tādas dienas nākamajā gadā nav.",
        "record-announcement": "Ierunājiet paziņojumu pēc signāla un nospiediet restīti.",
        "announcement-menu": "Lai paturētu paziņojumu, nospiediet viens. "
        "Lai to ierunātu no jauna, nospiediet divi. Lai atceltu, nospiediet zvaigznīti.",
        "administrators-only": "To drīkst darīt tikai administratori.",
        "try-phone": "Pasakiet kaut ko, un pēc sekundes jūs to dzirdēsiet. Ja dzirdat sevi, nospiediet viens.",
        "announcement-saved": "Paziņojums ir saglabāts.",
        "conference-moderator-pin": "Ja jūs vadāt šo konferenci, ievadiet PIN kodu un nospiediet restīti. Citādi "
        "nospiediet restīti.",
        "conference-alone": "Jūs esat pirmais šajā konferencē.",
        "conference-waiting": "Konference sāksies, kad ieradīsies vadītājs. Lūdzu, uzgaidiet.",
        "conference-full": "Šī konference ir pilna. Lūdzu, zvaniet vēlāk.",
        "conference-locked": "Šī konference ir slēgta. Neviens vairs nevar pievienoties.",
        "conference-muted": "Jūsu mikrofons ir izslēgts.",
        "conference-unmuted": "Jūs atkal var dzirdēt.",
        "conference-locked-now": "Konference ir slēgta.",
        "conference-unlocked-now": "Konference atkal ir atvērta.",
        "conference-all-muted": "Visu pārējo mikrofoni ir izslēgti.",
        "conference-all-unmuted": "Visus atkal var dzirdēt.",
        "conference-end-again": "Lai beigtu konferenci visiem, nospiediet deviņi vēlreiz.",
        "conference-ended": "Konference ir beigusies. Uz redzēšanos.",
        "conference-removed": "Jūs esat izņemts no konferences. Uz redzēšanos.",
        "conference-menu": "Lai izslēgtu vai atkal ieslēgtu savu mikrofonu, nospiediet viens.",
        "conference-moderator-menu": "Lai slēgtu vai atvērtu konferenci, nospiediet divi. Lai izslēgtu visu pārējo "
        "mikrofonus, nospiediet trīs. Lai to beigtu visiem, nospiediet deviņi.",
        "forward-on": "Jūsu zvani tagad tiek pāradresēti uz numuru",
        "forward-off": "Jūsu zvani vairs netiek pāradresēti.",
        "dnd-on": "Režīms netraucēt ir ieslēgts. Jūsu tālruņi nezvana.",
        "dnd-off": "Režīms netraucēt ir izslēgts. Jūsu tālruņi atkal zvana.",
        "waiting-on": "Otrs zvans zvana arī jūsu sarunas laikā.",
        "waiting-off": "Jūsu sarunas laikā citi dzird, ka esat aizņemts.",
        "parked-at": "Zvans ir novietots gaidīšanā ar numuru",
        "park-back": "Vienu mirkli, lūdzu. Jūs atkal savieno.",
        "call-back-set": "Mēs jums piezvanīsim, tiklīdz kolēģis būs brīvs. Uz redzēšanos.",
        "call-back-gone": "Atzvans ir atcelts.",
        "call-back-offer": "Lai saņemtu atzvanu, kad kolēģis būs brīvs, nospiediet pieci.",
        "queue-logged-in": "Pieteikšanās rindā ir pabeigta.",
        "queue-logged-out": "Atteikšanās no rindas ir pabeigta.",
        "queue-paused": "Jums ir pauze, zvani no rindas netiek saņemti.",
        "queue-resumed": "Pauze ir beigusies. Zvani no rindas atkal tiek saņemti.",
        "received-today": "Saņemts šodien",
        "received-yesterday": "Saņemts vakar",
    },
    keys=dict(zip("0123456789", _SMALL["m"], strict=True)) | {"*": "zvaigznīte", "#": "restīte", "+": "plus"},
    position=lambda n: f"Jūsu numurs rindā ir {number(n)}.",
    wait=lambda n: f"Paredzamais gaidīšanas laiks ir aptuveni {_counted(n, 'f', 'minūte', 'minūtes')}.",
    keep_place=lambda key: f"Lai saglabātu vietu rindā un saņemtu atzvanu, nospiediet {_ACCUSATIVE.get(key, key)}.",
    new_messages=lambda n: f"Jums ir {_counted(n, 'm', 'jauns ziņojums', 'jauni ziņojumi')}.",
    saved_messages=lambda n: f"Jums ir {_counted(n, 'm', 'saglabāts ziņojums', 'saglabāti ziņojumi')}.",
    received_weekday=tuple(
        f"Saņemts {day}" for day in words("pirmdien otrdien trešdien ceturtdien piektdien sestdien svētdien")
    ),
    received_day=tuple(f"Saņemts {day}" for day in _DAYS),
    months=words("janvārī februārī martā aprīlī maijā jūnijā jūlijā augustā septembrī oktobrī novembrī decembrī"),
    hour=_hour,
    minute=lambda n: f"un {_counted(n, 'f-locative', 'minūtē', 'minūtēs')}" if n else "",
)
