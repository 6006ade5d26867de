"""Acme with everything that an office file can say about where calls go."""

from __future__ import annotations

ACME_FULL = """\
version: 1
tenant: {slug: acme, name: Acme AS, country: "NO", languages: [nb, en], timezone: Europe/Oslo, recording: consent}
people:
  - username: anna
    name: Anna Berg
    email: anna@acme.test
    password: correct-horse-1
    extension: "101"
    roles: [admin]
    phones: [{login: acme-anna, secret: s3cret-anna}]
    unanswered: {after: 20, to: "voicemail:anna"}
    mobile: "+4790000001"
    allow: [internal, national]
    shows: "+4721000000"
    forward: {busy: "person:bob", offline: "number:+4790000001"}
    find_me: [{after: 10, to: "number:+4790000001"}]
    quiet: {daily: "22:00-07:00"}
    language: nb
    record: true
    voicemail_pin: "2580"
  - {username: bob, name: Bob Lund, password: correct-horse-2, extension: "102", roles: [agent]}
queues:
  - {name: support, extension: "600", strategy: longest-idle, members: [anna, bob], ring: 15, wrap_up: 5,
     max_wait: 300, max_waiting: 50, when_full: hangup, when_timeout: "voicemail:support", announce_position: true}
  - name: sales
    strategy: in-order
    members: [{person: bob, order: 2, weight: 3, skills: {norwegian: 4}}, {person: anna, order: 1}]
    retry: 2.5
    when_empty: "queue:support"
    greeting: hello
    music: waltz
    callback_key: "*"
    priority: 5
    skills: {norwegian: 3}
    relax: 20
    auto_pause_after: 3
    service_level: 30
    announce_every: 60
    record: true
hours:
  - {name: office, open: {mon-fri: "08:00-16:00"}, holidays: "NO"}
  - name: shop
    open: {"mon-wed,fri": ["09:00-12:00", "13:00-17:30"], sat-sun: "22:00-02:00"}
    holidays: DE-BY
    exceptions: {2026-12-24: "08:00-12:00", 12-31: closed}
menus:
  - {name: front, extension: "700", prompt: hello, keys: {"1": "queue:support", 2: "person:anna", "*": "menu:more"},
     otherwise: "queue:support", timeout: 7, tries: 2}
  - {name: more, prompt: hello, keys: {"0": "menu:front"}, direct_dial: false}
trunks:
  - {name: itsp, address: "sip:127.0.0.1:5090", login: acme, secret: t0psecret, register: true, match: [127.0.0.1]}
  - {name: spare, address: "sip:spare.example;transport=tcp", match: [192.0.2.0/24, "2001:db8::/32"], priority: 1,
     format: national, identity: from, probe: 0}
numbers:
  - {number: "+4721000000", trunk: itsp, to: "menu:front", hours: office, closed: "voicemail:support"}
  - {number: +4721000001, trunk: spare, to: "person:anna", record: true}
outbound: [{prefix: "+", trunk: itsp}, {prefix: "+", trunk: spare}, {prefix: +47, trunk: spare}]
sounds:
  - {name: hello, text: Welcome to Acme, language: en}
  - {name: waltz, file: waltz.wav}
"""


def wav(seconds: float = 0.5, rate: int = 16_000, hertz: float = 440.0) -> bytes:
    """A WAV file with a tone."""
    import io
    import math
    import struct
    import wave

    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        count = int(seconds * rate)
        tone = (int(12_000 * math.sin(2 * math.pi * hertz * step / rate)) for step in range(count))
        sound.writeframes(struct.pack(f"<{count}h", *tone))
    return file.getvalue()
