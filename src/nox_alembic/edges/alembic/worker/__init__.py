"""Runs Alembic on a project: here in process, or as text that is piped into a Python inside the backend's container.

So nothing here may import from outside of this package but Alembic, SQLAlchemy and the standard library, and nothing
may be newer than Python 3.9, which is what such a container may have.
"""
