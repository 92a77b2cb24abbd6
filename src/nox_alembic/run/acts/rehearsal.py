"""Rehearses down and up on a copy before the real database is touched.

It shows what stays behind, and what is lost.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import assert_never

from nox_alembic.core.catalogue import Catalogue, Difference, compare, left_behind
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History
from nox_alembic.core.steps.migration import AwaitEdit, RehearsalStep, Rehearse
from nox_alembic.edges.engines import Engine
from nox_alembic.edges.postgres.copying import Source
from nox_alembic.report import Reporter
from nox_alembic.run.acts.siblings import new_mark
from nox_alembic.run.ports import DONE, Apart, Dropping, Migrations, Person, ReadCatalogue, Server, Siblings

# To tell what a downgrade leaves behind, the history is replayed from nothing: 10 ms a
# revision.
REPLAYED_AT_MOST = 200


@frozen(kw_only=True)
class Rehearsed:
    """The results of a rehearsal, in sentences.

    `lost` is what down and up do not bring back; where no up is rehearsed, it is the
    data alone. `changed` is what differs from before. `behind` is what the downgrade
    did not take back. `unknown` is why that could not be found out, "" if it could.
    """

    lost: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    unknown: str = ""


@frozen(kw_only=True)
class Rehearsal:
    """The act of a rehearsal, and of waiting for an edit.

    It only reads the real database.

    On a throw-away server, the real database is that of the `origin`.
    """

    configuration: Configuration
    engine: Engine
    origin: Engine | None
    history: History
    reread: Callable[[], History]
    server: Server
    siblings: Siblings
    dropping: Dropping
    catalogue: ReadCatalogue
    apart: Apart
    environment: str
    person: Person
    report: Reporter

    def do(self, step: RehearsalStep) -> str:
        """Do the step and return how it went; it asks before a loss."""
        match step:
            case Rehearse():
                seen = self.rehearse(step)
                self.report.rehearsed(lost=seen.lost, changed=seen.changed, behind=seen.behind, unknown=seen.unknown)
                if seen.lost:
                    self.person.consent("; ".join(seen.lost))
            case AwaitEdit():
                self._await_edit(step)
            case _:
                assert_never(step)
        return DONE

    def rehearse(self, step: Rehearse) -> Rehearsed:
        """Return the results.

        Raises FailedError: NA435 when the rehearsal fails, NA436 when there can be no
        copy.
        """
        address = self.engine.address()
        # Before the copy: that may bring roles, and the history would find them there
        # already.
        lower, upper, unknown = self._replayed(step, address)
        with self._copied(address) as copy, self.apart() as alembic:
            before = self.catalogue(copy, contents=True)
            self._go_down(step, alembic, copy)
            below = self.catalogue(copy, contents=not step.back)
            behind = _sentences(left_behind(lower, upper, below))
            if not step.back:
                lost = [it for it in compare(before, below) if it.data]
                return Rehearsed(lost=_sentences(lost), behind=behind, unknown=unknown)
            self._go_up(step, alembic, copy, behind)
            found = compare(before, self.catalogue(copy, contents=True))
        return Rehearsed(
            lost=_sentences([it for it in found if it.loses]),
            changed=_sentences([it for it in found if not it.loses]),
            behind=behind,
            unknown=unknown,
        )

    def _copied(self, address: DatabaseAddress) -> AbstractContextManager[DatabaseAddress]:
        mark = new_mark(address, "rehearsal", self.environment, self.report.verb)
        if self.origin is None:
            return self.siblings.copied(address, mark, self.engine.client)
        source = Source(self.origin.address(), self.origin.client)
        return self.siblings.loaded(source, address, mark, self.engine.client)

    def _await_edit(self, step: AwaitEdit) -> None:
        if not self.person.edit(Path(step.path)):
            self.report.warn(f"{step.path} has not changed: it is applied again as it was")
        if step.revision not in self.reread().revisions:
            message = f"the revision {step.revision}, up to which the database is to go again, is in no file any more"
            raise FailedError("NA439", message, hint="`nox -s migrate` goes up to the head that there is now")

    def _replayed(self, step: Rehearse, address: DatabaseAddress) -> tuple[Catalogue, Catalogue, str]:
        """Return what the history makes from nothing, below and up to the rehearsal.

        If that is not known, the last value says why.
        """
        nothing = Catalogue()
        current = step.back or step.undone[:1]
        count = len(self.history.with_ancestors(current))
        if count > REPLAYED_AT_MOST:
            return nothing, nothing, f"{count} revisions would have to be replayed"
        mark = new_mark(address, "shadow", self.environment, self.report.verb)
        try:
            shadow = self.siblings.create(address, mark)
            with self.apart() as alembic:
                lower = self._made(alembic, shadow, () if step.target == "base" else (step.target,))
                return lower, self._made(alembic, shadow, current), ""
        except FailedError as error:
            return nothing, nothing, f"the history does not replay from nothing: {error.message}"
        finally:
            self.dropping.drop_soon(address, [mark.name])

    def _made(self, alembic: Migrations, shadow: DatabaseAddress, targets: tuple[str, ...]) -> Catalogue:
        for target in targets:
            alembic.upgrade(self.configuration, shadow, target, lambda _: None)
        return self.catalogue(shadow, contents=False)

    def _go_down(self, step: Rehearse, alembic: Migrations, copy: DatabaseAddress) -> None:
        try:
            alembic.downgrade(self.configuration, copy, step.target, self.report.revision)
        except FailedError as error:
            raise self._failed("on the way down", error, f"correct its downgrade(), then {_again(step)}") from error
        applied = self.history.with_ancestors(self.server.revisions(copy) or ())
        if left := [key for key in step.undone if key in applied]:
            message = f"the rehearsal ended without an error, and yet {', '.join(left)} is still applied in the copy"
            raise FailedError("NA435", message, hint="look at `run_migrations_online` in env.py: does it commit?")

    def _go_up(self, step: Rehearse, alembic: Migrations, copy: DatabaseAddress, behind: tuple[str, ...]) -> None:
        cure = "take back in downgrade() what it leaves behind"
        hint = (
            f"{'; '.join(behind)}: {cure}, then {_again(step)}"
            if behind
            else f"correct the script, then {_again(step)}"
        )
        try:
            for target in step.back:
                alembic.upgrade(self.configuration, copy, target, self.report.revision)
        except FailedError as error:
            raise self._failed("on the way up again", error, hint) from error

    def _failed(self, where: str, error: FailedError, hint: str) -> FailedError:
        message = f"the rehearsal on a copy failed {where}, and nothing has touched the database: {error.message}"
        return FailedError("NA435", message, hint=hint, detail=error.detail)


def _again(step: Rehearse) -> str:
    undone = step.undone
    return "`nox -s reapply`" if len(undone) == 1 else f"`nox -s reapply -- {undone[-1]}`"


def _sentences(differences: list[Difference] | tuple[Difference, ...]) -> tuple[str, ...]:
    return tuple(it.sentence for it in differences)
