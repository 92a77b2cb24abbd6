"""The sidecar of an environment's spares, and the files that they depend on."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from nox_alembic.core.copies.spares import Needs, Spare
from nox_alembic.core.frozen import frozen
from nox_alembic.core.revisions.configuration import Configuration, differences
from nox_alembic.core.revisions.graph import History
from nox_alembic.edges.system import digests
from nox_alembic.edges.system.files import read_toml, write_private

_IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w., \t]+))", re.MULTILINE)


def read(path: Path) -> tuple[Spare, ...]:
    """Return the spares in the sidecar.

    A sidecar that is missing or not readable lists none, and then no spare is used.
    """
    try:
        return tuple(_spare(one) for one in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return ()


def write(path: Path, spares: Sequence[Spare]) -> None:
    """Write the sidecar, readable only for this user."""
    write_private(path, json.dumps([asdict(one) for one in spares]))


@frozen
class Sources:
    """The files of a project that decide what is in a spare.

    All methods raise OSError where a file cannot be read, for example because it is
    only in a container.
    """

    root: Path
    configuration: Configuration
    scripts: Path | None  # Alembic's folder; None when it is in a package
    history: History

    def revisions(self) -> Mapping[str, str]:
        """Return the digest of each revision file, by revision id.

        It includes the packages of the project that the file imports.
        """
        found = {}
        for key, revision in self.history.revisions.items():
            content = Path(revision.path).read_bytes()
            found[key] = digests.of_content(content, *map(self._digest_of, self._imported_by(content)))
        return found

    def surroundings(self) -> str:
        """Return the digest of Alembic's folders without revisions.

        They have env.py, helpers and data.
        """
        folders = {Path(revision.path).parent for revision in self.history.revisions.values()}
        top = sorted({*folders, *([self.scripts] if self.scripts else [])})
        return digests.of_trees(top, without={Path(revision.path) for revision in self.history.revisions.values()})

    def alembic(self) -> str:
        """Return the digest of Alembic's configuration.

        Of a pyproject.toml it is the digest of its table. What has the usual value does
        not count, so that older spares are found.
        """
        ini, toml = self.configuration.ini, self.configuration.toml
        table = read_toml(toml).get("tool", {}).get("alembic", {}) if toml else {}
        parts = [
            *([digests.of_content(ini.read_bytes())] if ini else []),
            *([digests.of(table)] if toml else []),
            *([digests.of(more)] if (more := differences(self.configuration)) else []),
        ]
        return parts[0] if len(parts) == 1 else digests.of(parts)

    def seed(self, command: Sequence[str]) -> str:
        """Return the digest of a command and of the files and packages that it names.

        "" when it names none of ours. A file counts with what it imports, but not with
        what these import in turn.
        """
        pairs = zip(("", *command), command, strict=False)
        places = [place for before, word in pairs for place in self._named(word, is_module=before == "-m")]
        imported = [more for place in places if place.suffix == ".py" for more in self._imported_by(place.read_bytes())]
        every = sorted({*places, *imported})
        return digests.of([list(command), [self._digest_of(place) for place in every]]) if every else ""

    def _named(self, word: str, *, is_module: bool) -> Iterator[Path]:
        if is_module and (package := self._package(word)):
            yield package
        elif word and (self.root / word).is_file():
            yield self.root / word

    def _imported_by(self, content: bytes) -> Sequence[Path]:
        names = set()
        for one, several in _IMPORT.findall(content):
            names |= {word.split()[0].split(b".")[0].decode() for word in (one or several).split(b",") if word.split()}
        return sorted({package for name in names if (package := self._package(name))})

    def _package(self, name: str) -> Path | None:
        """Return the path of a top-level package or module of the project.

        None for everything that is installed.
        """
        if name not in self._packages:
            self._packages[name] = self._find(name.partition(".")[0])
        return self._packages[name]

    def _find(self, top: str) -> Path | None:
        for place in (self.root / "src", self.root):
            if (place / f"{top}.py").is_file():
                return place / f"{top}.py"
            folder = place / top
            # The folder `alembic` has no __init__.py, or `import alembic` would not
            # find the library.
            if folder.is_dir() and folder != self.scripts and top != "alembic" and any(folder.glob("*.py")):
                return folder
        return None

    def _digest_of(self, place: Path) -> str:
        if place not in self._digests:
            # Each revision inside a package counts by itself.
            self._digests[place] = digests.of_tree(place, without={self.scripts} if self.scripts else ())
        return self._digests[place]

    @cached_property
    def _packages(self) -> dict[str, Path | None]:
        return {}

    @cached_property
    def _digests(self) -> dict[Path, str]:
        return {}


def _spare(found: Mapping[str, Any]) -> Spare:
    return Spare(**{**found, "heads": tuple(found["heads"]), "needs": Needs(**found["needs"])})
