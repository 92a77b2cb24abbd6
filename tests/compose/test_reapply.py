"""`reapply` on real Compose: the copy is made by the programs in the database's own container."""

import contextlib

from tests.compose.conftest import connected
from tests.project import Project

UPGRADE = 'op.execute("CREATE TYPE provider AS ENUM (\'card\')")\n    op.execute("ALTER TABLE t1 ADD by provider")'
FORGETFUL = 'op.drop_column("t1", "by")'


def test_reapply_copies_by_dump_while_the_backend_is_connected(project: Project) -> None:
    project.good("dev")
    project.revision("t3", "t2", upgrade=UPGRADE, downgrade=FORGETFUL)
    project.good("migrate")
    with contextlib.closing(connected(project)) as backend, backend.cursor() as cursor:
        cursor.execute("UPDATE t1 SET by = 'card'")
        failed = project.run("reapply", "--yes", "--json")
        assert failed.error[0] == "NA435"
        assert failed.error[2].startswith("type provider stays behind: take back in downgrade()")
        cursor.execute("SELECT by, version_num FROM t1, alembic_version")
        assert cursor.fetchall() == [("card", "t3")]
        project.revision("t3", "t2", upgrade=UPGRADE, downgrade=f'{FORGETFUL}\n    op.execute("DROP TYPE provider")')
        ran = project.good("reapply", "--yes", "--json").json
        assert ran["rehearsal"]["lost"] == ["column t1.by: 1 value before, 0 after"]
    # The copy for `undo` ends who waits for work, once it is sure that there is a way.
    with contextlib.closing(connected(project)) as backend, backend.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ 'rehearsal|shadow'")
        assert cursor.fetchall() == []
