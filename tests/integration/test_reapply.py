"""`reapply` on the embedded engine, and what it stands on: the catalogue, and copies of a real database."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg2
import psycopg2.extensions
import pytest
from psycopg2 import sql

from nox_alembic.core.catalogue import compare
from nox_alembic.core.copies.siblings import Mark, Sibling
from nox_alembic.core.errors import FailedError, PreconditionError, RefusedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.engines.embedded.programs import find_programs
from nox_alembic.edges.postgres import catalogue, dropping, siblings
from nox_alembic.edges.postgres.copying import Client
from nox_alembic.edges.system.invocation import Invocation
from tests.integration.conftest import execute
from tests.project import SOURCE, Project, make_project
from tests.unit.core.make import told

# One of each kind that the catalogue has.
RICH = (
    "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
    "CREATE SCHEMA app",
    "CREATE TYPE provider AS ENUM ('card', 'bank')",
    "CREATE TYPE app.pair AS (a int, b text)",
    "CREATE TYPE span AS RANGE (subtype = int)",
    "CREATE DOMAIN email AS text DEFAULT '-' NOT NULL CONSTRAINT at CHECK (VALUE LIKE '%@%')",
    "CREATE SEQUENCE counter START 5",
    """CREATE TABLE donations (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        status text NOT NULL DEFAULT 'new',
        "Odd Name" varchar(7) COLLATE "C",
        twice int GENERATED ALWAYS AS (2 * length(status)) STORED,
        by provider,
        CONSTRAINT short CHECK (length(status) < 30))""",
    'CREATE TABLE app."Odd Table" (id serial, donation int REFERENCES donations)',
    "CREATE TABLE parts (id int) PARTITION BY RANGE (id)",
    "CREATE TABLE part1 PARTITION OF parts FOR VALUES FROM (0) TO (9)",
    "CREATE INDEX by_status ON donations (status)",
    "CREATE VIEW open AS SELECT id FROM donations WHERE status = 'new'",
    "CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM donations",
    "CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'",
    "CREATE PROCEDURE nothing() LANGUAGE sql AS ''",
    "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)",
    "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE TRIGGER guard BEFORE DELETE ON donations FOR EACH ROW EXECUTE FUNCTION stop()",
    "ALTER TABLE donations ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY mine ON donations FOR SELECT USING (id > 0)",
    "CREATE RULE never AS ON DELETE TO part1 DO INSTEAD NOTHING",
    "CREATE STATISTICS related ON id, status FROM donations",
    "CREATE EXTENSION pg_trgm",
    "GRANT SELECT ON donations TO public",
    "GRANT UPDATE (status) ON donations TO public",
    "COMMENT ON TABLE donations IS 'money'",
    "COMMENT ON COLUMN donations.status IS 'where it is'",
    "COMMENT ON TYPE provider IS 'who'",
    "INSERT INTO donations (status) VALUES ('new'), ('old')",
)


def changes(address: DatabaseAddress, *statements: str) -> Sequence[str]:
    """Return the sentences about what the statements change."""
    before = catalogue.read(address, contents=True)
    execute(address, *statements)
    return [difference.sentence for difference in compare(before, catalogue.read(address, contents=True))]


def test_a_table_that_never_had_rows_is_read_as_one_whose_rows_are_gone(address: DatabaseAddress) -> None:
    """The first has no pages, and is not read at all."""
    execute(address, "CREATE TABLE empty (id int, name text)", "CREATE TABLE bare ()")
    found = catalogue.read(address, contents=True)
    assert found.rows == {"empty": 0, "bare": 0}
    execute(address, "INSERT INTO empty VALUES (1, 'x')")
    assert [it.sentence for it in compare(found, catalogue.read(address, contents=True))] != []
    execute(address, "DELETE FROM empty")
    assert catalogue.read(address, contents=True) == found


def test_values_that_change_their_rows_are_seen_and_columns_that_change_their_order_are_not(
    address: DatabaseAddress,
) -> None:
    execute(address, "DROP TABLE IF EXISTS pairs", "CREATE TABLE pairs (id int, word text)")
    execute(address, "INSERT INTO pairs VALUES (1, 'a'), (2, 'b')")
    before = catalogue.read(address, contents=True)
    execute(address, "ALTER TABLE pairs ADD again int", "UPDATE pairs SET again = id", "ALTER TABLE pairs DROP id")
    execute(address, "ALTER TABLE pairs RENAME again TO id")
    assert compare(before, catalogue.read(address, contents=True)) == ()
    execute(address, "UPDATE pairs SET word = CASE word WHEN 'a' THEN 'b' ELSE 'a' END")
    (found,) = compare(before, catalogue.read(address, contents=True))
    assert (found.sentence, found.loses) == ("table pairs: values are in other rows", True)
    execute(address, "DROP TABLE pairs")


def test_the_catalogue_sees_every_kind_of_change(address: DatabaseAddress) -> None:
    execute(address, *RICH)
    assert changes(address, "UPDATE alembic_version SET version_num = 'a'", "ANALYZE") == []
    assert changes(address, *CHANGED) == SENTENCES


CHANGED = (
    "ALTER TABLE donations ALTER status DROP DEFAULT, ALTER twice SET NOT NULL, ALTER id SET GENERATED BY DEFAULT",
    'ALTER TABLE donations ALTER "Odd Name" TYPE varchar(9), DROP CONSTRAINT short, DISABLE TRIGGER guard',
    "ALTER TYPE provider ADD VALUE 'cash' AFTER 'card'",
    "ALTER TYPE app.pair ADD ATTRIBUTE c int",
    "ALTER DOMAIN email DROP NOT NULL",
    "ALTER SEQUENCE counter INCREMENT 2",
    "ALTER TABLE parts DETACH PARTITION part1",
    "DROP INDEX by_status",
    "CREATE OR REPLACE VIEW open AS SELECT id FROM donations WHERE status = 'old'",
    "REFRESH MATERIALIZED VIEW totals WITH NO DATA",
    "CREATE OR REPLACE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $1'",
    "DROP PROCEDURE nothing()",
    "DROP AGGREGATE total(int)",
    "ALTER POLICY mine ON donations USING (id > 1)",
    "DROP RULE never ON part1",
    "DROP STATISTICS related",
    "DROP EXTENSION pg_trgm",
    "REVOKE UPDATE (status) ON donations FROM public",
    "REVOKE EXECUTE ON FUNCTION stop() FROM public",
    "COMMENT ON TABLE donations IS 'gold'",
    "COMMENT ON TYPE provider IS NULL",
    "SELECT nextval('counter')",
    'DROP TABLE app."Odd Table"',
)
SENTENCES = [
    "aggregate total(integer) is gone",
    'column donations."Odd Name": collation "C" is gone',
    'column donations."Odd Name": type character varying(7) before, character varying(9) after',
    "column donations.id: identity always before, by default after",
    "column donations.status: default 'new'::text is gone",
    "column donations.twice: not null is new",
    "comment on table donations: text money before, gold after",
    "comment on type provider is gone",
    "constraint donations.short is gone",
    "domain email: not null is gone",
    "extension pg_trgm is gone",
    "function twice(integer): its definition is another one",
    "grant to public on column status of table donations is gone",
    "grant to public on function stop() is gone",
    "index by_status is gone",
    "materialised view totals: state filled before, not filled after",
    "policy donations.mine: using (id > 0) before, (id > 1) after",
    "procedure nothing() is gone",
    "rule part1.never is gone",
    "sequence counter: step 1 before, 2 after",
    "statistics related is gone",
    'table app."Odd Table" is gone',
    "table part1: parents parts is gone",
    "table part1: partition bound FOR VALUES FROM (0) TO (9) is gone",
    "trigger donations.guard: state enabled before, disabled after",
    "type app.pair: attributes a integer, b text before, a integer, b text, c integer after",
    "type provider: labels card, bank before, card, cash, bank after",
    "view open: its definition is another one",
    "sequence counter: at its start before, at 5 after",
]


@pytest.fixture(scope="module")
def server_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("reapply")
    project = make_project(folder / "project", folder / "home", 'engine = "embedded"')
    project.good("dev")
    yield project
    project.run("down")


def address_of(project: Project) -> DatabaseAddress:
    (path,) = (project.home / "data").rglob("connection.json")
    known = json.loads(path.read_text())
    return DatabaseAddress(
        host="127.0.0.1", port=known["port"], user=known["user"], password=known["password"], name="project"
    )


@pytest.fixture
def rich(server_project: Project) -> Iterator[DatabaseAddress]:
    """A database with everything, on a server of which we have the programs of the very version."""
    server = address_of(server_project)
    execute(server, "CREATE DATABASE rich")
    address = replace(server, name="rich")
    execute(address, *RICH, "ALTER DATABASE rich SET search_path = app, public")
    yield address
    execute(server, "DROP DATABASE rich")


def client_of(address: DatabaseAddress) -> Client:
    """Return how the embedded engine's programs are run on that server."""
    programs = find_programs("", Path(), os.environ)
    login = {"PGHOST": address.host, "PGPORT": str(address.port)}
    user = {"PGUSER": address.user, "PGPASSWORD": address.password}
    return lambda program: Invocation((programs.path(program),), {**os.environ, **login, **user})


