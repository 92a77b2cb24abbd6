"""Starts, proves, waits for and ends an environment.

It also runs the project's commands on it.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps.lifecycle import (
    AwaitBackend,
    AwaitDatabase,
    AwaitReconnect,
    Discard,
    DiscardData,
    Down,
    Kill,
    KillServices,
    LifecycleStep,
    MakeFolder,
    ProveOwnership,
    ProvideImages,
    RunTests,
    Seed,
    StartDatabase,
    StartServices,
    Stop,
    StopBackend,
)
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.system.files import PRIVATE, make_folder
from nox_alembic.report import Reporter
from nox_alembic.run.acts.seeding import Seeding
from nox_alembic.run.ports import DONE, NOT_NEEDED, Backend, Command, Server

# What comes back by itself does so at the next request.
RECONNECT_SECONDS = 5


@frozen(kw_only=True)
class Lifecycle:
    """The act of the steps that need the engine and little else."""

    engine: Engine
    server: Server
    backend: Backend
    seeding: Seeding
    command: Command
    report: Reporter

    def do(self, step: LifecycleStep) -> str:  # noqa: C901, PLR0912 - one case a step
        """Do the step and return how it went."""
        match step:
            case ProvideImages(images):
                self.engine.provide_images(images)
            case ProveOwnership():
                self.engine.prove_ownership()
            case Kill():
                self.engine.kill()
            case Down():
                self.engine.down()
            case Stop():
                self.engine.stop()
            case DiscardData():
                self.engine.discard_data()
            case MakeFolder(location):
                # The user of an image's server has to pass through the folder.
                _make_folder(Path(location.path), PRIVATE if self.engine.name == "embedded" else 0o755)
            case StartDatabase():
                self.engine.start_database()
            case AwaitDatabase(seconds):
                self._await_database(seconds)
            case Seed(command):
                return self._seed(command)
            case StartServices(services):
                self.engine.start_services(services)
            case AwaitBackend(seconds):
                self._await_backend(seconds)
            case AwaitReconnect():
                return self._await_reconnect(step)
            case StopBackend():
                self.engine.stop_backend()
            case KillServices():
                self.engine.kill_services()
            case RunTests(command):
                self._test(command)
            case Discard():
                self.engine.discard()
            case _:
                assert_never(step)
        return DONE

    def _await_database(self, seconds: float) -> None:
        """Wait for it; what a killed run has yet to make is made, or named."""
        try:
            self._await_ready(seconds)
        except FailedError as error:
            if error.id == "NA204" and self.engine.make_missing_database():
                self._await_ready(seconds)
            elif self.engine.is_blank():
                raise _cut_off(self.engine.location, error) from None
            else:
                raise

    def _await_ready(self, seconds: float) -> None:
        engine = self.engine
        self.server.await_ready(
            engine.address, lambda: engine.is_alive("database"), lambda: engine.log_tail("database"), seconds
        )

    def _await_backend(self, seconds: float) -> None:
        engine = self.engine
        self.backend.await_healthy(
            engine.backend_url,
            engine.backend_health,
            lambda: engine.is_alive("backend"),
            lambda: engine.log_tail("backend"),
            seconds,
        )

    def _await_reconnect(self, step: AwaitReconnect) -> str:
        try:
            self._await_backend(RECONNECT_SECONDS)
        except FailedError as error:
            self.report.note(f"started again, since {error.message}")
        else:
            return DONE
        self.engine.kill_services()
        self.engine.start_services(step.services)
        self._await_backend(step.seconds)
        return "started again"

    def _seed(self, words: Sequence[str]) -> str:
        address = self.engine.address()
        if self.server.read_note(address, "seed") != "pending":
            return NOT_NEEDED
        if code := self.seeding.run(words, address):
            message = f"the seed command `{' '.join(words)}` ended with {code}"
            raise FailedError("NA503", message, hint="correct it and run `nox -s dev`, which tries it again")
        return DONE

    def _test(self, words: Sequence[str]) -> None:
        if code := self.command(words, self.engine.address(), False):
            raise FailedError("NA504", f"the test command ended with {code}", hint="see its output above")


def _cut_off(location: DataLocation, error: FailedError) -> FailedError:
    message = f"the data in {location.shown} was not initialised to its end, and no database is in it"
    detail = "\n".join(filter(None, (error.message, error.detail)))
    return FailedError("NA206", message, hint="nothing of yours is in it: `nox -s reset` starts afresh", detail=detail)


def _make_folder(folder: Path, mode: int) -> None:
    """Make the folder as this user's, before a daemon makes it as root's.

    If the parent is root's already, the daemon has to make it.
    """
    with contextlib.suppress(PermissionError):
        make_folder(folder, mode)
