"""Who made the containers under a Compose project's name, as their labels say."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nox_alembic.core.facts import Foreign
from nox_alembic.core.frozen import frozen

_FOLDER = "com.docker.compose.project.working_dir"
_FILES = "com.docker.compose.project.config_files"


@frozen
class Owner:
    """What made a container: the folder of a Compose project, and its files.

    The files are given by their whole paths.
    """

    folder: str
    files: tuple[str, ...] = ()


def owner_of(labels: Mapping[str, str]) -> Owner:
    """Return what the labels of a container say.

    A file that Compose read from its standard input is not among them.
    """
    files = labels.get(_FILES, "").split(",")
    return Owner(labels.get(_FOLDER, ""), tuple(name for name in files if name not in {"", "-"}))


def foreign(owners: Iterable[Owner], project: str, files: Sequence[str]) -> Foreign | None:
    """Return the first that is not the project of these files, None for none.

    Another folder is another clone. Other files of the same folder are another project
    of the same name, such as the one of production beside the one of development. Files
    that are gone were renamed, and make no other project.
    """
    ours, mine = Path(files[0]).parent.resolve(), {Path(name).resolve() for name in files}
    for owner in owners:
        folder, others = Path(owner.folder), [Path(name) for name in owner.files]
        if owner.folder and folder.resolve() != ours:
            return Foreign(root=str(folder), project=project, gone=not folder.exists())
        if others and all(path.exists() and path.resolve() not in mine for path in others):
            return Foreign(root=str(folder), project=project, files=tuple(path.name for path in others))
    return None
