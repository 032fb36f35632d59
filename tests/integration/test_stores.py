"""Files of members in real servers of S3, Google Cloud Storage and SFTP, and in a receiver that holds to Azure's contract."""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import asyncssh
import boto3
import pytest
from tests.contracts.azure import ACCOUNT, KEY, AzureBlob
from tests.integration.stores import SftpServer, gcs_server, s3_server, sftp_server
from tests.integration.worlds import Crash, World, destination, users

from dbt_audiences.core.project import Destination
from dbt_audiences.sync import outbox
from dbt_audiences.sync.trying import tried

HEAD = "audience,op,profile_id,user_id,email,anonymous_id,traits\n"


@dataclass
class Place:
    """One store: a destination that reaches it, and what anybody finds there."""

    destination: Destination
    files: Callable[[], dict[str, bytes]]


@dataclass
class S3:
    url: str
    key: str
    secret: str
    client: Any


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """A server with one user, who may do anything with buckets; it takes nobody else."""
    with s3_server() as url:
        root: dict[str, Any] = {
            "endpoint_url": url, "aws_access_key_id": "root", "aws_secret_access_key": "root", "region_name": "us-east-1",
        }  # fmt: skip
        iam = boto3.client("iam", **root)
        iam.create_user(UserName="ann")
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName="ann", PolicyName="buckets", PolicyDocument=policy)
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        # From now on it asks who calls.
        urlopen(Request(f"{url}/moto-api/reset-auth", data=b"0", headers={"content-type": "text/plain"})).read()
        mine = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        yield S3(url, key["AccessKeyId"], key["SecretAccessKey"], boto3.client("s3", **{**root, **mine}))


@pytest.fixture(scope="session")
def gcs() -> Iterator[str]:
    with gcs_server() as url:
        yield url


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with sftp_server(tmp_path_factory.mktemp("sftp"), ("ann", "right")) as server:
        yield server


