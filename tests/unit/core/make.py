"""Values for the tests of pure code, with what a test does not care about filled in."""

from dataclasses import replace
from pathlib import PurePath
from typing import Any

import pytest

from nox_alembic.core.config import Config
from nox_alembic.core.copies.snapshots import Snapshot
from nox_alembic.core.copies.spares import Needs, Spare
from nox_alembic.core.copies.undo import UndoEntry
from nox_alembic.core.errors import NoxAlembicError
from nox_alembic.core.facts import BackendFacts, DatabaseAddress, DataLocation, EngineFacts, Facts, Foreign
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.orphans import FileVersion, OrphanRevision

ROOT = PurePath("/project")
FOLDER = DataLocation(kind="folder", path=ROOT / "volumes/db", within=ROOT)
ADDRESS = DatabaseAddress(host="127.0.0.1", port=5432, user="dds", name="ddsurveys", password="s3cret")
ELSEWHERE = Foreign(root="/elsewhere", project="dds-dev")
BACKEND = BackendFacts(defined=True, running=False, url="http://127.0.0.1:8000/health")
KEPT = UndoEntry(
    id="0ab1c2", verb="reset", at="2026-11-25T20:00:00Z", kind="folder", kept=".db.wipe", revisions=("c3",), open=False
)
COPY = UndoEntry(
    id="d00001", verb="downgrade", at="2026-11-25T20:00:00Z", kind="database",
    kept="ddsurveys__before_20261125t200000000z", revisions=("c3",), open=False, size=7_600_000,
)  # fmt: skip
SAVED = Snapshot(
    name="before-rooms", at="2026-11-25T20:00:00.000Z", environment="dev", engine="compose", database="ddsurveys",
    user="dds", server_version="17.2", revisions=("c3",), seed="done", commit="0123456789abcdef", branch="main",
    size=1234567, dump_size=9876543, sha256="00",
)  # fmt: skip
NEEDS = Needs(settings={"the image": "i1"}, files={"a1": "A", "b2": "B", "c3": "C"}, seed="S")
SPARE = Spare(name=".db.base", kind="base", at="2026-11-26T01:00:00Z", heads=("c3",), needs=NEEDS, size=45_000_000)
SEED = ("python", "-m", "ddsurveys.seed")
TWO_HEADS = History.of(
    [Revision(id="a1"), Revision(id="b2", down=("a1",), message="mine"), Revision(id="b9", down=("a1",))]
)


def told(error: pytest.ExceptionInfo[NoxAlembicError]) -> tuple[str, str, str]:
    """Id, message and hint of the error that was raised."""
    return error.value.id, error.value.message, error.value.hint


def config(**fields: Any) -> Config:
    return replace(Config(root=ROOT, seed=SEED, test_command=("python", "-m", "pytest")), **fields)


def chain(*ids: str) -> History:
    """A linear history, the first id the oldest."""
    downs = [(), *((key,) for key in ids[:-1])]
    return History.of(
        Revision(id=key, down=down, message=f"make {key}", path=f"/project/alembic/versions/{key}.py")
        for key, down in zip(ids, downs, strict=True)
    )


def orphan(key: str, *down: str, **fields: Any) -> OrphanRevision:
    """A revision that was found on the branch "feature"."""
    file = FileVersion(**{"content": f"file of {key}".encode(), "place": 'the branch "feature"', "author": "Ada",
                          "date": "2026-01-31", "branch": "feature", "commit": "c0ffee", **fields})  # fmt: skip
    return OrphanRevision(revision=Revision(id=key, down=down, message=f"make {key}"), file=file)


def engine(**fields: Any) -> EngineFacts:
    """A machine on which nothing has been started yet."""
    services = {"backend": BACKEND, "services": ("backend",), "stopped": ("backend",)}
    return EngineFacts(**{"name": "compose", "location": FOLDER, **services, **fields})


def facts(**fields: Any) -> Facts:
    """A machine on which nothing has been started yet, of a project with the revisions a1, b2 and c3."""
    return Facts(**{"engine": engine(), "history": chain("a1", "b2", "c3"), **fields})


def up(**fields: Any) -> Facts:
    """Everything is up and at head."""
    running = engine(
        data_present=True,
        database_running=True,
        anything_running=True,
        address=ADDRESS,
        backend=replace(BACKEND, running=True),
        stopped=(),
    )
    return Facts(
        **{"engine": running, "history": chain("a1", "b2", "c3"), "current": ("c3",), "healthy": True, **fields}
    )
