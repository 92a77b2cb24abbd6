"""What killed verbs have left: what it is, where it lies, and why it is ours."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Literal

from nox_alembic.core.copies.siblings import PASSING, Sibling
from nox_alembic.core.copies.undo import UndoLog
from nox_alembic.core.frozen import frozen

LeftoverKind = Literal["database", "data", "cluster", "environment"]
# The words of a throw-away environment's name that come after the project's.
_THROWAWAY = re.compile(r"-test-(?P<pid>\d+)-[0-9a-f]{4}$")
_CUT_OFF = re.compile(r"^\.(?P<name>.+)\.new-(?P<pid>\d+)$")
_STAMP = re.compile(r"\d{8}T\d{6}Z")


@frozen
class Leftover:
    """Something that nobody uses any more.

    `database`: beside the real one. `data`: set aside, a folder or a volume. `cluster`:
    a data folder that was being made. `environment`: a throw-away one, with all its
    containers, networks and volumes, or its folder.
    """

    kind: LeftoverKind
    name: str
    why: str

    @property
    def shown(self) -> str:
        """The leftover as messages name it."""
        return f"{self.kind} {self.name} ({self.why})"


def databases(
    found: Sequence[Sibling], environment: str, kept: Collection[str], *, spares_are_made: bool
) -> Iterator[Leftover]:
    """Yield the sibling databases that no verb at work needs.

    What `undo` brings back is not among them.
    """
    for one in found:
        mark, own = one.mark, one.mark.environment in {environment, ""}
        begun = f'our mark in it: `{mark.verb or "a verb"}` was making a "{mark.role}" of {mark.of}'
        if mark.role == "dropping" and own:
            yield Leftover("database", one.name, "our mark in it: the server had not ended dropping it")
        elif (mark.role in PASSING and own) or (mark.role == "making" and own and not spares_are_made):
            yield Leftover("database", one.name, begun)
        elif mark.role == "undo" and own and one.name not in kept:
            yield Leftover(
                "database", one.name, f"our mark in it: kept by `{mark.verb}`, and no longer in the undo log"
            )


def set_aside(names: Iterable[str], log: UndoLog) -> Iterator[Leftover]:
    """Yield the data that was set aside and that the undo log does not have.

    Data from before its first entry may be of a log that somebody has moved away, and
    stays until a reset.
    """
    kept = {one.kept for one in log.entries}
    since = min((one.at.translate(_PLAIN) for one in log.entries), default="")
    for name in names:
        stamp = _STAMP.search(name)
        if name not in kept and since and stamp and stamp[0] >= since:
            yield Leftover("data", name, "named by our wipe, and not in the undo log")


def clusters(names: Iterable[str], data: str, is_alive: Callable[[int], bool]) -> Iterator[Leftover]:
    """Yield the folders in which a dead run was making the data folder of that name."""
    for name in names:
        found = _CUT_OFF.match(name)
        if found and found["name"] == data and not is_alive(int(found["pid"])):
            yield Leftover("cluster", name, f"the process {found['pid']} that was making it is gone")


def environments(names: Iterable[str], before: str, is_alive: Callable[[int], bool]) -> Iterator[Leftover]:
    """Yield the throw-away environments of dead runs.

    Their names begin with `before`.
    """
    for name in sorted(set(names)):
        found = _THROWAWAY.fullmatch(name.removeprefix(before)) if name.startswith(before) else None
        if found and not is_alive(int(found["pid"])):
            yield Leftover("environment", name, f"the process {found['pid']} that was using it is gone")


_PLAIN = str.maketrans("", "", "-:")
