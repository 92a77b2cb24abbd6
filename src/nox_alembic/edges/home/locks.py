"""One run at a time for an environment, by a file lock.

The system frees the lock when its holder ends, however it ends. The making of spares
has a lock of its own, and no verb waits for it.
"""

import contextlib
import datetime as dt
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from nox_alembic.core.errors import PreconditionError
from nox_alembic.edges.system.files import make_folder, open_private
from nox_alembic.edges.system.waiting import wait_until

UNNAMED = "another run that has just started"


@contextlib.contextmanager
def environment_lock(
    folder: Path, environment: str, verb: str, *, seconds: float, on_wait: Callable[[str], None]
) -> Iterator[None]:
    """Hold the environment's lock.

    Raises PreconditionError (NA012) with the name of the holder when another run still
    has the lock after `seconds`. `on_wait` gets one sentence about the holder.
    """
    with _written(folder):
        lock, holder = _files(folder, environment)
    told: list[str] = []

    def ask() -> bool | None:
        with contextlib.suppress(Timeout), _written(folder):
            lock.acquire()
            return True
        if seconds and not told and (name := _read(holder)):
            told.append(name)
            on_wait(f"waiting for {name} to end, at most {seconds:.0f} seconds")
        return None

    if wait_until(ask, seconds) is None:
        waited = f" for {seconds:.0f} seconds" if seconds else ""
        user = _read(holder) or UNNAMED
        message = f'the environment "{environment}" is in use{waited} by {user}'
        raise PreconditionError("NA012", message, hint="wait for it to end, or end it")
    with _held(lock, holder, verb):
        yield


@contextlib.contextmanager
def spare_lock(folder: Path, environment: str) -> Iterator[str]:
    """Hold the lock for making spares; yields its holder, "" when that is us.

    No other verb asks for it.
    """
    with _written(folder):
        lock, holder = _files(folder, f"{environment}.spare")
    try:
        with _written(folder):
            lock.acquire()
    except Timeout:
        yield _read(holder) or UNNAMED
        return
    with _held(lock, holder, "spare"):
        yield ""


def spare_holder(folder: Path, environment: str) -> int:
    """Return the process that has written itself down for that lock, 0 for none.

    It may have been killed since.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads((folder / f"{environment}.spare.lock.json").read_text(encoding="utf-8"))
        return int(found["pid"])
    return 0


def _files(folder: Path, name: str) -> tuple[BaseFileLock, Path]:
    """Return the lock, and the file with the name of its holder.

    They are two files: on Windows nobody else can read the locked file.
    """
    make_folder(folder)
    return FileLock(folder / f"{name}.lock", timeout=0, mode=0o600), folder / f"{name}.lock.json"


@contextlib.contextmanager
def _held(lock: BaseFileLock, holder: Path, verb: str) -> Iterator[None]:
    """Write down who holds a lock that is ours by now, and release it afterwards."""
    try:
        with _written(holder.parent), open_private(holder, "wb") as file:
            file.write(json.dumps({"verb": verb, "pid": os.getpid(), "since": _now()}).encode())
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def _written(folder: Path) -> Iterator[None]:
    try:
        yield
    except Timeout:  # an OSError, too
        raise
    except OSError as error:
        message = f"the lock of the environment cannot be written in {folder}: {error.strerror}"
        hint = "nothing was changed; make room there, or see who may write there"
        raise PreconditionError("NA014", message, hint=hint) from None


def _now() -> str:
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")


def _read(holder: Path) -> str:
    """Return the holder of the lock.

    "" while a run has the lock and has not yet written its name.
    """
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        return f"`{facts['verb']}` (process {facts['pid']}, since {facts['since']})"
    except (OSError, ValueError, KeyError):
        return ""
