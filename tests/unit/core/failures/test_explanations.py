"""Each kind of failed migration: the whole message, and the command that comes next."""

from dataclasses import replace

import pytest

from nox_alembic.core.failures.explanations import end_of, explain, query
from nox_alembic.core.failures.failure import Blocker, Failure
from nox_alembic.core.failures.locks import CURE

FAILURE = Failure(
    revision="b2",
    path="alembic/versions/b2.py",
    line=12,
    source='op.alter_column("t", "x", nullable=False)',
    statement="ALTER TABLE t ALTER COLUMN x SET NOT NULL",
    schema="public",
    table="t",
    before=("a1",),
    after=("a1",),
    server_major=17,
)
PLACE = "the revision b2 (alembic/versions/b2.py, line 12) failed: "
AS_BEFORE = " Nothing was changed: the database is at a1, as before."
CORRECT = "correct line 12 of alembic/versions/b2.py, then `nox -s migrate`"
STATUS = "; `nox -s status` shows which revisions are applied"
MEND = " shows the rows; mend them there or in alembic/versions/b2.py, then `nox -s migrate`"
TIMEOUT = (
    'put `op.execute("SET LOCAL statement_timeout = 0")` before line 12 of alembic/versions/b2.py if it may take'
    " longer, then `nox -s migrate`"
)
BLOCKER = Blocker(pid=7, user="dds", application="psql", state="idle in transaction", query="SELECT\n 1")


def select(sql: str) -> str:
    return f'`nox -s sql -- -c "{sql}"`'


