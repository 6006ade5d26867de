"""A machine with one way out that leads nowhere: whatever wants to leave it is caught and told.

Run as `unshare --net --mount --map-root-user python nowhere.py SECONDS COMMAND...`, in a network of its own: loopback, and a
tunnel with the default route, of which this program holds the other end. Prints one JSON document: whether the way out is
watched, the answers to a few pages, and every packet that tried to leave (protocol and receiver).
"""

from __future__ import annotations

import fcntl
import ipaddress
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
PAGES = ("/sign-in/", "/cookies/", "/api/v1/healthz")
READY_SECONDS = 60.0


def way_out() -> int:
    """The other end of the only way out."""
    tunnel = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tunnel, TUNSETIFF, struct.pack("16sH22x", b"out0", IFF_TUN | IFF_NO_PI))
    for command in (
        "ip link set lo up",
        "ip addr add 198.51.100.2/24 dev out0",
        "ip addr add 2001:db8::2/64 dev out0 nodad",
        "ip link set out0 up",
        "ip route add default dev out0",
        "ip -6 route add default dev out0",
    ):
        subprocess.run(command.split(), check=command.startswith("ip link"), capture_output=True)
    servers = Path(tempfile.mkdtemp()) / "resolv.conf"
    servers.write_text("nameserver 198.51.100.53\n")  # whoever asks for a name is met at the way out, too
    subprocess.run(["mount", "--bind", str(servers), "/etc/resolv.conf"], check=True, capture_output=True)
    return tunnel


def receiver_of(packet: bytes) -> tuple[str, int, str]:
    """IP version 4 or 6, protocol number, and to whom."""
    if packet[0] >> 4 == 4:
        return "4", packet[9], str(ipaddress.ip_address(packet[16:20]))
    return "6", packet[6], str(ipaddress.ip_address(packet[24:40]))


def main(seconds: float, command: list[str]) -> None:
    tunnel, caught = way_out(), []

    def catch() -> None:
        while True:
            version, protocol, receiver = receiver_of(os.read(tunnel, 65_536))
            if not ipaddress.ip_address(receiver).is_multicast:  # the kernel's own: router solicitation, MLD
                caught.append(f"IPv{version} protocol {protocol} to {receiver}")

    threading.Thread(target=catch, daemon=True).start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.sendto(b"is the way out watched?", ("192.0.2.1", 9))
    time.sleep(0.5)
    watched = caught == ["IPv4 protocol 17 to 192.0.2.1"]
    caught.clear()
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    guard = threading.Timer(READY_SECONDS, serving.kill)
    guard.start()
    http = ""
    for line in serving.stdout or ():
        if found := re.match(r"svara: ready http=(\S+)", line):
            http = found[1]
            break
    guard.cancel()
    threading.Thread(target=serving.stdout.read, daemon=True).start()  # type: ignore[union-attr]
    answers = []
    for page in PAGES if http else ():
        with urllib.request.urlopen(f"http://{http}{page}", timeout=10) as answer:
            answers.append(answer.status)
    time.sleep(seconds)
    serving.terminate()
    serving.wait(10)
    sys.stdout.write(json.dumps({"watched": watched, "answers": answers, "caught": caught}) + "\n")


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
