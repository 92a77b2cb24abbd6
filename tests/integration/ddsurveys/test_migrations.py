"""The history of the backend: one head, up and down without a trace, and the models are what it makes."""

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from ddsurveys.models import ProviderName

EVERYTHING = """
    SELECT 'relation ' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = 'public' AND relname NOT LIKE 'alembic_version%'
    UNION ALL SELECT 'type ' || typname FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
        WHERE nspname = 'public' AND typname NOT LIKE '%alembic_version'
    UNION ALL SELECT 'label ' || enumlabel FROM pg_enum
    UNION ALL SELECT 'function ' || proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
        WHERE nspname = 'public'
    UNION ALL SELECT 'column ' || attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod)
            || CASE WHEN attnotnull THEN ' not null' ELSE '' END
        FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = 'public' AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
            AND relname <> 'alembic_version'
    UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = connamespace
        WHERE nspname = 'public' AND conname NOT LIKE 'alembic_version%'
    ORDER BY 1
"""


def catalogue(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text(EVERYTHING)))


def revisions() -> list[str]:
    script = ScriptDirectory.from_config(Config("alembic.ini"))
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def test_there_is_one_head_and_a_history(alembic_config: Config) -> None:
    script = ScriptDirectory.from_config(alembic_config)
    assert len(script.get_heads()) == 1
    assert len(list(script.walk_revisions())) >= 8


def test_the_models_are_what_the_migrations_make(migrated: Config) -> None:
    command.check(migrated)


def test_each_revision_goes_down_without_a_trace_and_up_again(alembic_config: Config, engine: Engine) -> None:
    for revision in revisions():
        before = catalogue(engine)
        command.upgrade(alembic_config, revision)
        made = catalogue(engine)
        assert made != before, revision
        command.downgrade(alembic_config, "-1")
        assert catalogue(engine) == before, revision
        command.upgrade(alembic_config, revision)
        assert catalogue(engine) == made, revision


def test_all_of_it_goes_down_and_leaves_nothing(migrated: Config, engine: Engine) -> None:
    command.downgrade(migrated, "base")
    assert catalogue(engine) == []


def test_names_become_unique_short_names(alembic_config: Config, engine: Engine) -> None:
    command.upgrade(alembic_config, "e16a0c84d7f3")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO researchers (email, name) VALUES ('a@b', 'A')"))
        for name in ("Screen time & sleep", "screen time, SLEEP", "  ", "Ünï"):
            connection.execute(
                text("INSERT INTO projects (researcher_id, name) SELECT id, :name FROM researchers"), {"name": name}
            )
    command.upgrade(alembic_config, "92d7b5c3e8a1")
    with engine.connect() as connection:
        made = connection.scalars(text("SELECT short_name FROM projects ORDER BY id")).all()
    assert made == ["screen-time-sleep", "screen-time-sleep-2", "project", "n"]


def test_a_provider_that_is_taken_back_goes_with_what_refers_to_it(migrated: Config, engine: Engine) -> None:
    with engine.begin() as connection:
        for provider in ProviderName:
            connection.execute(text("INSERT INTO data_providers (name) VALUES (:name)"), {"name": provider.value})
    command.downgrade(migrated, "5b92e3f7a1d0")
    with engine.connect() as connection:
        left = connection.scalars(text("SELECT name::text FROM data_providers ORDER BY id")).all()
    assert left == ["facebook", "google", "instagram"]


def test_sql_can_be_printed_without_a_database(alembic_config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    command.upgrade(alembic_config, "head", sql=True)
    assert "CREATE TYPE provider_name" in capsys.readouterr().out