SHARED = (
    "all databases of a server share it, and so it outlives a restore, an `undo` and its own database:"
    f" {select('DROP ROLE app')} drops it, or let alembic/versions/b2.py make it only where it is missing; then"
    " `nox -s migrate`"
)
HELD = (
    "these copies of ours hold it: app__before_20261125t200000000z, app__base; write the statement out in"
    ' alembic/versions/b2.py, as `op.execute("DROP ROLE app")`, so that it is seen beforehand, and the whole'
    " server is copied for `undo` in their place; then `nox -s migrate`"
)
KINDS: list[tuple[str, dict[str, object], str, str]] = [
    ("NA455", {"sqlstate": "42601"}, 'syntax error at or near "TABEL"', CORRECT),
    ("NA456", {"sqlstate": "42P01"}, 'relation "tt" does not exist', CORRECT + STATUS),
    ("NA456", {"sqlstate": "42704"}, 'type "mood" does not exist', CORRECT + STATUS),
    ("NA457", {"sqlstate": "42701"}, 'column "x" of relation "t" already exists', CORRECT + STATUS),
    (
        "NA474",
        {"sqlstate": "42710"},
        'role "app" already exists',
        SHARED,
    ),
    ("NA475", {"sqlstate": "53200"}, "out of shared memory", f"{CURE}; then `nox -s migrate`"),
    (
        "NA405",
        {"sqlstate": "53200"},
        "out of memory",
        "`nox -s status` shows what is applied; correct the cause, then `nox -s migrate`",
    ),
    ("NA457", {"sqlstate": "42710"}, 'type "app" already exists', CORRECT + STATUS),
    (
        "NA474",
        {
            "sqlstate": "2BP01",
            "report": "DETAIL:  3 objects in database app__before_20261125t200000000z\n1 object in database app__base",
        },
        'role "app" cannot be dropped because some objects depend on it',
        HELD,
    ),
    (
        "NA405",
        {"sqlstate": "2BP01", "report": "DETAIL:  3 objects in database other"},
        'role "app" cannot be dropped because some objects depend on it',
        "`nox -s status` shows what is applied; correct the cause, then `nox -s migrate`",
    ),
    (
        "NA458",
        {"sqlstate": "23502", "column": "x", "has_column": True},
        'column "x" of relation "t" contains null values',
        select("SELECT * FROM t WHERE x IS NULL") + MEND,
    ),
    (
        "NA458",
        {"sqlstate": "23502", "column": "x"},
        'column "x" of relation "t" contains null values',
        f"give the new column a server_default, or add it nullable and fill it first: {CORRECT}",
    ),
    (
        "NA458",
        {"sqlstate": "23502", "column": "x", "has_column": True, "detail": "Failing row contains (1, null)."},
        'null value in column "x" of relation "t" violates not-null constraint',
        CORRECT,
    ),
    (
        "NA459",
        {"sqlstate": "23505", "detail": "Key (lower(a::text), b)=(1, 2) is duplicated."},
        'could not create unique index "u"',
        select("SELECT lower(a::text), b, count(*) FROM t GROUP BY lower(a::text), b HAVING count(*) > 1") + MEND,
    ),
    (
        "NA459",
        {"sqlstate": "23505", "detail": "Key (id)=(1) already exists.", "has_constraint": True},
        'duplicate key value violates unique constraint "u"',
        CORRECT,
    ),
    (
        "NA460",
        {"sqlstate": "23503", "statement": 'ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY(a, b) REFERENCES "P" (c, d)'},
        'insert or update on table "t" violates foreign key constraint "f"',
        select(
            'SELECT child.* FROM t AS child LEFT JOIN \\"P\\" AS parent ON parent.c = child.a AND parent.d = child.b'
            " WHERE parent.c IS NULL AND child.a IS NOT NULL AND child.b IS NOT NULL"
        )
        + MEND,
    ),
    (
        "NA460",
        {"sqlstate": "23503", "statement": "ALTER TABLE t ADD a int REFERENCES p", "detail": "Key (a)=(it's) is not"},
        'insert or update on table "t" violates foreign key constraint "f"',
        select("SELECT * FROM t WHERE a = 'it''s'") + MEND,
    ),
    (
        "NA461",
        {"sqlstate": "22P02", "statement": "ALTER TABLE t ALTER COLUMN x TYPE VARCHAR(3) USING x::varchar(3)"},
        "value too long",
        select("SELECT x FROM t WHERE NOT pg_input_is_valid(x::text, 'VARCHAR(3)')") + MEND,
    ),
    (
        "NA461",
        {"sqlstate": "22P02", "statement": 'ALTER TABLE s.t ALTER "X" SET DATA TYPE int', "server_major": 15},
        "invalid input syntax",
        select('SELECT DISTINCT \\"X\\" FROM s.t') + MEND,
    ),
    ("NA461", {"sqlstate": "22P02", "statement": "UPDATE t SET x = 'a'"}, "invalid input syntax", CORRECT),
    (
        "NA461",
        {"sqlstate": "42804", "statement": "ALTER TABLE t ALTER x TYPE int"},
        'column "x" cannot be cast automatically to type integer',
        f"say how old values become new ones, with `postgresql_using=`: {CORRECT}",
    ),
    (
        "NA462",
        {"sqlstate": "55P03", "blockers": (BLOCKER,)},
        "canceling statement due to lock timeout",
        select("SELECT pg_terminate_backend(7)") + " ends what holds the lock, then `nox -s migrate`",
    ),
    (
        "NA462",
        {"sqlstate": "40P01"},
        "deadlock detected",
        "`nox -s migrate` tries again; `lock-timeout` in pyproject.toml is how long it waits for a lock",
    ),
    (
        "NA463",
        {"sqlstate": "57014"},
        "canceling statement due to statement timeout",
        TIMEOUT,
    ),
    (
        "NA466",
        {"sqlstate": "42883", "extension_available": True},
        "function uuid_generate_v4() does not exist",
        select('CREATE EXTENSION \\"uuid-ossp\\"')
        + " adds it here, and the same in alembic/versions/b2.py for everybody; then `nox -s migrate`",
    ),
    (
        "NA466",
        {"sqlstate": "0A000", "statement": "CREATE EXTENSION IF NOT EXISTS postgis", "engine": "compose"},
        'extension "postgis" is not available',
        select("SELECT name FROM pg_available_extensions ORDER BY name")
        + " shows what this server has; use a database image that has postgis, then `nox -s migrate`",
    ),
    (
        "NA466",
        {"sqlstate": "42704", "engine": "embedded"},
        'type "geometry" does not exist',
        select("SELECT name FROM pg_available_extensions ORDER BY name")
        + ' shows what this server has; set "postgres-bin" to a PostgreSQL that has postgis, or `engine = "compose"`,'
        " then `nox -s migrate`",
    ),
    (
        "NA467",
        {"sqlstate": "23514", "statement": "ALTER TABLE t ADD CONSTRAINT c CHECK (x > 0 AND (y > 0))"},
        'check constraint "c" of relation "t" is violated by some row',
        select("SELECT * FROM t WHERE NOT (x > 0 AND (y > 0))") + MEND,
    ),
    (
        "NA405",
        {"sqlstate": "42501"},
        "permission denied for schema public",
        "`nox -s status` shows what is applied; correct the cause, then `nox -s migrate`",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("id_", "facts", "said", "hint"), KINDS)
def test_each_kind_has_its_id_and_its_cure(id_: str, facts: dict[str, object], said: str, hint: str) -> None:
    error = explain(replace(FAILURE, error="Whatever", message=said, **facts))  # type: ignore[arg-type]
    assert (error.id, error.message, error.hint) == (id_, f"{PLACE}{said}.{AS_BEFORE}", hint)


def test_an_error_of_python_has_its_type() -> None:
    error = explain(replace(FAILURE, statement="", error="KeyError", message="'x'"))
    assert (error.id, error.message, error.hint) == ("NA465", f"{PLACE}KeyError: 'x'.{AS_BEFORE}", CORRECT)


def test_a_connection_that_was_lost_is_no_mistake_in_the_script() -> None:
    error = explain(replace(FAILURE, error="OperationalError", message="server closed the connection", after=None))
    assert error.id == "NA405"
    assert error.message == (
        f"{PLACE}OperationalError: server closed the connection. The database does not answer now, so what of it is"
        " applied is not known."
    )
    assert error.hint == "`nox -s status` shows what is applied; correct the cause, then `nox -s migrate`"


def test_what_alembic_refuses_is_its_own_sentence() -> None:
    error = explain(Failure(refused="Can't locate revision identified by 'x'", error="CommandError"))
    assert (error.id, error.message, error.hint) == (
        "NA405",
        "Alembic refuses: Can't locate revision identified by 'x'",
        "`nox -s status` shows the revisions",
    )


def test_an_invalid_index_is_dropped_first_and_then_the_rows_are_looked_at() -> None:
    failed = replace(
        FAILURE,
        sqlstate="23505",
        message='could not create unique index "ix"',
        detail="Key (x)=(1) is duplicated.",
        statement="CREATE UNIQUE INDEX CONCURRENTLY ix ON t (x) WHERE y > 0",
        committed=True,
        invalid_indexes=("ix",),
    )
    error = explain(failed)
    assert error.id == "NA464"
    assert error.message == (
        f'{PLACE}could not create unique index "ix". No revision was recorded: the database is at a1, as before.'
        " What the revision did before that is committed, and not recorded."
        " Left behind, invalid: the index ix."
    )
    rows = select("SELECT x, count(*) FROM t WHERE y > 0 GROUP BY x HAVING count(*) > 1")
    drop = "`nox -s repair -- --yes` removes what is left of it; "
    assert error.hint == f"{drop}{rows} shows the rows to mend; then `nox -s migrate`"
    held_up = explain(replace(failed, sqlstate="55P03", blockers=(BLOCKER, replace(BLOCKER, pid=8))))
    end = select("SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[7, 8]) AS pid")
    assert held_up.hint == f"{drop}{end} ends what held it up; then `nox -s migrate`"


def test_the_material_is_the_line_the_statement_the_report_and_who_was_in_the_way() -> None:
    failed = replace(
        FAILURE,
        sqlstate="55P03",
        statement="CREATE ROLE r PASSWORD 'se''cret'",
        report="LINE 1: CREATE ROLE r PASSWORD 'se''cret'\n        ^",
        blockers=(BLOCKER,),
    )
    assert explain(failed).detail.splitlines() == [
        'alembic/versions/b2.py:12: op.alter_column("t", "x", nullable=False)',
        "CREATE ROLE r PASSWORD '***'",
        "LINE 1: CREATE ROLE r PASSWORD '***'",
        "        ^",
        'process 7 of the server (user "dds", application "psql", idle in transaction: SELECT 1)',
    ]


def test_the_suggested_commands_are_for_the_environment_and_the_verb_that_failed() -> None:
    failed = replace(
        FAILURE, sqlstate="42601", message="no", verb="downgrade", target="a1", back=True, environment="test"
    )
    error = explain(failed)
    assert error.message == f"the downgrade of b2 (alembic/versions/b2.py, line 12) failed: no.{AS_BEFORE}"
    assert error.hint == "correct line 12 of alembic/versions/b2.py, then `nox -s downgrade -- --env test a1`"
    assert query(failed, "SELECT $1") == '`nox -s sql -- --env test -c "SELECT \\$1"`'


def test_what_is_kept_and_what_went_with_it_is_told() -> None:
    error = explain(replace(FAILURE, message="no", after=("b1",), kept=("b0", "b1"), rolled_back=("c1",)))
    assert error.message.endswith(
        " Applied and kept: b0, b1; the database is at b1. Rolled back with it, as one transaction: c1."
    )


def test_what_a_downgrade_took_back_is_told_also_of_revisions_that_are_not_on_this_branch() -> None:
    failed = replace(FAILURE, verb="downgrade", back=True, message="no", before=("c3",))
    assert explain(replace(failed, after=("b2",), taken_back=("c3",))).message.endswith(
        " Taken back: c3; the database is at b2."
    )
    assert explain(replace(failed, after=("x1",))).message.endswith(" The database is at x1, and was at c3.")


def test_the_way_back_is_named_where_something_was_committed_and_kept() -> None:
    way = "; `nox -s undo -- --env test` takes back what was committed"
    kept = replace(FAILURE, message="no", undoable=True, environment="test")
    for changed in ({"after": ("b1",)}, {"committed": True}):
        assert explain(replace(kept, **changed)).hint.endswith(way)
        assert not explain(replace(kept, **changed, undoable=False)).hint.endswith(way)
    assert not explain(kept).hint.endswith(way)


def test_a_failure_before_the_first_revision_names_env_py() -> None:
    error = explain(
        Failure(path="alembic/env.py", line=3, error="ImportError", message="no module", before=(), after=())
    )
    assert error.message == (
        "what env.py runs before the first revision (alembic/env.py, line 3) failed: ImportError: no module."
        " Nothing was changed: the database is at base, as before."
    )
    assert error.hint == "correct line 3 of alembic/env.py, then `nox -s migrate`"


def test_names_that_mean_something_else_without_quotes_get_them() -> None:
    failed = replace(
        FAILURE, sqlstate="23502", schema="my schema", table="user", column="Name", has_column=True, message="no"
    )
    assert explain(failed).hint.startswith(
        '`nox -s sql -- -c "SELECT * FROM \\"my schema\\".\\"user\\" WHERE \\"Name\\" IS NULL"`'
    )


def test_a_blocker_of_which_little_is_known_is_told_shortly() -> None:
    assert Blocker(pid=1).described == 'process 1 of the server (user "", nothing to see of it)'
    assert Blocker(pid=1, user="a", state="active", query="x" * 200).described.endswith("x" * 119 + "…)")
    assert end_of((1,)) == "SELECT pg_terminate_backend(1)"


def test_json_has_the_facts_and_unknown_keys_of_a_worker_are_left_out() -> None:
    failed = Failure.of({"revision": "b2", "line": 3, "surplus": 1, "statement": "ALTER ROLE r PASSWORD 'x'"})
    assert failed.as_json() == {
        "revision": "b2",
        "path": "",
        "line": 3,
        "statement": "ALTER ROLE r PASSWORD '***'",
        "sqlstate": "",
        "before": None,
        "after": None,
        "kept": [],
        "taken_back": [],
        "invalid_indexes": [],
        "blockers": [],
    }


ENV_PY = Failure(
    path="alembic/env.py", line=3, source="import models", error="ModuleNotFoundError", python="/usr/bin/python3"
)  # fmt: skip


def test_a_missing_package_is_told_with_where_alembic_ran() -> None:
    error = explain(replace(ENV_PY, missing="models", message="No module named 'models'"))
    assert (error.id, error.message) == (
        "NA476",
        (
            "what env.py runs before the first revision (alembic/env.py, line 3) failed: "
            "ModuleNotFoundError: No module named 'models'."
        ),
    )
    assert error.hint == (
        "install models for /usr/bin/python3, which has run Alembic, or run Alembic elsewhere: "
        '`alembic-in = "backend"` in the container, `alembic-folder` in another folder; then `nox -s migrate`'
    )


def test_a_missing_driver_of_another_database_is_no_package_to_install() -> None:
    error = explain(replace(ENV_PY, missing="MySQLdb", message="No module named 'MySQLdb'"))
    assert (error.id, "only PostgreSQL is supported" in error.hint) == ("NA478", True)


def test_arguments_of_x_that_env_py_looks_up_in_vain() -> None:
    source = 'tenant = context.get_x_argument(as_dictionary=True)["tenant"]'
    failure = replace(ENV_PY, error="KeyError", message="'tenant'", source=source, wants_arguments=True)
    error = explain(failure)
    assert (error.id, error.hint) == (
        "NA477",
        (
            "env.py reads arguments of `-x`: `nox -s migrate -- -x KEY=VALUE` gives one, and "
            '`alembic-x = ["KEY=VALUE"]` in [tool.nox-alembic] gives it always'
        ),
    )
    other = replace(failure, source='url = os.environ["DB"]', message="'DB'")
    assert explain(other).id == "NA465"


def test_tables_that_are_older_than_the_migrations_are_recorded_by_repair() -> None:
    failure = replace(FAILURE, sqlstate="42P07", message='relation "t" already exists', before=(), after=())
    made = "if the database was made without Alembic, `nox -s repair -- --applied b2` marks the revision as applied"
    assert explain(failure).hint == f"{CORRECT}{STATUS}; {made}"
