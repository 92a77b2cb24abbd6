"""The one place that chooses between the systems.

Folder            an open folder; what it does is relative to it, and follows no link
FileKind          what a name in a folder is
delete, empty     robust deletion of a folder in a folder, with and without itself;
                  they report and never raise
in_the_way        the errors of a rename that leave the way of deleting in place
is_denied         the errors that more powers would have avoided
mounts_below      mount points at or below a name, each with the command to unmount it
server_runs       whether a process is the PostgreSQL server of a data folder
is_ours           whether a folder belongs to the user who runs this
removal_command   the command that deletes a path with all the user's powers
uninterrupted     holds Ctrl-C back for a few calls
"""

import sys

from nox_alembic.edges.wiper.kinds import FileKind

if sys.platform == "win32":
    from nox_alembic.edges.wiper.windows import (
        Folder,
        in_the_way,
        is_denied,
        is_ours,
        mounts_below,
        removal_command,
        server_runs,
        uninterrupted,
    )
    from nox_alembic.edges.wiper.windows_deletion import delete, empty
else:
    from nox_alembic.edges.wiper.posix import (
        Folder,
        in_the_way,
        is_denied,
        is_ours,
        mounts_below,
        removal_command,
        server_runs,
        uninterrupted,
    )
    from nox_alembic.edges.wiper.posix_deletion import delete, empty

__all__ = [
    "FileKind",
    "Folder",
    "delete",
    "empty",
    "in_the_way",
    "is_denied",
    "is_ours",
    "mounts_below",
    "removal_command",
    "server_runs",
    "uninterrupted",
]