@pytest.mark.parametrize("connected", [False, True], ids=["alone", "with others"])
def test_a_copy_is_whole_whoever_is_connected_and_gone_afterwards(rich: DatabaseAddress, connected: bool) -> None:
    whole = catalogue.read(rich, contents=True)
    with connection_to(rich) if connected else contextlib.nullcontext() as other:
        with siblings.copied(rich, mark_of(rich), client_of(rich)) as copy:
            assert compare(whole, catalogue.read(copy, contents=True)) == ()
            assert execute(copy, "SHOW search_path") == [("app, public",)]
            execute(copy, "DROP TABLE donations CASCADE")
        if other:
            other.execute("SELECT 1")
    assert compare(whole, catalogue.read(rich, contents=True)) == ()
    assert rehearsals(rich) == []


@contextlib.contextmanager
def connection_to(address: DatabaseAddress) -> Iterator[psycopg2.extensions.cursor]:
    """Be connected as a backend is, and stay it."""
    with contextlib.closing(psycopg2.connect(address.url.replace("+psycopg2", ""))) as connection:
        connection.autocommit = True
        yield connection.cursor()


def mark_of(address: DatabaseAddress) -> Mark:
    return Mark(role="rehearsal", of=address.name, environment="dev", verb="reapply", at="2026-11-25T20:00:00.000Z")


