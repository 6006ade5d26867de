"""The web role: pages, API, live events and the phone's websocket, until told to stop.

Open event streams end when the mirror of live state closes, so that a stop never waits for a browser. Phonebooks are served
over LDAP here, too, where the environment says where: `SVARA_LDAPS` (with `SVARA_TLS_CERT`, `SVARA_TLS_KEY`), `SVARA_LDAP`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable

import django

from svara.bus import connect
from svara.data import DataFolder


async def main(data: DataFolder, sockets: dict[str, socket.socket], stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Serve on the socket named "http" (and on "ldap" and "ldaps") until `stop` is set; calls `ready` once it listens. Ends
    within three seconds."""
    os.environ["SVARA_DATA"] = str(data.root)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "svara.settings")
    django.setup()

    from svara.web.asgi import application  # noqa: PLC0415  after the environment: it reads the settings, and sets Django up

    bus = connect(data)

    from svara.phonebooks import door  # noqa: PLC0415  after Django
    from svara.phonebooks.ldap.server import LdapServer  # noqa: PLC0415
    from svara.web import live  # noqa: PLC0415
    from svara.web.server import Server, configuration  # noqa: PLC0415

    mirror = live.Live(bus)
    live.install(mirror)
    following = asyncio.create_task(mirror.run())
    server = Server(configuration(application, os.environ.get("SVARA_PROXIES", "")), ready)
    serving = asyncio.create_task(server.serve([sockets["http"]]))
    stopping = asyncio.create_task(stop.wait())
    ldap = LdapServer(door.entrance)
    for name in sorted({"ldap", "ldaps"} & sockets.keys()):
        await ldap.listen(sockets[name], certificate() if name == "ldaps" else None)
    try:
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        stopping.cancel()
        mirror.close()
        await ldap.close()
        await serving
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await bus.close()


def certificate() -> ssl.SSLContext:
    """What LDAPS is encrypted with. Raises SystemExit in plain words."""
    chain, key = os.environ.get("SVARA_TLS_CERT"), os.environ.get("SVARA_TLS_KEY")
    if not chain or not key:
        raise SystemExit("SVARA_LDAPS needs a certificate: set SVARA_TLS_CERT and SVARA_TLS_KEY")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(chain, key)
    except (OSError, ssl.SSLError) as error:
        raise SystemExit(f"the certificate {chain} with the key {key} cannot be used: {error}") from None
    return context
