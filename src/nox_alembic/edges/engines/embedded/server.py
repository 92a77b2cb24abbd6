"""A PostgreSQL server on a data folder.

It is made, started, found again and ended through its own programs.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg2.extensions
from psycopg2 import errors, sql

from nox_alembic.core.copies.leftovers import Leftover, clusters
from nox_alembic.core.errors import FailedError, PreconditionError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.core.frozen import frozen
from nox_alembic.core.ownership import Seen
from nox_alembic.edges.engines.embedded import logs as logfiles
from nox_alembic.edges.engines.embedded import processes
from nox_alembic.edges.engines.embedded.programs import Programs
from nox_alembic.edges.engines.embedded.record import SUPERUSER
from nox_alembic.edges.engines.ownership import new_nonce
from nox_alembic.edges.postgres.connection import APPLICATION, connected
from nox_alembic.edges.system import process
from nox_alembic.edges.system.files import make_folder, open_private, write_private

START_SECONDS = 60
# For each of 100 connections: a dump takes a lock for each table, and a migration some
# for each that it changes.
LOCKS = 1024
STOP_SECONDS = 20
# Backups leave the content of this folder out.
NONCES = "pg_stat_tmp"
NONCE_SECONDS = 60


@frozen(kw_only=True)
class Server:
    """`data` is PostgreSQL's own folder, `logs` is ours.

    postmaster.pid decides which server runs.
    """

    programs: Programs
    data: Path
    logs: Path

    @property
    def log(self) -> Path:
        """What the server itself prints."""
        return self.logs / "postgres.log"

    @property
    def port(self) -> int:
        """The port of the running server, 0 when there is none.

        It is in line 4 of postmaster.pid.
        """
        lines = self._pid_file()
        return int(lines[3]) if len(lines) > 3 and lines[3].isdecimal() and self.process() else 0

    def process(self) -> psutil.Process | None:
        """Return the running server.

        A postmaster.pid whose process is another program is no server.
        """
        lines = self._pid_file()
        found = processes.find(int(lines[0])) if lines and lines[0].isdecimal() else None
        return found if found is not None and self._is_ours(found) else None

    def initialise(self, password: str) -> None:
        """Make the database cluster in the empty or missing data folder.

        Raises FailedError (NA126).
        """
        for left in self.cut_off():
            self.remove_cut_off(left.name)
        if self.data.exists() and any(self.data.iterdir()):
            message = f"{self.data} is not empty and holds no PostgreSQL database"
            raise FailedError("NA126", message, hint="look what it is; `nox -s reset` sets a broken database aside")
        # When initdb is cut off, it leaves nothing that looks like a database.
        making = self.data.with_name(f".{self.data.name}.new-{os.getpid()}")
        make_folder(self.data.parent)
        with self._password_file(password) as file:
            arguments = ["-D", str(making), "-U", SUPERUSER, "--pwfile", str(file), *INITDB, *self._locale()]
            done = process.run(self.programs.command("initdb", *arguments), env=self.programs.environment)
        if not done.ok:
            detail = (done.err or done.out).strip()
            hint = "make room if the disk is full; `nox -s undo` brings back data that was set aside for it"
            raise FailedError("NA126", f"initdb could not make {self.data}", hint=hint, detail=detail)
        # Once, and not at each start: from now on the file is the user's.
        with (making / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"\nmax_locks_per_transaction = {LOCKS}\n")
        # Windows cannot rename onto a folder, not even an empty one.
        with contextlib.suppress(FileNotFoundError):
            self.data.rmdir()
        making.rename(self.data)

    def start(self, settings: Mapping[str, str]) -> None:
        """Start it with these settings and wait until it is up.

        Raises FailedError (NA125).
        """
        self._clear_stale_pid_file()
        try:
            self._configure(settings)
        except OSError as error:
            raise self._not_started(str(error)) from None
        logfiles.rotate(self.log)
        arguments = ["-D", str(self.data), "-w", "-t", str(START_SECONDS), "-l", str(self.log), "start"]
        if self._pg_ctl(*arguments):
            said = logfiles.tail(self.log, 20) or logfiles.tail(self._pg_ctl_log, 5)
            raise self._not_started(said)

    def stop(self, mode: str) -> None:
        """Stop the server, `fast` or `immediate`.

        It returns when no process of the server is left, by force if need be.
        """
        running = self.process()
        if running is None:
            return
        members = processes.tree(running)
        self._pg_ctl("-D", str(self.data), "-w", "-t", str(STOP_SECONDS), "-m", mode, "stop")
        if left := processes.kill([member for member in members if processes.is_alive(member)]):
            message = f"the PostgreSQL server (process {left[0].pid}) does not end"
            raise FailedError("NA128", message, hint=f"end process {left[0].pid} by hand")

    def create_database(self, name: str, port: int, password: str) -> None:
        """Create the target database unless it is there."""
        address = DatabaseAddress(host="127.0.0.1", port=port, user=SUPERUSER, password=password, name="postgres")
        with connected(address) as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def reads_our_files(self, cursor: psycopg2.extensions.cursor) -> bool:
        """Return whether the server of that connection runs on our data folder.

        It is asked for a nonce in that folder, by a relative path: a copy of the data
        is another folder. Raises OSError.
        """
        nonce = new_nonce()  # a name of its own too: two commands may ask at once
        file = self.data / NONCES / nonce
        try:
            self._sweep_nonces()
            with open_private(file, "wb") as written:
                written.write(nonce.encode())
            cursor.execute("SELECT pg_read_file(%s, 0, 100, true)", (f"{NONCES}/{nonce}",))
            return cursor.fetchone() == (nonce,)
        except errors.InsufficientPrivilege:
            return False  # ours lets its superuser read it
        finally:
            file.unlink(missing_ok=True)

    def _sweep_nonces(self) -> None:
        """Delete what killed commands have left.

        No command needs its nonce for as long as NONCE_SECONDS.
        """
        for left in (self.data / NONCES).glob(f"{APPLICATION}*"):
            with contextlib.suppress(FileNotFoundError):  # it was another command's, which is through
                if time.time() - left.stat().st_mtime > NONCE_SECONDS:
                    left.unlink()

    def seen(self) -> Seen:
        """Return what postmaster.pid says of the server: its start is in line 3."""
        lines = self._pid_file()
        started = datetime.fromtimestamp(int(lines[2]) if len(lines) > 2 and lines[2].isdecimal() else 0, UTC)
        return Seen(f"{started:%Y-%m-%d %H:%M:%S}", str(self.data))

    def data_major(self) -> int | None:
        """Return the major version that made the data, None without a database."""
        try:
            return int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def require_same_major(self) -> None:
        """Raise PreconditionError (NA124) if another major version made the data."""
        if problem := self.problem():
            raise PreconditionError("NA124", problem, hint='`nox -s reset` starts afresh, or set "postgres-bin"')

    def problem(self) -> str:
        """Return why these programs cannot use this data, "" when they can."""
        made_by = self.data_major()
        if made_by is None or made_by == self.programs.major:
            return ""
        return f"the data in {self.data} was made by PostgreSQL {made_by}, and the programs are {self.programs.major}"

    @property
    def _pg_ctl_log(self) -> Path:
        return self.logs / "pg_ctl.log"

    def _pg_ctl(self, *arguments: str) -> int:
        make_folder(self.logs)
        return process.run_to_log(
            self.programs.command("pg_ctl", *arguments), self._pg_ctl_log, env=self.programs.environment
        )

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []

    def _is_ours(self, found: psutil.Process) -> bool:
        """Return whether a process works in our data folder.

        Every server process does.
        """
        try:
            return found.name().startswith("postgres") and Path(found.cwd()).samefile(self.data)
        except (psutil.Error, OSError):
            return False

    def _clear_stale_pid_file(self) -> None:
        """Make way for a start after the server was killed.

        Another program may have its process id by now. Server processes that outlived
        the postmaster are ended first: they would go on writing into the data. Only
        then may the file go; PostgreSQL itself would refuse to start while any process
        has the id.
        """
        if not self._pid_file() or self.process() is not None:
            return
        processes.kill([found for found in psutil.process_iter() if self._is_ours(found)])
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _not_started(self, said: str) -> FailedError:
        message = f"the PostgreSQL server on {self.data} did not start"
        hint = "make room if the disk is full, then `nox -s dev`; `nox -s reset` starts afresh, keeping this data"
        return FailedError("NA125", message, hint=hint, detail=said)

    def _configure(self, settings: Mapping[str, str]) -> None:
        """Put our settings into postgresql.auto.conf, which is read last.

        Settings of ALTER SYSTEM stay there.
        """
        path = self.data / "postgresql.auto.conf"
        before = path.read_text(encoding="utf-8")
        lines = before.splitlines()
        kept = [line for line in lines if line.partition("=")[0].strip() not in settings]
        ours = [f"{name} = '{value}'" for name, value in settings.items()]
        after = "\n".join([*kept, *ours, ""])
        if after != before:  # as a whole or not at all: a full disk would leave none of them
            write_private(path, after)

    def _locale(self) -> list[str]:
        """Return a locale that sorts alike on every system.

        Its builtin provider exists from PostgreSQL 17 on.
        """
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return [*(builtin if self.programs.major >= 17 else []), "--locale=C"]

    @contextlib.contextmanager
    def _password_file(self, password: str) -> Iterator[Path]:
        """Give initdb the password in a file that nobody else can read.

        Everybody can see arguments.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "password")
            file.touch(mode=0o600)
            file.write_text(password + "\n", encoding="utf-8")
            yield file

    def cut_off(self) -> Sequence[Leftover]:
        """Return the data folders that killed runs were making beside this one."""
        try:
            names = [path.name for path in self.data.parent.iterdir() if not path.is_symlink()]
        except OSError:
            return ()
        return tuple(clusters(names, self.data.name, processes.is_there))

    def remove_cut_off(self, name: str) -> None:
        """Delete one of them; its initdb may still be at work on it."""
        path = self.data.with_name(name)
        while busy := list(processes.at_work_on(path)):
            if processes.kill(busy):
                break  # what cannot be ended is another user's, and so is what it makes
        shutil.rmtree(path)


INITDB = ("--encoding=UTF8", "--auth=scram-sha-256", "--no-sync", "--no-instructions")
