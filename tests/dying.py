"""Runs the tool, and sends it a signal at a chosen point.

Run it as a program: `python -m tests.dying POINT COUNT SIGNAL VERB...`.

Points of the wiper: "gates", "renamed", "made", "synced", "entry", "rmdir", "aside" and
"back".

Points of all verbs: `before STEP` and `after STEP` by the step's class, "locked",
"revision" in the middle of a migration, "helper" while the helper container runs, and
"written" when the new content of a project's file lies beside the old content.

Points of a snapshot: "dumped" and "read" by the pieces of a dump, "named" before it
gets its name, "making" before a new database, "created" in a new database, "unnamed" in
a copy of a database, and "dropping" before earlier undo databases are dropped.

Point of an embedded server: "nameless" when it is up, and the target database is not
there yet.

Points of a named volume: "volume noted" in the undo log, "volume made" that is to keep
its data, and "volume moved" before the undo log has the move. With "stall before
CHANGE" and "stall after CHANGE" there is no signal, and the helper container sleeps at
that line.
"""

import functools
import os
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any

from filelock import FileLock

from nox_alembic import cli, report
from nox_alembic.core.steps import Foreground
from nox_alembic.edges import wiper
from nox_alembic.edges.engines.compose import helpers, volumes
from nox_alembic.edges.engines.compose.volumes import NamedVolume
from nox_alembic.edges.engines.embedded.server import Server
from nox_alembic.edges.home import snapshots
from nox_alembic.edges.postgres import copying, dropping, siblings
from nox_alembic.edges.project import files
from nox_alembic.edges.system.files import sync, write_private
from nox_alembic.run import runner


class Fate:
    """Sends the signal when the point comes for the given time."""

    def __init__(self, point: str, count: int, number: int) -> None:
        self.point, self.count, self.number = point, count, number
        self.seen = 0

    def come(self, point: str, _name: str = "") -> None:
        """Say where we are."""
        self.seen += point == self.point
        if point == self.point and self.seen == self.count:
            os.kill(os.getpid(), self.number)


def watch(fate: Fate) -> None:
    """Have everything that is of interest tell the fate."""
    # Set by name: these are replaced for this process only, and nothing of the tool knows of it.
    replace: Any = setattr
    replace(wiper, "set_aside", functools.partial(wiper.set_aside, on_event=fate.come))
    replace(wiper, "put_back", functools.partial(wiper.put_back, on_event=fate.come))
    replace(wiper, "sweep", functools.partial(wiper.sweep, on_event=fate.come))
    act, revision, first_line = runner.Runner._do, report.Reporter.revision, helpers._first_line
    acquire = FileLock.acquire

    def do(self: runner.Runner, step: Foreground) -> str:
        fate.come(f"before {type(step).__name__}")
        result = act(self, step)
        fate.come(f"after {type(step).__name__}")
        return result

    def name(self: report.Reporter, text: str) -> None:
        fate.come("revision")
        revision(self, text)

    def before(point: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*rest: Any, **named: Any) -> Any:
            fate.come(point)
            return function(*rest, **named)

        return call

    replace(snapshots._Writer, "write", before("dumped", snapshots._Writer.write))
    replace(snapshots, "_decompressed", before("read", snapshots._decompressed))
    replace(snapshots, "write_private", before("named", write_private))
    replace(siblings, "_make_way", before("making", siblings._make_way))
    replace(copying, "copy_grants", before("created", copying.copy_grants))
    replace(siblings, "_name", before("unnamed", siblings._name))
    replace(dropping, "drop_soon", before("dropping", dropping.drop_soon))
    replace(Server, "create_database", before("nameless", Server.create_database))

    def listen(said: Iterator[bytes]) -> str:
        fate.come("helper")
        return first_line(said)

    def lock(self: FileLock, *rest: Any, **named: Any) -> Any:
        proxy = acquire(self, *rest, **named)
        fate.come("locked")
        return proxy

    def lay_down(file: IO[bytes]) -> None:
        sync(file)
        fate.come("written")

    replace(files, "sync", lay_down)
    replace(runner.Runner, "_do", do)
    replace(report.Reporter, "revision", name)
    replace(helpers, "_first_line", listen)
    replace(FileLock, "acquire", lock)
    watch_volumes(fate)


def watch_volumes(fate: Fate) -> None:
    """Have the moves of a named volume's data tell the fate, or have one of them stall."""
    replace: Any = setattr
    swap, run = NamedVolume.swap, NamedVolume._run

    def move(self: NamedVolume, *rest: Any, **named: Any) -> Any:
        fate.come("volume noted")
        return swap(self, *rest, **named)

    def act(self: NamedVolume, *rest: Any) -> Any:
        fate.come("volume made")
        outcome = run(self, *rest)
        fate.come("volume moved")
        return outcome

    replace(NamedVolume, "swap", move)
    replace(NamedVolume, "_run", act)
    stall, _, place = fate.point.partition(" ")
    when, _, change = place.partition(" ")
    if stall == "stall":
        stalled = f"sleep 600\n{change}" if when == "before" else f"{change}\nsleep 600"
        whole = volumes.script()
        replace(volumes, "script", lambda: whole.replace(change, stalled, 1))


if __name__ == "__main__":
    watch(Fate(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
    sys.argv[1:] = sys.argv[4:]
    cli.main()
