"""`kafka`: a message for each call or change of a list, under the person's key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dbt_audiences.sync import calls, payloads
from dbt_audiences.sync.addresses import PrivateAddress, public_addresses
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Outcome, Setting, Spec, Unit
from dbt_audiences.sync.declared.statement import Statement
from dbt_audiences.sync.extras import need_library
from dbt_audiences.sync.json_text import dumped
from dbt_audiences.sync.stated import first_line, stated, without

if TYPE_CHECKING:
    from confluent_kafka import Producer

TIMEOUT_SECONDS = 30.0
ASKED_TIMES, ASKED_SECONDS = 10, 1.0
_SECURITY = {"none": "PLAINTEXT", "tls": "SSL", "sasl": "SASL_PLAINTEXT", "sasl_tls": "SASL_SSL"}


class Topic:
    """Produces with the broker's own numbering, so that its retries add no second message; all replicas must have it."""

    def __init__(self, opening: Opening) -> None:
        need_library("confluent_kafka", "kafka")
        self._opening = opening
        settings = opening.settings
        self._topic, self._key = str(settings["topic"]), str(settings.get("key", "profile_id"))
        self._troubles: list[Any] = []
        self._opened: Producer | None = None
        self._brokers: list[str] = []

    def shown(self, statement: Statement) -> dict[str, object]:
        """Keys and values."""
        messages = [{"key": self._key_of(unit), "value": value} for unit, value, _ in _messages(statement)]
        return {"topic": self._topic, "messages": messages}

    def carry(self, request_id: str, statement: Statement) -> Outcome:
        """Produce all, and wait until the broker has answered for each."""
        from confluent_kafka import KafkaError, KafkaException

        left: dict[str, Any] = {}

        def heard(id_: str) -> Callable[[Any, object], None]:
            return lambda error, _: left.__setitem__(id_, error)

        refused: list[tuple[str, str]] = []
        too_large = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD)
        waiting = self._found()
        if waiting is not None:
            return waiting
        self._troubles.clear()
        try:
            producer = self._producer()
            for unit, value, id_ in _messages(statement):
                headers = [("message-id", id_.encode()), ("request-id", request_id.encode())]
                try:
                    producer.produce(
                        self._topic,
                        dumped(value).encode(),
                        self._key_of(unit).encode(),
                        headers=headers,
                        timestamp=int(statement.envelope.as_of.timestamp() * 1000),
                        on_delivery=heard(id_),
                    )
                except KafkaException as error:
                    if error.args[0].code() not in too_large:
                        raise
                    refused.append((id_, first_line(error.args[0].str())))
            producer.flush(TIMEOUT_SECONDS)
        except (KafkaException, BufferError) as error:
            return self._failed(error.args[0])
        expected = len(statement.units) - len(refused)
        refused += [(id_, error.str()) for id_, error in left.items() if error is not None and error.code() in too_large]
        lost = [error for error in left.values() if error is not None and error.code() not in too_large]
        if lost or len(left) < expected:
            return self._failed(lost[0] if lost else "it did not answer in time")
        return Outcome("delivered", refused=tuple(refused))

    def try_out(self) -> Outcome:
        """Ask for the topic."""
        return self._found() or Outcome("delivered", "it takes the credentials; nothing was produced")

    def close(self) -> None:
        """Drop what still waits: the outbox has it."""
        if self._opened is not None:
            self._opened.purge()
            self._opened.flush(1.0)

    def _found(self) -> Outcome | None:
        """What keeps messages from the topic, asked once while all goes well."""
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        if self._opened is not None:
            return None
        self._troubles.clear()
        self._brokers = str(self._opening.settings["brokers"]).split(",")
        refusal = self._refused(self._brokers)
        if refusal is not None:
            return refusal
        # By a client of its own, gone with the answer: one that produces would speak to the brokers that are named.
        asking = AdminClient(self._config())
        for tries in range(1, ASKED_TIMES + 1):
            try:
                found = asking.list_topics(self._topic, timeout=ASKED_SECONDS)
                break
            except KafkaException as error:
                asking.poll(0)
                if tries == ASKED_TIMES or any(one.code() in _final() for one in self._troubles):
                    return self._failed(error.args[0])
        del asking
        refusal = self._refused([f"{one.host}:{one.port}" for one in found.brokers.values()])
        if refusal is not None:
            return refusal
        self._producer()
        missing = found.topics[self._topic].error
        if missing is None:
            return None
        self._failed(missing)
        return Outcome("held", f"the topic {self._topic}: {missing.str()}; a person must make it", stops=True)

    def _refused(self, brokers: list[str]) -> Outcome | None:
        """Why nothing may be sent to one of these brokers, those that were set or those that they name.

        Without TLS the addresses that were found for those that were set are the ones that are connected to.
        """
        if self._opening.allow_private_addresses:
            return None
        found = []
        try:
            for broker in brokers:
                host, _, port = broker.strip().partition("://")[-1 if "://" in broker else 0].rpartition(":")
                number = int(port) if host and port.isdigit() else 9092
                addresses = public_addresses((host or broker).strip("[] "), number)
                found += [f"[{one}]:{number}" if ":" in one else f"{one}:{number}" for _, one in addresses]
        except PrivateAddress as error:
            return Outcome("unsent", str(error), stops=True)
        except OSError as error:
            return Outcome("pending", f"its name could not be resolved: {error.strerror}", stops=True)
        if brokers is self._brokers and not self._has_tls:
            self._brokers = found
        return None

    @property
    def _has_tls(self) -> bool:
        """Then a certificate says that a broker is who its name says, wherever the name leads."""
        return _SECURITY[str(self._opening.settings.get("security", "none"))].endswith("SSL")

    def _key_of(self, unit: Unit) -> str:
        """The person's key; who has no such identifier goes under the profile's."""
        return unit.identifiers.get(self._key, unit.profile_id)

    def _producer(self) -> Producer:
        from confluent_kafka import Producer

        if self._opened is None:
            config = {
                **self._config(),
                "enable.idempotence": True,
                "acks": "all",
                "compression.type": str(self._opening.settings.get("compression", "none")),
                "linger.ms": 5,
                "message.timeout.ms": int(TIMEOUT_SECONDS * 1000) - 2000,
                "topic.metadata.propagation.max.ms": 10_000,
            }
            self._opened = Producer(config)
        return self._opened

    def _config(self) -> dict[str, Any]:
        """How brokers are reached."""
        settings, secrets = self._opening.settings, self._opening.secrets
        config: dict[str, Any] = {
            "bootstrap.servers": ",".join(self._brokers),
            "security.protocol": _SECURITY[str(settings.get("security", "none"))],
            "client.id": "dbt-audiences",
            "socket.connection.setup.timeout.ms": 10_000,
            "allow.auto.create.topics": False,
            "enable.metrics.push": False,
            "error_cb": self._heard,
            "logger": _Silent(),
        }
        if "user" in settings:
            config["sasl.mechanism"] = str(settings.get("mechanism", "SCRAM-SHA-512"))
            config["sasl.username"], config["sasl.password"] = str(settings["user"]), secrets.get("password", "")
        return config

    def _heard(self, error: Any) -> None:
        # Said again and again while a broker is away.
        if len(self._troubles) < 100:
            self._troubles.append(error)

    def _failed(self, error: Any) -> Outcome:
        # What a broker said before is the cause, where the error is that nothing came.
        said = self._troubles[0].str() if self._troubles else error if isinstance(error, str) else error.str()
        codes = [one.code() for one in (*self._troubles, *(() if isinstance(error, str) else (error,)))]
        # What waits in a producer that failed must not be sent by it later, beside what is then sent anew.
        self.close()
        self._opened = None
        said = without(first_line(said), self._opening.secrets)
        if any(code in _holding() for code in codes):
            return Outcome("held", f"{said}; a person must renew the credentials", stops=True)
        return Outcome("pending", said, stops=True)


