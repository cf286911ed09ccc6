"""The database: one set of SQLAlchemy Core statements, executed by SQLite or PostgreSQL."""
