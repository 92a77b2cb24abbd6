"""The journal of what was kept for `undo`: a file of the environment, written before anything is taken away."""

import datetime as dt
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.undo import Generation, Journal
from nox_alembic.edges.folders import write_private


def read(path: Path) -> Journal:
    """Return the journal, empty when there is none; raises PreconditionError (NA633) when it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Journal(tuple(_generation(one) for one in found))
    except FileNotFoundError:
        return Journal()
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"the journal of `undo` cannot be read from {path}: {error}"
        raise PreconditionError("NA633", message, hint="move that file away: what it names stays where it is") from None


def write(path: Path, journal: Journal) -> None:
    """Write it, before what it says is done."""
    write_private(path, json.dumps([asdict(one) for one in journal.generations]))


def new_generation(
    verb: str, kind: Literal["folder", "volume", "database"], kept: str, revisions: Sequence[str] | None
) -> Generation:
    """Return a generation of now."""
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    at = None if revisions is None else tuple(revisions)
    return Generation(id=secrets.token_hex(3), verb=verb, at=now, kind=kind, kept=kept, revisions=at)


def _generation(found: dict[str, object]) -> Generation:
    revisions = found["revisions"]
    at = None if revisions is None else tuple(map(str, revisions))  # type: ignore[call-overload] # a list, or TypeError
    return Generation(**{**found, "revisions": at})  # type: ignore[arg-type] # TypeError is caught by `read`
