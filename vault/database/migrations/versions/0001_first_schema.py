"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "meta",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        comment="the sequencer's place in the log: committed and published size, edge, signed checkpoint",
    )
    op.create_table(
        "cases",
        sa.Column("case", sa.String(9), primary_key=True),
        sa.Column("receipt_verifier", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened", sa.String(20), nullable=False, comment="RFC 3339, cut to the hour"),
        sa.Column("exhibits", sa.Integer, nullable=False, default=0, comment="how many were sealed"),
        sa.Column("statements", sa.Integer, nullable=False, default=0),
    )
    op.create_table(
        "exhibits",
        sa.Column("exhibit", sa.String(32), primary_key=True),
        sa.Column("case", sa.String(9), nullable=False, index=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.UniqueConstraint("case", "number"),
    )
    op.create_table(
        "objects",
        sa.Column("key", sa.String(256), primary_key=True),
        sa.Column("case", sa.String(9), nullable=False, index=True),
        sa.Column("exhibit", sa.String(32), nullable=False, default="", index=True),
        sa.Column("bytes", sa.BigInteger, nullable=False, comment="length of the age payload section"),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False, comment="of the age payload section"),
    )
    op.create_table(
        "people",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False, unique=True),
        sa.Column("state", sa.String(16), nullable=False),
    )
    op.create_table(
        "requests",
        sa.Column("request", sa.String(16), primary_key=True),
        sa.Column("case", sa.String(9), nullable=False, index=True),
        sa.Column("partner", sa.String(64), nullable=False, index=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("time", sa.String(20), nullable=False),
    )
    op.create_table(
        "approvals",
        sa.Column("request", sa.String(16), primary_key=True),
        sa.Column("custodian", sa.String(64), primary_key=True),
        sa.Column("objects_sha256", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("position", sa.Integer, unique=True, nullable=True, comment="index in the log, once committed"),
        sa.Column("case", sa.String(9), nullable=False, default="", index=True),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False, comment="the event's canonical bytes"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "nonces",
        sa.Column("key_id", sa.String(32), primary_key=True),
        sa.Column("nonce", sa.String(64), primary_key=True),
        sa.Column("expires", sa.Integer, nullable=False, index=True, comment="Unix time in seconds"),
    )


def downgrade() -> None:
    """Drop every table."""
    for table in ("nonces", "events", "approvals", "requests", "people", "objects", "exhibits", "cases", "meta"):
        op.drop_table(table)
