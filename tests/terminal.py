"""A user at a terminal: a program under a pseudo terminal, its input and its output."""

import os
import re
import select
import subprocess
import time

from tests.project import Project

ANSWER_SECONDS = 120


def session(project: Project, words: list[str], *exchanges: tuple[str, str], **variables: str) -> tuple[int, str]:
    """Run the tool at a terminal: for each pair wait for a pattern, then type; return exit code and what was seen."""
    import fcntl  # noqa: PLC0415 - none of them is there on Windows, where this module is imported all the same
    import pty  # noqa: PLC0415
    import termios  # noqa: PLC0415

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))  # without a size every answer is a page to psql
    environ = {**project.environ, "TERM": "dumb", "PS1": "at-the-prompt> ", **variables}
    with subprocess.Popen(
        project.command(*words), cwd=project.root, env=environ, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - or Ctrl-C is a character like others
    ) as running:  # fmt: skip
        os.close(theirs)
        seen = ""
        try:
            for pattern, typed in exchanges:
                seen = _read(ours, seen, pattern)
                os.write(ours, typed.encode())
            seen = _read(ours, seen, None)
            return running.wait(ANSWER_SECONDS), seen.replace("\r\n", "\n")
        finally:
            os.close(ours)  # the hang-up ends whatever still listens
            running.kill()


def _read(descriptor: int, seen: str, pattern: str | None) -> str:
    """Read on until the pattern comes after what was seen before, or with None until the other end is closed."""
    start, end = len(seen), time.monotonic() + ANSWER_SECONDS
    while pattern is None or not re.search(pattern, seen[start:]):
        assert time.monotonic() < end, seen
        if not select.select([descriptor], [], [], 1)[0]:
            continue
        try:
            got = os.read(descriptor, 4096)
        except OSError:  # what Linux says at the end of a terminal
            got = b""
        if not got:
            break
        seen += got.decode("utf-8", "replace")
    return seen
