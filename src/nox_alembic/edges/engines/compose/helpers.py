"""Helper containers, with root's powers over files and no other ones."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import docker
import docker.errors
import docker.types
from docker.models.containers import Container as RawContainer

from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines.compose.daemon import HELPER, short

# Complains of what it finds.
BLANK = """\
[ -n "$(find /w -mindepth 1 -maxdepth 1)" ] || echo "it is empty" >&2
find /w -path '*/base/*' -name '[1-9]*' -o -path '*/pg_tblspc/*' -name '[1-9]*' | while read -r found; do
  name=${found##*/}
  [ "${name%%[!0-9]*}" -lt 16384 ] || echo "there is $found" >&2
done
"""


@frozen
class Helpers:
    """The helpers of a Compose project, from an image that the daemon has."""

    client: docker.DockerClient
    image: str
    project: str

    def are_running(self) -> bool:
        """Return whether a helper container of a killed run is still deleting."""
        return bool(self._found())

    def end(self) -> None:
        """End such helpers, and return when they are gone."""
        for helper in self._found():
            end(helper)

    def remove_child(self, parent: Path, name: str) -> None:
        """Delete `parent/name`.

        The parent is mounted, since a mount point cannot be removed. Raises OSError.
        """
        # In this order: without PG_VERSION what is half deleted is no database.
        words = ("rm", "-rf", "--", f"/w/{name}/PG_VERSION", f"/w/{name}")
        self._help(words, {"/w": parent}, "delete it")

    def empty(self, folder: Path) -> None:
        """Delete all that is in a folder; nothing else is mounted.

        Raises OSError when it does not succeed.
        """
        self._help(("find", "/w", "-mindepth", "1", "-delete"), {"/w": folder}, "empty it")

    def copy(self, source: Path | str, target: Path | str) -> None:
        """Copy a folder or volume, owners included; raises OSError."""
        # busybox may have been built without reflinks; a power cut must not leave what
        # only looks like a copy.
        script = "{ cp -a --reflink=auto /from/. /to/ 2>/dev/null || cp -a /from/. /to/; } && sync -f /to"
        self._help(("sh", "-c", script), {"/from": source, "/to": target}, "copy it", "CHOWN")

    def is_blank(self, place: Path | str) -> bool:
        """Return whether a folder or volume has data with no database and no table.

        Objects that a server makes for itself, which have numbers below 16384, do not
        count.
        """
        with suppress(OSError):
            self._help(("sh", "-c", BLANK), {"/w": place}, "look into it")
            return True
        return False

    def _found(self) -> list[RawContainer]:
        return list(self.client.containers.list(filters={"label": f"{HELPER}={self.project}"}, ignore_removed=True))

    def _help(self, words: Sequence[str], mounts: Mapping[str, Path | str], what: str, *more: str) -> None:
        """Run a program with root's powers over files, in a container of its own.

        The container has no other powers and no network. It mounts folders, and volumes
        by their names.
        """
        try:
            helper = self.client.containers.create(
                self.image,
                entrypoint=[words[0]],
                command=list(words[1:]),
                user="0:0",
                network_mode="none",
                cap_drop=["ALL"],
                cap_add=["DAC_OVERRIDE", "FOWNER", *more],
                mounts=[_mount(target, source) for target, source in mounts.items()],
                # By the daemon: a run that is killed now leaves no container, only one
                # that ends by itself.
                auto_remove=True,
                labels={HELPER: self.project},
            )
            complaint = _run(helper)
        except (docker.errors.DockerException, OSError) as error:
            raise OSError(f"the helper container of {self.image} could not {what}: {short(error)}") from error
        if complaint:
            raise OSError(f"the helper container of {self.image} could not {what}: {complaint}")


def _mount(target: str, source: Path | str) -> docker.types.Mount:
    if isinstance(source, Path):
        return docker.types.Mount(target, str(source), type="bind")
    # A new volume is not to be filled with what the image has at that place.
    return docker.types.Mount(target, source, type="volume", no_copy=True)


def _run(helper: RawContainer) -> str:
    """Start the container and return what it complained with.

    The container is gone afterwards, also when it never started or on Ctrl-C.
    """
    try:
        said = helper.attach(stderr=True, stream=True)
        helper.start()
        return _first_line(said)
    except BaseException:
        end(helper)
        raise


def _first_line(said: Iterator[bytes]) -> str:
    """Return the first line of what it says until its end, "" when it says nothing."""
    return b"".join(said).decode(errors="replace").strip().partition("\n")[0]


def end(helper: RawContainer) -> None:
    """End it, and return when it is gone; the daemon may be quicker."""
    with suppress(docker.errors.APIError):
        helper.remove(force=True)
    with suppress(docker.errors.APIError):
        helper.wait(condition="removed")
