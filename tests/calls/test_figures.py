"""Phones tell how a talk sounded at their end: bounded, checked, and in the journal as their word."""

from __future__ import annotations

import pytest
from tests.calls.moves.referring import dialog_of
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, CallFigures
from svara.calls.figures import MAX_LENGTH, MAX_PACKETS, Figures, figures_in, together
from svara.sip.message import Request


def saying(value: str) -> Request:
    request = Request("INFO", "sip:svara", {}, b"")
    request.add("P-RTP-Stat", value)
    return request


def test_annas_phone_tells_while_they_talk_and_bobs_when_he_hangs_up(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    anna.request("INFO", [("P-RTP-Stat", "PR=100,PL=1,JI=4,LA=20,CO=3")])
    anna.request("INFO", [("P-RTP-Stat", "PR=600,PL=30,JI=12,LA=80,CO=45")])  # the newest counts
    anna.request("INFO")
    bob.hang_up([("P-RTP-Stat", "PS=600,OS=96000,PR=590,OR=94400,PL=0,JI=2,LA=0,EN=PCMA,DE=PCMA")])
    told = {one.side: one for one in at_work.told(CallFigures)}
    assert (told["caller"].packets, told["caller"].lost, told["caller"].jitter_ms) == (600, 30, 12)
    assert (told["caller"].round_trip_ms, told["caller"].concealed) == (80, 0.045)
    assert (told["callee"].packets, told["callee"].lost, told["callee"].concealed) == (590, 0, None)
    assert type(at_work.events[-1]) is CallEnded


@pytest.mark.parametrize("killed", [False, True])
def test_a_page_that_is_loaded_again_counts_from_nothing_and_the_record_has_it_all(
    at_work: Office, anna: Phone, bob: Phone, *, killed: bool
) -> None:
    """Twice, and the server may be killed meanwhile."""
    anna.call("102")
    bob.answer()
    pages = [anna]
    for told in ("PR=100,PL=4,JI=40,LA=20,CO=30", "PR=200,PL=1,JI=3,LA=90,CO=0"):
        pages[-1].request("INFO", [("P-RTP-Stat", told)])
        page = Phone(at_work, "acme-anna", address=f"192.0.2.{60 + len(pages)}").register()
        page.call("101", headers=[("Require", "replaces"), ("Replaces", dialog_of(pages[-1]))])
        at_work.wait(1)
        pages.append(page)
    if killed:
        at_work.kill()
        at_work.start()
        at_work.wait(1)
    pages[-1].hang_up([("P-RTP-Stat", "PR=700,PL=2,JI=5,LA=10,CO=10")])
    at_work.wait(1)
    [told_of] = at_work.told(CallFigures)
    assert (told_of.packets, told_of.lost, told_of.jitter_ms, told_of.round_trip_ms) == (1000, 7, 40, 90)
    assert told_of.concealed == 0.01


def test_sums_are_bounded_and_who_tells_less_takes_nothing_away() -> None:
    full = Figures(MAX_PACKETS, 5, 9, 1, 0.5)
    assert together(full, full) == full.__class__(MAX_PACKETS, 10, 9, 1, 0.5)
    assert together(Figures(10, 0, 0, 0, None), Figures(30, 0, 0, 0, 0.2)) == Figures(40, 0, 0, 0, 0.2)
    assert together(Figures(0, 0, 0, 0, 0.0), Figures(0, 0, 0, 0, 0.0)) == Figures(0, 0, 0, 0, 0.0)
    assert together(None, full) == together(full, None) == full
    assert together(None, None) is None


def test_of_phones_that_tell_nothing_nothing_is_written(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    bob.hang_up()
    assert at_work.told(CallFigures) == []


@pytest.mark.parametrize(
    "value",
    [
        "",
        "everything was fine",
        "PR=5",
        "PL=5",
        "PR=-1,PL=0",
        "PR=1e9,PL=0",
        "PR=999999999,PL=0",
        "PR=10,PL=999999999",
        "PR=10,PL=0,JI=60001",
        "PR=10,PL=0,LA=60001",
        "PR=10,PL=0,CO=1001",
        "PR=\u0661\u0660,PL=0",
        "PR=10,PL=0," + "X" * MAX_LENGTH,
    ],
)
def test_what_cannot_be_is_not_believed(value: str) -> None:
    assert figures_in(saying(value)) is None


def test_what_nobody_knows_does_no_harm() -> None:
    assert figures_in(saying("PR=10, PL=2, ZZ=7, <b>=1, JI=3")) == Figures(10, 2, 3, 0, None)
