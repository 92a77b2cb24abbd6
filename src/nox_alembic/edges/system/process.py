"""The only door to other programs.

Arguments are lists, the program is looked up first, and `-v` shows the command.
"""

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from nox_alembic.core.errors import FailedError, PreconditionError
from nox_alembic.edges.system.files import open_private
from nox_alembic.edges.system.invocation import Completed, Invocation

logger = logging.getLogger("nox_alembic.process")

# On Windows: a process group of its own, and no console window. Elsewhere 0, since the
# names do not exist there.
_DETACHED: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)


# Of what flows through a pipe, how much at once; and how many bytes are kept of the
# beginning and of the end of what a program complains about: the beginning says what it
# is, and the end how it went on.
PIECE = 1 << 20
WORDS = 1 << 13


def run(
    args: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    text: str | None = None,
    timeout: float | None = None,
) -> Completed:
    """Run a program to its end and return what it printed.

    `text` is its standard input, `timeout` is in seconds. Never use it for a program
    that leaves a server behind: the server would inherit the pipes and they would never
    close. Raises PreconditionError (NA505) when the program is not installed and
    FailedError (NA506) at the timeout.
    """
    command = _show(_found(args, env), cwd)
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FailedError(
            "NA506", f"`{' '.join(args)}` did not end within {timeout} seconds", hint="try it by hand to see why"
        ) from None
    return Completed(tuple(args), done.returncode, done.stdout, done.stderr)


