"""`spare` while another process is at it: nobody waits, and nothing is deleted under its hands."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nox_alembic.cli.options import Shared
from nox_alembic.cli.spares import _spare
from nox_alembic.core.copies.spares import Spares
from nox_alembic.core.errors import PreconditionError
from nox_alembic.core.facts import Facts
from tests.unit.core.make import facts, told

SHARED = Shared(
    project=Path(), env=None, engine=None, json=False, dry_run=False, plan=False, approve="", yes=False, verbose=False
)  # fmt: skip


class Busy:
    """An environment of which another process makes the spares."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.shown: list[Spares] = []
        self.ended = 0

    @property
    def report(self) -> "Busy":
        return self

    def note(self, text: str) -> None:
        self.notes.append(text)

    def spares(self, spares: Spares) -> None:
        self.shown.append(spares)

    def end(self, _environment: object) -> None:
        self.ended += 1

    @contextlib.contextmanager
    def spare_lock(self) -> Iterator[str]:
        yield "`spare` (process 7, since now)"


def nothing(_environment: object) -> Facts:
    return facts()


def test_a_second_one_says_who_is_at_it_and_ends_well() -> None:
    busy: Any = Busy()
    assert _spare(SHARED, nothing, busy.end, busy, delete=False, background=False) == 0
    assert (busy.notes, busy.shown) == (["it is being made by `spare` (process 7, since now)"], [Spares()])
    assert busy.ended == 0


def test_nothing_is_deleted_while_it_is_made() -> None:
    busy: Any = Busy()
    with pytest.raises(PreconditionError) as error:
        _spare(SHARED, nothing, busy.end, busy, delete=True, background=False)
    message = "a spare is being made by `spare` (process 7, since now)"
    assert told(error) == ("NA651", message, "wait for it to end, or end it")
    assert busy.ended == 1, "one in the background is ended, and this is none"
