"""Spare databases in the running server: which of them a reset may copy, and why there may be none to be copied."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from nox_alembic.core.copies.siblings import Sibling
from nox_alembic.core.copies.spares import Needs
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History

# Of the record's form: another form is another cluster. Until the second not all catalogues were looked at.
FORM = "2"


@frozen(kw_only=True)
class Cluster:
    """What a server has beside its databases: what a fresh data folder would have, and a swap would leave as it is.

    `roles` by name with their rights and settings, `settings` those of the configuration files. `plain`: a new
    database begins with nothing but what PostgreSQL itself puts into it; an image's own scripts may add to that.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    plain: bool = True

    @property
    def record(self) -> str:
        """What a database keeps of how it was when its data was fresh; only digests, since a setting may be secret."""
        facts = {"form": FORM, "roles": _digest(self.roles), "settings": _digest(self.settings), "plain": self.plain}
        return json.dumps(facts, separators=(",", ":"))

    def differs_from(self, record: str) -> str:
        """Return what is not as it was recorded, as the rest of a sentence on the server, "" when nothing is."""
        then = _parsed(record)
        if then.get("form") != FORM:
            return "was not recorded when its data was fresh"
        if not then.get("plain"):
            return "puts more into a new database than PostgreSQL does, as scripts of its image do"
        changed = [
            name
            for name, values in (("roles", self.roles), ("settings", self.settings))
            if then.get(name) != _digest(values)
        ]
        return f"has other {' and '.join(changed)} than fresh data would have" if changed else ""


@frozen(kw_only=True)
class SwapFacts:
    """What a running server says of a swap. `record` is that of its fresh data, "" when there is none.

    `may_create` is whether the user may make databases; `spares` are those of this database. `needs` is what one made
    now would depend on, as a spare data folder does; None where a file cannot be read.
    """

    may_create: bool
    record: str
    cluster: Cluster
    spares: tuple[Sibling, ...] = ()
    needs: Needs | None = None

    @property
    def knows_seed(self) -> bool:
        """Whether it can be told what the seed command runs, so that its rows can be kept ready."""
        return self.needs is not None and bool(self.needs.seed)

    def digest(self, history: History, revisions: Collection[str], *, seeded: bool) -> str:
        """Return what a spare database at these revisions is made from, "" where a file cannot be read."""
        keys = sorted(history.with_ancestors(revisions))
        if self.needs is None or any(key not in self.needs.files for key in keys):
            return ""
        files, settings = {key: self.needs.files[key] for key in keys}, dict(self.needs.settings)
        return _digest({"files": files, "settings": settings, "seed": self.needs.seed if seeded else ""})

    def spare(self, history: History, revisions: Collection[str], *, seeded: bool) -> Sibling | None:
        """Return the spare database that is at these revisions, made from what there is now."""
        wanted = self.digest(history, revisions, seeded=seeded)
        for one in self.spares:
            if wanted and one.mark.seeded == seeded and one.mark.digest == wanted:
                return one
        return None

    def prefix(self, history: History, revisions: Collection[str]) -> Sibling | None:
        """Return the spare database without a seed that has a part of these revisions, and only files of now."""
        whole = history.with_ancestors(revisions)
        for one in self.spares:
            at = one.mark.revisions
            known = set(at) <= whole
            if not one.mark.seeded and known and one.mark.digest == self.digest(history, at, seeded=False) != "":
                return one
        return None


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _parsed(record: str) -> dict[str, Any]:
    try:
        found = json.loads(record or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
