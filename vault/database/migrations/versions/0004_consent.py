"""What sources let be done with their cases, and what partners may ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; what was there before stays as it was allowed."""
    scope = sa.Column("consent", sa.String(16), nullable=False, server_default="partner-lawyers")
    op.add_column("cases", scope)
    op.add_column("cases", sa.Column("code_key", sa.LargeBinary(32), nullable=False, server_default=""))
    op.add_column("people", sa.Column("kind", sa.String(16), nullable=False, server_default="lawyer"))
    op.add_column("requests", sa.Column("chosen", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Remove them."""
    op.drop_column("requests", "chosen")
    op.drop_column("people", "kind")
    op.drop_column("cases", "code_key")
    op.drop_column("cases", "consent")