def rehearsals(address: DatabaseAddress) -> list[object]:
    """Return the names of all databases that may be ours."""
    names = execute(address, "SELECT datname FROM pg_database WHERE datname ~ 'rehearsal|shadow' ORDER BY 1")
    return [row[0] for row in names]


def test_of_what_earlier_versions_left_over_only_what_is_ours_is_dropped(address: DatabaseAddress) -> None:
    ours, young, unmarked, others, named = (
        f"nox_alembic_rehearsal_{end}" for end in ("00000001", "00000002", "00000003", "00000004", "x")
    )
    shadow = "nox_alembic_shadow"
    limit, none = sql.SQL("CONNECTION LIMIT 1913"), sql.SQL("")
    for name, how in [(ours, limit), (young, limit), (unmarked, none), (named, limit), (others, limit), (shadow, none)]:
        execute(address, sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), how))
    for name, of in [(ours, address.name), (others, "another one")]:
        comment = f"nox-alembic: for a moment, beside the database {of}"
        execute(address, sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(comment)))
    try:
        with siblings.copied(address, mark_of(address), client_of(address)) as copy:
            assert rehearsals(address) == [unmarked, others, named, shadow, copy.name]
        assert rehearsals(address) == [unmarked, others, named, shadow]
    finally:
        for name in (unmarked, named, others, shadow):
            execute(address, sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def test_a_shadow_is_marked_from_the_first_moment_and_anybody_elses_is_refused(address: DatabaseAddress) -> None:
    mark = replace(mark_of(address), role="shadow", verb="check")
    name = sql.Identifier(mark.name)
    execute(address, sql.SQL("CREATE DATABASE {}").format(name))
    with pytest.raises(RefusedError) as refusal:
        siblings.create(address, mark)
    assert told(refusal) == (
        "NA611",
        f'the database "{mark.name}" is in the way, and was not made by this tool',
        f'rename it: `ALTER DATABASE "{mark.name}" RENAME TO ...`',
    )
    dropping.drop(address, [mark.name])
    assert rehearsals(address) == [mark.name]
    execute(address, sql.SQL("ALTER DATABASE {} CONNECTION LIMIT 1914").format(name))  # as one that was killed there
    shadow = siblings.create(address, mark)
    assert dropping.marked(address) == (Sibling(mark.name, mark),)
    with connection_to(shadow):
        dropping.drop(address, [mark.name])
    assert rehearsals(address) == []


def test_what_cannot_be_dropped_is_told_with_what_uses_it(address: DatabaseAddress) -> None:
    user = f"maker_{address.name}"
    execute(address, f"CREATE ROLE {user} LOGIN CREATEDB PASSWORD 'x'")
    poor = replace(address, user=user, password="x")
    shadow = siblings.create(poor, replace(mark_of(address), role="shadow", verb="check"))
    with connection_to(replace(address, name=shadow.name)), pytest.raises(FailedError) as error:  # whom nobody may end
        dropping.drop(poor, [shadow.name], seconds=0)
    said = f'database "{shadow.name}" is being accessed by other users DETAIL: There is 1 other session using the'
    assert told(error) == (
        "NA617",
        f'the database "{shadow.name}", which this tool made, cannot be dropped: {said} database.',
        "end what uses it; the next verb that changes something drops it",
    )
    dropping.drop(poor, [shadow.name])
    execute(address, f"DROP ROLE {user}")


def test_a_user_who_may_not_create_databases_is_told_who_can_change_that(address: DatabaseAddress) -> None:
    execute(address, "DROP ROLE IF EXISTS na_poor", "CREATE ROLE na_poor LOGIN PASSWORD 'poor'")
    poor = replace(address, user="na_poor", password="poor")
    with pytest.raises(PreconditionError) as error, siblings.copied(poor, mark_of(poor), client_of(poor)):
        pass
    assert (error.value.id, error.value.message, error.value.hint) == (
        "NA436",
        'the user "na_poor" may not create a database to rehearse in: permission denied to create database',
        'as a superuser: `ALTER ROLE "na_poor" CREATEDB`',
    )
    execute(address, "DROP ROLE na_poor")


PROVIDER = """op.execute("CREATE TYPE provider AS ENUM ('card', 'bank')")
    op.execute("ALTER TABLE t1 ADD by provider")"""
FORGETFUL = 'op.drop_column("t1", "by")'
THOROUGH = f'{FORGETFUL}\n    op.execute("DROP TYPE provider")'


@pytest.fixture
def project(server_project: Project) -> Iterator[Project]:
    """A project at t3, which adds a column with an enum to t1 and has one row with a value in it."""
    write_t3(server_project, THOROUGH)
    server_project.good("migrate")
    execute(address_of(server_project), "UPDATE t1 SET by = 'card'")
    yield server_project
    write_t3(server_project, THOROUGH)
    server_project.good("downgrade", "t2", "--yes")


def write_t3(project: Project, downgrade: str, upgrade: str = PROVIDER) -> None:
    project.revision("t3", "t2", upgrade=upgrade, downgrade=downgrade)


def state(project: Project) -> tuple[object, ...]:
    """Return what must not change: the revision, the value in t1, and that no database is there but the project's."""
    address = address_of(project)
    (row,) = execute(address, "SELECT version_num, by FROM alembic_version, t1")
    return (*row, *rehearsals(address))


AS_BEFORE = ("t3", "card")
LOST = "column t1.by: 1 value before, 0 after"


def test_an_enum_that_the_downgrade_leaves_behind_is_found_before_the_database_is_touched(project: Project) -> None:
    write_t3(project, FORGETFUL)
    ran = project.run("reapply", "--yes", "--json")
    place = "the rehearsal on a copy failed on the way up again, and nothing has touched the database"
    id_, message, hint = ran.error
    assert (ran.code, id_) == (1, "NA435")
    assert message.startswith(f"{place}: the revision t3 (alembic/versions/t3.py")
    assert 'type "provider" already exists' in message
    assert hint == "type provider stays behind: take back in downgrade() what it leaves behind, then `nox -s reapply`"
    assert state(project) == AS_BEFORE


def test_what_is_lost_is_shown_and_asked_for_before_a_backend_that_waits_for_work_is_disturbed(
    project: Project,
) -> None:
    with connection_to(address_of(project)) as backend:
        ran = project.run("reapply", "--json")
        message = f"without a terminal nobody can be asked, and this destroys {LOST}"
        assert (ran.code, ran.error) == (5, ("NA010", message, "repeat it with `--yes`"))
        assert state(project) == AS_BEFORE
        backend.execute("SELECT 1")
        ran = project.good("reapply", "t2", "--yes", "--json")
        assert ran.json["rehearsal"] == {"lost": [LOST], "changed": [], "left_behind": []}
        with pytest.raises(psycopg2.OperationalError):  # for the copy that `undo` brings back
            backend.execute("SELECT 1")
    assert state(project) == ("t3", None)


def test_settings_that_remember_the_first_url_they_saw_do_not_mislead_it(project: Project) -> None:
    env = project.root / "alembic/env.py"
    text = env.read_text()
    project.write("remembered.py", 'import os\n\nURL = os.environ["DATABASE_URL"]\n')
    env.write_text(text.replace('context.config.get_main_option("sqlalchemy.url")', '__import__("remembered").URL'))
    try:
        project.good("reapply", "--yes")
        assert state(project) == ("t3", None)
    finally:
        env.write_text(text)


def test_a_run_that_is_killed_leaves_nothing_after_the_next_one(project: Project) -> None:
    words = [sys.executable, "-m", "tests.dying", "revision", "1", str(int(signal.SIGKILL)), "reapply", "--yes"]
    environ = {**project.environ, "PYTHONPATH": os.pathsep.join([SOURCE, str(Path(SOURCE).parent)])}
    done = subprocess.run(words, cwd=project.root, env=environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert state(project)[:2] == AS_BEFORE
    assert len(state(project)) == 3
    project.good("reapply", "--yes")
    assert state(project) == ("t3", None)


EDITOR = """
import pathlib, sys
path = pathlib.Path(sys.argv[1])
path.write_text(path.read_text().replace("'bank'", "'bank', 'cash'"))
"""


def test_reapply_waits_for_an_edit_in_the_middle(project: Project) -> None:
    assert project.run("reapply", "--edit", "--json").error[0] == "NA438"
    project.write("edit.py", EDITOR)
    editor = f"{sys.executable} {project.root / 'edit.py'}"
    code, said = at_a_terminal(project, "reapply", "--edit", answers="y\n", EDITOR=editor)
    assert "This destroys column t1.by is gone, with 1 value. Go on?" in said
    assert code == 0, said
    assert execute(address_of(project), "SELECT enum_range(NULL::provider)::text") == [("{card,bank,cash}",)]
    assert state(project) == ("t3", None)
    code, said = at_a_terminal(project, "reapply", "--edit", answers="\n")
    assert code == 0, said
    assert f"Edit {project.root / 'alembic/versions/t3.py'}, then press Enter" in said
    assert "has not changed: it is applied again as it was" in said


def at_a_terminal(project: Project, *words: str, answers: str, **variables: str) -> tuple[int, str]:
    """Run the tool on a terminal of its own where `answers` are typed ahead; return its exit code and the screen."""
    ours, theirs = pty.openpty()
    environ = {key: value for key, value in project.environ.items() if key not in {"VISUAL", "EDITOR"}}
    with subprocess.Popen(
        project.command(*words),
        cwd=project.root,
        env={**environ, **variables},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as running:
        os.close(theirs)
        os.write(ours, answers.encode())
        said = b""
        with contextlib.suppress(OSError):  # Linux says so when the other end is closed
            while chunk := os.read(ours, 4096):
                said += chunk
        os.close(ours)
    return running.returncode, " ".join(said.decode().split())


def test_a_downgrade_without_a_way_back_is_refused_and_one_that_fails_half_way_says_where_it_is(
    project: Project,
) -> None:
    write_t3(project, "pass")
    ran = project.run("downgrade", "--yes", "--json")
    why = "has a downgrade() that does nothing, and an upgrade() that does something"
    message = f"the revision t3 (make t3): alembic/versions/t3.py {why}"
    assert (ran.code, ran.error[:2]) == (3, ("NA437", f"there is no way back over {message}"))
    write_t3(project, THOROUGH)
    project.revision("t4", "t3", upgrade='op.execute("SELECT 1")', downgrade='op.execute("SELECT 1")')
    project.good("migrate")
    write_t3(project, 'op.execute("SELECT nonsense")')
    ran = project.run("downgrade", "t2", "--yes", "--json")
    assert ran.error[1].endswith(" Taken back: t4; the database is at t3.")
    (project.root / "alembic/versions/t4.py").unlink()
    assert state(project) == AS_BEFORE
