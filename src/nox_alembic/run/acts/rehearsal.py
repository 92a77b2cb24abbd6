"""Down and up on a copy of the database before the real one is touched: what stays behind, and what is lost."""

from collections.abc import Callable
from pathlib import Path

from nox_alembic.core.catalogue import Catalogue, Difference, compare, left_behind
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps import Rehearse
from nox_alembic.run.ports import Migrations, Tools

# What comes from nothing, to tell what a downgrade leaves behind, is had by replaying the history: 10 ms a revision.
REPLAYED_AT_MOST = 200
# Of one name, so that the next run replaces what a killed one has left.
SHADOW = "nox_alembic_shadow"

OnRevision = Callable[[str], None]


@frozen(kw_only=True)
class Rehearsed:
    """What was seen, in sentences.

    `lost` is what down and up do not bring back, or the data alone where no up is rehearsed; `changed` is otherwise
    than before; `behind` is what the downgrade did not take back, `unknown` why that could not be told, "" if it could.
    """

    lost: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    unknown: str = ""


@frozen
class Rehearsal:
    """One rehearsal of the way that `step` describes; the real database is only read."""

    tools: Tools
    configuration: Path
    step: Rehearse
    on_revision: OnRevision

    def run(self) -> Rehearsed:
        """Return what was seen; raises FailedError (NA435) when it fails, and NA436 when there can be no copy."""
        address = self.tools.engine.address()
        with self.tools.clones.copied(address, self.tools.engine.client) as copy, self.tools.rehearsing() as alembic:
            lower, upper, unknown = self._replayed(address)
            before = self.tools.catalogue(copy, contents=True)
            self._go_down(alembic, copy)
            below = self.tools.catalogue(copy, contents=not self.step.back)
            behind = _sentences(left_behind(lower, upper, below))
            if not self.step.back:
                lost = [it for it in compare(before, below) if it.data]
                return Rehearsed(lost=_sentences(lost), behind=behind, unknown=unknown)
            self._go_up(alembic, copy, behind)
            found = compare(before, self.tools.catalogue(copy, contents=True))
        return Rehearsed(
            lost=_sentences([it for it in found if it.loses]),
            changed=_sentences([it for it in found if not it.loses]),
            behind=behind,
            unknown=unknown,
        )

    def _replayed(self, address: DatabaseAddress) -> tuple[Catalogue, Catalogue, str]:
        """Return what the history makes from nothing, below and up to what is rehearsed; else why that is not known."""
        nothing = Catalogue()
        current = self.step.back or self.step.undone[:1]
        count = len(self.tools.history.with_ancestors(current))
        if count > REPLAYED_AT_MOST:
            return nothing, nothing, f"{count} revisions would have to be replayed"
        database = self.tools.database
        try:
            shadow = database.make_empty(address, SHADOW)
            with self.tools.rehearsing() as alembic:
                lower = self._made(alembic, shadow, () if self.step.target == "base" else (self.step.target,))
                return lower, self._made(alembic, shadow, current), ""
        except FailedError as error:
            return nothing, nothing, f"the history does not replay from nothing: {error.message}"
        finally:
            database.drop(address, SHADOW)

    def _made(self, alembic: Migrations, shadow: DatabaseAddress, targets: tuple[str, ...]) -> Catalogue:
        for target in targets:
            alembic.upgrade(self.configuration, shadow, target, lambda _: None)
        return self.tools.catalogue(shadow, contents=False)

    def _go_down(self, alembic: Migrations, copy: DatabaseAddress) -> None:
        try:
            alembic.downgrade(self.configuration, copy, self.step.target, self.on_revision)
        except FailedError as error:
            raise self._failed("on the way down", error, f"correct its downgrade(), then {self._again}") from error
        applied = self.tools.history.with_ancestors(self.tools.database.revisions(copy) or ())
        if left := [key for key in self.step.undone if key in applied]:
            message = f"the rehearsal ended without an error, and yet {', '.join(left)} is still applied in the copy"
            raise FailedError("NA435", message, hint="look at `run_migrations_online` in env.py: does it commit?")

    def _go_up(self, alembic: Migrations, copy: DatabaseAddress, behind: tuple[str, ...]) -> None:
        cure = "take back in downgrade() what it leaves behind"
        hint = (
            f"{'; '.join(behind)}: {cure}, then {self._again}" if behind else f"correct the script, then {self._again}"
        )
        try:
            for target in self.step.back:
                alembic.upgrade(self.configuration, copy, target, self.on_revision)
        except FailedError as error:
            raise self._failed("on the way up again", error, hint) from error

    def _failed(self, where: str, error: FailedError, hint: str) -> FailedError:
        message = f"the rehearsal on a copy failed {where}, and nothing has touched the database: {error.message}"
        return FailedError("NA435", message, hint=hint, detail=error.detail)

    @property
    def _again(self) -> str:
        undone = self.step.undone
        return "`nox -s reapply`" if len(undone) == 1 else f"`nox -s reapply -- {undone[-1]}`"


def _sentences(differences: list[Difference] | tuple[Difference, ...]) -> tuple[str, ...]:
    return tuple(it.sentence for it in differences)
