"""Uploads that are not finished: hashes, sizes and offsets, and who holds them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "uploads",
        sa.Column(
            "upload",
            sa.String(32),
            primary_key=True,
            comment="derived from the secret in its address, which is not kept",
        ),
        sa.Column("case", sa.String(9), nullable=False, index=True),
        sa.Column(
            "proof", sa.LargeBinary(32), nullable=False, comment="of the receipt; tells nothing without the secret"
        ),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("length", sa.BigInteger, nullable=True, comment="bytes; null until it is told"),
        sa.Column("received", sa.BigInteger, nullable=False, comment="bytes that are durable: the offset"),
        sa.Column("expires", sa.BigInteger, nullable=False, index=True, comment="Unix time, to the hour or minute"),
        sa.Column("exhibit", sa.String(32), nullable=False, comment="what it became"),
        sa.Column("number", sa.Integer, nullable=False, comment="the number of that exhibit"),
        sa.Column("asked", sa.Integer, nullable=False, comment="the newest request that wants to hold it"),
        sa.Column("holder", sa.Integer, nullable=False, comment="the request that holds it; 0: none"),
        sa.Column(
            "beats", sa.Integer, nullable=False, comment="counted by a holder that is asked for it and still at work"
        ),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("uploads")
