"""Runs Alembic on a project: in this process, or inside the backend's container.

A Python in the container reads the modules as text. So nothing here may import from
outside of this package but Alembic, SQLAlchemy and the standard library, and nothing
may be newer than Python 3.9, which is what such a container may have.
"""
