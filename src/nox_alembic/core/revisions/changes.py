"""What an autogenerate found, and the revision files that it would write."""

from collections.abc import Sequence

from nox_alembic.core.errors import FailedError
from nox_alembic.core.frozen import frozen


@frozen
class Change:
    """A difference between the models and the migrations."""

    kind: str  # for programs
    sentence: str  # for people


@frozen
class NewFile:
    """A file that is not written yet."""

    path: str  # relative to the folder where Alembic is run
    text: str


@frozen
class Draft:
    """A new revision: its changes and its file."""

    changes: tuple[Change, ...] = ()
    files: tuple[NewFile, ...] = ()


def require_models(tables: int, changes: Sequence[Change]) -> None:
    """Raise FailedError (NA444) where the models have no table at all.

    What the migrations made would be dropped then. The modules that define the models
    were not imported: nobody means to drop everything.
    """
    dropped = sum(change.kind == "table removed" for change in changes)
    if dropped and not tables:
        message = f"the target_metadata of env.py has no table, and the migrations make {dropped}: all would be dropped"
        hint = "let env.py import the modules of the models; what is to go is dropped by `nox -s revision -- --empty`"
        raise FailedError("NA444", message, hint=hint)
