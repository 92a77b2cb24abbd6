"""What an autogenerate found, and the revision files that it wants written."""

from nox_alembic.core.frozen import frozen


@frozen
class Change:
    """One difference between the models and the migrations; `kind` is for programs, `sentence` for people."""

    kind: str
    sentence: str


@frozen
class NewFile:
    """A file that is not written yet; `path` counts from the folder of Alembic's configuration."""

    path: str
    text: str


@frozen
class Draft:
    """A new revision: what it changes, and its file (several where the project's own hook splits it)."""

    changes: tuple[Change, ...] = ()
    files: tuple[NewFile, ...] = ()
