"""What an autogenerate found, and the revision files that it would write."""

from nox_alembic.core.frozen import frozen


@frozen
class Change:
    """A difference between the models and the migrations."""

    kind: str  # for programs
    sentence: str  # for people


@frozen
class NewFile:
    """A file that is not written yet."""

    path: str  # relative to the folder of Alembic's configuration
    text: str


@frozen
class Draft:
    """A new revision: its changes and its file."""

    changes: tuple[Change, ...] = ()
    files: tuple[NewFile, ...] = ()  # several where the project's own hook splits it
