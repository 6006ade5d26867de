"""Many streams of G.711 from two sockets, and what became of them: loss and delay, measured by the kernel's own time stamps.

One packet every 20 ms and stream, spread evenly over the 20 ms; each carries when it was sent and its number.
Packets go out and come in by the batch (sendmmsg(2), recvmmsg(2)), because one system call a packet would measure Python.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import time
from dataclasses import dataclass

import numpy as np
from bench import process

PAYLOAD_BYTES = 160
PACKET_BYTES = 12 + PAYLOAD_BYTES
PACKETS_A_SECOND = 50
_SLOTS = 20
"""Milliseconds in the time of one packet; each stream belongs to one of them."""
_BATCH = 1024
_CONTROL_BYTES = 64
_SO_TIMESTAMPNS = 35
_BUFFER_BYTES = 64 * 1024 * 1024
_SO_RCVBUFFORCE, _SO_SNDBUFFORCE = 33, 32

_libc = ctypes.CDLL(None, use_errno=True)


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """struct mmsghdr, with struct msghdr inside."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("iov", ctypes.c_void_p),
        ("iov_length", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("padding", ctypes.c_int),
        ("length", ctypes.c_uint),
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """What arrived of what was sent."""

    sent: int
    received: int
    delays_ms: np.ndarray
    lags_ms: np.ndarray
    """How late each batch of ours left: what a delay would be blamed for that is not the relay's."""

    @property
    def lost(self) -> int:
        return self.sent - self.received


def open_socket() -> socket.socket:
    """A UDP socket on loopback with large buffers and time stamps by the kernel."""
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.bind(("127.0.0.1", 0))
    for force, plain in ((_SO_RCVBUFFORCE, socket.SO_RCVBUF), (_SO_SNDBUFFORCE, socket.SO_SNDBUF)):
        try:
            own.setsockopt(socket.SOL_SOCKET, force, _BUFFER_BYTES)
        except PermissionError:
            own.setsockopt(socket.SOL_SOCKET, plain, _BUFFER_BYTES)
    own.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    own.setblocking(False)
    return own


def _address(port: int) -> bytes:
    """struct sockaddr_in of a port on loopback."""
    return struct.pack("=H", socket.AF_INET) + struct.pack(">H4s8x", port, b"\x7f\0\0\1")


class _Sender:
    """The streams that leave one socket."""

    def __init__(self, own: socket.socket, ports: list[int], first_stream: int) -> None:
        self._own = own
        count = len(ports)
        self.packets = np.zeros((count, PACKET_BYTES), dtype=np.uint8)
        self.packets[:, 0], self.packets[:, 1] = 0x80, 8  # version 2, PCMA
        self.packets[:, 12:] = 0xD5  # silence
        ssrcs = np.arange(first_stream + 1, first_stream + count + 1, dtype=">u4")
        self.packets[:, 8:12] = ssrcs.view(np.uint8).reshape(count, 4)
        self._addresses = [ctypes.create_string_buffer(_address(port)) for port in ports]
        self._iovecs = (_Iovec * count)()
        self._headers = (_Header * count)()
        for index in range(count):
            self._iovecs[index].base = self.packets.ctypes.data + index * PACKET_BYTES
            self._iovecs[index].length = PACKET_BYTES
            header = self._headers[index]
            header.name, header.name_length = ctypes.addressof(self._addresses[index]), 16
            header.iov, header.iov_length = ctypes.addressof(self._iovecs) + index * ctypes.sizeof(_Iovec), 1
        self._bounds = [round(count * slot / _SLOTS) for slot in range(_SLOTS + 1)]

    def send(self, slot: int, frame: int) -> int:
        """Send the packets of one slot; returns how many left."""
        first, last = self._bounds[slot], self._bounds[slot + 1]
        if first == last:
            return 0
        part = self.packets[first:last]
        part[:, 2:4] = np.frombuffer(struct.pack(">H", frame & 0xFFFF), dtype=np.uint8)
        part[:, 4:8] = np.frombuffer(struct.pack(">I", frame * PAYLOAD_BYTES & 0xFFFFFFFF), dtype=np.uint8)
        part[:, 24:28] = np.frombuffer(struct.pack(">I", frame), dtype=np.uint8)
        part[:, 12:20] = np.frombuffer(struct.pack("<Q", time.time_ns()), dtype=np.uint8)
        done = 0
        while done < last - first:
            start = ctypes.byref(self._headers, (first + done) * ctypes.sizeof(_Header))
            sent = _libc.sendmmsg(self._own.fileno(), start, min(_BATCH, last - first - done), 0)
            if sent <= 0:
                break
            done += sent
        return done


class _Receiver:
    """What comes to one socket."""

    def __init__(self, own: socket.socket) -> None:
        self._own = own
        self._packets = np.zeros((_BATCH, 256), dtype=np.uint8)
        self._control = np.zeros((_BATCH, _CONTROL_BYTES), dtype=np.uint8)
        self._iovecs = (_Iovec * _BATCH)()
        self._headers = (_Header * _BATCH)()
        for index in range(_BATCH):
            self._iovecs[index].base, self._iovecs[index].length = self._packets.ctypes.data + index * 256, 256
            header = self._headers[index]
            header.iov, header.iov_length = ctypes.addressof(self._iovecs) + index * ctypes.sizeof(_Iovec), 1
            header.control = self._control.ctypes.data + index * _CONTROL_BYTES
        offset, size = _Header.control_length.offset, ctypes.sizeof(_Header)
        raw = np.frombuffer(memoryview(self._headers).cast("B"), dtype=np.uint8).reshape(_BATCH, size)
        self._control_lengths = raw[:, offset : offset + 8]
        self.delays_ns: list[np.ndarray] = []
        self.received = 0

    def receive(self, first_frame: int) -> None:
        """Take all that waits; packets of frames before `first_frame` do not count."""
        while True:
            self._control_lengths[:] = np.frombuffer(struct.pack("<Q", _CONTROL_BYTES), dtype=np.uint8)
            count = _libc.recvmmsg(self._own.fileno(), self._headers, _BATCH, socket.MSG_DONTWAIT, None)
            if count <= 0:
                return
            packets, control = self._packets[:count], self._control[:count]
            frames = packets[:, 24:28].copy().view(">u4").ravel()
            stamps = control[:, 16:32].copy().view("<i8")  # cmsghdr is 16 bytes, then struct timespec
            arrived = stamps[:, 0] * 1_000_000_000 + stamps[:, 1]
            left = packets[:, 12:20].copy().view("<i8").ravel()
            counted = frames >= first_frame
            self.received += int(counted.sum())
            self.delays_ns.append((arrived - left)[counted])
            if count < _BATCH:
                return


def exchange(
    caller: socket.socket, caller_ports: list[int], callee: socket.socket, callee_ports: list[int], seconds: float
) -> Heard:
    """Talk in both directions for a time, after one second of warming up.

    Goes before ordinary processes meanwhile, where that is allowed: phones do not wait for each other.
    """
    senders = (_Sender(caller, caller_ports, 0), _Sender(callee, callee_ports, len(caller_ports)))
    receivers = (_Receiver(caller), _Receiver(callee))
    sent, warm = 0, PACKETS_A_SECOND
    slots = int((seconds + 1) * 1000)
    lags = np.zeros(slots)
    process.go_first(os.getpid())
    began = time.monotonic()
    for tick in range(slots):
        frame, slot = divmod(tick, _SLOTS)
        lags[tick] = time.monotonic() - began - tick / 1000
        for sender in senders:
            left = sender.send(slot, frame)
            sent += left if frame >= warm else 0
        for receiver in receivers:
            receiver.receive(warm)
        ahead = began + (tick + 1) / 1000 - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        for receiver in receivers:
            receiver.receive(warm)
        time.sleep(0.001)
    process.go_along()
    delays = np.concatenate([part for receiver in receivers for part in receiver.delays_ns] or [np.zeros(0)])
    return Heard(sent, sum(receiver.received for receiver in receivers), delays / 1e6, lags[warm * _SLOTS :] * 1e3)
