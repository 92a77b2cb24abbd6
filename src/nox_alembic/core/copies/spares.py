"""Spares: data folders at head that the next reset renames into place.

There are at most two: `base` is migrated and not seeded, `ready` is a base with the
seed. A spare is never a copy of a user's database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from typing import Literal

from nox_alembic.core.config import Config
from nox_alembic.core.errors import FailedError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History

SpareKind = Literal["base", "ready"]
# With another one of these in its sidecar, a spare was made otherwise than this version
# makes it.
FORMAT = "1"
OFF = {"off", "0", "no", "false"}


@frozen(kw_only=True)
class Needs:
    """What a spare depends on, as SHA-256 (hex): the originals cannot be read back."""

    settings: Mapping[str, str] = field(default_factory=dict)  # by the names that messages use
    files: Mapping[str, str] = field(default_factory=dict)  # by revision id
    seed: str = ""  # "" if it is not known what the seed command runs: then no spare has its rows


@frozen(kw_only=True)
class Spare:
    """A finished spare."""

    name: str
    kind: SpareKind
    at: str
    heads: tuple[str, ...]
    needs: Needs
    size: int | None = None  # in bytes


@frozen(kw_only=True)
class Spares:
    """The spares of an environment."""

    needs: Needs = field(default_factory=Needs)  # what a new spare would depend on
    found: tuple[Spare, ...] = ()  # the whole spares
    leftovers: tuple[str, ...] = ()  # folders that killed runs have left
    refusal: str = ""  # why this environment has no spares, "" if it may have some

    def of(self, kind: SpareKind) -> Spare | None:
        """Return the spare of that kind."""
        return next((spare for spare in self.found if spare.kind == kind), None)


@frozen(kw_only=True)
class Choice:
    """The spare that a reset uses, and what is then still to run."""

    spare: Spare | None = None
    pending: tuple[str, ...] = ()
    why: str = ""  # why no spare is used, where that would surprise


def refusal(config: Config, unkept: str, environ: Mapping[str, str]) -> str:
    """Return why an environment has no spares, "" when it may have some.

    `unkept` is why its data cannot be renamed.
    """
    switch, ci = environ.get("NOX_ALEMBIC_SPARE", ""), environ.get("CI", "")
    reasons = {
        '"spare" is false in pyproject.toml': not config.spare,
        f"NOX_ALEMBIC_SPARE is {switch}": switch.lower() in OFF,
        "CI is set, where nobody comes back to them": bool(ci) and ci.lower() not in OFF,
        f"the data could not change places with them: {unkept}": bool(unkept),
        f'the environment "{config.environment}" is protected, and never reset': config.protected,
        'with `alembic-in = "backend"` Alembic reaches no other server': config.alembic_in == "backend",
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def mismatch(spare: Spare, spares: Spares, history: History, targets: Iterable[str]) -> str:
    """Return why a spare does not lead to the revisions `targets`, "" when it does.

    The reason is in the words of a message.
    """
    now, then = spares.needs, spare.needs
    for name in sorted({*now.settings, *then.settings}):
        if now.settings.get(name) != then.settings.get(name):
            return f"{name} has changed"
    wanted = history.with_ancestors(targets)
    for key, digest in then.files.items():
        if key not in history.revisions:
            return f"the revision {key} is not on this branch"
        if key not in wanted:
            return f"it is at {shown(spare)}, which is not below the target"
        if now.files.get(key) != digest:
            return f"{_file(history, key)} has changed"
    if spare.kind == "ready" and (not then.seed or then.seed != now.seed):
        return "the seed has changed"
    return "it lacks revisions, and is seeded" if spare.kind == "ready" and wanted - then.files.keys() else ""


def choose(spares: Spares, history: History, targets: Iterable[str], *, seed: bool) -> Choice:
    """Return the spare that is nearest to the result of a reset.

    It is the seeded spare if the reset is to seed and no revision is missing.
    """
    if spares.refusal:
        return Choice()
    goals = tuple(targets)
    reasons = {spare.kind: mismatch(spare, spares, history, goals) for spare in spares.found}
    ready, base = spares.of("ready"), spares.of("base")
    if seed and ready and not reasons["ready"]:
        return Choice(spare=ready)
    if base and not reasons["base"]:
        return Choice(spare=base, pending=history.pending(base.heads, goals))
    why = reasons.get("base") or (reasons.get("ready") if seed else "")
    return Choice(why=f"the spare does not match: {why}; it is made anew in the background" if why else "")


def missing(spares: Spares, history: History, *, seed: bool) -> tuple[SpareKind, ...]:
    """Return the kinds of spare that a reset to head would not find ready."""
    heads = history.tips
    base, ready = choose(spares, history, heads, seed=False), spares.of("ready")
    kinds: list[SpareKind] = [] if base.spare and not base.pending else ["base"]
    seeded = ready is not None and not mismatch(ready, spares, history, heads)
    return (*kinds, "ready") if seed and spares.needs.seed and not seeded else tuple(kinds)


def outdated(spares: Spares, history: History, *, seed: bool) -> tuple[str, ...]:
    """Return the names of the spares that have no further use."""
    wanted = {"base", "ready"} if seed else {"base"}
    return tuple(
        spare.name
        for spare in spares.found
        if spare.kind not in wanted or mismatch(spare, spares, history, history.tips)
    )


def is_maker(words: Sequence[str], root: str, environment: str) -> bool:
    """Return whether a command line is that of the environment's maker of spares.

    It is the process in the background.
    """
    pairs = list(pairwise(words))
    own = ("--project", root) in pairs and ("--env", environment) in pairs
    return own and "--background" in words and ("nox_alembic", "spare") in pairs


def shown(spare: Spare) -> str:
    """Return the content of a spare, as messages name it."""
    at = ", ".join(spare.heads) or "no revision"
    return f"{at}, seeded" if spare.kind == "ready" else at


def not_ended(place: str, log: str) -> FailedError:
    """Return the error about a server whose end may have damaged its data (NA655)."""
    message = f"the server of a spare on {place} did not end in an orderly way"
    return FailedError("NA655", message, hint="`nox -s spare` makes it again", detail=log)


def not_copied(place: str, cause: Exception) -> FailedError:
    """Return the error about a copy that is not whole (NA656)."""
    return FailedError("NA656", f"the spare {place} cannot be copied: {cause}", hint="`nox -s spare` tries it again")


def _file(history: History, key: str) -> str:
    return history.revisions[key].path.replace("\\", "/").rpartition("/")[2] or key
