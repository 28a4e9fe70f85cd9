"""The store that a vault's settings name.

`file:store` is a directory, relative to the vault's own, or absolute (`file:/srv/store`).
`s3://bucket/prefix?endpoint=https://host:port&region=name` is a bucket, or what lies under a prefix of it; the region
is `us-east-1` unless told. `&lock_days=N` has the bucket, which must have object lock, keep payloads and log for N days
from whoever wants to delete them (`s3.retention`). Credentials are never part of the URL: it goes into settings,
backups and support mails.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from vault.clock import Clock, SystemClock
from vault.errors import InvalidKey, SettingsError
from vault.store.filesystem import FilesystemStore
from vault.store.protocol import Store, checked_key
from vault.store.s3.bucket import S3Store
from vault.store.s3.client import connect
from vault.store.s3.retention import MOST_DAYS

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True)
class S3Credentials:
    """The keys of an S3 user; whoever has them can read, replace and delete what is in the bucket, not open it."""

    access_key: str
    secret_key: str = field(repr=False)


def open_store(url: str, base: Path, credentials: S3Credentials | None = None, clock: Clock | None = None) -> Store:
    """The store that `url` names; relative directories are below `base`.

    SettingsError when the URL is not spelt as the head of this module says, or S3 lacks credentials;
    StoreUnavailable when the directory is missing. S3 is not asked yet.
    """
    if url.startswith("file:"):
        return FilesystemStore(base / _directory(url.removeprefix("file:")))
    if url.startswith("s3:"):
        return _bucket(url, credentials, clock or SystemClock())
    raise SettingsError("a store's URL starts with file: or s3:")


def _directory(path: str) -> str:
    if not path or path.startswith("//") or "\0" in path:
        raise SettingsError("a file: store names a relative or absolute path")
    return path


def _bucket(url: str, credentials: S3Credentials | None, clock: Clock) -> S3Store:
    parts = _split(url)
    prefix = parts.path.removeprefix("/").removesuffix("/")
    if not _BUCKET.fullmatch(parts.netloc) or parts.fragment:
        raise SettingsError("an s3: store is s3://bucket/prefix?endpoint=...")
    try:
        prefix = prefix and checked_key(prefix)
    except InvalidKey:
        raise SettingsError("an s3: store's prefix is not a strict relative path") from None
    options = _options(parts.query)
    endpoint = _endpoint(options.pop("endpoint", ""))
    region = options.pop("region", "us-east-1")
    lock_days = _days(options.pop("lock_days", "0"))
    if options or not _REGION.fullmatch(region):
        raise SettingsError("an s3: store takes an endpoint, a region and lock_days")
    if credentials is None:
        raise SettingsError("an s3: store needs an access key and a secret key")
    client = connect(
        endpoint.netloc,
        credentials.access_key,
        credentials.secret_key,
        secure=endpoint.scheme == "https",
        region=region,
    )
    return S3Store(client, parts.netloc, prefix, clock, lock_days=lock_days)


def _days(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > MOST_DAYS:
        raise SettingsError(f"an s3: store is locked for 1 to {MOST_DAYS} days")
    return int(text)


def _options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise SettingsError("an s3: store's options are not name=value") from None
    if len(dict(pairs)) != len(pairs):
        raise SettingsError("an s3: store's option is given twice")
    return dict(pairs)


def _endpoint(text: str) -> SplitResult:
    parts = _split(text)
    plain = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment
    if not plain or parts.path not in ("", "/") or "@" in parts.netloc:
        raise SettingsError("an s3: store's endpoint is http://host:port or https://host:port")
    return parts


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # not a number: ValueError
    except ValueError:
        raise SettingsError("a store's URL is malformed") from None
    return parts
