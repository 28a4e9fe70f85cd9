"""The tables. One schema for SQLite and PostgreSQL; `migrations` creates it step by step."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()

meta: Final = Table(
    "meta",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    comment="the sequencer's place in the log: committed and published size, edge, signed checkpoint",
)

cases: Final = Table(
    "cases",
    metadata,
    Column("case", String(9), primary_key=True),
    Column("receipt_verifier", LargeBinary(32), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("opened", String(20), nullable=False, comment="RFC 3339, cut to the hour"),
    Column("exhibits", Integer, nullable=False, default=0, comment="how many were sealed"),
    Column("statements", Integer, nullable=False, default=0),
    Column("consent", String(16), nullable=False, default="partner-lawyers", comment="the scope its source chose"),
    Column("code_key", LargeBinary(32), nullable=False, default=b"", comment="public key of the lawyer's code"),
)

exhibits: Final = Table(
    "exhibits",
    metadata,
    Column("exhibit", String(32), primary_key=True),
    Column("case", String(9), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    UniqueConstraint("case", "number"),
)

objects: Final = Table(
    "objects",
    metadata,
    Column("key", String(256), primary_key=True),
    Column("case", String(9), nullable=False, index=True),
    Column("exhibit", String(32), nullable=False, default="", index=True),
    Column("bytes", BigInteger, nullable=False, comment="length of the age payload section"),
    Column("sha256", LargeBinary(32), nullable=False, comment="of the age payload section"),
)

people: Final = Table(
    "people",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("line", Text, nullable=False),
    Column("key_id", String(32), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("kind", String(16), nullable=False, default="lawyer", comment="what a partner may ask for"),
)

requests: Final = Table(
    "requests",
    metadata,
    Column("request", String(16), primary_key=True),
    Column("case", String(9), nullable=False, index=True),
    Column("partner", String(64), nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("time", String(20), nullable=False),
    Column("chosen", Boolean, nullable=False, default=False, comment="it showed that the source chose the partner"),
)

approvals: Final = Table(
    "approvals",
    metadata,
    Column("request", String(16), primary_key=True),
    Column("custodian", String(64), primary_key=True),
    Column("objects_sha256", LargeBinary(32), nullable=False),
)

events: Final = Table(
    "events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("position", BigInteger, unique=True, nullable=True, comment="index in the log, once committed"),
    Column("case", String(9), nullable=False, default="", index=True),
    Column("type", String(32), nullable=False),
    Column("body", LargeBinary, nullable=False, comment="the event's canonical bytes"),
    sqlite_autoincrement=True,
)

unfinished: Final = Table(
    "unfinished",
    metadata,
    Column("work", String(16), primary_key=True),
    Column("name", String(16), primary_key=True),
    comment="what a crash may have left half done: withdrawals by their case, bundles by their request",
)

nonces: Final = Table(
    "nonces",
    metadata,
    Column("key_id", String(32), primary_key=True),
    Column("nonce", String(64), primary_key=True),
    Column("expires", BigInteger, nullable=False, index=True, comment="Unix time in seconds"),
)

uploads: Final = Table(
    "uploads",
    metadata,
    Column("upload", String(32), primary_key=True, comment="derived from the secret in its address, which is not kept"),
    Column("case", String(9), nullable=False, index=True),
    Column("proof", LargeBinary(32), nullable=False, comment="of the receipt; tells nothing without the secret"),
    Column("channel", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("length", BigInteger, nullable=True, comment="bytes; null until it is told"),
    Column("received", BigInteger, nullable=False, comment="bytes that are durable: the offset"),
    Column("expires", BigInteger, nullable=False, index=True, comment="Unix time, to the hour or minute"),
    Column("exhibit", String(32), nullable=False, comment="what it became"),
    Column("number", Integer, nullable=False, comment="the number of that exhibit"),
    Column("asked", Integer, nullable=False, comment="the newest request that wants to hold it"),
    Column("holder", Integer, nullable=False, comment="the request that holds it; 0: none"),
    Column("beats", Integer, nullable=False, comment="counted by a holder that is asked for it and still at work"),
)
