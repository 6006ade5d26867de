"""`./bench/run`: what a machine can do with Svara, or with another SIP server, measured from outside.

Every figure comes from the outside of the server: what SIPp and our own phones saw, and what the kernel says of the server's
processes. Load goes to loopback addresses only.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import platform
import sys
import tempfile
import time
from pathlib import Path

from bench import (
    conference,
    contacts,
    erase,
    lamps,
    media,
    pages,
    phonebook,
    queue,
    register,
    signalling,
    transfers,
    vault,
    voice,
)
from bench.report import table
from bench.server import LOGINS, Another, Server, Svara

MEASURES = {
    "signalling": signalling.measure,
    "register": register.measure,
    "media": media.measure,
    "queue": queue.measure,
    "lamps": lamps.measure,
    "transfers": transfers.measure,
}
ALONE = {
    "voice": voice.measure,
    "conference": conference.measure,
    "vault": vault.measure,
    "erase": erase.measure,
    "phonebook": phonebook.measure,
    "contacts": contacts.measure,
    "pages": pages.measure,
}
"""What is measured without a server."""


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        if options.what in ALONE:
            figures = ALONE[options.what](Path(folder))
        else:
            server = _server(options, Path(folder))
            if server is None:
                print("bench: load is for loopback addresses only", file=sys.stderr)
                return 2
            with server:
                figures = MEASURES[options.what](server, Path(folder), options)
    print(table(figures))
    if options.json:
        result = {
            "what": options.what,
            "server": options.server or "svara",
            "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "machine": f"{platform.machine()} {platform.release()}, Python {platform.python_version()}",
            "figures": [figure.as_json() for figure in figures],
        }
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if all(figure.good for figure in figures) else 1


def _server(options: argparse.Namespace, folder: Path) -> Server | None:
    if not options.server:
        return Svara(folder / "data", relay=options.what == "media")
    host, _, port = options.server.rpartition(":")
    return Another(host, int(port), options.pid) if ipaddress.ip_address(host).is_loopback else None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./bench/run",
        description="Measures a SIP server on this machine: the server on one core, the load on another.",
        epilog=f"Another server needs the phones {LOGINS[0]} to {LOGINS[-1]}: login and extension are the number, "
        "the secret is 'bench-' and the number. Exit code 1: a figure did not reach what it must.",
    )
    parser.add_argument("what", choices=sorted(MEASURES | ALONE))
    parser.add_argument("--server", metavar="HOST:PORT", help="measure this server (UDP) instead of starting Svara")
    parser.add_argument("--pid", type=int, help="the process of that server, for its CPU time and memory")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--rates", default="300,600,900,1200,1500,1800,2100", help="calls a second to try, in order")
    parser.add_argument("--seconds", type=int, default=10, help="how long each rate is held (default: 10)")
    parser.add_argument("--held", type=int, default=1000, help="calls held at once for memory and media (default: 1000)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
