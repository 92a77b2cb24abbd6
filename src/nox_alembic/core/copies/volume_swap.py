"""A volume whose data changes places with another volume's: when, and how."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from pathlib import PurePosixPath

from nox_alembic.core.errors import FailedError, RefusedError
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.frozen import frozen

LABEL = "nox-alembic.before"
SPARE = "nox-alembic.spare"


class Outcome(StrEnum):
    """How a swap ended."""

    KEPT = "kept"  # the old data is kept
    EMPTY = "empty"  # there was no old data
    NOT = "not"  # nothing was changed: it was taken back


@frozen
class Moved:
    """The result of a swap."""

    outcome: Outcome
    server: str = ""  # the major version that made the kept data; "" where it could not be read


@frozen(kw_only=True)
class Volume:
    """A volume as the daemon describes it."""

    name: str
    driver: str
    mountpoint: str  # a path on the daemon's machine
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The volume with the new data of the swap that this volume was made for."""
        return self.labels.get(f"{LABEL}.source", self.name)

    @property
    def around(self) -> str:
        """The folder with all volumes of the daemon."""
        return str(PurePosixPath(self.mountpoint).parent.parent)


def why_not_kept(location: DataLocation, volume: Volume | None) -> str:
    """Return why the data of a wipe cannot be kept, "" when it can.

    It is kept in a folder, or in a volume by a rename.
    """
    if location.kind == "container":
        return "no folder and no named volume is mounted where it is"
    return _why_not_renamed(volume) if volume else ""


def _why_not_renamed(volume: Volume) -> str:
    if volume.driver != "local":
        return f'its driver is "{volume.driver}"'
    if volume.options:
        return f"it has the driver options {', '.join(sorted(volume.options))}"
    if PurePosixPath(volume.mountpoint).parts[-2:] != (volume.name, "_data"):
        return f"its files are in {volume.mountpoint}"
    return ""


def kept_name(volume: str, at: str, word: str) -> str:
    """Return the name of the volume that keeps the data of `volume` from `at`.

    `at` is ISO 8601 in UTC; `word` makes the name unique.
    """
    return f"{volume}__before_{at.translate(str.maketrans('', '', '-:'))}_{word}"


def labels_of(owner: Mapping[str, str], *, source: str, verb: str, at: str) -> Mapping[str, str]:
    """Return the labels of a volume that will keep data.

    The labels `owner` show a sweep which volumes are its own.
    """
    return {**owner, f"{LABEL}.source": source, f"{LABEL}.verb": verb, f"{LABEL}.at": at}


def owner_labels(volume: str, *, project: str, environment: str, clone: str, label: str = LABEL) -> Mapping[str, str]:
    """Return the labels that name the owner of kept data or of a spare.

    The owner is a volume in an environment of a clone.
    """
    owner = {"project": project, "environment": environment, "clone": clone}
    return {label: volume, **{f"{label}.{key}": value for key, value in owner.items()}}


def outcome_of(volume: str, said: str) -> Moved:
    """Return how the script ended; raises FailedError (NA673) with its complaint."""
    last = said.strip().rpartition("\n")[2]
    if last in set(Outcome):
        server = re.search(r"^server (\d+)$", said, re.MULTILINE)
        return Moved(Outcome(last), server[1] if server else "")
    raise failed(volume, last or "the helper container said nothing", detail=said.strip())


def not_removed(name: str, error: Exception) -> str:
    """Return the sentence about a volume that is not needed and stays."""
    return f"volume {name} could not be removed: {error}; `docker volume rm {name}` does it"


def failed(volume: str, why: str, detail: str = "") -> FailedError:
    """Return the error that the data of a volume could not be moved (NA673)."""
    message = f"the data of volume {volume} could not be moved: {why}"
    hint = "nothing is lost; `docker volume ls` shows it and what is kept of it"
    return FailedError("NA673", message, hint=hint, detail=detail)


def refusal(location: DataLocation, volume: Volume | None, users: Sequence[str]) -> RefusedError | None:
    """Return why the volume may not be wiped, None when it may.

    NA671: others use it. NA672: it is external and can only be removed, and nothing
    would make it again.
    """
    name = location.volume
    if users:
        message = f"refused to wipe volume {name}: it is in use by {', '.join(users)}"
        return RefusedError("NA671", message, hint="remove that container, and run the same command again")
    why = _why_not_renamed(volume) if volume else ""
    if why and location.external:
        message = f"refused to remove volume {name}: it is external, so that Compose would not make it again, and {why}"
        return RefusedError(
            "NA672", message, hint=f"empty it yourself: `docker volume inspect {name}` tells what it is"
        )
    return None
