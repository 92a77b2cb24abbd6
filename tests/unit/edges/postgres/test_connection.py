"""libpq's own variables: which of them lead elsewhere, and how a process goes without them."""

import os
import threading

import pytest

from nox_alembic.edges.postgres.connection import (
    DIVERTING,
    environment_of_command,
    environment_without_libpq,
    libpq_variables,
    without_libpq,
)
from tests.unit.core.make import ADDRESS

OURS = {"PGHOST": "127.0.0.1", "PGPORT": "5432", "PGUSER": "dds", "PGPASSWORD": "s3cret", "PGDATABASE": "ddsurveys"}


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ("-c lock_timeout=5s", "-c lock_timeout=5s"),
        ("-clock_timeout=5s --statement-timeout=1min", "-c lock_timeout=5s -c statement-timeout=1min"),
        (r"-c search_path=other -c lock_timeout=5\ s -c role=x", r"-c lock_timeout=5\ s"),
        ("-c default_transaction_read_only=on", None),
        ("-c my.lock_timeout_not=1 -c work_mem=1MB", None),
        ("", None),
    ],
)
def test_of_its_options_only_limits_are_left(options: str, kept: str | None) -> None:
    assert environment_without_libpq({"PGOPTIONS": options}).get("PGOPTIONS") == kept


def test_what_leads_elsewhere_is_left_out_and_nothing_else() -> None:
    others = {"PATH": "/bin", "PGTZ": "UTC", "PGDATA": "/data", "PGAPPNAME": "me", "PGCLIENTENCODING": "UTF8"}
    assert environment_without_libpq({**others, **dict.fromkeys(DIVERTING, "x")}) == others


def test_a_command_of_the_project_finds_its_database_and_its_own_variables_come_first() -> None:
    around = {"PATH": "/bin", "PGHOSTADDR": "10.0.0.9", "PGSERVICE": "prod", "PGUSER": "me", "DATABASE_URL": "old"}
    url = {"DATABASE_URL": ADDRESS.url}
    assert libpq_variables(ADDRESS) == OURS
    assert environment_of_command(ADDRESS, around, {}) == {"PATH": "/bin", **OURS, **url}
    own = {"PGSSLMODE": "disable", "PGDATABASE": "mine", "DATABASE_URL": "mine"}
    assert environment_of_command(ADDRESS, around, own) == {"PATH": "/bin", **OURS, **own, **url}
    templates = {"PGDATABASE": "{database}", "PORT": "{port}", "DATABASE_URL": "postgresql://{host}"}
    filled = {"PGDATABASE": ADDRESS.name, "PORT": str(ADDRESS.port), "DATABASE_URL": f"postgresql://{ADDRESS.host}"}
    assert environment_of_command(ADDRESS, around, own, templates) == {"PATH": "/bin", **OURS, **own, **filled}


def test_a_process_goes_without_them_and_has_them_back_when_the_last_thread_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def seen() -> list[str | None]:
        return [os.environ.get(name) for name in ("PGSERVICE", "PGOPTIONS")]

    monkeypatch.setenv("PGSERVICE", "prod")
    monkeypatch.setenv("PGOPTIONS", "-c role=x -c lock_timeout=5s")
    away, back = ([None, "-c lock_timeout=5s"], ["prod", "-c role=x -c lock_timeout=5s"])
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with without_libpq():
            inside.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with without_libpq():
        assert seen() == away
        thread.start()
        inside.wait()
    assert seen() == away
    leave.set()
    thread.join()
    assert seen() == back
