"""Whether the text of an env.py says that it may run migrations more than once."""

from pathlib import Path

import alembic
import pytest

from nox_alembic.edges.alembic.worker.envtext import may_repeat, reads_arguments, takes_written_url

TEMPLATES = Path(alembic.__file__).parent / "templates"


@pytest.mark.parametrize("name", ["generic", "async", "pyproject", "pyproject_async"])
def test_the_templates_of_one_database_run_once(name: str) -> None:
    assert not may_repeat((TEMPLATES / name / "env.py").read_bytes())


def test_the_template_of_several_databases_runs_several_times() -> None:
    assert may_repeat((TEMPLATES / "multidb" / "env.py").read_bytes())


GIVEN = """
def run(connection):
    context.configure(connection=connection)
    context.run_migrations()

async def main():
    async with engine.connect() as connection:
        await connection.run_sync(run)

given = context.config.attributes.get("connection")
if given is None:
    asyncio.run(main())
else:
    run(given)
"""
ONE_AFTER_THE_OTHER = "def run(url):\n    context.run_migrations()\nrun(A)\nrun(B)\n"
GATHERED = """
async def tenant(url):
    async with create_async_engine(url).connect() as connection:
        await connection.run_sync(lambda one: context.run_migrations())
async def main():
    await asyncio.gather(*(tenant(url) for url in URLS))
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("context.run_migrations()", False),
        (GIVEN, False),
        (ONE_AFTER_THE_OTHER, True),
        (GATHERED, True),
        ("def run():\n    context.run_migrations()\nfor url in URLS:\n    run()\n", True),
        ("while True:\n    context.run_migrations()\n    break\n", True),
        ("def run():\n    run()\n    context.run_migrations()\nrun()\n", False),
        ("def run(\n", False),
    ],
)
def test_loops_and_calls_in_a_row_are_seen_and_branches_are_not(text: str, several: bool) -> None:
    assert may_repeat(text.encode()) is several


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        (b"tenant = context.get_x_argument(as_dictionary=True)['tenant']", True),
        (b"if config.cmd_opts.x:\n    pass", True),
        (b"x = context.config.cmd_opts.verbose", False),
    ],
)
def test_arguments_are_read_where_the_text_names_them(text: bytes, reads: bool) -> None:
    assert reads_arguments(text) is reads


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        (b'engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.")', True),
        (b'create_engine(config.get_main_option("sqlalchemy.url"))', True),
        (b'create_engine(os.environ.get("DB", config.get_main_option("sqlalchemy.url")))', False),
        (b'config.set_main_option("sqlalchemy.url", settings.url)\nengine_from_config({})', False),
        (b'section["sqlalchemy.url"] = settings.url\nengine_from_config(section)', False),
        (b"from app import engine", False),
    ],
)
def test_the_url_of_the_configuration_counts_where_nothing_else_is_looked_at(text: bytes, takes: bool) -> None:
    assert takes_written_url(text) is takes
