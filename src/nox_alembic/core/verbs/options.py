"""What can be typed after a verb."""

from nox_alembic.core.frozen import frozen


@frozen(kw_only=True)
class Options:
    """What was typed after a verb; each recipe reads the ones that it knows."""

    revision: str = ""
    seed: bool = True
    fast: bool = False
    sql: bool = False
    entry: str = ""
    message: str = ""
    empty: bool = False
    apply: bool = False
    edit: bool = False
    interactive: bool = False
    snapshot: str = ""
    keep: int = 0
    migrate: bool = False
    arguments: tuple[str, ...] = ()
    new_id: str = ""
    onto: str = ""
    database: bool = True
    applied: tuple[str, ...] = ()
    reverted: tuple[str, ...] = ()
    hashes: bool = False
    no_database: bool = False
    base: str = ""
    cold: bool = False
    delete: bool = False
    background: bool = False
