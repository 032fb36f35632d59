"""Redis and a broker that speaks the protocol of Kafka, each a real server on loopback."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from redis import Redis
from tests.integration.stores import kafka_server, redis_server
from tests.integration.worlds import Crash, World, destination, send_to, users

from dbt_audiences.sync import addresses, outbox
from dbt_audiences.sync.trying import tried

TOO_LARGE = json.dumps({"text": "x" * 2_000_000})


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    with redis_server("right") as port, Redis(port=port, password="right", decode_responses=True) as client:
        yield client


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    with kafka_server() as port:
        yield f"127.0.0.1:{port}"


def to_redis(world: World, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    redis.flushall()
    monkeypatch.setenv("PASSWORD", "right")
    settings = {"host": "127.0.0.1", "port": redis.connection_pool.connection_kwargs["port"]}
    world.destination = destination(type="redis", settings=settings, secrets={"password": "{{ env_var('PASSWORD') }}"})


def test_a_list_is_a_set_for_each_type_of_identifier(world: World, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    to_redis(world, redis, monkeypatch)
    world.want([*users("ann", "it's {{ x }}\n"), ("p-ann", "email", "a@x.y")])
    assert "SADD audiences:vips:user_id ann" in str(world.sync(dry_run=True).requests) and redis.keys() == []
    assert world.sync().delivered == 2
    assert redis.smembers("audiences:vips:user_id") == {"ann", "it's {{ x }}\n"}
    assert redis.smembers("audiences:vips:email") == {"a@x.y"}
    world.want(users("ann"))
    assert world.sync().status == "synced"
    assert redis.smembers("audiences:vips:user_id") == {"ann"} and not redis.exists("audiences:vips:email")


def test_a_hash_holds_what_is_known_and_one_bad_key_rejects_its_row_alone(
    world: World, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_redis(world, redis, monkeypatch)
    world.send = send_to(as_="boolean")
    redis.set("audiences:user_id:bad", "a text and no hash")
    redis.hset("audiences:user_id:ann", mapping={"plan": "old", "other": "kept"})
    world.want(users("ann", "bad", "bob", traits='{"score":1.50,"plan":null,"tags":["a"],"name":"Ann"}'))
    result = world.sync()
    assert (result.delivered, result.rejected) == (2, 1) and "WRONGTYPE" in result.message
    known = {"vips": "true", "score": "1.50", "tags": '["a"]', "name": "Ann"}
    assert redis.hgetall("audiences:user_id:ann") == {"other": "kept", **known}
    world.want([])
    world.sync()
    assert redis.hgetall("audiences:user_id:bob") == {**known, "vips": "false"}


def test_redis_that_refuses_holds_and_one_that_is_away_leaves_all_pending(
    world: World, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_redis(world, redis, monkeypatch)
    whole = world.destination
    world.want(users("ann"))
    world.destination = replace(whole, settings={**whole.settings, "port": 1})
    assert (world.sync().status, world.sync().pending) == ("failed", 1)
    world.destination = replace(whole, secrets={})
    assert world.sync().pending == 1
    monkeypatch.setenv("PASSWORD", "wr0ng")
    world.destination = whole
    outcome = tried(whole, world.root)
    assert outcome.verdict == "held" and "a person must renew the credentials" in str(outcome.reason)
    assert "wr0ng" not in world.sync().message
    monkeypatch.setenv("PASSWORD", "right")
    assert (tried(whole, world.root).verdict, world.sync().status) == ("delivered", "synced")


# --- kafka -------------------------------------------------------------------------------------------------------------------


def to_topic(world: World, broker: str, topic: str) -> None:
    """A new topic of three partitions."""
    admin = AdminClient({"bootstrap.servers": broker})
    admin.create_topics([NewTopic(topic, 3, 1)])[topic].result(20)
    world.destination = destination(type="kafka", settings={"brokers": broker, "topic": topic})


def messages(broker: str, topic: str, count: int) -> list[tuple[str, Any, dict[str, str], int]]:
    """(key, value, headers, partition) of the first messages, in the order of each partition."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": topic, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(3)])
    found = []
    for _ in range(200):
        message = consumer.poll(0.1)
        if message is not None:
            assert message.error() is None, message.error()
            headers = {name: value.decode() for name, value in message.headers()}
            found.append((message.key().decode(), json.loads(message.value()), headers, message.partition()))
        if message is None and len(found) >= count:
            break
    consumer.close()
    return found


