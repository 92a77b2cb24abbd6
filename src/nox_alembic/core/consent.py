"""What a plan takes away, to look at first, and the hash that approves exactly that."""

import hashlib
import json

from nox_alembic.core.config import Config
from nox_alembic.core.frozen import frozen
from nox_alembic.core.sizes import shown_size
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import DiscardData
from nox_alembic.core.steps.migration import Rehearse
from nox_alembic.core.steps.snapshots import DeleteSnapshots
from nox_alembic.core.steps.throwaway import OnThrowaway
from nox_alembic.core.steps.undo import SetDataAside

# 48 bits: short enough to be typed, and no two plans in front of a user have the same
# hash by chance.
HASH_LENGTH = 12


@frozen(kw_only=True)
class Content:
    """A database and what is in it."""

    name: str
    tables: int
    rows: int  # by the server's estimate, without the uncounted tables
    uncounted: int  # tables without an estimate
    size: int  # in bytes
    trace: str  # another word after each change of the data, but not after a look or a vacuum

    @property
    def sentence(self) -> str:
        """The database in one line."""
        missing = f" ({_count(self.uncounted, 'table')} not counted yet)" if self.uncounted else ""
        rows = f"about {_count(self.rows, 'row')} in {_count(self.tables, 'table')}{missing}"
        return f"database {self.name}: {rows}, {shown_size(self.size)}"


@frozen(kw_only=True)
class Stored:
    """Files of the database on this machine."""

    place: str
    size: int | None = None  # in bytes, None where nothing shows it
    trace: str = ""  # like the trace of a `Content`

    @property
    def shown_size(self) -> str:
        """The size as messages name it."""
        return "of unknown size" if self.size is None else shown_size(self.size)


@frozen(kw_only=True)
class Inventory:
    """What a plan takes away or changes."""

    databases: tuple[Content, ...] | None = None  # None where no server could be asked
    data: Stored | None = None  # None when the files stay
    older: tuple[Stored, ...] = ()  # undo entries of earlier wipes that the plan deletes
    snapshots: tuple[str, ...] = ()  # the names of snapshots that it deletes; then it takes nothing else

    @property
    def is_known(self) -> bool:
        """Whether a change of the data would show."""
        if self.databases is not None:
            return all(database.trace for database in self.databases)
        return self.data is not None and bool(self.data.trace)

    @property
    def lines(self) -> tuple[str, ...]:
        """The whole inventory, a line each."""
        unasked = ("databases: not known, since the server does not answer",)
        return (
            *(unasked if self.databases is None else (database.sentence for database in self.databases)),
            *((f"data: {self.data.place}, {self.data.shown_size}",) if self.data else ()),
            *(f"set aside by an earlier reset: {old.place}, {old.shown_size}" for old in self.older),
            f"snapshots: {', '.join(self.snapshots) or 'none'}",
        )

    @property
    def summary(self) -> str:
        """The databases with tables, and what goes with them, in one line.

        "" for none.
        """
        full = [database.sentence for database in self.databases or () if database.tables]
        older = _count(len(self.older), "older state") if self.older else ""
        return "; ".join([*full, *([f"{older}, set aside by an earlier reset"] if older else [])])


def takes_files(plan: Plan) -> bool:
    """Return whether the plan takes the files of the whole server.

    Otherwise it takes only what is in one database.
    """
    return any(isinstance(step, SetDataAside | DiscardData) for step in plan.steps)


def asks_later(plan: Plan) -> bool:
    """Return whether what is lost is found out, and asked for, on the way."""
    flat = [inner for step in plan.steps for inner in (step.steps if isinstance(step, OnThrowaway) else (step,))]
    return any(isinstance(step, Rehearse) for step in flat)


def deleted_snapshots(plan: Plan) -> tuple[str, ...]:
    """Return the names of the snapshots that the plan deletes.

    Such a plan leaves the data alone.
    """
    return tuple(name for step in plan.steps if isinstance(step, DeleteSnapshots) for name in step.names)


def hash_of(verb: str, config: Config, plan: Plan, inventory: Inventory) -> str:
    """Return the hash of a plan, "" when its inventory does not show enough.

    The hash stands for the clone, the environment, the verb, the steps as they are
    shown, and the data: every write makes another hash. Estimates and sizes are left
    out, since vacuuming, checkpoints and the log change them on an idle server.
    """
    if not inventory.is_known:
        return ""
    contents = {database.name: database.trace for database in inventory.databases or ()}
    files = inventory.data and {"place": inventory.data.place, "trace": inventory.data.trace}
    facts = {
        "clone": str(config.clone),
        "environment": config.environment,
        "verb": verb,
        "steps": [step.title for step in (*plan.steps, *plan.lastly)],
        "destroys": plan.destroys,
        "databases": None if inventory.databases is None else contents,
        "data": files,
        "older": [old.place for old in inventory.older],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:HASH_LENGTH]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
