"""`email`: one message for each sync that changed something, with how many entered and left, and where wished a CSV of who."""

from __future__ import annotations

import csv
import io
import smtplib
from collections.abc import Iterable, Iterator, Sequence
from email.message import EmailMessage
from email.utils import format_datetime

from dbt_audiences.sync.addresses import PrivateAddress
from dbt_audiences.sync.calls import said_of
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Outcome, Request, Setting, Side, Spec, Unit
from dbt_audiences.sync.declared.statement import statement_of, summary_of
from dbt_audiences.sync.json_text import dumped, parsed_object
from dbt_audiences.sync.mail import connected, failed
from dbt_audiences.sync.stated import one_by_one

COLUMNS = ("op", "profile_id", *IDENTIFIER_COLUMNS, "traits")
MOST_BYTES = 10_000_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Email:
    """Sends what was written down; a message that comes twice has the same `Message-ID`."""

    content_type = "application/vnd.dbt-audiences.email+json"
    batch_size: int | None = None
    is_whole = False

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._settings = opening.settings

    def draft(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> str:
        """The numbers, and with `attach: csv` the file."""
        if self._settings.get("attach", "nothing") != "csv":
            return summary_of(self._opening.envelope, units)
        file = io.StringIO()
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        summary = summary_of(self._opening.envelope, self._written(writer, file, units))
        return dumped({**parsed_object(summary), "csv": file.getvalue()})

    def _written(self, writer: csv.DictWriter[str], file: io.StringIO, units: Iterable[Unit]) -> Iterator[Unit]:
        for unit in units:
            identifiers = {name: _harmless(unit.identifiers.get(name)) for name in IDENTIFIER_COLUMNS}
            traits = dumped(said_of(self._opening.envelope, unit))
            writer.writerow({"op": unit.side, "profile_id": _harmless(unit.profile_id), **identifiers, "traits": traits})
            if file.tell() > MOST_BYTES:
                raise OSError(0, f"the CSV is larger than {MOST_BYTES:,} bytes: send it to a folder, or leave `attach` out")
            yield unit

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """The message."""
        return self._shown(request_id, self.draft(request_id, side, units))

    def shown_again(self, request: Request) -> dict[str, object]:
        """The same of one that was written down before."""
        return self._shown(request.id, request.body)

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Send each."""
        return one_by_one(requests, self._sent)

    def try_out(self) -> Outcome:
        """Log in, and out again."""
        try:
            with connected(self._settings, self._opening.secrets, self._opening.allow_private_addresses):
                return Outcome("delivered", "it takes the credentials; nothing was sent")
        except (PrivateAddress, smtplib.SMTPException, OSError) as error:
            return failed(error)

    def tidy(self, kept: Sequence[str]) -> None:
        """Nothing is prepared."""

    def close(self) -> None:
        """Nothing is held."""

    def _shown(self, request_id: str, body: str) -> dict[str, object]:
        message = self._message(request_id, body)
        shown: dict[str, object] = {name: str(message[name]) for name in ("From", "To", "Subject")}
        text = message.get_body(("plain",))
        attached = parsed_object(body).get("csv")
        return {**shown, "text": text.get_content() if text else "", **({"csv": attached} if attached else {})}

    def _message(self, request_id: str, body: str) -> EmailMessage:
        statement = statement_of(body)
        envelope = statement.envelope
        message = EmailMessage()
        message["From"], message["To"] = str(self._settings["from"]), str(self._settings["to"])
        said = f"{statement.entered:,} entered, {statement.left:,} left"
        message["Subject"] = f"{envelope.list_name}: {said}"
        message["Date"] = format_datetime(envelope.as_of)
        message["Message-ID"] = f"<{request_id}@{envelope.project}.dbt-audiences>"
        message.set_content(f"{envelope.list_name} as of {envelope.as_of:%Y-%m-%d %H:%M} UTC\n\n{said}\n")
        attached = parsed_object(body).get("csv")
        if isinstance(attached, str):
            name = f"{envelope.audience}-{envelope.as_of:%Y%m%dT%H%M%SZ}.csv"
            message.add_attachment(attached.encode(), maintype="text", subtype="csv", filename=name)
        return message

    def _sent(self, request: Request) -> Outcome:
        statement = statement_of(request.body)
        if not statement.entered and not statement.left:
            return Outcome("delivered")
        try:
            with connected(self._settings, self._opening.secrets, self._opening.allow_private_addresses) as server:
                server.send_message(self._message(request.id, request.body))
        except (PrivateAddress, smtplib.SMTPException, OSError) as error:
            return failed(error)
        return Outcome("delivered")


def _harmless(value: str | None) -> str | None:
    """A cell that a spreadsheet would run as a formula begins with an apostrophe."""
    return f"'{value}" if value is not None and value.startswith(_FORMULA) else value


SPEC = Spec(
    type="email",
    settings=(
        Setting("host", "text", is_required=True),
        Setting("port", "integer", most=65_535),
        Setting("security", "text", choices=("starttls", "tls", "none")),
        Setting("user", "text"),
        Setting("from", "text", is_required=True),
        Setting("to", "text", is_required=True),
        Setting("attach", "text", choices=("nothing", "csv")),
    ),
    secrets=("password",),
    forms=("list",),
    identifiers=dict.fromkeys(IDENTIFIER_COLUMNS, "last"),
    identifier_types=None,
    is_mixed=True,
    open=Email,
    name="Email",
    description="One message for each sync that changed something, with how many entered and left, and a CSV if wished.",
    proven_by="real server",
)
