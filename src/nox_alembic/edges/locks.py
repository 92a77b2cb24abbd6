"""One run at a time for an environment: a file lock that the system frees when its holder dies, however it dies."""

import contextlib
import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from nox_alembic.core.errors import PreconditionError


@contextlib.contextmanager
def environment_lock(folder: Path, environment: str, verb: str) -> Iterator[None]:
    """Hold the environment's lock; raises PreconditionError (NA012) that names who holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    # Two files: on Windows the locked one cannot be read by others.
    holder = folder / f"{environment}.lock.json"
    lock = FileLock(folder / f"{environment}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        message = f'the environment "{environment}" is in use by {_read(holder)}'
        raise PreconditionError("NA012", message, hint="wait for it to end, or end it") from None
    try:
        holder.write_text(json.dumps({"verb": verb, "pid": os.getpid(), "since": _now()}), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _now() -> str:
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")


def _read(holder: Path) -> str:
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        return f"`{facts['verb']}` (process {facts['pid']}, since {facts['since']})"
    except (OSError, ValueError, KeyError):
        return "another run that has just started"
