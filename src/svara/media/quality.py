"""How well somebody could be heard, as one number: the mean opinion score of the E-model.

Source: ITU-T G.107 (06/2015). With everything that a relay cannot see at its default value (Table 2: loudness ratings,
noise, sidetone) the rating is R = 93.2 - Id - Ie,eff (section 7.1). The delay impairment Id is the simplification of Cole
and Rosenbluth (ACM CCR 31(2), 2001): 0.024 d + 0.11 (d - 177.3) where d > 177.3 ms. The loss impairment is section 7.5 with
random loss (BurstR = 1), and Ie and Bpl of G.711 with packet loss concealment (ITU-T G.113 Appendix I: 0 and 25.1).
"""

from __future__ import annotations

POOR_MOS = 3.6
"""Below this "many users" are dissatisfied (ITU-T G.107 Annex B, table B.1)."""
DEFAULT_R = 93.2
G711_IE = 0.0
G711_BPL = 25.1


def mos(loss_percent: float, jitter_ms: float, round_trip_ms: float = 0.0) -> float:
    """The mean opinion score, 1.0 (nothing can be understood) to 4.41 (as G.711 can be), rounded to two places.

    A receiver's jitter buffer holds about twice the jitter, which counts as delay, as does half of the way there and back.
    """
    loss = min(max(loss_percent, 0.0), 100.0)
    delay_ms = max(round_trip_ms, 0.0) / 2 + 2 * max(jitter_ms, 0.0)
    delay_impairment = 0.024 * delay_ms + (0.11 * (delay_ms - 177.3) if delay_ms > 177.3 else 0.0)
    loss_impairment = G711_IE + (95 - G711_IE) * loss / (loss + G711_BPL)
    rating = DEFAULT_R - delay_impairment - loss_impairment
    return round(_score(rating), 2)


def _score(rating: float) -> float:
    """G.107 Annex B, equation B-4; between 0 and 6.5 the cubic falls a little below 1, which does not exist."""
    if rating <= 0:
        return 1.0
    if rating >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)