def test_each_call_is_a_message_under_the_persons_key_and_exits_follow_entries(world: World, broker: str) -> None:
    to_topic(world, broker, "calls")
    world.want([*users("ann", "bob"), ("p-bob", "email", "bob@x.y")])
    assert "'key': 'p-ann'" in str(world.sync(dry_run=True).requests)
    assert world.sync().delivered == 2
    world.want(users("ann"))
    assert world.sync().status == "synced"
    found = messages(broker, "calls", 3)
    said = [(key, value["userId"], value["traits"]["vips"]) for key, value, _, _ in found if key == "p-bob"]
    assert said == [("p-bob", "bob", True), ("p-bob", "bob", False)] and len(found) == 3
    assert len({partition for key, _, _, partition in found if key == "p-bob"}) == 1
    assert all(value["messageId"] == headers["message-id"] for _, value, headers, _ in found)


def test_what_may_have_been_lost_comes_again_under_its_ids(world: World, broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    to_topic(world, broker, "again")
    world.destination = replace(world.destination, settings={**world.destination.settings, "key": "user_id"})
    world.send = send_to(as_="list")
    world.want(users("ann"))

    def die(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "settle", die)
        with pytest.raises(Crash):
            world.sync()
    assert world.sync().status == "synced"
    first, second = messages(broker, "again", 2)
    assert first == second and first[0] == "ann"
    who = {"profile_id": "p-ann", "identifiers": {"user_id": "ann"}, "traits": {}}
    assert first[1] == {"audience": "vips", "list": "Our VIPs", "op": "add", **who}


def test_a_message_that_is_too_large_rejects_its_row_alone(world: World, broker: str) -> None:
    to_topic(world, broker, "large")
    world.want([*users("ann", "bob"), *users("big", traits=TOO_LARGE)])
    result = world.sync()
    assert (result.delivered, result.rejected) == (2, 1) and "too large" in result.message
    assert {key for key, *_ in messages(broker, "large", 2)} == {"p-ann", "p-bob"}


def test_a_topic_that_is_missing_holds_and_a_broker_that_is_away_leaves_all_pending(world: World, broker: str) -> None:
    to_topic(world, broker, "here")
    world.want(users("ann"))
    whole = world.destination
    assert tried(whole, world.root).reason == "it takes the credentials; nothing was produced"
    world.destination = replace(whole, settings={**whole.settings, "topic": "nowhere"})
    result = world.sync()
    assert result.status == "held" and "the topic nowhere: Broker: Unknown topic" in result.message
    world.destination = replace(whole, settings={**whole.settings, "brokers": "127.0.0.1:1"})
    result = world.sync()
    assert (result.status, result.pending) == ("failed", 1), result.message
    world.destination = whole
    assert world.sync().status == "synced"


def heard(listener: socket.socket) -> bytes:
    """What anybody said who came within half a second: the library may come before it gives the names to be checked."""
    listener.settimeout(0.5)
    said = b""
    try:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(0.5)
            while part := connection.recv(4096):
                said += part
    except OSError:
        pass
    return said


def test_a_broker_that_names_a_private_one_leads_nobody_there_nor_does_a_name_that_answers_otherwise(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", "right")
    real, asked = socket.getaddrinfo, []

    def rebinding(host: Any, *given: Any, **more: Any) -> Any:
        if host == "broker.example":
            asked.append(host)
            host = "127.0.0.1"
        return real(host, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    # As if the broker stood in the open internet, and what it names in its own network.
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    with socket.create_server(("127.0.0.9", 0)) as inner, kafka_server(named=f"127.0.0.9:{inner.getsockname()[1]}") as port:
        settings = {"brokers": f"broker.example:{port}", "topic": "calls"}
        world.destination = destination(type="kafka", settings=settings, allow_private_addresses=False)
        world.want(users("ann"))
        result = world.sync()
        said = heard(inner)
        assert b"ann" not in said and b"right" not in said
    # Only our own look-up: the library, which knows no such name, was given the address.
    assert (result.status, result.pending, asked) == ("failed", 1, ["broker.example"])
    assert "127.0.0.9 is a private address" in result.message or "transport failure" in result.message


def test_a_broker_that_does_not_know_the_user_holds_and_no_password_shows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", "wr0ng")
    with kafka_server("--authentication") as port:
        settings = {"brokers": f"127.0.0.1:{port}", "topic": "calls", "security": "sasl", "user": "ann"}
        world.destination = destination(type="kafka", settings=settings, secrets={"password": "{{ env_var('PASSWORD') }}"})
        world.want(users("ann"))
        result = world.sync()
    assert (result.status, result.pending) == ("held", 1) and "SASL SCRAM authentication failed" in result.message
    assert "a person must renew the credentials" in result.message and "wr0ng" not in result.message
