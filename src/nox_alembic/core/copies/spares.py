"""Spares: data folders at head that the next reset renames into place; what they depend on, and which one matches.

There are two at most: the `base`, migrated and not seeded, and the `ready` one, which is a base with the seed. Neither
is ever a copy of somebody's database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Literal

from nox_alembic.core.config import Config
from nox_alembic.core.errors import FailedError
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History

SpareKind = Literal["base", "ready"]
# With another one of these in its sidecar, a spare was made otherwise than this version makes it.
FORMAT = "1"
OFF = {"off", "0", "no", "false"}


@frozen(kw_only=True)
class Needs:
    """What a spare depends on, as SHA-256 (hex): nothing in it can be read back.

    `settings` by what messages call them; `files` by revision id; `seed` is "" where it cannot be told what the seed
    command runs: then no spare has its rows.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    seed: str = ""


@frozen(kw_only=True)
class Spare:
    """One finished spare: `name` is that of its folder, `at` is when it was made (ISO 8601, UTC), `size` in bytes."""

    name: str
    kind: SpareKind
    at: str
    heads: tuple[str, ...]
    needs: Needs
    size: int | None = None


@frozen(kw_only=True)
class Spares:
    """What there is of spares: `found` are whole, `leftovers` are folders that killed runs have left.

    `needs` is what one made now would depend on. `refusal` is why there are none in this environment, "" if there are.
    """

    needs: Needs = field(default_factory=Needs)
    found: tuple[Spare, ...] = ()
    leftovers: tuple[str, ...] = ()
    refusal: str = ""

    def of(self, kind: SpareKind) -> Spare | None:
        """Return the spare of that kind."""
        return next((spare for spare in self.found if spare.kind == kind), None)


@frozen(kw_only=True)
class Choice:
    """The spare that a reset uses and what is then still to be run; `why` none is used, where that would surprise."""

    spare: Spare | None = None
    pending: tuple[str, ...] = ()
    why: str = ""


def refusal(config: Config, unkept: str, environ: Mapping[str, str]) -> str:
    """Return why an environment has no spares, "" when it has; `unkept` is why its data cannot be renamed."""
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
    """Return why a spare does not lead to the revisions `targets`, in the words of a message; "" when it does."""
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
    """Return the spare that is nearest to what a reset makes: seeded when it is to be and nothing is missing."""
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
    heads = history.heads
    base, ready = choose(spares, history, heads, seed=False), spares.of("ready")
    kinds: list[SpareKind] = [] if base.spare and not base.pending else ["base"]
    seeded = ready is not None and not mismatch(ready, spares, history, heads)
    return (*kinds, "ready") if seed and spares.needs.seed and not seeded else tuple(kinds)


def outdated(spares: Spares, history: History, *, seed: bool) -> tuple[str, ...]:
    """Return the names of the spares that nothing can be made of any more."""
    wanted = {"base", "ready"} if seed else {"base"}
    return tuple(
        spare.name
        for spare in spares.found
        if spare.kind not in wanted or mismatch(spare, spares, history, history.heads)
    )


def shown(spare: Spare) -> str:
    """Return what a spare is, as messages name it."""
    at = ", ".join(spare.heads) or "no revision"
    return f"{at}, seeded" if spare.kind == "ready" else at


def not_ended(place: str, log: str) -> FailedError:
    """Return the error of a server whose end may have left its data in need of repair."""
    message = f"the server of a spare on {place} did not end in an orderly way"
    return FailedError("NA655", message, hint="`nox -s spare` makes it again", detail=log)


def not_copied(place: str, cause: Exception) -> FailedError:
    """Return the error of a copy that is not whole."""
    return FailedError("NA656", f"the spare {place} cannot be copied: {cause}", hint="`nox -s spare` tries it again")


def _file(history: History, key: str) -> str:
    return history.revisions[key].path.replace("\\", "/").rpartition("/")[2] or key
