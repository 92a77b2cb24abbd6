"""Connects Alembic with the models and the database."""

import os
from logging.config import fileConfig

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.engine import make_url

from ddsurveys.models import Base

config = context.config
if config.config_file_name is not None and config.attributes.get("configure_logger", True):
    fileConfig(config.config_file_name, disable_existing_loggers=False)


def database_url() -> str:
    """Return the URL that the caller set, else that of the environment, with the installed driver."""
    text = config.get_main_option("sqlalchemy.url") or os.environ.get("DATABASE_URL")
    if not text:
        raise CommandError("no database: set DATABASE_URL, or use `nox -s migrate`, which does")
    url = make_url(text).set(drivername="postgresql+psycopg2")
    return url.render_as_string(hide_password=False)


def run_offline() -> None:
    """Print SQL instead of running it."""
    context.configure(url=database_url(), target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_on(connection: Connection) -> None:
    """Run the migrations, each in a transaction of its own: one that fails leaves the earlier ones."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Run on the connection that the caller gives, else on one of our own."""
    given = config.attributes.get("connection")
    if given is not None:
        run_on(given)
        return
    engine = create_engine(database_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        run_on(connection)


if context.is_offline_mode():
    run_offline()
else:
    run_online()
