"""Changes of a guest's sound: the caller's phone wants another, or the relay or the voice process lost what there was.

Apart from `svara.calls.guest`, because here both sides of the sound are told by messages that may cross each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from svara import log
from svara.calls.exchange import GONE, answer_with, invite, refuse, renew, send
from svara.calls.leg import VOICE, sdp_of
from svara.media.relay import RelayError
from svara.sip.message import Request, SipError
from svara.sip.sdp import Media, parse_sdp
from svara.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.guest import Guest

DISAGREED = "the phones could not agree on sound"
RELAY_LOST = "media relay lost"
RETRY_SECONDS = 2.5
"""How long a change of the caller's sound waits for another change, or for the caller's ACK to the first answer."""
KEYS = "0123456789*#ABCD"

_logger = log.get("calls.resound")


def changed(guest: Guest, transaction: ServerTransaction) -> None:
    """The caller's phone offers another description, or asks for one (re-INVITE, UPDATE)."""
    call, leg, voice = guest.call, guest.leg, guest.voice
    if guest.asking:
        transaction.reply(491)
        return
    sdp = sdp_of(transaction.request)
    if not sdp or voice is None:
        answer_with(leg, transaction, guest.local)  # the session as it stands; what the ACK brings changes nothing
        return

    def usable(result: bytes | RelayError) -> bool:
        if guest.closed or isinstance(result, RelayError):
            refuse(transaction, 491 if guest.closed else 500)
            return False
        return True

    def offered(result: bytes | RelayError) -> None:
        if usable(result) and isinstance(result, bytes):
            voice.open(guest.id, result, opened)

    def opened(result: bytes | RelayError) -> None:
        if usable(result) and isinstance(result, bytes):
            call.relay.answer(call.id, VOICE, call.front_id, result, ready, to=call.caller_kind)

    def ready(result: bytes | RelayError) -> None:
        if usable(result) and isinstance(result, bytes):
            guest.offer, guest.local = sdp, result
            call.save()
            answer_with(leg, transaction, result)

    where = leg.address
    call.relay.offer(call.id, call.front_id, VOICE, sdp, offered, from_address=where, to_address=where)


def reconnect(guest: Guest) -> None:
    """Build the sound anew, by a new voice leg and a re-INVITE of the caller. Without a voice process nothing happens: it
    tells when it is there again."""
    voice = guest.voice
    if voice is not None and voice.up:
        voice.close(guest.id)
        lead(guest)


def lead(guest: Guest) -> None:
    """Lead the sound of the voice leg, which goes on, to the caller's phone, which is asked by a re-INVITE."""
    if guest.voice is not None:
        guest.voice.offer(guest.id, lambda result: _renewed(guest, result))


def _renewed(guest: Guest, result: bytes | RelayError) -> None:
    call, where = guest.call, guest.leg.address
    if guest.closed:
        return
    if isinstance(result, RelayError):
        _logger.error("a caller's sound could not be built anew", call=call.id)
        return
    call.relay.offer(
        call.id,
        VOICE,
        call.front_id,
        result,
        lambda offer: _tell_caller(guest, offer),
        to=call.caller_kind,
        from_address=where,
        to_address=where,
    )


def _tell_caller(guest: Guest, result: bytes | RelayError) -> None:
    call, leg = guest.call, guest.leg
    if guest.closed:
        return
    if isinstance(result, RelayError):
        call.end("system", RELAY_LOST)
        return
    if leg.incoming is not None:
        call.switch.clock.call_later(RETRY_SECONDS, call.guarded, _tell_caller, guest, result)
        return
    cseq = 0

    def got(sdp: bytes | int) -> None:
        if not isinstance(sdp, int):
            leg.acknowledge(cseq)
        if guest.leg is not leg:
            return  # the caller goes on at another phone
        guest.asking = False
        if guest.closed:
            return
        if sdp == 491:
            call.switch.clock.call_later(leg.turn_seconds(), call.guarded, _tell_caller, guest, result)
        elif isinstance(sdp, int) or not sdp:
            call.end("system", RELAY_LOST)
        else:
            guest.offer, guest.local = sdp, result
            call.relay.answer(call.id, call.front_id, VOICE, sdp, sounds_again)

    def sounds_again(answer: bytes | RelayError) -> None:
        if not guest.closed and not isinstance(answer, RelayError) and guest.voice is not None:
            guest.voice.answered(guest.id, answer)
            call.save()
            guest.sounds_again()

    guest.asking = True
    cseq = invite(leg, result, got)


def refresh(guest: Guest) -> None:
    """The session timer wants a refresh from us (RFC 4028): the session as it stands."""
    leg = guest.leg
    leg.refreshed()
    by_update = leg.can_update
    cseq = 0

    def got(sdp: bytes | int) -> None:
        if not isinstance(sdp, int):
            if not by_update:
                leg.acknowledge(cseq)
        elif sdp in GONE and guest.leg is leg:
            leg.close()
            guest.call.end("system", "a phone stopped answering")
        elif sdp in (405, 501):
            leg.can_update = False

    if by_update:
        send(leg, "UPDATE", b"", got)
    else:
        cseq = invite(leg, guest.local, got)


def agree_anew(call: Call) -> None:
    """A guest was put through, but the talk has another sound than we had: both phones are asked."""
    if call.state != "talking" or call.front is None:
        return
    if call.front.incoming is not None:
        call.switch.clock.call_later(RETRY_SECONDS, call.guarded, agree_anew, call)
    else:
        renew(call, DISAGREED)


def agreed(offer: bytes, answer: bytes) -> bytes:
    """An offer, as the other side took it by its answer: with the codecs that both have, those of the answer first."""
    try:
        ours, theirs = parse_sdp(offer), parse_sdp(answer).audio
    except SipError:
        return offer
    audio = ours.audio
    if audio is None or theirs is None:
        return offer
    kept = tuple(one for one in theirs.formats if one in audio.formats)
    dropped = tuple(f"a={what}:{one} " for one in audio.formats if one not in kept for what in ("rtpmap", "fmtp"))
    lines = tuple(line for line in audio.lines if not line.startswith(dropped))
    media = msgspec.structs.replace(audio, formats=kept, lines=lines)
    return (
        msgspec.structs.replace(ours, media=tuple(media if one is audio else one for one in ours.media)).to_bytes()
        if kept
        else offer
    )


def fits(told: bytes, now: bytes) -> bool:
    """Whether a phone that was told one description hears and is heard by one who answers with the other."""
    try:
        before, after = parse_sdp(told).audio, parse_sdp(now).audio
    except SipError:
        return False
    if before is None or after is None:
        return False
    return _essence(before) == _essence(after)


def _essence(media: Media) -> tuple[object, ...]:
    codecs = media.codecs
    spoken = next((codec for codec in codecs if codec.name.lower() not in ("telephone-event", "cn")), None)
    secrets = tuple(media.attribute(name) for name in ("ice-ufrag", "fingerprint", "crypto"))
    return media.port, media.proto, media.connection, spoken, media.telephone_events, secrets


def key_of(request: Request) -> str:
    """The key in an INFO: "Signal=5" (application/dtmf-relay), or just the key (application/dtmf); "" without one."""
    try:
        text = request.body[:200].decode("ascii")
    except UnicodeDecodeError:
        return ""
    if request.content_type == "application/dtmf-relay":
        signals = [line.partition("=")[2] for line in text.splitlines() if line.strip().lower().startswith("signal")]
        text = signals[0] if signals else ""
    key = text.strip().upper()
    key = {"10": "*", "11": "#"}.get(key, key)
    return key if len(key) == 1 and key in KEYS else ""
