"""What only Linux has: mount ids, /proc, and a way into an unreadable folder."""

import fcntl
import os
import re
import stat
import sys
from contextlib import suppress

assert sys.platform == "linux"  # noqa: S101 - mypy reads it, and checks the rest for that system only


_HANDLE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SERVERS = {"postgres", "postmaster"}
_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS, ioctl_iflags(2); the same number on x86-64 and ARM
_FROZEN = 0x10 | 0x20  # FS_IMMUTABLE_FL, FS_APPEND_FL


def mount_of(descriptor: int) -> int:
    """Return what tells a mount from what lies around it.

    `st_dev` is the same on both sides of a bind mount.
    """
    with suppress(OSError), open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("mnt_id:"):
                return int(line.split()[1])
    return os.fstat(descriptor).st_dev


def mount_points_below(parent: int, name: str, path: str) -> list[tuple[str, str]]:
    """Return the mount points at or below `name` in `parent`, deepest first.

    Each comes with the command that takes it away.
    """
    points = {point for point in _mount_points() if point == path or point.startswith(path + "/")}
    if _is_mount(parent, name):  # holds also where paths mislead, as in a chroot
        points.add(path)
    return [(point, f"sudo umount '{point}'") for point in sorted(points, key=len, reverse=True)]


def _mount_points() -> list[str]:
    """Return the fifth field of each line of mountinfo, proc(5).

    Space, tab, newline and backslash are octal there.
    """
    try:
        with open("/proc/self/mountinfo", encoding=sys.getfilesystemencoding(), errors="surrogateescape") as lines:
            fields = [line.split(" ")[4] for line in lines]
    except OSError:  # without /proc, `mount_of` still checks the target and each folder on the walk
        return []
    return [re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field) for field in fields]


def _is_mount(parent: int, name: str) -> bool:
    try:
        handle = os.open(name, _HANDLE, dir_fd=parent)
    except FileNotFoundError:
        return False
    try:
        return mount_of(handle) != mount_of(parent)
    finally:
        os.close(handle)


def server_runs(pid: int, data: os.stat_result, listed: str) -> bool:
    """Return whether process `pid` is the server of `data`.

    A server works in its data folder. The pid alone says nothing: a killed container
    leaves a pid of its own namespace, usually 1. `listed` is the folder that
    postmaster.pid names. It decides, with the program's name, where another user's
    process hides its folder.
    """
    try:
        return os.path.samestat(os.stat(f"/proc/{pid}/cwd"), data)
    except PermissionError:
        return _is_same(listed, data) and _program(pid) in _SERVERS
    except OSError:
        return False


def _is_same(path: str, status: os.stat_result) -> bool:
    with suppress(OSError, ValueError):
        return os.path.samestat(os.stat(path), status)
    return False


def _program(pid: int) -> str:
    with suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as comm:
        return comm.read().strip()
    return ""


def is_frozen(parent: int, name: str) -> bool:
    """Return whether `chattr +i` or `+a` protects a file or folder from changes.

    False where nothing shows it.
    """
    try:
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            return False  # opening a device may do something
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    except OSError:
        return False
    try:
        answer = fcntl.ioctl(descriptor, _GET_FLAGS, bytes(8))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return bool(int.from_bytes(answer[:4], sys.byteorder) & _FROZEN)


def thaw_command(quoted: str) -> str:
    """Return the command that takes these attributes away."""
    return f"sudo chattr -R -ia {quoted}"


def unlock_by_name(parent: int, name: str) -> None:
    """Chmod u+rwx through the kernel's link to the very folder that was opened.

    A link that was swapped in gets nothing.
    """
    handle = os.open(name, _HANDLE, dir_fd=parent)
    try:
        status = os.fstat(handle)
        if status.st_uid == os.geteuid():
            os.chmod(f"/proc/self/fd/{handle}", stat.S_IMODE(status.st_mode) | stat.S_IRWXU)
    finally:
        os.close(handle)
