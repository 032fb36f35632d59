"""`redis`: a set of the members of each list, or a hash of what is known of each person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dbt_audiences.sync.addresses import PrivateAddress, public_addresses
from dbt_audiences.sync.channel import Opening, Outcome, Setting, Spec
from dbt_audiences.sync.declared.statement import Row, Statement
from dbt_audiences.sync.extras import need_library
from dbt_audiences.sync.json_text import dumped, plain_numbers
from dbt_audiences.sync.stated import first_line, rows_with_any, stated, without

if TYPE_CHECKING:
    from redis import Redis

TIMEOUT_SECONDS = 10.0
_HOLDING = ("WRONGPASS", "NOAUTH", "NOPERM", "username-password", "without any password", "client already authenticated")

Command = tuple[str, ...]


class Keys:
    """Writes each request as one transaction. What is written says a state, so that saying it twice changes nothing."""

    def __init__(self, opening: Opening) -> None:
        need_library("redis", "redis")
        self._opening = opening
        self._prefix = str(opening.settings.get("prefix", "audiences:"))
        self._opened: Redis | None = None

    def shown(self, statement: Statement) -> dict[str, object]:
        """The commands."""
        commands = [" ".join(command) for _, said in self._commands(statement) for command in said]
        return {"database": int(str(self._opening.settings.get("database", 0))), "commands": commands}

    def carry(self, request_id: str, statement: Statement) -> Outcome:
        """Send all commands at once, and read the answers one by one."""
        from redis import RedisError, ResponseError

        said = self._commands(statement)
        try:
            pipeline = self._client().pipeline(transaction=True)
            for _, commands in said:
                for command in commands:
                    pipeline.execute_command(*command)
            answers: Sequence[Any] = pipeline.execute(raise_on_error=False) if len(pipeline) else ()
        except (PrivateAddress, RedisError, OSError) as error:
            return self._failed(error)
        refused = []
        waiting = iter(answers)
        for row, commands in said:
            wrong = [answer for answer, _ in zip(waiting, commands, strict=False) if isinstance(answer, ResponseError)]
            if wrong and any(str(wrong[0]).startswith(word) for word in _HOLDING):
                return self._failed(wrong[0])
            if wrong:
                refused.append((row["message_id"], first_line(wrong[0])))
        return Outcome("delivered", refused=tuple(refused))

    def try_out(self) -> Outcome:
        """Ask for an answer."""
        from redis import RedisError

        try:
            self._client().ping()
        except (PrivateAddress, RedisError, OSError) as error:
            return self._failed(error)
        return Outcome("delivered", "it takes the credentials; nothing was written")

    def close(self) -> None:
        """Close the connection."""
        if self._opened is not None:
            self._opened.close()

    def _commands(self, statement: Statement) -> list[tuple[Row, list[Command]]]:
        envelope = statement.envelope
        found = []
        for row, unit in zip(rows_with_any(statement), statement.units, strict=True):
            commands: list[Command] = []
            for type_, value in unit.identifiers.items():
                if envelope.as_ == "list":
                    word = "SADD" if unit.side == "add" else "SREM"
                    commands.append((word, f"{self._prefix}{envelope.audience}:{type_}", value))
                else:
                    commands += _of_hash(f"{self._prefix}{type_}:{value}", row["attributes"])
            found.append((row, commands))
        return found

    def _client(self) -> Redis:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        if self._opened is None:
            settings, is_tls = self._opening.settings, self._opening.settings.get("security") == "tls"
            host, port = str(settings["host"]), int(str(settings.get("port", 6379)))
            if not self._opening.allow_private_addresses:
                _, address = public_addresses(host, port)[0]
                # With TLS the certificate must be the name's, so that a second answer to it comes to nothing.
                host = host if is_tls else address
            self._opened = Redis(
                host=host,
                port=port,
                db=int(str(settings.get("database", 0))),
                username=settings.get("user"),
                password=self._opening.secrets.get("password"),
                ssl=is_tls,
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
                retry=Retry(NoBackoff(), 1),
                client_name="dbt-audiences",
            )
        return self._opened

    def _failed(self, error: Exception) -> Outcome:
        if isinstance(error, PrivateAddress):
            return Outcome("unsent", str(error), stops=True)
        said = without(first_line(error), self._opening.secrets)
        if any(word in str(error) for word in _HOLDING):
            return Outcome("held", f"{said}; a person must renew the credentials", stops=True)
        return Outcome("pending", said, stops=True)


def _of_hash(key: str, attributes: dict[str, object]) -> list[Command]:
    """Values as JSON, but for texts, which are themselves; what is null goes."""
    pairs = [
        part
        for name, value in attributes.items()
        if value is not None
        for part in (name, plain_numbers(value) if isinstance(value, str) else dumped(value))
    ]
    gone = [name for name, value in attributes.items() if value is None]
    return [*([("HSET", key, *pairs)] if pairs else []), *([("HDEL", key, *gone)] if gone else [])]


SPEC = Spec(
    type="redis",
    settings=(
        Setting("host", "text", is_required=True),
        Setting("port", "integer", most=65_535),
        Setting("database", "integer", least=0, most=1000),
        Setting("user", "text"),
        Setting("security", "text", choices=("none", "tls")),
        Setting("prefix", "text"),
        Setting("batch_size", "integer", most=10_000),
    ),
    secrets=("password",),
    forms=("list", "boolean"),
    identifiers={"user_id": "last"},
    identifier_types=None,
    is_mixed=False,
    open=stated(Keys, kind="redis", batch_size=1000),
    value_forms=("boolean",),
    name="Redis",
    description="A set of the members of each list, or a hash of what is known of each person, for services that ask at once.",
    proven_by="real server (Redis)",
)