def of_s3(s3: S3, name: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    client = s3.client
    client.create_bucket(Bucket=name)
    monkeypatch.setenv("KEY", s3.key)
    monkeypatch.setenv("SECRET", s3.secret)

    def files() -> dict[str, bytes]:
        found = client.list_objects_v2(Bucket=name).get("Contents", [])
        return {one["Key"]: client.get_object(Bucket=name, Key=one["Key"])["Body"].read() for one in found}

    settings = {"bucket": name, "path": "to/us", "endpoint_url": s3.url, "region": "us-east-1"}
    secrets = {"access_key_id": "{{ env_var('KEY') }}", "secret_access_key": "{{ env_var('SECRET') }}"}
    return Place(destination(type="s3", settings=settings, secrets=secrets), files)


def of_gcs(url: str, name: str) -> Place:
    def asked(path: str, body: object = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        found: bytes = urlopen(Request(f"{url}/{path}", data=data, headers={"content-type": "application/json"})).read()
        return found

    asked("storage/v1/b?project=p", {"name": name})

    def files() -> dict[str, bytes]:
        found = json.loads(asked(f"storage/v1/b/{name}/o")).get("items", [])
        return {one["name"]: asked(f"download/storage/v1/b/{name}/o/{quote(one['name'], safe='')}?alt=media") for one in found}

    return Place(destination(type="gcs", settings={"bucket": name, "path": "to/us", "endpoint_url": url}), files)


def of_sftp(server: SftpServer, name: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    root = server.root / name
    root.mkdir()
    monkeypatch.setenv("PASSWORD", "right")
    settings = {
        "host": "127.0.0.1", "port": server.port, "user": "ann", "path": f"{name}/to/us", "host_key": server.host_key,
    }  # fmt: skip

    def files() -> dict[str, bytes]:
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    return Place(destination(type="sftp", settings=settings, secrets={"password": "{{ env_var('PASSWORD') }}"}), files)


def of_azure(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    contract = AzureBlob(name)
    world.receiver.decide = contract
    url = f"{world.receiver.url.removesuffix('/hook')}/{ACCOUNT}"
    monkeypatch.setenv(
        "CONNECTION", f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={url};"
    )

    def files() -> dict[str, bytes]:
        assert contract.surprises == []
        return contract.containers[name]

    settings = {"account": ACCOUNT, "container": name, "path": "to/us"}
    secrets = {"connection_string": "{{ env_var('CONNECTION') }}"}
    return Place(destination(type="azure_blob", settings=settings, secrets=secrets), files)


@pytest.fixture(params=["s3", "gcs", "azure", "sftp"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An empty bucket or folder of each kind."""
    name = f"lists-{abs(hash(request.node.name)) % 10**9}"
    if request.param == "azure":
        return of_azure(request.getfixturevalue("world"), name, monkeypatch)
    server = request.getfixturevalue({"sftp": "ssh"}.get(request.param, request.param))
    if request.param == "gcs":
        return of_gcs(server, name)
    return of_s3(server, name, monkeypatch) if request.param == "s3" else of_sftp(server, name, monkeypatch)


def changed(place: Place, **settings: object) -> Destination:
    return replace(place.destination, settings={**place.destination.settings, **settings})


def test_each_sync_adds_a_file_of_what_changed_and_a_crash_adds_none_twice(
    world: World, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.destination = place.destination
    assert tried(place.destination, world.root).verdict == "delivered" and place.files() == {}
    world.want([*users("ann", "bob", traits='{"plan":"a,b"}'), ("p-bob", "email", "bob@x.y", '{"plan":"a,b"}')])
    shown = world.sync(dry_run=True).requests
    assert "to/us/vips/sync-1-<sha256>.csv" in str(shown) and place.files() == {}

    def die(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "settle", die)
        with pytest.raises(Crash):
            world.sync()
    world.want(users("ann", traits='{"plan":"a,b"}'))
    result = world.sync()
    assert (result.status, result.exited) == ("synced", 1), result.message
    files = {name: text.decode() for name, text in place.files().items()}
    (first, second) = sorted(files)
    assert first.startswith("to/us/vips/sync-2-") and second.startswith("to/us/vips/sync-3-")
    traits = '"{""plan"":""a,b""}"'
    assert files[first] == f"{HEAD}vips,add,p-ann,ann,,,{traits}\nvips,add,p-bob,bob,bob@x.y,,{traits}\n"
    assert files[second] == f"{HEAD}vips,remove,p-bob,bob,bob@x.y,,{{}}\n"


def test_a_file_of_all_members_is_replaced_where_one_changed_and_not_else(world: World, place: Place) -> None:
    world.destination = changed(place, content="members", format="jsonl", compression="gzip")
    world.want(users("ann", "bob"))
    assert world.sync().delivered == 2
    world.want(users("bob", "cid"))
    result = world.sync()
    assert (result.entered, result.exited, result.changed) == (1, 1, 0)
    (name,) = before = place.files()
    rows = [json.loads(line) for line in gzip.decompress(before[name]).decode().splitlines()]
    assert name == "to/us/vips.jsonl.gz"
    assert before[name][4:8] == bytes(4)  # no time in it: the same rows are the same bytes
    assert [(row["op"], row["user_id"]) for row in rows] == [("add", "bob"), ("add", "cid")]
    assert world.sync().delivered == 0
    assert world.held == {("user_id", "bob"), ("user_id", "cid")}
    # A person who is forgotten is taken out at once; all others stay in it.
    stays = "(select profile_id, identifier_type, identifier_value, traits from wanted_table where false) as what_stays"
    assert world.sync(desired=stays, among="profile_id = 'p-bob'", approved=True).status == "synced"
    (rest,) = gzip.decompress(place.files()[name]).decode().splitlines()
    assert json.loads(rest)["user_id"] == "cid" and world.held == {("user_id", "cid")}


def test_a_store_that_refuses_holds_the_connection_and_shows_no_secret(
    world: World, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.want(users("ann"))
    for name in ("KEY", "SECRET", "PASSWORD"):
        monkeypatch.setenv(name, "wr0ng-secret")
    wrong_key = base64.b64encode(b"wr0ng-secret").decode()
    monkeypatch.setenv("CONNECTION", os.environ.get("CONNECTION", "").replace(KEY, wrong_key))
    world.destination = changed(place, bucket="nowhere") if place.destination.type == "gcs" else place.destination
    result = world.sync()
    assert (result.status, result.pending) == ("held", 1), result.message
    assert "a person must act" in result.message and "wr0ng-secret" not in result.message and wrong_key not in result.message
    assert tried(world.destination, world.root).verdict == "held"


def test_parquet_is_compressed_inside_and_refuses_gzip(world: World, ssh: SftpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    place = of_sftp(ssh, "parquet", monkeypatch)
    world.want(users("ann"))
    world.destination = changed(place, format="parquet", compression="gzip")
    assert "`compression: gzip` is for csv and jsonl" in world.sync().message
    world.destination = changed(place, format="parquet")
    world.sync()
    ((name, content),) = place.files().items()
    assert name.endswith(".parquet") and content.startswith(b"PAR1")


def test_an_upload_that_is_cut_is_never_seen_under_its_name(
    world: World, ssh: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = of_sftp(ssh, "cut", monkeypatch)
    world.destination = place.destination
    world.want(users("ann", "bob"))
    ssh.cut_after = 20
    try:
        result = world.sync()
    finally:
        ssh.cut_after = None
    assert (result.status, result.pending) == ("failed", 2)
    assert [Path(name).name[:11] for name in place.files()] == [".hook-vips-"]
    assert world.sync().delivered == 2
    (name,) = place.files()
    assert name.startswith("to/us/vips/sync-2-")


@pytest.mark.filterwarnings("ignore:Warning. bcrypt")  # few rounds, so that the key is read at once
def test_a_server_is_known_by_its_key_and_a_person_by_a_key_or_a_password(
    world: World, ssh: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = of_sftp(ssh, "keys", monkeypatch)
    other = asyncssh.generate_private_key("ssh-ed25519")
    for key in (other.export_public_key().decode(), "nonsense"):
        assert tried(changed(place, host_key=key), world.root).verdict == "held"
    unnamed = {name: value for name, value in place.destination.settings.items() if name != "host_key"}
    outcome = tried(replace(place.destination, settings=unnamed), world.root)
    assert outcome.verdict == "held" and "not found in known_hosts" in str(outcome.reason)
    monkeypatch.setenv("PRIVATE", other.export_private_key("openssh", passphrase="open sesame", rounds=1).decode())
    monkeypatch.setenv("PHRASE", "open sesame")
    secrets = {"private_key": "{{ env_var('PRIVATE') }}", "passphrase": "{{ env_var('PHRASE') }}"}
    by_key = replace(place.destination, secrets=secrets)
    assert tried(by_key, world.root).verdict == "held"
    ssh.keys.append(other.export_public_key().decode().strip())
    assert tried(by_key, world.root).verdict == "delivered"
    monkeypatch.setenv("PHRASE", "open barley")
    assert "passphrase is another" in str(tried(by_key, world.root).reason)
    assert tried(changed(place, port=1), world.root).verdict == "pending"


def test_a_server_that_cannot_rename_over_a_file_gets_the_new_list_too(
    world: World, ssh: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = of_sftp(ssh, "old", monkeypatch)
    monkeypatch.setattr(ssh, "knows_posix_rename", False)
    world.destination = changed(place, content="members")
    for name in ("ann", "bob"):
        world.want(users(name))
        assert world.sync().status == "synced"
    assert place.files() == {"to/us/vips.csv": f"{HEAD}vips,add,p-bob,bob,,,{{}}\n".encode()}