@contextlib.contextmanager
def beside(
    args: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[Callable[[], Completed]]:
    """Run a program while the block does something else.

    It yields a call that waits for the program. The program ends with the block. Raises
    PreconditionError (NA505) as `run` does.
    """
    child = subprocess.Popen(
        _show(_found(args, env), cwd),
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )

    def completed() -> Completed:
        out, err = child.communicate()
        return Completed(tuple(args), child.returncode, out, err)

    with child, _ended(child):
        yield completed


def answer(
    args: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    data: bytes = b"",
    timeout: float | None = None,
) -> bytes | None:
    """Run a program to its end, and return the very bytes that it printed.

    `data` is its standard input. It is for programs that may well be absent: it returns
    None when the program is not installed, fails, or takes longer than `timeout`
    seconds.
    """
    try:
        command = _show(_found(args, env), cwd)
        done = subprocess.run(command, cwd=cwd, env=env, input=data, capture_output=True, timeout=timeout, check=False)
    except (PreconditionError, subprocess.TimeoutExpired, OSError):
        return None
    return done.stdout if done.returncode == 0 else None


def pipe(source: Invocation, sink: Invocation) -> tuple[Completed, Completed]:
    """Run two programs, the second on the output of the first; return how each ended.

    The results have no `out`. Neither program outlives this call. Raises
    PreconditionError (NA505) as `run` does.
    """
    commands = [_show(_found(program.words, program.environ), None) for program in (source, sink)]
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as heard:
        giver = subprocess.Popen(
            commands[0], env=source.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        )
        with giver, _ended(giver):
            taker = subprocess.Popen(
                commands[1], env=sink.environ, stdin=giver.stdout, stdout=subprocess.DEVNULL, stderr=heard
            )
            with taker, _ended(taker):
                took = taker.wait()
            if took:  # nobody reads what it still has to say
                giver.kill()
            gave = giver.wait()
        return (
            Completed(source.words, gave, "", _written(said)),
            Completed(sink.words, took, "", _written(heard)),
        )


def _written(file: IO[bytes]) -> str:
    """Return what is in a file, without the middle where it is long."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size <= 2 * WORDS:
        return file.read().decode("utf-8", "replace")
    first = file.read(WORDS).decode("utf-8", "replace")
    file.seek(-WORDS, os.SEEK_END)
    last = file.read().decode("utf-8", "replace")
    return f"{first} ... {size - 2 * WORDS:,} more bytes ... {last}"


@contextlib.contextmanager
def _ended(child: "subprocess.Popen[Any]") -> Iterator[None]:
    """Let a program not outlive the block, whatever happens in it."""
    try:
        yield
    finally:
        if child.poll() is None:
            child.kill()


def stream(
    args: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: IO[bytes] | IO[str] | int | None = None,
) -> int:
    """Run a program with the user's own terminal and return its exit code.

    `stdout` redirects what it prints.
    """
    return subprocess.call(_show(_found(args, env), cwd), cwd=cwd, env=env, stdout=stdout)


def converse(
    args: Sequence[str], text: str, on_line: Callable[[str], None], *, env: Mapping[str, str] | None = None
) -> int:
    """Run a program on `text`, call for each line that it prints; return its exit code.

    `text` is its standard input, which is sent as a whole before the first line is
    read. Its standard error is ours.
    """
    with subprocess.Popen(
        _show(_found(args, env), None), env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as child:
        assert child.stdin is not None  # noqa: S101 - both are pipes
        assert child.stdout is not None  # noqa: S101 - for mypy: it was asked for
        with contextlib.suppress(BrokenPipeError), child.stdin:
            child.stdin.write(text)
        for line in child.stdout:
            on_line(line)
    return child.returncode


def hand_over(args: Sequence[str], *, cwd: Path, env: Mapping[str, str], text: str | None = None) -> int:
    """Run a program with the user's own terminal, or on `text`; return its exit code.

    Ctrl-C belongs to the program: psql cancels a query by it, a shell cancels a
    command. We set a handler and not SIG_IGN, which the program would inherit.
    """
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        data = None if text is None else text.encode()
        return subprocess.run(_show(_found(args, env), cwd), cwd=cwd, env=env, input=data, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def started(
    args: Sequence[str], *, env: Mapping[str, str] | None = None
) -> Iterator[tuple[IO[str], IO[str], Callable[[], int]]]:
    """Yield a program's standard input, its output, and a call for its exit code.

    The call waits for the exit code. The program ends with the block. Its standard
    error is ours.
    """
    with subprocess.Popen(
        _show(_found(args, env), None), env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as child:
        assert child.stdin is not None  # noqa: S101 - both are pipes
        assert child.stdout is not None  # noqa: S101 - for mypy: it was asked for
        with _ended(child):
            yield child.stdin, child.stdout, child.wait


def transfer(
    program: Invocation, *, source: Iterable[bytes] | None = None, sink: Callable[[bytes], None] | None = None
) -> Completed:
    """Run a program with its input or its output in pieces, and return how it ended.

    The input comes from `source`, or the output goes to `sink`. Never give both: nobody
    reads what a program prints while it is fed. Only a piece at a time is in memory. An
    error that `source` or `sink` raises ends the program and goes on to the caller.
    """
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            _show(_found(program.words, program.environ), None),
            env=program.environ,
            stdin=subprocess.DEVNULL if source is None else subprocess.PIPE,
            stdout=subprocess.DEVNULL if sink is None else subprocess.PIPE,
            stderr=said,
            bufsize=0,
            pipesize=PIECE,
        )
        with child, _ended(child):
            if child.stdin is not None and source is not None:
                _feed(child.stdin, source)
            if child.stdout is not None and sink is not None:
                while piece := child.stdout.read(PIECE):
                    sink(piece)
            code = child.wait()
        return Completed(program.words, code, "", _written(said))


def _feed(stdin: IO[bytes], source: Iterable[bytes]) -> None:
    """Write all pieces.

    A program that has ended does not want the rest, and its exit code says why.
    """
    with stdin:
        for piece in source:
            view = memoryview(piece)
            try:
                while view:
                    view = view[stdin.write(view) :]
            except OSError:  # EPIPE, or EINVAL on Windows
                return


def run_to_log(args: Sequence[str], log: Path, *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> int:
    """Run a program to its end with all its output added to `log`.

    It is for programs that leave a server behind.
    """
    with open_private(log, "ab") as file:
        return subprocess.call(
            _show(_found(args, env), cwd),
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )


def spawn(args: Sequence[str], log: Path, *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> int:
    """Start a program that outlives us, adding to `log`; return its process id."""
    with open_private(log, "ab") as file:
        child = subprocess.Popen(
            _show(_found(args, env), cwd),
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # POSIX: Ctrl-C here must not reach it
            creationflags=_DETACHED,
        )
    child.returncode = 0  # it is not ours to wait for: keeps ResourceWarning quiet when the handle is dropped
    return child.pid


def _found(args: Sequence[str], env: Mapping[str, str] | None) -> list[str]:
    """Return the command with its program looked up first.

    A missing program raises FileNotFoundError, which says neither what nor why.
    `python` is the interpreter that runs us, since a virtual environment need not be
    active. It exists, whatever `which` thinks: access(2) asks what a user may do, and
    not what a capability lets their process do.
    """
    program, *rest = args
    if program in {"python", "python3", sys.executable}:
        return [sys.executable, *rest]
    path = shutil.which(program, path=(env or os.environ).get("PATH"))
    if path is None:
        message = f'the program "{program}" is not installed, or is not on PATH'
        raise PreconditionError("NA505", message, hint=f"install {program}, or correct the command in pyproject.toml")
    return [path, *rest]


def _show(command: list[str], cwd: Path | None) -> list[str]:
    logger.debug("$ %s%s", " ".join(command), f"  (in {cwd})" if cwd else "")
    return command
