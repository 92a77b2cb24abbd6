"""Snapshots on disk: a folder each, with the compressed dump and its sidecar.

A snapshot appears by one rename, and goes by one rename.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from nox_alembic.core.copies.snapshots import NAME, Damaged, Shelf, Snapshot, parse_sidecar
from nox_alembic.core.copies.space import needed
from nox_alembic.core.errors import FailedError, PreconditionError, RefusedError
from nox_alembic.core.failures.locks import cure_of_locks
from nox_alembic.core.sizes import shown_size
from nox_alembic.edges.system import process
from nox_alembic.edges.system.files import make_folder, open_private, sync, write_private
from nox_alembic.edges.system.invocation import Invocation

FILE = "dump.zst"
SIDECAR = "snapshot.json"
# A name never begins with a dot, so that none of these is taken for a snapshot.
UNFINISHED = re.compile(rf"\.{NAME.pattern}\.[0-9a-f]{{8}}\.(partial|gone)")
MAGIC = b"PGDMP"
_OPTIONS: Mapping[int, int] = {
    zstd.CompressionParameter.compression_level: 3,
    zstd.CompressionParameter.checksum_flag: 1,
    zstd.CompressionParameter.nb_workers: 2,
}

OnBytes = Callable[[int], None]


def read_shelf(folder: Path, environment: str) -> Shelf:
    """Return the snapshots of an environment, from their sidecars and sizes.

    No dump is read.
    """
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return Shelf()
    entries = [_read(path, environment) for path in found if NAME.fullmatch(path.name) and path.is_dir()]
    snapshots = [entry for entry in entries if isinstance(entry, Snapshot)]
    return Shelf(
        snapshots=tuple(sorted(snapshots, key=lambda one: (one.at, one.name))),
        damaged=tuple(entry for entry in entries if isinstance(entry, Damaged)),
        leftovers=tuple(path.name for path in found if UNFINISHED.fullmatch(path.name)),
    )


def save(folder: Path, draft: Snapshot, dump: Invocation, on_bytes: OnBytes) -> Snapshot:
    """Run pg_dump into a new snapshot, and return it with its sizes.

    `on_bytes` gets the size of each piece of the dump. Raises FailedError when the dump
    fails (NA609) or cannot be written (NA607); then there is no snapshot.
    """
    partial = _beside(folder, draft.name, "partial")
    with _writing(folder):
        try:
            make_folder(folder)
            partial.mkdir(mode=0o700)
            snapshot = _dumped(partial / FILE, draft, dump, on_bytes)
            write_private(partial / SIDECAR, json.dumps(snapshot.as_json(), indent=2) + "\n")
            partial.rename(folder / draft.name)
            _sync(folder)
        except BaseException:
            with contextlib.suppress(OSError):  # the next run clears it
                shutil.rmtree(partial)
            raise
    return snapshot


def check(folder: Path, snapshot: Snapshot, on_bytes: OnBytes) -> None:
    """Read the whole file; raises RefusedError (NA608) if it is not what was saved."""
    for piece in _pieces(folder, snapshot):
        on_bytes(len(piece))


def load(folder: Path, snapshot: Snapshot, restore: Invocation, on_bytes: OnBytes, jobs: int = 1) -> None:
    """Run pg_restore on the dump, and check the dump once more on the way.

    Several `jobs` cannot share a pipe. For them the dump is unpacked beside the
    snapshots, where pg_restore must see it. Raises FailedError (NA610) with
    pg_restore's own words, and what `check` and `save` raise.
    """

    def counted() -> Iterator[bytes]:
        for piece in _pieces(folder, snapshot):
            yield piece
            on_bytes(len(piece))

    if jobs == 1:
        done = process.transfer(restore, source=counted())
    else:
        with _unpacked(folder, snapshot.name, counted()) as path:
            done = process.transfer(restore.adding(f"--jobs={jobs}", str(path)))
    if not done.ok:
        message = f'pg_restore ended with {done.code} on the snapshot "{snapshot.name}"; the database is as it was'
        raise FailedError("NA610", message, hint=_cure(done.err), detail=done.err.strip())


def has_room(folder: Path, size: int) -> bool:
    """Return whether the folder has room for `size` bytes twice."""
    return shutil.disk_usage(folder).free > 2 * size


def require_room(snapshot: Snapshot, data: Path) -> None:
    """Raise PreconditionError (NA616) when a restore would fill the data folder's disk.

    If the free space cannot be seen, nothing is raised.
    """
    with contextlib.suppress(OSError):
        takes, free = needed(snapshot.dump_size), shutil.disk_usage(data).free
        if free < takes:
            sizes = f"takes about {shown_size(takes)}, and {shown_size(free)} are free in {data}"
            message = f'to restore the snapshot "{snapshot.name}" {sizes}'
            raise PreconditionError("NA616", message, hint="make room there; nothing was changed")


def delete(folder: Path, name: str) -> None:
    """Delete a snapshot: a rename takes it away, before its files are deleted."""
    with _writing(folder):
        gone = _beside(folder, name, "gone")
        (folder / name).rename(gone)
        shutil.rmtree(gone)


def clear(folder: Path) -> None:
    """Delete what killed runs have left."""
    with _writing(folder):
        for name in read_shelf(folder, "").leftovers:
            shutil.rmtree(folder / name)


def _dumped(path: Path, draft: Snapshot, dump: Invocation, on_bytes: OnBytes) -> Snapshot:
    with open_private(path, "xb") as file:
        writer = _Writer(file, on_bytes)
        done = process.transfer(dump, sink=writer.write)
        if not done.ok:
            message = f"pg_dump ended with {done.code}, and there is no snapshot"
            raise FailedError("NA609", message, hint=_cure(done.err), detail=done.err.strip())
        writer.close()
    return replace(draft, size=writer.size, dump_size=writer.dump_size, sha256=writer.sha256.hexdigest())


def _cure(said: str) -> str:
    return cure_of_locks(said) or "see what it says above"


class _Writer:
    """Compresses pieces into a file, and counts the bytes."""

    def __init__(self, file: IO[bytes], on_bytes: OnBytes) -> None:
        self.file, self.on_bytes = file, on_bytes
        self.sha256 = hashlib.sha256()
        self.size = self.dump_size = 0
        self.compressor = zstd.ZstdCompressor(options=_OPTIONS)

    def write(self, piece: bytes) -> None:
        self.dump_size += len(piece)
        self._put(self.compressor.compress(piece))
        self.on_bytes(len(piece))

    def close(self) -> None:
        self._put(self.compressor.flush())
        sync(self.file)

    def _put(self, data: bytes) -> None:
        self.sha256.update(data)
        self.size += len(data)
        self.file.write(data)


def _read(path: Path, environment: str) -> Snapshot | Damaged:
    try:
        found = json.loads((path / SIDECAR).read_text(encoding="utf-8"))
        snapshot = parse_sidecar(found, name=path.name, environment=environment)
        size = (path / FILE).stat().st_size
    except FileNotFoundError as error:
        return Damaged(path.name, f"there is no {Path(error.filename).name} in {path}")
    except (OSError, ValueError) as error:
        return Damaged(path.name, f"{path / SIDECAR}: {error}")
    if size != snapshot.size:
        return Damaged(path.name, f"{path / FILE} has {size} bytes, and was saved with {snapshot.size}")
    return snapshot


def _pieces(folder: Path, snapshot: Snapshot) -> Iterator[bytes]:
    """Yield the dump.

    Raises RefusedError (NA608) when the file turns out not to be what was saved.
    """
    path = folder / snapshot.name / FILE
    digest, total = hashlib.sha256(), 0
    decompressor = zstd.ZstdDecompressor()
    with _broken_is_refused(snapshot, path), path.open("rb") as file:
        while (data := file.read(process.PIECE)) and not decompressor.eof:
            digest.update(data)
            for piece in _decompressed(decompressor, data):
                if total == 0 and not piece.startswith(MAGIC):
                    raise _broken(snapshot, f"{path} holds no dump of pg_dump")
                total += len(piece)
                yield piece
        if data or decompressor.unused_data or not decompressor.eof:
            raise _broken(snapshot, f"{path} is not one whole zstd frame")
    if digest.hexdigest() != snapshot.sha256:
        raise _broken(snapshot, f"the SHA-256 of {path} is not that of its sidecar")
    if total != snapshot.dump_size:
        raise _broken(snapshot, f"the dump in {path} has {total} bytes, and was saved with {snapshot.dump_size}")


def _decompressed(decompressor: "zstd.ZstdDecompressor", data: bytes) -> Iterator[bytes]:
    """Yield what `data` stands for in pieces: it can be a thousand times as much."""
    while True:
        if piece := decompressor.decompress(data, process.PIECE):
            yield piece
        if decompressor.eof or decompressor.needs_input:
            return
        data = b""


@contextlib.contextmanager
def _unpacked(folder: Path, name: str, pieces: Iterator[bytes]) -> Iterator[Path]:
    """Yield the dump as a file that is deleted afterwards.

    The next run clears it if this run is killed.
    """
    partial = _beside(folder, name, "partial")
    try:
        with _writing(folder):
            partial.mkdir(mode=0o700)
            with open_private(partial / "dump", "xb") as file:
                for piece in pieces:
                    file.write(piece)
        yield partial / "dump"
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def _broken_is_refused(snapshot: Snapshot, path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, zstd.ZstdError) as error:
        raise _broken(snapshot, f"{path}: {error}") from None


def _broken(snapshot: Snapshot, cause: str) -> RefusedError:
    message = f'the snapshot "{snapshot.name}" is damaged, and nothing was changed: {cause}'
    return RefusedError("NA608", message, hint="`nox -s snapshot -- list` shows the others")


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Raise an error of the disk, such as a full one, as FailedError (NA607)."""
    try:
        yield
    except OSError as error:
        free = f", {shown_size(shutil.disk_usage(folder).free)} are free there" if folder.is_dir() else ""
        message = f"{folder} cannot be written: {error.strerror or error}{free}"
        hint = "make room, `nox -s snapshot -- prune --keep 3` for one, or see who may write there"
        raise FailedError("NA607", message, hint=hint) from None


def _beside(folder: Path, name: str, why: str) -> Path:
    return folder / f".{name}.{secrets.token_hex(4)}.{why}"


def _sync(folder: Path) -> None:
    """Make a rename survive a power cut.

    Windows cannot open a folder, and writes the rename through by itself.
    """
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
