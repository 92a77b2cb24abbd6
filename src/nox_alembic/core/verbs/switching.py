"""The way back from orphan revisions, as they are after `git switch`."""

from dataclasses import replace

from nox_alembic.core.config import Config
from nox_alembic.core.errors import FindingError
from nox_alembic.core.facts import Facts
from nox_alembic.core.frozen import frozen
from nox_alembic.core.steps import Step
from nox_alembic.core.steps.migration import DowngradeOrphans
from nox_alembic.core.verbs.guards import refuse_orphans_without_files, refuse_protected


@frozen(kw_only=True)
class WayBack:
    """The steps to this branch's history, their notes, and the facts afterwards."""

    facts: Facts
    steps: tuple[Step, ...] = ()
    destroys: str = ""


def way_back(config: Config, facts: Facts) -> WayBack:
    """Take back the orphan revisions; nothing when there are none.

    Raises the refusal (NA013, NA404, NA441, NA442).
    """
    refuse_orphans_without_files(facts)
    orphans = facts.orphans
    if orphans is None:
        return WayBack(facts=facts)
    refuse_protected(config)
    left = orphans.left(facts.history, facts.current or ())
    if facts.history.revisions and not left:
        message = f"the database and this branch have no revision in common; the database has {orphans.summary}"
        hint = "switch to the branch that has them, or `nox -s reset` for a fresh database"
        raise FindingError("NA442", message, hint=hint)
    return WayBack(
        # The step itself records what is applied.
        facts=replace(facts, current=left, orphans=None, fingerprinted_at=None),
        steps=(DowngradeOrphans(orphans),),
        destroys=f"what these revisions added, with its data: {orphans.summary}",
    )
