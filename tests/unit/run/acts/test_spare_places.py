"""Spares in volumes: what a reset takes away while it is copied is no base of anything."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from nox_alembic.core.copies.spares import not_copied
from nox_alembic.core.errors import FailedError
from nox_alembic.run.acts.spare_places import SpareVolumes
from tests.unit.core.make import told
from tests.unit.run.acts.undo.test_volumes import FakeVolumes


@dataclass
class FakeSpareVolumes(FakeVolumes):
    """Volumes of which those named `spare...` are spares."""

    def spares(self) -> tuple[str, ...]:
        return tuple(name for name in self.held if name.startswith("spare"))


@dataclass
class CopyingWorkshop:
    """A workshop whose copy may fail, or find that a reset has taken the source."""

    volumes_there: FakeSpareVolumes
    taken: bool = False
    fails: bool = False

    def copy(self, source: Path | str, target: Path | str) -> None:
        if self.taken:
            self.volumes_there.held.pop(str(source))
        if self.fails:
            raise not_copied(str(source), OSError("ended"))


def store(**fields: bool) -> SpareVolumes:
    there = FakeSpareVolumes({"db": "data", "spare": "at head"})
    return SpareVolumes(CopyingWorkshop(there, **fields), there)  # type: ignore[arg-type] # the part of it that is asked for


@pytest.mark.parametrize(
    ("taken", "fails", "usable"), [(False, False, True), (True, True, False), (True, False, False)]
)
def test_a_copy_of_what_a_reset_has_taken_is_none(taken: bool, fails: bool, usable: bool) -> None:
    assert store(taken=taken, fails=fails).copy("spare", "spare-new") is usable


def test_a_copy_that_fails_by_itself_is_told() -> None:
    with pytest.raises(FailedError) as error:
        store(fails=True).copy("spare", "spare-new")
    assert told(error) == ("NA656", "the spare spare cannot be copied: ended", "`nox -s spare` tries it again")


def test_a_spare_that_cannot_be_deleted_is_told_with_the_command() -> None:
    stuck = store()
    assert stuck.can_start("spare")
    assert stuck.delete("spare") == ""
    assert not stuck.can_start("spare")
    stuck.volumes.stuck = "spare"  # type: ignore[attr-defined]
    assert stuck.delete("spare") == (
        "volume spare could not be removed: volume is in use; `docker volume rm spare` does it"
    )
