"""What callers hear is right in each of the six languages: complete, counted as the language counts, and found by name."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.media.sounds import phrases
from svara.media.voice.port import Sound

LANGUAGES = sorted(phrases.LANGUAGES)
CYRILLIC = set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя")

COUNTED = {
    "position-2": {
        "cs": "Vaše pořadí ve frontě je dva.",
        "en": "You are number two in the line.",
        "lv": "Jūsu numurs rindā ir divi.",
        "nb": "Du er nummer to i køen.",
        "ru": "Ваш номер в очереди — два.",
        "sv": "Du är nummer två i kön.",
    },
    "position-21": {
        "cs": "Vaše pořadí ve frontě je dvacet jedna.",
        "en": "You are number twenty-one in the line.",
        "lv": "Jūsu numurs rindā ir divdesmit viens.",
        "nb": "Du er nummer tjueen i køen.",
        "ru": "Ваш номер в очереди — двадцать один.",
        "sv": "Du är nummer tjugoett i kön.",
    },
    "wait-1": {
        "cs": "Předpokládaná doba čekání je asi jedna minuta.",
        "en": "The expected wait is about one minute.",
        "lv": "Paredzamais gaidīšanas laiks ir aptuveni viena minūte.",
        "nb": "Forventet ventetid er omtrent ett minutt.",
        "ru": "Примерное время ожидания — одна минута.",
        "sv": "Beräknad väntetid är ungefär en minut.",
    },
    "wait-2": {
        "cs": "Předpokládaná doba čekání je asi dvě minuty.",
        "en": "The expected wait is about two minutes.",
        "lv": "Paredzamais gaidīšanas laiks ir aptuveni divas minūtes.",
        "nb": "Forventet ventetid er omtrent to minutter.",
        "ru": "Примерное время ожидания — две минуты.",
        "sv": "Beräknad väntetid är ungefär två minuter.",
    },
    "wait-5": {
        "cs": "Předpokládaná doba čekání je asi pět minut.",
        "en": "The expected wait is about five minutes.",
        "lv": "Paredzamais gaidīšanas laiks ir aptuveni piecas minūtes.",
        "nb": "Forventet ventetid er omtrent fem minutter.",
        "ru": "Примерное время ожидания — пять минут.",
        "sv": "Beräknad väntetid är ungefär fem minuter.",
    },
    "new-1": {
        "cs": "Máte jeden nový vzkaz.",
        "en": "You have one new message.",
        "lv": "Jums ir viens jauns ziņojums.",
        "nb": "Du har en ny melding.",
        "ru": "У вас одно новое сообщение.",
        "sv": "Du har ett nytt meddelande.",
    },
    "new-2": {
        "cs": "Máte dva nové vzkazy.",
        "en": "You have two new messages.",
        "lv": "Jums ir divi jauni ziņojumi.",
        "nb": "Du har to nye meldinger.",
        "ru": "У вас два новых сообщения.",
        "sv": "Du har två nya meddelanden.",
    },
    "new-5": {
        "cs": "Máte pět nových vzkazů.",
        "en": "You have five new messages.",
        "lv": "Jums ir pieci jauni ziņojumi.",
        "nb": "Du har fem nye meldinger.",
        "ru": "У вас пять новых сообщений.",
        "sv": "Du har fem nya meddelanden.",
    },
    "new-11": {
        "cs": "Máte jedenáct nových vzkazů.",
        "en": "You have eleven new messages.",
        "lv": "Jums ir vienpadsmit jauni ziņojumi.",
        "nb": "Du har elleve nye meldinger.",
        "ru": "У вас одиннадцать новых сообщений.",
        "sv": "Du har elva nya meddelanden.",
    },
    "saved-21": {
        "cs": "Máte dvacet jedna uložených vzkazů.",
        "en": "You have twenty-one saved messages.",
        "lv": "Jums ir divdesmit viens saglabāts ziņojums.",
        "nb": "Du har tjueen lagrede meldinger.",
        "ru": "У вас двадцать одно сохранённое сообщение.",
        "sv": "Du har tjugoett sparade meddelanden.",
    },
    "saved-22": {
        "cs": "Máte dvacet dva uložených vzkazů.",
        "en": "You have twenty-two saved messages.",
        "lv": "Jums ir divdesmit divi saglabāti ziņojumi.",
        "nb": "Du har tjueto lagrede meldinger.",
        "ru": "У вас двадцать два сохранённых сообщения.",
        "sv": "Du har tjugotvå sparade meddelanden.",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("clip", COUNTED)
def test_things_are_counted_as_the_language_counts(language: str, clip: str) -> None:
    assert phrases.catalogue(language)[clip] == COUNTED[clip][language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_there_in_every_language_and_translated(language: str) -> None:
    texts, english = phrases.catalogue(language), phrases.catalogue("en")
    assert set(texts) | {"half-0", "half-1"} == set(english) | {"half-0", "half-1"}
    for clip, text in texts.items():
        assert text.strip() == text != ""
        assert not any(character.isdigit() for character in text), f"{clip}: numbers are spoken as words"
        if language != "en" and " " in text:
            assert text != english[clip], f"{clip} is not translated"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_written_in_its_own_letters(language: str) -> None:
    for clip, text in phrases.catalogue(language).items():
        letters = {character for character in text.lower() if character.isalpha()}
        assert letters <= CYRILLIC if language == "ru" else not letters & CYRILLIC, f"{clip}: {text}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_numbers_sound_alike(language: str) -> None:
    texts = phrases.catalogue(language)
    for family in ("position-", "wait-", "new-", "saved-", "hour-", "minute-", "received-day-", "month-", "key-"):
        said = [text for clip, text in texts.items() if clip.startswith(family)]
        twice = 2 if (language, family) == ("en", "hour-") else 1  # a.m. and p.m.
        assert len(set(said)) * twice == len(said) > 1, family


def files(sounds: tuple[Sound, ...]) -> list[str]:
    return [sound.file.removeprefix("builtin/") for sound in sounds]


def test_anna_in_the_line_hears_her_place_and_wait() -> None:
    assert files(phrases.position(1, "nb-NO")) == ["nb/next-in-line.wav"]
    assert files(phrases.position(7, "nb-NO")) == ["nb/position-7.wav"]
    assert files(phrases.position(51, "nb-NO")) == ["nb/in-line-far.wav"]
    assert files(phrases.wait(20, "cs")) == ["cs/wait-under-a-minute.wav"]
    assert files(phrases.wait(60, "cs")) == ["cs/wait-1.wav"]
    assert files(phrases.wait(61, "cs")) == ["cs/wait-2.wav"]
    assert files(phrases.wait(11 * 60, "cs")) == ["cs/wait-15.wav"]
    assert files(phrases.wait(3700, "cs")) == ["cs/wait-over-an-hour.wav"]
    assert phrases.wait(float("nan"), "cs") == phrases.wait(-1, "cs") == ()
    assert files(phrases.keep_place("*", "sv")) == ["sv/keep-place-star.wav"]
    assert phrases.keep_place("", "sv") == phrases.keep_place("12", "sv") == ()


def test_numbers_are_read_out() -> None:
    assert files(phrases.digits("+47 21-0", "lv")) == [f"lv/key-{key}.wav" for key in ("plus", "4", "7", "2", "1", "0")]
    assert files(phrases.digits("*72#", "de")) == [f"en/key-{key}.wav" for key in ("star", "7", "2", "hash")]


def test_bob_hears_when_a_message_came() -> None:
    now = datetime(2026, 3, 12, 9, 0)  # noqa: DTZ001  local time of the listener
    assert files(phrases.received(now.replace(hour=8, minute=5), now, "en")) == [
        "en/received-today.wav",
        "en/hour-8.wav",
        "en/minute-5.wav",
        "en/half-0.wav",
    ]
    assert files(phrases.received(now.replace(day=11, hour=14), now, "nb")) == [
        "nb/received-yesterday.wav",
        "nb/hour-14.wav",
    ]
    assert files(phrases.received(now.replace(day=7, hour=0, minute=59), now, "ru")) == [
        "ru/received-weekday-5.wav",
        "ru/hour-0.wav",
        "ru/minute-59.wav",
    ]
    assert files(phrases.received(datetime(2025, 12, 31, 21, 30), now, "cs"))[:2] == [  # noqa: DTZ001
        "cs/received-day-31.wav",
        "cs/month-12.wav",
    ]
    said = phrases.catalogue("lv")
    assert f"{said['received-day-31']} {said['month-12']} {said['hour-14']} {said['minute-5']}" == (
        "Saņemts trīsdesmit pirmajā decembrī pulksten četrpadsmitos un piecās minūtēs"
    )


@given(
    st.sampled_from(LANGUAGES),
    st.integers(-5, 2000),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=60),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_whatever_is_asked_for_is_in_the_catalogue(
    language: str, n: int, seconds: float, text: str, at: datetime, now: datetime
) -> None:
    said = (
        *phrases.position(n, language),
        *phrases.wait(seconds, language),
        *phrases.digits(text, language),
        *phrases.keep_place(text, language),
        *phrases.new_messages(n, language),
        *phrases.saved_messages(n, language),
        *phrases.received(at, now, language),
    )
    known = {phrases.file_of(clip, language) for clip in phrases.catalogue(language)}
    assert {sound.file for sound in said} <= known
