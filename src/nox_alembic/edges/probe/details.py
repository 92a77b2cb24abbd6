"""Looks at what only `check` and `repair` need.

That is the content of the revision files, the details of the database, and branches.
"""

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from nox_alembic.core.details import Details
from nox_alembic.core.errors import FindingError
from nox_alembic.core.facts import Facts
from nox_alembic.core.findings.branches import Branches, Source
from nox_alembic.core.revisions import parsing
from nox_alembic.core.revisions.configuration import Configuration
from nox_alembic.core.revisions.graph import History
from nox_alembic.edges.git import merges
from nox_alembic.edges.postgres import fingerprints, inspection
from nox_alembic.edges.project import revisions, squawk


def probe(facts: Facts, configuration: Configuration | None, base: str) -> Details:
    """Return the details behind the facts.

    `base` is the branch that everybody shares, "" to find it.
    """
    address = facts.engine.address if facts.current is not None else None
    files = _read_files(facts.history)
    shared, unpublished = _unpublished(facts.history, configuration, base)
    return Details(
        texts={key: content.decode("utf-8", "replace") for key, content in files.items()},
        digests={key: hashlib.sha256(content).hexdigest() for key, content in files.items()},
        fingerprints={**fingerprints.read(address), **fingerprints.intended(address)} if address else {},
        invalid=inspection.invalid_indexes(address) if address else (),
        objects=inspection.objects(address) if address else frozenset(),
        shared=shared,
        unpublished=unpublished,
        linter=bool(squawk.find()),
    )


def branches(configuration: Configuration, branch: str) -> Branches:
    """Return both sides of a merge with `branch`.

    Raises FindingError (NA448) where ids are computed.
    """
    try:
        folders, recursive = revisions.version_folders(configuration)
        trees = merges.probe(folders, branch, recursive=recursive)
        return Branches(
            ours=trees.ours,
            theirs=trees.theirs,
            base_files=_sources(trees.base, {}),
            our_files=_sources(trees.our, trees.our_authors),
            their_files=_sources(trees.their, trees.their_authors),
            merged_files=_sources(trees.merged, {}),
            conflicted=trees.conflicted,
        )
    except parsing.NotLiteralError as error:
        message = f"another branch can only be read, and not run: {error}"
        raise FindingError("NA448", message, hint="write the value out, or switch to the branch") from None


def _sources(files: merges.Files, authors: Mapping[str, str]) -> Mapping[str, Source]:
    found = {path: parsing.parse(content, path) for path, content in files.items()}
    return {
        path: Source(revision, files[path].decode("utf-8", "replace"), authors.get(path, ""))
        for path, revision in found.items()
        if revision is not None
    }


def _read_files(history: History) -> Mapping[str, bytes]:
    files = {}
    for key, revision in history.revisions.items():
        with contextlib.suppress(OSError):  # a path inside of the backend's container
            files[key] = Path(revision.path).read_bytes()
    return files


def _unpublished(history: History, configuration: Configuration | None, base: str) -> tuple[str, tuple[str, ...]]:
    """Return the branch that everybody shares, and the revisions that it lacks.

    The branch is "" where there is none.
    """
    folders: Sequence[Path] = ()
    with contextlib.suppress(parsing.NotLiteralError):
        folders = revisions.version_folders(configuration)[0] if configuration else ()
    found = merges.published(folders, base)
    if found is None:
        return "", ()
    shared, files = found
    paths = {key: Path(revision.path).resolve() for key, revision in history.revisions.items()}
    return shared, tuple(key for key in history.order if paths[key] not in files)
