"""Processes of this machine that outlive the command that started them.

They are found again, and ended for certain.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from nox_alembic.core.frozen import frozen
from nox_alembic.edges.system.waiting import wait_until

# The system's clock may be set while a process runs, and its creation time is computed
# from that clock.
SAME_MOMENT_SECONDS = 2
KILL_SECONDS = 10


@frozen
class Identity:
    """One process and no other.

    Its id is given to another one after its end, its creation time is not.
    """

    pid: int
    created: float


def identify(pid: int) -> Identity | None:
    """Return what finds the process again, None when it has ended already."""
    try:
        return Identity(pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def find(pid: int) -> psutil.Process | None:
    """Return the living process of that id; a zombie is a dead one."""
    try:
        process = psutil.Process(pid)
    except (psutil.Error, ValueError, OverflowError):
        return None
    return process if is_alive(process) else None


def is_there(pid: int) -> bool:
    """Return whether a living process has that id."""
    return find(pid) is not None


def find_again(identity: Identity) -> psutil.Process | None:
    """Return the living process that was identified, or None.

    None: it is dead, or its id is another one's by now.
    """
    process = find(identity.pid)
    try:
        same = process is not None and abs(process.create_time() - identity.created) <= SAME_MOMENT_SECONDS
    except psutil.Error:
        return None
    return process if same else None


def is_alive(process: psutil.Process) -> bool:
    """Return whether it is running.

    Our own dead children, and those of a careless init, stay as zombies.
    """
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def tree(process: psutil.Process) -> list[psutil.Process]:
    """Return the process and all below it."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return [process]


def marked(variable: str, value: str) -> Iterator[psutil.Process]:
    """Yield the processes whose environment holds that variable.

    This process and those above it are left out.
    """
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid not in ours and process.environ().get(variable) == value:
                yield process


def at_work_on(folder: Path) -> Iterator[psutil.Process]:
    """Yield the living processes that were started on the folder or work in it.

    What these have started is among them.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if str(folder) in process.cmdline() or Path(process.cwd()).is_relative_to(folder):
                yield from filter(is_alive, tree(process))


def end(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Ask them to end, kill the rest after `seconds`, and return what remains."""
    asked = list(processes)
    for process in asked:
        with suppress(psutil.Error):
            process.terminate()
    return kill(_wait(asked, seconds))


def kill(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """End them at once and return what is not gone, such as another user's."""
    killed = list(processes)
    for process in killed:
        with suppress(psutil.Error):
            process.kill()
    return _wait(killed, KILL_SECONDS)


def holder_of(port: int) -> str:
    """Return who listens on the port, as in "nginx (process 12)".

    It is "another program" where the system does not tell.
    """
    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:2] == (port,)
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another program"


def _wait(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    wait_until(lambda: None if any(map(is_alive, processes)) else True, seconds)
    return [process for process in processes if is_alive(process)]


def step_back() -> None:
    """Let this process run when nothing else wants the processor.

    So do the processes that it starts.
    """
    with suppress(psutil.Error, OSError):
        psutil.Process().nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 10))
