"""Steps that compare, lint, and correct the database's own record."""

from nox_alembic.core.frozen import frozen


@frozen
class CompareModels:
    """Compare the models with the shadow database, which has all migrations."""

    title = "compare the models with the migrations"


@frozen
class LintSql:
    """Lint the SQL of revisions that nobody else has yet.

    `server` is whether a server runs; if so, its version counts.
    """

    revisions: tuple[str, ...]
    server: bool = True

    @property
    def title(self) -> str:
        first, *others = self.revisions
        return f"lint the SQL of what others do not have yet, {first}{f' to {others[-1]}' if others else ''}"


@frozen
class Stamp:
    """Stamp the database at `after` in place of `before`; nothing is migrated."""

    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"mark the database as being at {', '.join(self.after) or 'base'}"


@frozen
class AcceptFiles:
    """Let the files of these revisions count as applied as they are now."""

    revisions: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"take the files of {', '.join(self.revisions)} as they are"


@frozen
class DropIndex:
    """Drop an invalid index; its name is quoted as SQL needs it."""

    name: str

    @property
    def title(self) -> str:
        return f"drop the invalid index {self.name}"


CheckStep = CompareModels | LintSql | Stamp | AcceptFiles | DropIndex
