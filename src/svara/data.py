"""Where Svara keeps its state: one folder, owned by one user, nothing outside it."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The files and sockets in the data folder. Only the owner may enter it."""

    root: Path

    def create(self) -> DataFolder:
        """Make the folder (mode 0700) and its subfolders; harmless when they stand."""
        for folder in (
            *(self.root, self.journal, self.sockets, self.sounds, self.recordings),
            *(self.elsewhere, self.going),
        ):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    @property
    def database(self) -> Path:
        """The embedded SQLite database."""
        return self.root / "svara.sqlite3"

    @property
    def journal(self) -> Path:
        """The calls journal's segments (`svara.calls.journal`)."""
        return self.root / "journal"

    @property
    def registrations(self) -> Path:
        """Who is registered where, so that a restarted calls process still reaches every phone."""
        return self.root / "registrations"

    @property
    def queues(self) -> Path:
        """Who logged out of queues or pauses, and places in line that are kept (`svara.calls.queue.store`)."""
        return self.root / "queues"

    @property
    def unrecorded(self) -> Path:
        """Whose talks are not recorded, for call control (`svara.people.unrecorded`)."""
        return self.root / "unrecorded"

    @property
    def sockets(self) -> Path:
        """Unix sockets between the processes."""
        return self.root / "sockets"

    @property
    def sounds(self) -> Path:
        """Prompts, greetings and music, converted, and what Svara made itself (`svara.media.sounds`)."""
        return self.root / "sounds"

    @property
    def recordings(self) -> Path:
        """Voice messages and recorded calls."""
        return self.root / "recordings"

    @property
    def elsewhere(self) -> Path:
        """What is known of recordings and messages that lie in a bucket (`svara.privacy.vault.elsewhere`)."""
        return self.recordings / "elsewhere"

    @property
    def going(self) -> Path:
        """The same of those that are to be deleted there. It outlasts a restore."""
        return self.root / ".going"

    @property
    def intake(self) -> Path:
        """The public key with which sound is sealed that comes in (`svara.sealing.intake`), in hex digits."""
        return self.keys / "intake.public"

    @property
    def bus_socket(self) -> Path:
        return self.sockets / "bus"

    @property
    def sip_websocket(self) -> Path:
        """Where the calls process takes SIP over WebSocket (RFC 7118) from the web process."""
        return self.sockets / "sip-ws"

    @property
    def media_ng(self) -> Path:
        """Where the media engine takes commands: "address port", then the names of its network interfaces."""
        return self.root / "media-ng"

    @property
    def serving(self) -> Path:
        """Where the office that serves this folder listens, and how its processes fare (`svara.cli.serving`)."""
        return self.root / "serving"

    @property
    def setup_code(self) -> Path:
        """The code with which the first company is made; only there while there is none (`svara.people.founding`)."""
        return self.root / "setup-code"

    @property
    def demo_phones(self) -> Path:
        """Stands there when somebody chose the demo office on a page: then its phones run, too."""
        return self.root / "demo-phones"

    @property
    def audit_anchors(self) -> Path:
        """Where the audit logs of the companies end, kept outside of the database (`svara.privacy.audit.anchors`)."""
        return self.root / "audit-anchors"

    @property
    def secret_key(self) -> Path:
        """Random bytes from which signing keys are derived; made at first start, mode 0600."""
        return self.root / "secret-key"

    @property
    def keys(self) -> Path:
        """The vault's keys (`svara.privacy.vault`); never in a backup of the rest."""
        return self.root / "keys"

    @property
    def call_keys(self) -> Path:
        """The folder with the keys of the files that the calls process keeps, each wrapped (`svara.sealing.role`)."""
        return self.keys / "calls"


def stamp(place: Path) -> tuple[int, int] | None:
    """What differs when a file that is written by `put` was written again; None where there is none."""
    try:
        stat = place.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns


def put(place: Path, content: bytes, *, synced: bool = True) -> None:
    """Write a file, whole or not at all; only the owner may read it, and its folder is made where there is none.

    `synced`: it outlasts a power cut. Raises OSError where the disk refuses, and leaves nothing behind then.
    """
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file while the block runs, waiting for it first; the kernel lets go of it when the process ends."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
