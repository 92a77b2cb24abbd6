"""What is said of connections that lead elsewhere."""

import pytest

from nox_alembic.core.errors import FailedError, RefusedError
from nox_alembic.core.failures.connections import explained, refusal

MEANT = {"meant": "127.0.0.1:15432/app", "has_run": False}
TAKE = "have env.py take `sqlalchemy.url` of its configuration, or DATABASE_URL where that is set"
ELSEWHERE = "env.py connects to {}, and not to 127.0.0.1:15432/app, the database that is meant: nothing was run"


def test_a_place_that_env_py_names_is_told_whatever_database_alembic_is_run_on() -> None:
    found = {"named": "db:5432/app", "meant": "127.0.0.1:15432/app"}
    assert explained(found) == ("db:5432/app", "env.py names db:5432/app; Alembic is run on 127.0.0.1:15432/app")


@pytest.mark.parametrize(("revision", "who"), [("a1", "the revision a1"), ("", "a revision file")])
def test_each_revision_that_connects_elsewhere_is_told(revision: str, who: str) -> None:
    about, sentence = explained({"named": "legacy:5432/old", "revision": revision})
    assert about == sentence == f"{who} connects to legacy:5432/old by itself, which is left alone"


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (
            {"kind": "elsewhere", "place": "db:5432/app"},
            RefusedError(
                "NA470",
                ELSEWHERE.format("db:5432/app"),
                hint=f"{TAKE}: what a `creator` or a driver's own connect() opens cannot be sent to another place",
            ),
        ),
        (
            {"kind": "dialect", "place": "sqlite /app/app.db"},
            RefusedError(
                "NA478",
                "env.py connects to sqlite /app/app.db: only PostgreSQL is supported; nothing was run",
                hint=f"{TAKE}, and a PostgreSQL there",
            ),
        ),
        (
            {"kind": "written", "place": "sqlite:///app.db"},
            RefusedError(
                "NA478",
                "env.py takes sqlite:///app.db from its configuration: only PostgreSQL is supported; nothing was run",
                hint="give `sqlalchemy.url` a PostgreSQL URL, or set DATABASE_URL to one where the project has another",
            ),
        ),
        (
            {"kind": "several", "places": ["db:5432/billing", "db:5432/users"]},
            RefusedError(
                "NA471",
                "env.py means several databases in one run (db:5432/billing, db:5432/users), and the environment has "
                "one: nothing was run",
                hint="have env.py connect to one of them alone, that of DATABASE_URL, where that is set",
            ),
        ),
        (
            {"kind": "revision", "place": "legacy:5432/old", "revision": "a1"},
            RefusedError(
                "NA472",
                "the revision a1 connects to legacy:5432/old by itself, and could change what is there, while it is "
                "only tried out on 127.0.0.1:15432/app",
                hint="let it connect only where a variable names that place, and leave the variable unset here; "
                "`nox -s migrate` runs it on the real database",
            ),
        ),
        (
            {"kind": "offline", "place": "db:5432/app"},
            FailedError(
                "NA473",
                "env.py connects to db:5432/app, where only SQL is asked for",
                hint="have env.py connect nowhere where `context.is_offline_mode()` is true",
            ),
        ),
    ],
)
def test_what_is_refused_says_where_it_leads_and_what_to_set(
    found: dict[str, object], error: RefusedError | FailedError
) -> None:
    made = refusal({**MEANT, **found})
    assert (type(made), made.id, made.message, made.hint) == (type(error), error.id, error.message, error.hint)


def test_a_second_database_that_comes_up_too_late_is_no_reason_to_say_that_nothing_was_run() -> None:
    found = {**MEANT, "kind": "several", "places": ["a:5432/a", "b:5432/b"], "has_run": True}
    assert refusal(found).message.endswith("the environment has one: what it ran before is kept")
