"""A seed that runs in the backend's container, which knows one database by its own settings."""

from tests.compose.conftest import MakeProject, query

OVERRIDE = """\
services:
  backend:
    image: ${BACKEND_IMAGE:-dds-backend:dev}
    environment: {DATABASE_URL: "postgresql://dds:a%24b%25c@db:5432/sample", AT: "${AT:-}"}
    volumes: ["./seed.py:/app/seed.py:ro"]
"""
INSIDE = "docker compose run --rm --no-deps -T backend python3 /app/seed.py"


def test_it_is_seen_in_its_own_database_and_missed_in_a_new_one(make_compose_project: MakeProject) -> None:
    """Its database is asked by a health check every second, which only logs in."""
    project = make_compose_project()
    project.table(f'seed = "{INSIDE}"', "timeout = 60")
    project.write("compose.override.yml", OVERRIDE)
    for words in (("dev",), ("reset", "--yes")):
        ran = project.good(*words, "--json").json
        assert (ran["seed"]["reached"], ran.get("warnings")) == (True, None)
    assert query(project, "SELECT count(*) FROM t1") == [(1,)]
    ran = project.good("reset", "--fast", "--yes", "--json").json
    assert ran["seed"]["reached"] is False
    assert ran["seed"]["database"].endswith("/sample__new")
    (warning,) = {one for one in ran["warnings"] if "sample__new" in one}
    assert warning.startswith(f"the seed command `{INSIDE}` ended well, and has done nothing in postgresql://dds@")
    assert "a$b%c" not in str(ran)
    assert query(project, "SELECT count(*) FROM t1") == [(0,)]
    # A spare is never made by it, and it is not run for one again: it would write here each time.
    made = project.good("spare", "--json", NOX_ALEMBIC_SPARE="on", CI="").json
    titles = [step["title"] for step in made["steps"]]
    assert not any("seed" in title for title in titles), titles
    assert query(project, "SELECT count(*) FROM t1") == [(0,)]


def test_a_spare_that_its_seed_does_not_reach_is_not_kept(make_compose_project: MakeProject) -> None:
    project = make_compose_project()
    project.table(f'seed = "{INSIDE} seed.py"', "timeout = 60")
    project.write("compose.override.yml", OVERRIDE)
    project.good("dev")
    made = project.good("spare", "--json", NOX_ALEMBIC_SPARE="on", CI="").json
    outcomes = [step["outcome"] for step in made["steps"] if step["title"].startswith("make a spare")]
    assert outcomes == ["done", "not made: the seed does not reach it"]
    assert made["seed"]["reached"] is False
    project.good("spare", NOX_ALEMBIC_SPARE="on", CI="")
    assert query(project, "SELECT count(*) FROM t1") == [(2,)]


def test_one_that_goes_nowhere_is_missed_beside_a_health_check(make_compose_project: MakeProject) -> None:
    project = make_compose_project()
    project.table('seed = "python seed.py"', "timeout = 60")
    project.write("seed.py", "import time\ntime.sleep(2.5)\n")
    assert project.good("dev", "--json").json["seed"]["reached"] is False


def test_alembic_in_the_container_finds_the_project_s_own_variables(make_compose_project: MakeProject) -> None:
    project = make_compose_project()
    project.table('alembic-in = "backend"', 'alembic-variables = {AT = "{host}:{port}/{database}"}', "timeout = 60")
    override = OVERRIDE.replace(
        "./seed.py:/app/seed.py:ro", './alembic:/app/alembic:ro", "./alembic.ini:/app/alembic.ini:ro'
    )
    project.write(
        "compose.override.yml", override.replace("    environment: {", '    environment: {PGHOSTADDR: "192.0.2.1", ')
    )
    env = (project.root / "alembic/env.py").read_text()
    project.write(
        "alembic/env.py", f"import os\nassert os.environ['AT'].startswith('db:5432/sample'), os.environ\n{env}"
    )
    project.good("dev")
    project.good("downgrade", "--yes")
    project.good("migrate")
    project.good("reapply", "--yes")
    assert query(project, "SELECT version_num FROM alembic_version") == [("t2",)]
