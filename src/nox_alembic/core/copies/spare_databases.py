"""Spare databases in the running server: which of them a reset may copy."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from nox_alembic.core.copies.siblings import Sibling
from nox_alembic.core.copies.spares import Needs
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.graph import History

# Of the record's form: another form is another cluster. Until the second not all
# catalogues were looked at.
FORM = "2"


@frozen(kw_only=True)
class Cluster:
    """What a server has beside its databases.

    A fresh data folder would have its own, and a swap leaves it as it is.
    """

    roles: Mapping[str, str] = field(default_factory=dict)  # by name, with their rights and settings
    settings: Mapping[str, str] = field(default_factory=dict)  # of the configuration files
    plain: bool = True  # a new database has only PostgreSQL's own content; the scripts of an image may add to it

    @property
    def record(self) -> str:
        """The text by which a database remembers its cluster when its data was fresh.

        It has only digests, since a setting may be secret.
        """
        facts = {"form": FORM, "roles": _digest(self.roles), "settings": _digest(self.settings), "plain": self.plain}
        return json.dumps(facts, separators=(",", ":"))

    def differs_from(self, record: str) -> str:
        """Return what differs from the record, to end a sentence about the server.

        "" when nothing differs.
        """
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
    """What a running server says of a swap."""

    may_create: bool  # the user may make databases
    record: str  # of the cluster when the data was fresh; "" when there is none
    cluster: Cluster
    spares: tuple[Sibling, ...] = ()  # of this database
    needs: Needs | None = None  # what a new spare would depend on; None where a file cannot be read

    @property
    def knows_seed(self) -> bool:
        """Whether the files that the seed command runs are known.

        Only then a spare can have its rows.
        """
        return self.needs is not None and bool(self.needs.seed)

    def digest(self, history: History, revisions: Collection[str], *, seeded: bool) -> str:
        """Return the digest of all that makes a spare database at these revisions.

        "" where a file cannot be read.
        """
        keys = sorted(history.with_ancestors(revisions))
        if self.needs is None or any(key not in self.needs.files for key in keys):
            return ""
        files, settings = {key: self.needs.files[key] for key in keys}, dict(self.needs.settings)
        return _digest({"files": files, "settings": settings, "seed": self.needs.seed if seeded else ""})

    def spare(self, history: History, revisions: Collection[str], *, seeded: bool) -> Sibling | None:
        """Return the spare database at these revisions, made from today's files."""
        wanted = self.digest(history, revisions, seeded=seeded)
        for spare in self.spares:
            if wanted and spare.mark.seeded == seeded and spare.mark.digest == wanted:
                return spare
        return None

    def prefix(self, history: History, revisions: Collection[str]) -> Sibling | None:
        """Return the spare database without a seed at a part of these revisions.

        It is made from the files of today.
        """
        whole = history.with_ancestors(revisions)
        for spare in self.spares:
            at = spare.mark.revisions
            known = set(at) <= whole
            if not spare.mark.seeded and known and spare.mark.digest == self.digest(history, at, seeded=False) != "":
                return spare
        return None


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _parsed(record: str) -> dict[str, Any]:
    try:
        found = json.loads(record or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
