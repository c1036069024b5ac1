"""Buckets that refuse, break off, stay silent or dawdle: a sentence in time, and the tables beside are read.

Accounts and rights are those of a moto server that checks signatures and policies; faults of the network happen in a
proxy before it.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import urllib3
from _bad_input import Told, is_fit_to_be_told, night, proxy
from moto.server import ThreadedMotoServer

from datagov.model import Exit

deltalake = pytest.importorskip("deltalake", reason="the extra 'delta' is not installed")

PEOPLE = pa.table({"mail": [f"u{n}@example.org" for n in range(60_000)]})
EVERYTHING = {"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}
NO_BUCKET = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}
NOT_BAD = {"Effect": "Deny", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::lake/*/bad/*"]}
Account = tuple[str, str]
OPEN: Account = ("admin", "geheim")


@dataclass(frozen=True)
class Bucket:
    """A bucket ``lake`` with the tables ``good`` and ``bad``, once as files and once as Delta tables."""

    port: int
    accounts: dict[str, Account]


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    address = f"http://127.0.0.1:{port}"
    admin = {
        "endpoint_url": address,
        "region_name": "us-east-1",
        "aws_access_key_id": "a",
        "aws_secret_access_key": "b",
    }
    s3, iam = boto3.client("s3", **admin), boto3.client("iam", **admin)
    s3.create_bucket(Bucket="lake")
    packed = io.BytesIO()
    pq.write_table(PEOPLE, packed)
    stored = {"AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}
    stored |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_S3_ALLOW_UNSAFE_RENAME": "true"}
    for name in ("good", "bad"):
        s3.put_object(Bucket="lake", Key=f"files/{name}/a.parquet", Body=packed.getvalue())
        deltalake.write_deltalake(f"s3://lake/delta/{name}", PEOPLE, storage_options=stored)

    def account(name: str, *rights: object) -> Account:
        iam.create_user(UserName=name)
        policy = json.dumps({"Version": "2012-10-17", "Statement": rights})
        if rights:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    reader = account("reader", EVERYTHING)
    accounts = {
        "unknown": ("AKIANOBODY", "geheim"),
        "mistyped": (reader[0], "geheim"),
        "nobody": account("nobody"),
        "blind": account("blind", NO_BUCKET),
        "kept": account("kept", EVERYTHING, NOT_BAD),
    }
    yield Bucket(port, accounts)
    server.stop()


def source(folder: Path, name: str, use: str, port: int, account: Account = OPEN) -> str:
    (folder / name).write_text(account[1])
    seconds = "connect_seconds: 0.5, request_seconds: 0.5"
    where = f"path: s3://lake/{use}, endpoint: 'http://127.0.0.1:{port}'"
    return f"{name}: {{use: {use}, {where}, access_key_id: {account[0]}, secret: 'file:{name}', {seconds}}}"


@pytest.fixture(scope="module")
def refused(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Path]:
    """A night of every account over files and Delta tables, on a server that checks signatures and rights."""
    folder, switch = tmp_path_factory.mktemp("s3"), f"http://127.0.0.1:{bucket.port}/moto-api/reset-auth"
    sources = [
        source(folder, f"{who}_{use}", use, bucket.port, account)
        for who, account in bucket.accounts.items()
        for use in ("files", "delta")
    ]
    urllib3.request("POST", switch, body=b"0")
    try:
        return night(folder, "\n".join(sources)), folder
    finally:
        urllib3.request("POST", switch, body=b"inf")


@pytest.mark.parametrize("use", ["files", "delta"])
@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("unknown", "the access key is not known there"),
        ("mistyped", "the secret does not fit the access key"),
        ("nobody", "access is denied; grant s3:ListBucket and s3:GetObject"),
        ("blind", "access is denied; grant s3:ListBucket and s3:GetObject"),
    ],
)
def test_an_account_that_is_refused_is_a_sentence_with_the_way_out(
    refused: tuple[Told, Path], who: str, says: str, use: str
) -> None:
    (message,) = refused[0].of(f"{who}_{use}")

    assert message.endswith(f"cannot be listed: {says}.")


def test_an_object_that_an_account_may_not_read_costs_its_table(refused: tuple[Told, Path], bucket: Bucket) -> None:
    told, folder = refused

    assert told.audit.exit is Exit.INCOMPLETE
    assert any("cannot be opened: access is denied; grant" in one for one in told.of("bad/a.parquet"))
    assert any("'kept_delta.bad' cannot be read" in one for one in told.of("kept_delta.bad"))
    assert told.outcomes() == {"kept_files.good": "sampled", "kept_delta.good": "sampled"}
    assert is_fit_to_be_told(told.texts, folder)
    assert not [key for key, secret in bucket.accounts.values() if key in told.texts or secret in told.texts]


@pytest.fixture(scope="module")
def broken(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Path, float]:
    """A night over networks that fail from the beginning (``all``), or when an object of ``bad`` is asked for."""
    folder, begun = tmp_path_factory.mktemp("s3"), time.monotonic()
    with ExitStack() as open_until_then:
        sources = []
        for fault in ("refused", "reset", "hole"):
            port = open_until_then.enter_context(proxy(bucket.port, fault))
            sources.append(source(folder, f"all_{fault}", "files", port))
        for fault in ("reset", "hole", "slow"):
            port = open_until_then.enter_context(proxy(bucket.port, fault, named=b"/bad/"))
            sources += [source(folder, f"{fault}_{use}", use, port) for use in ("files", "delta")]
        return night(folder, "\n".join(sources)), folder, time.monotonic() - begun


@pytest.mark.parametrize("fault", ["refused", "reset", "hole"])
def test_a_bucket_that_cannot_be_reached_is_a_sentence(broken: tuple[Told, Path, float], fault: str) -> None:
    (message,) = broken[0].of(f"all_{fault}")

    assert message.endswith("cannot be listed: it cannot be reached; check 'endpoint' and the network.")


@pytest.mark.parametrize(
    ("fault", "outcome"), [("reset", "unreadable"), ("hole", "unreadable"), ("slow", "sampled")], ids=lambda one: one
)
def test_an_object_that_breaks_off_or_dawdles_costs_at_most_its_table(
    broken: tuple[Told, Path, float], fault: str, outcome: str
) -> None:
    told = broken[0]
    found = told.outcomes()

    for use in ("files", "delta"):
        assert found[f"{fault}_{use}.good"] == "sampled"
        assert found.get(f"{fault}_{use}.bad", "unreadable") == outcome
        assert bool(told.of(f"{fault}_{use}.bad")) == (outcome == "unreadable")


def test_the_night_is_incomplete_and_ends_in_time(broken: tuple[Told, Path, float]) -> None:
    told, folder, seconds = broken

    assert told.audit.exit is Exit.INCOMPLETE
    assert sum("cannot be opened: it cannot be reached" in one for one in told.of("bad/a.parquet")) == 2
    assert is_fit_to_be_told(told.texts, folder)
    assert seconds < 120
