"""Alembic scripts, one branch per room; see README.md."""
