"""An S3 bucket as connectors of files reach it: its options, and clients made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import pyarrow as pa
from pydantic import Field, SecretStr

from datagov import config
from datagov.connectors._options import Options
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

_SCHEMES = ("s3://", "s3a://", "s3n://")


class S3Options(Options):
    """Options of a source that may lie in S3."""

    endpoint: Annotated[str | None, Field(description="S3: address of the service, for example of MinIO.")] = None
    region: Annotated[str | None, Field(description="S3: region of the bucket.")] = None
    anonymous: Annotated[bool, Field(description="S3: read a public bucket without an account.")] = False
    access_key_id: Annotated[str | None, Field(description="S3: by default the environment's credentials.")] = None
    secret: Annotated[SecretStr | None, Field(description="S3: the key's secret, ${NAME} or file:PATH.")] = None
    connect_seconds: Annotated[float, Field(gt=0, description="S3: how long connecting may take.")] = 5.0
    request_seconds: Annotated[float, Field(gt=0, description="S3: how long one answer may take.")] = 30.0


def is_s3(path: str) -> bool:
    """Whether a path is a URL of a bucket."""
    return path.startswith(_SCHEMES)


def account(source: Source, options: S3Options) -> tuple[str, str] | None:
    """(key, secret) of the options; None when the environment's are used. Raises ConfigError for half of it."""
    secret = config.resolve(options.secret.get_secret_value(), base=source.base) if options.secret else None
    if (options.access_key_id is None) != (secret is None):
        message = f"Source {source.name!r} needs both 'access_key_id' and 'secret', or neither."
        raise ConfigError(message, file=source.file, line=source.line)
    return (config.expand(options.access_key_id), secret) if options.access_key_id and secret else None


def region(options: S3Options) -> str | None:
    """The region; a service of one's own has none, but its clients want one."""
    return options.region or ("us-east-1" if options.endpoint else None)


def filesystem(source: Source, options: S3Options) -> S3FileSystem:
    """Arrow's own client."""
    from pyarrow.fs import S3FileSystem

    scheme, _, address = (options.endpoint or "").rpartition("://")
    key, secret = account(source, options) or (None, None)
    try:
        return S3FileSystem(
            endpoint_override=address or None,
            scheme=scheme or "https",
            region=region(options),
            anonymous=options.anonymous,
            access_key=key,
            secret_key=secret,
            connect_timeout=options.connect_seconds,
            request_timeout=options.request_seconds,
        )
    except (OSError, ValueError, pa.ArrowException) as error:
        raise SourceError(
            f"Source {source.name!r}: S3 cannot be used with these options ({type(error).__name__})."
        ) from None


def object_store(source: Source, options: S3Options) -> Mapping[str, str]:
    """Options of the client that delta-rs uses."""
    key, secret = account(source, options) or (None, None)
    given = {
        "AWS_ENDPOINT_URL": options.endpoint,
        "AWS_REGION": region(options),
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ALLOW_HTTP": "true" if (options.endpoint or "").startswith("http://") else None,
        "AWS_SKIP_SIGNATURE": "true" if options.anonymous else None,
        "connect_timeout": f"{options.connect_seconds * 1000:.0f}ms",
        "timeout": f"{options.request_seconds * 1000:.0f}ms",
        "max_retries": "2",
    }
    return {name: value for name, value in given.items() if value is not None}


def file_io(source: Source, options: S3Options) -> Mapping[str, str]:
    """Properties of the client that PyIceberg uses."""
    key, secret = account(source, options) or (None, None)
    given = {
        "s3.endpoint": options.endpoint,
        "s3.region": region(options),
        "s3.access-key-id": key,
        "s3.secret-access-key": secret,
        "s3.anonymous": "true" if options.anonymous else None,
        "s3.connect-timeout": str(options.connect_seconds),
        "s3.request-timeout": str(options.request_seconds),
    }
    return {name: value for name, value in given.items() if value is not None}
