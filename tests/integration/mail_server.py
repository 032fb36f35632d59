"""A real SMTP server on loopback: it keeps the messages that it takes, and refuses as it is told."""

from __future__ import annotations

import base64
import socket
import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def handle(self) -> None:
        is_known = self.server.login is None
        self.say("220 mail")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "EHLO":
                self.say("250-mail", "250 AUTH PLAIN")
            elif word == "AUTH":
                _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
                is_known = (user, password) == self.server.login
                self.say("235 welcome" if is_known else "535 wrong user or password")
            elif word in ("MAIL", "RCPT"):
                self.say("530 log in first" if not is_known else self.server.answers.get(word, "250 ok"))
            elif word == "DATA":
                self.say("354 go on")
                self.keep()
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def keep(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        made = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.server.messages.append(made)
        if self.server.is_mute:
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.say("250 kept")


class MailServer(socketserver.ThreadingTCPServer):
    """`answers` are given to MAIL and RCPT; a mute one takes a message and says nothing."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.login = login
        self.answers: dict[str, str] = {}
        self.messages: list[EmailMessage] = []
        self.is_mute = False

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> MailServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that was cut is what a test wished for."""
