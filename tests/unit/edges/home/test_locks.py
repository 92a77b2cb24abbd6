"""One run at a time: who is refused at once, and who waits."""

import errno
import os
import threading
from pathlib import Path

import pytest

from nox_alembic.core.errors import PreconditionError
from nox_alembic.edges.home.locks import environment_lock, spare_lock


def test_the_lock_refuses_at_once_or_after_its_time_with_the_holder(tmp_path: Path) -> None:
    told: list[str] = []
    with environment_lock(tmp_path, "dev", "reset", seconds=0, on_wait=told.append):
        for seconds, waited in [(0.0, ""), (0.1, " for 0 seconds")]:
            with (
                pytest.raises(PreconditionError) as error,
                environment_lock(tmp_path, "dev", "migrate", seconds=seconds, on_wait=told.append),
            ):
                pass
            assert error.value.id == "NA012"
            assert error.value.message.startswith(f'the environment "dev" is in use{waited} by `reset` (process ')
            assert error.value.hint == "wait for it to end, or end it"
    (once,) = told
    assert once.startswith("waiting for `reset` (process ")
    assert once.endswith(") to end, at most 0 seconds")


def test_who_waits_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    told = threading.Event()
    entered = []

    def wait() -> None:
        with environment_lock(tmp_path, "dev", "migrate", seconds=30, on_wait=lambda _: told.set()):
            entered.append(True)

    waiting = threading.Thread(target=wait)
    with environment_lock(tmp_path, "dev", "migrate", seconds=0, on_wait=lambda _: None):
        waiting.start()
        assert told.wait(10)
        assert not entered
    waiting.join(10)
    assert entered == [True]


def test_who_makes_spares_is_told_who_does_it_already_and_nobody_else_is_stopped_by_it(tmp_path: Path) -> None:
    with spare_lock(tmp_path, "dev") as free:
        assert free == ""
        with spare_lock(tmp_path, "dev") as holder:
            assert holder.startswith("`spare` (process ")
        with environment_lock(tmp_path, "dev", "reset", seconds=0, on_wait=lambda _: None):
            pass
    with spare_lock(tmp_path, "dev") as free:
        assert free == ""


def test_a_lock_that_cannot_be_written_is_told_and_nothing_is_done(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("in the way")
    with (
        pytest.raises(PreconditionError) as error,
        environment_lock(folder, "dev", "reset", seconds=0, on_wait=lambda _: None),
    ):
        pass
    assert (error.value.id, error.value.message, error.value.hint) == (
        "NA014",
        f"the lock of the environment cannot be written in {folder}: {os.strerror(errno.EEXIST)}",
        "nothing was changed; make room there, or see who may write there",
    )
