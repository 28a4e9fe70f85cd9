"""Alembic's scripts: each brings the schema one step on."""
