"""Alembic is run on the environment's database and on no other one, wherever env.py wants to connect.

Beside ours runs a second real server, whose database has the same name: what it logs is what reached it.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.alembic import workers
from tests.integration.conftest import address_of, execute
from tests.page import INI, MAKO, MODELS
from tests.project import Project, Ran, configured, make_project

# Beside a connection, what every server writes by itself.
REACHED = re.compile(r"connection received|statement:|execute <")
RUN = """
with {connection}:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
HEAD = """
from alembic import context
import sqlalchemy as sa
from models import metadata
"""
SYNC = HEAD + "{before}\nengine = {engine}\n" + RUN.format(connection="engine.connect() as connection")
ASYNC = (
    HEAD
    + """
import asyncio
from sqlalchemy.ext.asyncio import create_async_engine

{before}


def work(connection):
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    engine = {engine}
    async with engine.connect() as connection:
        await connection.run_sync(work)
    await engine.dispose()


asyncio.run(main())
"""
)


@dataclass(frozen=True)
class Servers:
    """Our project, another one with a server of its own, and the log of that server."""

    ours: Project
    other: Project
    log: Path

    @property
    def elsewhere(self) -> DatabaseAddress:
        return address_of(self.other)

    @property
    def arguments(self) -> str:
        """How a driver is told by hand to connect to the other server."""
        at = self.elsewhere
        return f"host='127.0.0.1', port={at.port}, user='postgres', password={at.password!r}, "

    @property
    def named(self) -> str:
        return f"127.0.0.1:{self.elsewhere.port}/project"

    @property
    def meant(self) -> str:
        return f"127.0.0.1:{address_of(self.ours).port}/project"

    def url(self, driver: str = "psycopg2") -> str:
        return self.elsewhere.url.replace("psycopg2", driver)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("sent")
    ours, other = (make_project(folder / name / "project", folder / name / "home") for name in ("ours", "other"))
    for project in (ours, other):
        project.table('engine = "embedded"', 'test-command = "true"')
    other.good("dev")
    execute(address_of(other), "ALTER SYSTEM SET log_connections = on", "ALTER SYSTEM SET log_statement = 'all'")
    execute(address_of(other), "SELECT pg_reload_conf()", "CREATE TABLE theirs (id int)")
    ours.good("dev")
    yield Servers(ours, other, next(other.home.rglob("postgres.log")))
    for project in (ours, other):
        project.run("down")


