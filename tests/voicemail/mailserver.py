"""A mail server on a real socket: takes mail by SMTP (RFC 5321), keeps it, and refuses what it is told to."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage


class MailServer:
    """What came in; `refuse` maps commands ("RCPT", "DATA") to the answer instead of yes."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.refuse: dict[str, str] = {}
        self.port = 0
        self.connections = 0


class _Session(socketserver.StreamRequestHandler):
    mail_server: MailServer

    def handle(self) -> None:
        self.mail_server.connections += 1
        self._say("220 mail.test ESMTP")
        recipients: list[str] = []
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            command = line.split(" ", 1)[0].upper()
            if command in self.mail_server.refuse:
                self._say(self.mail_server.refuse[command])
            elif command == "DATA":
                self._say("354 go on")
                raw = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    raw += part.removeprefix(b".") if part.startswith(b"..") else part
                message = email.message_from_bytes(raw, policy=email.policy.default)
                assert isinstance(message, EmailMessage)
                self.mail_server.mails.append((recipients, message))
                recipients = []
                self._say("250 taken")
            elif command == "QUIT":
                self._say("221 bye")
                return
            else:
                if command == "RCPT":
                    recipients.append(line.partition("<")[2].partition(">")[0])
                self._say("250 yes")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server on a free port of this machine, until the block ends."""
    kept = MailServer()
    session = type("Session", (_Session,), {"mail_server": kept})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), session) as server:
        server.daemon_threads = True
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield kept
        server.shutdown()
        thread.join()
