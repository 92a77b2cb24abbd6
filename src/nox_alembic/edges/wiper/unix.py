"""macOS and other Unixes, where they differ from Linux: no bind mounts, no /proc."""

import os
import stat
import sys
from contextlib import suppress

assert sys.platform != "win32"  # noqa: S101 - mypy reads it, and checks the rest for that system only


def mount_of(descriptor: int) -> int:
    """Return what tells a mount from what lies around it."""
    return os.fstat(descriptor).st_dev


def mount_points_below(parent: int, name: str, path: str) -> list[tuple[str, str]]:
    """Return `name` if it is a mount point, with the command that takes it away.

    The walk meets what is mounted further below, and does not enter it.
    """
    with suppress(FileNotFoundError):
        if os.stat(name, dir_fd=parent, follow_symlinks=False).st_dev != os.fstat(parent).st_dev:
            return [(path, f"sudo umount '{path}'")]
    return []


def server_runs(pid: int, data: os.stat_result, listed: str) -> bool:
    """Return whether process `pid` is the server of `data`.

    `listed` is the data folder that postmaster.pid names.
    """
    try:
        if not os.path.samestat(os.stat(listed), data):
            return False
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True


def is_frozen(parent: int, name: str) -> bool:
    """Return whether `chflags` protects a file or folder.

    False where nothing shows it.
    """
    flags = 0
    with suppress(OSError):
        flags = getattr(os.stat(name, dir_fd=parent, follow_symlinks=False), "st_flags", 0)
    return bool(flags & (stat.UF_IMMUTABLE | stat.UF_APPEND | stat.SF_IMMUTABLE | stat.SF_APPEND))


def thaw_command(quoted: str) -> str:
    """Return the command that takes these flags away."""
    return f"sudo chflags -R nouchg,nouappnd,noschg,nosappnd {quoted}"


def unlock_by_name(parent: int, name: str) -> None:
    """Chmod u+rwx; a link that was swapped in gets the mode itself."""
    status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
        mode = stat.S_IMODE(status.st_mode) | stat.S_IRWXU
        os.chmod(name, mode, dir_fd=parent, follow_symlinks=False)
