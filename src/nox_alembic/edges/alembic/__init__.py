"""Alembic, run by a worker in our Python, or in that of the backend."""
