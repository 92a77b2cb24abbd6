"""Makes spares beside the environment, and knows which of them are whole.

Each is made in a server of its own.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import assert_never

import psutil

from nox_alembic.core.config import Config
from nox_alembic.core.copies import spares
from nox_alembic.core.copies.spares import Needs, Spare, Spares
from nox_alembic.core.copies.volume_swap import why_not_kept
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import Facts
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.sizes import shown_size
from nox_alembic.core.steps import Plan, Step
from nox_alembic.core.steps.lifecycle import AwaitDatabase, Seed, StartDatabase
from nox_alembic.core.steps.migration import Migrate
from nox_alembic.core.steps.spares import ClearSpares, ConfirmSpare, EndMaking, MakeSpare, SpareStep
from nox_alembic.edges.engines import Engine, Workshop
from nox_alembic.edges.engines.embedded import logs, processes
from nox_alembic.edges.home import spare_list
from nox_alembic.edges.project import revisions
from nox_alembic.edges.system import clock, digests, process
from nox_alembic.edges.system.files import write_private
from nox_alembic.report import Reporter
from nox_alembic.run.acts.spare_places import SparePlaces, places_of
from nox_alembic.run.ports import DONE, RunBeside, Server

LOST = "not made: the seed does not reach it"
# Bytes that stay free beside a spare: the database and its log are on the same disk.
ROOM = 500_000_000


@frozen(kw_only=True)
class SpareMaker:
    """The spares of one environment; the file `sidecar` names the whole ones."""

    engine: Engine
    workshop: Workshop
    config: Config
    configuration: Configuration | None
    sidecar: Path
    environ: Mapping[str, str]
    reread: Callable[[], History]
    server: Server
    beside: RunBeside
    lock: Callable[[], AbstractContextManager[str]]
    lock_holder: Callable[[], int]
    report: Reporter

    def do(self, step: SpareStep) -> str:
        """Do the step and return how it went."""
        match step:
            case ConfirmSpare():
                self._confirm(step)
            case MakeSpare():
                return self.make(step)
            case ClearSpares():
                for line in self._clear(step):
                    self.report.warn(line)
            case EndMaking():
                self.end_making()
            case _:
                assert_never(step)
        return DONE

    @property
    def maker(self) -> int:
        """The process that makes this environment's spares in the background, or 0.

        It is known by the number that was noted when it was started, or that its lock
        has, and by its command line: a number is given to another process afterwards.
        """
        for pid in (self._noted, self.lock_holder()):
            found = processes.find(pid) if pid else None
            with contextlib.suppress(psutil.Error):
                if found and spares.is_maker(found.cmdline(), str(self.root), self.config.environment):
                    return pid
        return 0

    def end_making(self) -> bool:
        """End that process, and delete what it has begun; return whether there was one.

        A spare that is not in the list is used by nobody.
        """
        found = processes.find(self.maker)
        if found is None:
            return False
        processes.kill(processes.tree(found))
        with self.lock() as holder:
            known = {one.name for one in spare_list.read(self.sidecar)}
            for name in () if holder else self._places.names():
                if name not in known:
                    self._places.release(name)
                    self._places.delete(name)
        return True

    @property
    def refusal(self) -> str:
        """The reason why there are no spares here, "" when there are."""
        volume = self.engine.volumes.probe() if self.engine.volumes else None
        return spares.refusal(self.config, why_not_kept(self.engine.location, volume), self.environ)

    def probe(self, facts: Facts) -> Spares:
        """Return the spares; changes nothing."""
        refusal = self.refusal
        if refusal and not self.sidecar.exists():
            return Spares(refusal=refusal)
        names = self._places.names()
        known = spare_list.read(self.sidecar)
        whole = tuple(one for one in known if one.name in names and self._places.can_start(one.name))
        left = tuple(name for name in names if name not in {one.name for one in whole})
        if refusal:
            return Spares(found=whole, leftovers=left, refusal=refusal)
        try:
            return Spares(needs=self.needs(facts.history), found=whole, leftovers=left)
        except OSError as error:
            return Spares(found=whole, leftovers=left, refusal=f"a file that they depend on cannot be read: {error}")

    def prepare(self, options: Sequence[str], log: Path, *, cwd: Path, wait: bool) -> str:
        """Start a process that makes the missing spares; return what went wrong.

        With `wait`, run it to its end.
        """
        words = ["python", "-P", "-m", "nox_alembic", "spare", *options]
        logs.rotate(log)
        if not wait:
            write_private(self._note, str(process.spawn(words, log, cwd=cwd)))
            return ""
        return _error_in(logs.tail(log, None)) if process.run_to_log(words, log, cwd=cwd) else ""

    def make(self, step: MakeSpare) -> str:
        """Make a spare in a server of its own; return how that ended.

        Raises what a migration or the seed raises.
        """
        if step.kind == "ready" and self._seed_is_lost:
            return LOST
        making = self._places.new_name()
        try:
            self._places.release(making)
            self._places.delete(making)
            self._refuse_full_disk()
            self._places.make(making)
            base = (
                next((one for one in spare_list.read(self.sidecar) if one.kind == "base"), None)
                if step.copies
                else None
            )
            if step.copies and (base is None or not self._places.copy(base.name, making)):
                return "a reset was quicker, and has used the base"
            size = self._filled(step, base, making)
            return self._commit(step, making, size)
        except OSError as error:
            message = f"no spare can be made beside the data: {error}"
            hint = f"{self._places.cure}, or set `spare = false` in pyproject.toml"
            raise FailedError("NA654", message, hint=hint) from None
        finally:
            if making not in {one.name for one in spare_list.read(self.sidecar)}:
                self._places.delete(making)

    def _filled(self, step: MakeSpare, base: Spare | None, making: str) -> int | None:
        """Fill the spare in a new server, end that cleanly, and return the size."""
        server = self._places.server_on(making)
        try:
            self.beside(server, self._plan(step, base))
            size = self._places.size(making)
            self.workshop.finish(server)
            return size
        finally:
            server.discard()

    def _confirm(self, step: ConfirmSpare) -> None:
        address = self.engine.address()
        current = self.server.revisions(address) or ()
        if set(current) != set(step.heads):
            at, wanted = ", ".join(current) or "no revision", ", ".join(step.heads) or "no revision"
            message = f"the database of the spare is at {at}, and not at {wanted} as it was when it was made"
            raise FailedError("NA653", message, hint="`nox -s reset -- --cold` begins with nothing")
        note = "pending" if step.pending else ""
        if step.pending is not None and self.server.read_note(address, "seed") != note:
            self.server.write_note(address, "seed", note)

    def _clear(self, step: ClearSpares) -> Sequence[str]:
        """Delete spares; return messages about what is left.

        Nobody finds them from the first moment on.
        """
        known = spare_list.read(self.sidecar)
        spare_list.write(self.sidecar, [one for one in known if one.name not in step.names])
        for name in step.names:
            if name not in {one.name for one in known}:
                self._places.release(name)
        return [left for name in step.names if (left := self._places.delete(name))]

    def _plan(self, step: MakeSpare, base: Spare | None) -> Plan:
        """Return the plan for the new server, as a reset has it for a fresh one."""
        seeds = bool(self.config.seed) and bool(step.heads)
        begun: tuple[Step, ...] = (ConfirmSpare(base.heads, pending=seeds),) if base else ()
        at_head = base is not None and base.heads == step.heads
        target = step.heads[0] if len(step.heads) == 1 else "heads"
        migrate: tuple[Step, ...] = () if at_head or not step.heads else (Migrate(target, seed_later=seeds),)
        seed: tuple[Step, ...] = (Seed(self.config.seed),) if step.kind == "ready" else ()
        start = (StartDatabase(), AwaitDatabase(self.config.timeout))
        return Plan(steps=(*start, *begun, *migrate, *seed, ConfirmSpare(step.heads)))

    def _commit(self, step: MakeSpare, making: str, size: int | None) -> str:
        """Give the spare its name, and list it in the sidecar; then it is in use."""
        now = self.needs(self.reread())
        if step.kind == "ready" and self._seed_is_lost:
            return LOST
        seed = step.needs.seed if step.kind == "ready" else now.seed
        if (now.settings, now.seed) != (step.needs.settings, seed) or any(
            now.files.get(key) != digest for key, digest in step.needs.files.items()
        ):
            return "the project has changed meanwhile"
        done = Spare(
            name=self._places.finish(making, step.kind),
            kind=step.kind,
            at=clock.now(),
            heads=step.heads,
            needs=step.needs,
            size=size,
        )
        known = spare_list.read(self.sidecar)
        spare_list.write(self.sidecar, [*(one for one in known if one.kind != step.kind), done])
        for old in known:
            if old.kind == step.kind:
                self._places.delete(old.name)
        return DONE

    def needs(self, history: History) -> Needs:
        """Return what a spare made now depends on.

        Raises OSError if a file cannot be read.
        """
        settings = {
            "the way in which spares are made": spares.FORMAT,
            **self.workshop.settings(),
            '"variables"': digests.of(dict(self.config.variables)),
            '"alembic-variables"': digests.of(dict(self.config.alembic_variables)),
        }
        if self.configuration is None:
            return Needs(settings=settings)
        sources = self._sources(self.configuration, history)
        around = {"env.py, or a file beside it or beside revisions,": sources.surroundings()}
        settings = {**settings, **around, self.configuration.file.name: sources.alembic()}
        seed = "" if self._seed_is_lost else sources.seed(self.config.seed)
        return Needs(settings=settings, files=sources.revisions(), seed=seed)

    def note_lost_seed(self) -> None:
        """Note that the seed, as it is now, reaches another database than it is given.

        It would run for each spare, and reach another one each time.
        """
        if digest := self._seed_digest():
            write_private(self._lost_note, digest)

    @property
    def _seed_is_lost(self) -> bool:
        with contextlib.suppress(OSError):
            return self._lost_note.read_text(encoding="ascii") == self._seed_digest()
        return False

    def _sources(self, configuration: Configuration, history: History) -> spare_list.Sources:
        return spare_list.Sources(self.root, configuration, revisions.script_folder(configuration), history)

    def _seed_digest(self) -> str:
        """Return the digest of the seed and of what may lead it elsewhere.

        "" if a file cannot be read.
        """
        if self.configuration is None:
            return ""
        variables, settings = [self.config.variables, self.config.alembic_variables], self.root / ".env"
        with contextlib.suppress(OSError):
            seed = self._sources(self.configuration, History()).seed(self.config.seed)
            own = digests.of_tree(settings) if settings.is_file() else ""
            return digests.of([seed, own, *map(dict, variables)])
        return ""

    @property
    def root(self) -> Path:
        """The project's folder."""
        return Path(self.config.root)

    def _refuse_full_disk(self) -> None:
        """Refuse to make a spare if the database itself would soon find no room."""
        size = max((one.size or 0 for one in spare_list.read(self.sidecar)), default=0)
        free, needed = self._places.free(), size + ROOM
        if free is not None and free < needed:
            message = f"a spare is made where {shown_size(needed)} are free, and there are {shown_size(free)}"
            raise FailedError("NA657", message, hint="make room, or set `spare = false` in pyproject.toml")

    @property
    def _note(self) -> Path:
        """The file with the number of the process that was started last."""
        return self.sidecar.with_name("spares.pid")

    @property
    def _lost_note(self) -> Path:
        """The file with the digest of a seed that left no trace."""
        return self.sidecar.with_name("lost-seed")

    @property
    def _noted(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            return int(self._note.read_text(encoding="ascii"))
        return 0

    @property
    def _places(self) -> SparePlaces:
        return places_of(self.engine, self.workshop)


def _error_in(log: str) -> str:
    lines = log.splitlines()
    return next((line for line in reversed(lines) if line.startswith("error ")), lines[-1] if lines else "no reason")
