"""What a crash may leave half done, by name; and room for more than two thousand million events."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_BEGUN = (
    """SELECT 'withdrawal', "case" FROM exhibits WHERE state = 'destroyed'
    UNION SELECT 'withdrawal', "case" FROM cases WHERE state = 'withdrawn'""",
    "SELECT 'bundle', request FROM requests WHERE state IN ('approved', 'sealed')",
)
"""All that may be half done: whoever looks at it finds out whether it is."""
_WIDE = {"events": ("id", "position"), "nonces": ("expires",)}
"""Columns that were made with 32 bits, which PostgreSQL keeps to."""


def upgrade() -> None:
    """Create the table, and note in it all that may be half done."""
    op.create_table(
        "unfinished",
        sa.Column("work", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(16), primary_key=True),
    )
    for begun in _BEGUN:
        op.execute(f"INSERT INTO unfinished (work, name) {begun}")
    _alter(sa.BigInteger())


def downgrade() -> None:
    """Drop it."""
    op.drop_table("unfinished")
    _alter(sa.Integer())


def _alter(kind: sa.types.TypeEngine[int]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in _WIDE.items():
            for column in columns:
                op.alter_column(table, column, type_=kind)
        wide = isinstance(kind, sa.BigInteger)
        op.execute(f"ALTER SEQUENCE events_id_seq AS {'bigint' if wide else 'integer'}")
