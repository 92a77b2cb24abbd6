"""The database's named volume and those that keep what it held, through the daemon.

Data changes its volume by a rename, in a helper container that sees the folder of all
volumes: the daemon's machine may be another one, and what lies there belongs to root.
It runs a script with fixed arguments, without network and without other powers than
those over files.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import Literal

import docker
import docker.errors
import docker.types
from docker.models.containers import Container as RawContainer
from docker.models.volumes import Volume as RawVolume

from nox_alembic.core.compose.data import data_target
from nox_alembic.core.compose.model import ComposeModel
from nox_alembic.core.config import Config
from nox_alembic.core.copies import volume_swap
from nox_alembic.core.copies.volume_swap import Moved, Volume
from nox_alembic.core.errors import RefusedError
from nox_alembic.core.facts import DataLocation
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines.compose.daemon import described, project_of, short
from nox_alembic.edges.engines.compose.helpers import end
from nox_alembic.edges.system import clock

SWAP = "nox-alembic.swap"
HELPER_SECONDS = 20  # for a few renames
_WHERE = "/w"


@frozen(kw_only=True)
class NamedVolume:
    """The volume at `location`, which holds the data of one environment.

    Its containers have it at `target`.
    """

    client: docker.DockerClient = field(repr=False)
    location: DataLocation
    project: str
    environment: str
    clone: str
    image: str
    target: str

    @classmethod
    def of(
        cls, location: DataLocation, model: ComposeModel, config: Config, client: docker.DockerClient
    ) -> "NamedVolume":
        """Return that of a Compose project."""
        return cls(
            client=client,
            location=location,
            project=model.project,
            environment=config.environment,
            clone=str(config.clone),
            image=model.database_image,
            target=data_target(model),
        )

    @property
    def name(self) -> str:
        """The name of the volume."""
        return self.location.volume

    def probe(self) -> Volume | None:
        """Return the volume, None when there is none."""
        return self._get(self.name)

    def refusal(self) -> RefusedError | None:
        """Return why the volume may not be taken away, as far as it can be known now.

        Our own containers still run.
        """
        return volume_swap.refusal(self.location, self.probe(), self._users(but=self.project, stopped=True))

    def kept(self) -> tuple[str, ...]:
        """Return the volumes that this environment of this clone has kept data in."""
        return self._labelled(self._labels(volume_swap.LABEL))

    def spares(self) -> tuple[str, ...]:
        """Return the volumes that are spares of it, finished or not."""
        return self._labelled(self._labels(volume_swap.SPARE))

    def new_spare_name(self) -> str:
        """Return a name for another spare."""
        return f"{self.name}__spare_{secrets.token_hex(4)}"

    def make_spare(self, name: str) -> None:
        """Make an empty volume that is to become a spare; raises OSError."""
        try:
            self.client.volumes.create(name, driver="local", labels=dict(self._labels(volume_swap.SPARE)))
        except docker.errors.DockerException as error:
            raise OSError(short(error)) from error

    def new_name(self) -> str:
        """Return a name for a volume that is to keep what this one holds now."""
        return volume_swap.kept_name(self.name, clock.now(), secrets.token_hex(3))

    def swap(self, to: str, *, source: str, verb: str) -> Moved:
        """Make `to`, move this volume's data there, and that of `source` here.

        `source` may be `to`. Raises RefusedError (NA671) or FailedError (NA673);
        whatever happens, `settle` then finds out how it ended.
        """
        if refusal := volume_swap.refusal(self.location, self.probe(), self._users(but=None, stopped=False)):
            raise refusal
        if source in self.spares():
            self._end_makers(source)
        self._make_kept(to, source=source, verb=verb)
        return self._run("swap", to)

    def make_kept(self, name: str, verb: str) -> None:
        """Make an empty volume for a copy of the data; raises FailedError (NA673)."""
        self._make_kept(name, source=name, verb=verb)

    def settle(self, name: str) -> Moved:
        """Finish or take back the swap for which the volume was made, and say which.

        It waits for the helper of the swap.
        """
        self._await_helpers()
        return self._run("settle", name)

    def source_of(self, name: str) -> str:
        """Return the volume with the new data of the swap that made `name`."""
        found = self._get(name)
        return found.source if found else name

    def remove(self, name: str) -> None:
        """Remove a volume that keeps data; raises OSError when it stays.

        A missing volume is no error.
        """
        self._await_helpers()
        try:
            self.client.volumes.get(name).remove()
        except docker.errors.NotFound:
            return
        except docker.errors.DockerException as error:
            raise OSError(short(error)) from error

    def _make_kept(self, name: str, *, source: str, verb: str) -> None:
        labels = volume_swap.labels_of(self._labels(volume_swap.LABEL), source=source, verb=verb, at=clock.now())
        with _failing(self.name):
            self.client.volumes.create(name, driver="local", labels=dict(labels))

    def _labels(self, label: str) -> Mapping[str, str]:
        return volume_swap.owner_labels(
            self.name, project=self.project, environment=self.environment, clone=self.clone, label=label
        )

    def _labelled(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        found = self.client.volumes.list(filters={"label": [f"{key}={value}" for key, value in labels.items()]})
        return tuple(str(volume.name) for volume in found)

    def _end_makers(self, spare: str) -> None:
        """End the containers that copy a spare which a reset takes.

        The copies that they make are not used then.
        """
        for container in self.client.containers.list(filters={"volume": spare}, ignore_removed=True):
            if project_of(container.attrs).startswith(f"{self.project}-spare-"):
                end(container)

    def _get(self, name: str) -> Volume | None:
        try:
            return _volume(self.client.volumes.get(name))
        except docker.errors.NotFound:
            return None

    def _users(self, *, but: str | None, stopped: bool) -> tuple[str, ...]:
        """Describe the containers that mount the volume.

        Those of the project `but` do not count, nor do our helpers.
        """
        found = self.client.containers.list(all=stopped, filters={"volume": self.name}, ignore_removed=True)
        return tuple(described(c.attrs) for c in found if but is None or project_of(c.attrs) != but)

    def _helpers(self) -> list[RawContainer]:
        label = f"{SWAP}={self.name}"
        return list(self.client.containers.list(all=True, filters={"label": label}, ignore_removed=True))

    def _await_helpers(self) -> None:
        """Return when no helper is left.

        A helper that runs ends in a moment. A helper that hangs or was never started is
        ended.
        """
        for helper in self._helpers():
            if helper.status == "created":
                end(helper)
                continue
            try:
                helper.wait(timeout=HELPER_SECONDS, condition="removed")
            except docker.errors.APIError:
                continue  # it is gone already
            except OSError:  # a timeout
                end(helper)

    def _run(self, verb: Literal["swap", "settle"], to: str) -> Moved:
        """Run the script.

        A swap that makes the new data shows `to` to the daemon, which fills it as a new
        volume.
        """
        kept = self._get(to)
        if kept is None:
            raise volume_swap.failed(self.name, f"the volume {to} is gone")
        fresh = verb == "swap" and kept.source == to
        data = docker.types.Mount(self.target, to if fresh else None, type="volume" if fresh else "tmpfs")
        with _failing(self.name):
            helper = self.client.containers.create(
                self.image,
                entrypoint=["sh"],
                command=["-c", script(), "sh", verb, _WHERE, self.name, to, kept.source],
                user="0:0",
                network_mode="none",
                cap_drop=["ALL"],
                cap_add=["DAC_OVERRIDE"],
                # There is no rename between two mounts, so the folder around both is
                # mounted.
                mounts=[data, docker.types.Mount(_WHERE, kept.around, type="bind")],
                security_opt=["no-new-privileges", "label=disable"],
                read_only=True,
                auto_remove=True,
                labels={SWAP: self.name},
            )
            said = _said(helper)
        return volume_swap.outcome_of(self.name, said)


def script() -> str:
    """Return what the helper container runs."""
    from importlib.resources import files  # noqa: PLC0415 - a move alone needs it

    return (files(__package__) / "swap.sh").read_text(encoding="utf-8")


@contextmanager
def _failing(volume: str) -> Iterator[None]:
    """Report the daemon's errors as the failure to move the volume's data (NA673)."""
    try:
        yield
    except (docker.errors.DockerException, OSError) as error:
        raise volume_swap.failed(volume, short(error)) from error


def _said(helper: RawContainer) -> str:
    """Start it and return what it says; on Ctrl-C it comes to its end by itself."""
    try:
        lines: Iterator[bytes] = helper.attach(stdout=True, stderr=True, stream=True)
        helper.start()
    except BaseException:
        end(helper)
        raise
    return b"".join(lines).decode(errors="replace")


def _volume(raw: RawVolume) -> Volume:
    attrs = raw.attrs
    return Volume(
        name=attrs["Name"],
        driver=attrs["Driver"],
        mountpoint=attrs["Mountpoint"],
        options=attrs.get("Options") or {},
        labels=attrs.get("Labels") or {},
    )