def _holding() -> tuple[int, ...]:
    """Errors that a person must do something about."""
    from confluent_kafka import KafkaError

    return (
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    )


def _final() -> tuple[int, ...]:
    """Errors after which asking again helps nothing."""
    from confluent_kafka import KafkaError

    return (*_holding(), KafkaError._ALL_BROKERS_DOWN)


class _Silent:
    """Takes what the library would print."""

    def log(self, *_: object, **__: object) -> None:
        """Nothing."""


def _messages(statement: Statement) -> list[tuple[Unit, dict[str, object], str]]:
    envelope = statement.envelope
    found = []
    for unit, id_ in zip(statement.units, statement.message_ids, strict=True):
        if envelope.as_ == "list":
            change = {"audience": envelope.audience, "list": envelope.list_name, "op": unit.side}
            found.append((unit, {**change, **payloads.member(envelope, unit)}, id_))
        else:
            found.append((unit, calls.call(envelope, unit), id_))
    return found


SPEC = Spec(
    type="kafka",
    settings=(
        Setting("brokers", "text", is_required=True),
        Setting("topic", "text", is_required=True),
        Setting("key", "text", choices=("profile_id", *IDENTIFIER_COLUMNS)),
        Setting("security", "text", choices=tuple(_SECURITY)),
        Setting("mechanism", "text", choices=("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")),
        Setting("user", "text"),
        Setting("compression", "text", choices=("none", "gzip", "snappy", "lz4", "zstd")),
        Setting("batch_size", "integer", most=10_000),
    ),
    secrets=("password",),
    forms=("boolean", "events", "list"),
    identifiers=dict.fromkeys(IDENTIFIER_COLUMNS, "last"),
    identifier_types=None,
    is_mixed=False,
    open=stated(Topic, kind="kafka", batch_size=1000),
    keeps_history=True,
    name="Kafka",
    description="A message for each Segment call or change of a list, under the person's key.",
    proven_by="real server (Tansu)",
)
