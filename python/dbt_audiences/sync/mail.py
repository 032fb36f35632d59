"""Mail by SMTP: a server that is logged in to, and what its failures mean."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping

from dbt_audiences.sync.addresses import PrivateAddress, connection
from dbt_audiences.sync.channel import Outcome

TIMEOUT_SECONDS = 30.0
_HOLDING = (530, 534, 535, 538, 550, 551, 553, 554)
"""Answers that a person must do something about: the login, the sender, a recipient."""


class _Public(smtplib.SMTP):
    """Connects to public addresses only: what was checked is what is connected to."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connection(host, port, timeout)


class _PublicTls(smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.context.wrap_socket(connection(host, port, timeout), server_hostname=host)


def connected(settings: Mapping[str, object], secrets: Mapping[str, str], allow_private_addresses: bool) -> smtplib.SMTP:
    """The server of these settings, logged in to; raises `PrivateAddress`, and what `smtplib` raises."""
    host, port = str(settings["host"]), int(str(settings.get("port", 587)))
    security = str(settings.get("security", "starttls"))
    if security == "tls":
        tls = smtplib.SMTP_SSL if allow_private_addresses else _PublicTls
        server: smtplib.SMTP = tls(host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    else:
        server = (smtplib.SMTP if allow_private_addresses else _Public)(host, port, timeout=TIMEOUT_SECONDS)
    try:
        if security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if "user" in settings:
            server.login(str(settings["user"]), secrets.get("password", ""))
    except UnicodeEncodeError:
        server.close()
        raise smtplib.SMTPNotSupportedError("the login holds characters that are not ASCII") from None
    except BaseException:
        server.close()
        raise
    return server


def failed(error: Exception) -> Outcome:
    """What a failure means: who must act, or that it may come through another time."""
    if isinstance(error, PrivateAddress):
        return Outcome("unsent", str(error), stops=True)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Outcome("held", f"{error}; a person must look at `security` and `user`", stops=True)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers: Mapping[str, tuple[int, bytes]] = error.recipients
        code, said = next(iter(answers.values()))
        return _answered(code, said)
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, error.smtp_error)
    if isinstance(error, OSError) and error.strerror:
        return Outcome("pending", f"it cannot be reached: {error.strerror}", stops=True)
    return Outcome("pending", f"{type(error).__name__}: {error}"[:300], stops=True)


def _answered(code: int, said: bytes | str) -> Outcome:
    text = f"{code}: {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"[:300]
    if code in _HOLDING:
        return Outcome("held", f"{text}; a person must act", stops=True)
    return Outcome("pending", text, stops=True)