@pytest.fixture
def servers(running: Servers) -> Iterator[Servers]:
    """The servers, ours at t2, with models that are equal to the migrations; the other one must not be reached."""
    ours = running.ours
    for path in [*ours.root.glob("alembic/versions/*"), *ours.root.glob("*.py"), *ours.root.glob(".env")]:
        if path.is_file():
            path.unlink()
    ours.revision("t1", None)
    ours.revision("t2", "t1")
    ours.write("alembic/script.py.mako", MAKO)
    ours.write("alembic.ini", INI)
    models(ours, "t1", "t2")
    execute(address_of(ours), "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    env(ours, SYNC, engine='sa.create_engine(context.config.get_main_option("sqlalchemy.url"))')
    ours.good("migrate")
    before = len(running.log.read_text())
    yield running
    reached = [line for line in running.log.read_text()[before:].splitlines() if REACHED.search(line)]
    assert reached == []


def models(project: Project, *tables: str) -> None:
    project.write("models.py", MODELS.format(tables=list(tables)))


def env(project: Project, template: str, *, engine: str = "", before: str = "") -> None:
    project.write("alembic/env.py", template.format(engine=engine, before=before))


def at(project: Project) -> list[tuple[object, ...]]:
    return execute(address_of(project), "SELECT version_num FROM alembic_version")


SETTINGS = """
import pathlib
import sqlalchemy as sa
values = dict(line.split("=", 1) for line in pathlib.Path(".env").read_text().split())
server, port, user, password, name = (values[f"POSTGRES_{key}"] for key in ("SERVER", "PORT", "USER", "PASSWORD", "DB"))
engine = sa.create_engine(f"postgresql+psycopg2://{user}:{password}@{server}:{port}/{name}")
engine.connect().close()
"""


def cached(servers: Servers) -> None:
    """Settings of parts, read when they are imported, with an engine that has opened a connection by then."""
    ours, parts = servers.ours, {"SERVER": "127.0.0.1", "PORT": servers.elsewhere.port, "USER": "postgres"}
    parts |= {"PASSWORD": servers.elsewhere.password, "DB": "project"}
    ours.write(".env", "".join(f"POSTGRES_{name}={value}\n" for name, value in parts.items()))
    ours.write("settings.py", SETTINGS)
    env(ours, SYNC, before="import settings", engine="settings.engine")


HOOK = """
@sa.event.listens_for(sa.Engine, "do_connect")
def _(dialect, record, cargs, cparams):
    import psycopg2
    return psycopg2.connect({arguments}dbname="project")
"""
# What the arguments, and a hook that does not commit, have set is there when the migrations begin.
KEPT = """\
    kept = [connection.scalar(sa.text("SHOW " + name)) for name in ("work_mem", "search_path")]
    connection.rollback()
    assert kept == ["1MB", "public"]
"""
PATH = """
def path(connection, record):
    connection.cursor().execute("SET search_path TO public")
sa.event.listen(engine, "connect", path)
"""


def plain(driver: str, template: str = SYNC, maker: str = "sa.create_engine") -> Callable[[Servers], None]:
    def write(servers: Servers) -> None:
        env(servers.ours, template, engine=f"{maker}({servers.url(driver)!r})")

    return write


def hooked(servers: Servers) -> None:
    before = HOOK.format(arguments=servers.arguments)
    env(servers.ours, SYNC, before=before, engine=f"sa.create_engine({servers.url()!r})")


def by_arguments(servers: Servers) -> None:
    arguments = f"dict({servers.arguments}dbname='project', hostaddr='127.0.0.1', options='-c work_mem=1MB')"
    engine = f"sa.create_engine('postgresql+psycopg2://', connect_args={arguments})"
    template = SYNC.replace("\nwith", f"{PATH}\nwith").replace("    context.configure", f"{KEPT}    context.configure")
    env(servers.ours, template, engine=engine)


def nowhere(servers: Servers) -> None:
    env(servers.ours, SYNC, engine="sa.create_engine('postgresql+psycopg2://me:secret@db.invalid:6543/app')")


SENT = {
    "hard-coded": plain("psycopg2"),
    "no such host": nowhere,
    "settings of parts, cached": cached,
    "psycopg": plain("psycopg"),
    "pg8000": plain("pg8000"),
    "asyncpg": plain("asyncpg", ASYNC, "create_async_engine"),
    "psycopg, async": plain("psycopg_async", ASYNC, "create_async_engine"),
    "a hook of its own": hooked,
    "connect_args": by_arguments,
}


@pytest.mark.parametrize("way", SENT)
def test_alembic_is_run_on_our_database_wherever_env_py_wants_to_connect(servers: Servers, way: str) -> None:
    ours = servers.ours
    SENT[way](servers)
    checked = ours.good("check", "--json").json
    assert {one["name"]: one["sentence"] for one in checked["checks"]}["models"] == "equal to the migrations"
    models(ours, "t1", "t2", "more")
    made = ours.good("revision", "-m", "more", "--json").json
    assert [change["sentence"] for change in made["changes"]] == ["table more added"]
    (ours.root / "alembic/versions/more.py").unlink()
    (ours.root / "alembic/head").unlink()
    models(ours, "t1", "t2")
    ours.good("downgrade", "--yes")
    assert at(ours) == [("t1",)]
    told = ours.good("migrate", "--json").json["notes"]
    named = "db.invalid:6543/app" if way == "no such host" else servers.named
    assert told == [f"env.py names {named}; Alembic is run on {servers.meant}"]
    assert at(ours) == [("t2",)]
    ran = ours.good("reapply", "--yes")
    assert ran.err.count("env.py names") == 1
    ours.good("test")
    assert at(ours) == [("t2",)]
    assert servers.elsewhere.password not in str(told) + ran.err


ENGINE = "sa.create_engine('postgresql+psycopg2://', creator=open_it)"
OPEN = "def open_it():\n    import {driver}\n    return {driver}.connect({arguments}{database}='project')\n"
WRITE = "open_it().cursor().execute('CREATE TABLE written (id int)')\n"
BY_HAND = """
import asyncio
import asyncpg
asyncio.run(asyncpg.connect({arguments}database='project'))
"""


def with_creator(servers: Servers) -> None:
    env(servers.ours, SYNC, before=opening(servers, "psycopg2", "dbname"), engine=ENGINE)


def opening(servers: Servers, driver: str, database: str) -> str:
    return OPEN.format(driver=driver, arguments=servers.arguments, database=database)


def by_hand(driver: str, database: str) -> Callable[[Servers], None]:
    def write(servers: Servers) -> None:
        before = opening(servers, driver, database) + WRITE
        env(servers.ours, SYNC, before=before, engine=f"sa.create_engine({servers.url()!r})")

    return write


def by_hand_async(servers: Servers) -> None:
    before = BY_HAND.format(arguments=servers.arguments)
    env(servers.ours, SYNC, before=before, engine=f"sa.create_engine({servers.url()!r})")


def swallowed(servers: Servers) -> None:
    """An env.py that only logs what goes wrong."""
    before = opening(servers, "psycopg2", "dbname") + f"try:\n    {WRITE}except Exception:\n    pass\n"
    env(servers.ours, SYNC, before=before, engine=f"sa.create_engine({servers.url()!r})")


REFUSED = {
    "creator": with_creator,
    "psycopg2 by hand": by_hand("psycopg2", "dbname"),
    "psycopg by hand": by_hand("psycopg", "dbname"),
    "pg8000 by hand": by_hand("pg8000.dbapi", "database"),
    "asyncpg by hand": by_hand_async,
    "by hand, and told nobody": swallowed,
}
VERBS: Sequence[Sequence[str]] = (
    ("migrate",), ("downgrade", "--yes"), ("check",), ("revision", "-m", "more"), ("reapply", "--yes"), ("test",),
)  # fmt: skip
TAKE = "have env.py take `sqlalchemy.url` of its configuration, or DATABASE_URL where that is set"


def refused(project: Project, *words: str) -> tuple[str, str, str]:
    ran = project.run(*words, "--json")
    assert ran.code == 5, (words, ran)
    return ran.error


@pytest.mark.parametrize("way", REFUSED)
def test_what_cannot_be_sent_is_refused_by_every_verb_before_it_connects(servers: Servers, way: str) -> None:
    servers.ours.good("downgrade", "--yes")
    REFUSED[way](servers)
    kept = servers.ours.good("undo", "--list", "--json").json["kept"]
    for words in VERBS:
        id_, message, hint = refused(servers.ours, *words)
        start, end = (
            f"env.py connects to {servers.named}, and not to 127.0.0.1:",
            "the database that is meant: nothing was run",
        )
        assert (id_, message[: len(start)], message[-len(end) :]) == ("NA470", start, end)
        assert hint == f"{TAKE}: what a `creator` or a driver's own connect() opens cannot be sent to another place"
    assert at(servers.ours) == [("t1",)]
    assert servers.ours.good("undo", "--list", "--json").json["kept"] == kept


def test_another_kind_of_database_is_refused_and_not_even_made(servers: Servers) -> None:
    servers.ours.good("downgrade", "--yes")
    env(servers.ours, SYNC, engine="sa.create_engine('sqlite:///app.db')")
    for words in VERBS:
        id_, message, hint = refused(servers.ours, *words)
        assert (id_, message.partition(";")[0]) == (
            "NA478",
            f"env.py connects to sqlite {servers.ours.root}/app.db: only PostgreSQL is supported",
        )
        assert hint == f"{TAKE}, and a PostgreSQL there"
    assert not (servers.ours.root / "app.db").exists()


MULTIDB = (
    HEAD
    + """
engines = [sa.create_engine({engine}), sa.create_engine('postgresql+psycopg2://me:secret@db.invalid/billing')]
connections = [engine.connect() for engine in engines]
for connection in connections:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
)
TENANTS = (
    HEAD
    + """
def migrate(url):
    with sa.create_engine(url).connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()
        print("told once")

for url in [{engine}, 'postgresql+psycopg2://me:secret@db.invalid/billing']:
    migrate(url)
"""
)


@pytest.mark.parametrize("template", [MULTIDB, TENANTS])
def test_several_databases_in_one_run_are_refused_before_the_first_of_them(servers: Servers, template: str) -> None:
    servers.ours.good("downgrade", "--yes")
    env(servers.ours, template, engine=repr(servers.url()))
    found = f"({servers.named}, db.invalid:5432/billing)"
    for words in VERBS:
        assert refused(servers.ours, *words) == (
            "NA471",
            f"env.py means several databases in one run {found}, and the environment has one: nothing was run",
            "have env.py connect to one of them alone, that of DATABASE_URL, where that is set",
        )
    assert at(servers.ours) == [("t1",)]


SCHEMAS = (
    HEAD
    + """
from sqlalchemy import text
with sa.create_engine({engine}).connect() as connection:
    for schema in ("one", "two"):
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {{schema}}"))
        connection.execute(text(f"SET search_path TO {{schema}}"))
        connection.commit()
        context.configure(connection=connection, version_table_schema=schema)
        with context.begin_transaction():
            context.run_migrations()
        print("told once")
    connection.execute(text("SET search_path TO public"))
    connection.commit()
    context.configure(connection=connection, version_table_schema=None)
    with context.begin_transaction():
        context.run_migrations()
"""
)


def test_a_schema_for_each_tenant_is_one_database(servers: Servers) -> None:
    servers.ours.good("downgrade", "--yes")
    env(servers.ours, SCHEMAS, engine=repr(servers.url()))
    assert servers.ours.good("migrate").err.count("told once") == 2
    made = "SELECT count(*) FROM pg_tables WHERE tablename = 't2' AND schemaname IN ('one', 'two', 'public')"
    assert execute(address_of(servers.ours), made) == [(3,)]


NOTHING = 'op.execute("SELECT 1")'
OWN = {
    "an engine": "sa.create_engine({url!r}).connect().close()",
    "a creator": "sa.create_engine('postgresql+psycopg2://', creator=lambda: {driver}.connect({url!r})).connect()",
    "a driver": "{driver}.connect({url!r}).close()",
}


@pytest.mark.parametrize("way", OWN)
def test_a_revision_may_connect_elsewhere_where_it_is_run_for_good_alone(running: Servers, way: str) -> None:
    ours = running.ours
    url = running.url().replace("/project", "/postgres")
    url = url if way == "an engine" else url.replace("+psycopg2", "")
    own = OWN[way].format(url=url, driver='__import__("psycopg2")')
    ours.revision("t3", "t2", upgrade=own, downgrade=NOTHING)
    env(ours, SYNC, engine='sa.create_engine(context.config.get_main_option("sqlalchemy.url"))')
    models(ours, "t1", "t2")
    place = f"127.0.0.1:{running.elsewhere.port}/postgres"
    before = len(running.log.read_text())
    for words in (("check",), ("revision", "-m", "more"), ("test",)):
        id_, message, _ = refused(ours, *words)
        assert (id_, message.partition(", and")[0]) == ("NA472", f"the revision t3 connects to {place} by itself")
    assert not REACHED.search(running.log.read_text()[before:])
    said = ours.good("migrate", "--json").json["notes"]
    assert said == [f"the revision t3 connects to {place} by itself, which is left alone"]
    assert REACHED.search(running.log.read_text()[before:])
    assert at(ours) == [("t3",)]
    assert refused(ours, "reapply", "--yes")[0] == "NA472"
    ours.good("downgrade", "--yes", "t2")
    (ours.root / "alembic/versions/t3.py").unlink()


def test_a_pool_that_an_earlier_run_has_left_open_is_not_taken_for_the_next_database(servers: Servers) -> None:
    """As in a verb that makes a shadow first, all in one process."""
    ours, real = servers.ours, address_of(servers.ours)
    second = replace(real, name="second")
    execute(real, "DROP DATABASE IF EXISTS second", "CREATE DATABASE second")
    cached(servers)
    for database in (second, replace(real, name="project")):
        execute(database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        workers.in_process().upgrade(configured(ours.root), database, "heads", lambda _: None)
        assert execute(database, "SELECT version_num FROM alembic_version") == [("t2",)]
    assert Path(sys.modules["settings"].__file__ or "").parent == ours.root
    for name in ("settings", "models"):
        del sys.modules[name]


def test_a_revision_that_means_the_same_database_as_env_py_gets_it(servers: Servers) -> None:
    make = f"with sa.create_engine({servers.url()!r}).begin() as c: c.execute(sa.text('CREATE TABLE extra (id int)'))"
    servers.ours.revision("t3", "t2", upgrade=make, downgrade='op.execute("DROP TABLE extra")')
    plain("psycopg2")(servers)
    servers.ours.good("migrate")
    assert execute(address_of(servers.ours), "SELECT count(*) FROM extra") == [(0,)]


def test_sql_alone_connects_nowhere(servers: Servers) -> None:
    servers.ours.good("downgrade", "--yes")
    plain("psycopg2")(servers)
    ran: Ran = servers.ours.run("migrate", "--sql", "--json")
    assert (ran.code, ran.error) == (
        1,
        (
            "NA473",
            f"env.py connects to {servers.named}, where only SQL is asked for",
            "have env.py connect nowhere where `context.is_offline_mode()` is true",
        ),
    )


def test_libpq_itself_does_not_lead_us_elsewhere(servers: Servers) -> None:
    servers.ours.good("downgrade", "--yes")
    plain("psycopg2")(servers)
    servers.ours.write("pg_service.conf", f"[other]\nhost=127.0.0.1\nport={servers.elsewhere.port}\ndbname=project\n")
    service = {"PGSERVICEFILE": str(servers.ours.root / "pg_service.conf"), "PGSERVICE": "other"}
    servers.ours.good("migrate", **service)
    assert at(servers.ours) == [("t2",)]
