"""Programs that are fed and read in pieces."""

import os
import sys
from collections.abc import Iterator

import pytest

from nox_alembic.edges.system import process
from nox_alembic.edges.system.invocation import Completed, Invocation


def transfer(script: str, **how: object) -> Completed:
    return process.transfer(Invocation((sys.executable, "-c", script), os.environ), **how)  # type: ignore[arg-type]


def test_output_comes_in_pieces_and_complaints_do_not_block_it() -> None:
    pieces: list[bytes] = []
    script = "import sys; sys.stderr.write('b' + 'e' * 199_998 + 'f'); sys.stdout.write('x' * 3_000_000); sys.exit(3)"
    done = transfer(script, sink=pieces.append)
    assert (done.code, sum(map(len, pieces))) == (3, 3_000_000)
    assert max(map(len, pieces)) <= process.PIECE
    middle = f" ... {200_000 - 2 * process.WORDS:,} more bytes ... "
    assert done.err == "b" + "e" * (process.WORDS - 1) + middle + "e" * (process.WORDS - 1) + "f"


def test_a_program_that_ends_early_does_not_want_the_rest() -> None:
    done = transfer("import sys; sys.stdin.buffer.read(1); sys.exit('enough')", source=[b"x" * 5_000_000] * 3)
    assert (done.code, done.err.strip()) == (1, "enough")


def test_what_a_source_raises_ends_the_program() -> None:
    def broken() -> Iterator[bytes]:
        yield b"x"
        raise OSError("cut")

    with pytest.raises(OSError, match="cut"):
        transfer("import sys, time; sys.stdin.read(); time.sleep(60)", source=broken())


def test_what_a_sink_raises_ends_the_program() -> None:
    def full(piece: bytes) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        transfer("import time; print('x', flush=True); time.sleep(60)", sink=full)


def test_the_interpreter_that_runs_us_is_started_even_where_access_denies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # access(2) ignores capabilities: a user who may read by one of them is told that they may not.
    monkeypatch.setattr(os, "access", lambda *_words, **_how: False)
    assert process.run([sys.executable, "-c", "print(1)"]).out.split() == ["1"]
