"""The one place that chooses between the systems.

Both sides offer these names with the same meaning:

Folder            an open folder; its acts are relative to it and never follow a link
Kind              what a name in a folder is
delete, empty     delete a folder in a folder, or only its content; they report and
                  never raise
in_the_way        whether a failed rename leaves the way of deleting in place
is_denied         whether more powers would have helped
mounts_below      the mount points at or below a name, each with the command that
                  takes it away
server_runs       whether a process is the PostgreSQL server of a data folder
is_ours           whether a folder belongs to the user who runs this
removal_command   the command that deletes a path with all the user's powers
uninterrupted     holds Ctrl-C back for a few calls
"""

import sys

from nox_alembic.edges.wiper.kinds import Kind

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
    "Folder",
    "Kind",
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
