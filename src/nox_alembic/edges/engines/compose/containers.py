"""The containers of a Compose project, ended and started by the daemon itself.

A Compose process takes far longer. `docker compose up` starts a container that is there
as it is, unless its service, image or network have changed since. Only where none of
these has changed, and only the database is waited for, do we start a container without
Compose.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

from nox_alembic.core.compose.model import ComposeModel
from nox_alembic.core.frozen import frozen
from nox_alembic.edges.engines.compose.daemon import Container, Daemon


@frozen(kw_only=True)
class KeptContainers:
    """The containers of one project.

    `hash_services` asks Compose for the hash of each service's configuration as it is
    now.
    """

    daemon: Daemon
    model: ComposeModel
    hash_services: Callable[[], Mapping[str, str]]

    @cached_property
    def hashes(self) -> "Future[Mapping[str, str]]":
        """What Compose says, asked once, beside whatever comes next."""
        return ThreadPoolExecutor(max_workers=1).submit(self.hash_services)

    def kill(self, *, but: str = "") -> None:
        """End all that run, or all but those of a service, and keep them.

        They end at the same time.
        """
        _ = self.hashes  # what is killed is about to be started
        found = self.daemon.containers(self.model.project)
        self.daemon.kill([one.id for one in found if one.running and one.service != but])

    def start(self, services: Iterable[str]) -> bool:
        """Start those of the services, and return whether that was possible.

        Where Compose has to do it, nothing is started.
        """
        wanted = tuple(services)
        found = self.daemon.containers(self.model.project)
        kept = {name: self._kept(name, found) for name in wanted}
        stopped = [one.id for one in kept.values() if one is not None and not one.running]
        if None in kept.values() or not self._unchanged([one for one in kept.values() if one is not None]):
            return False
        return self.daemon.start(stopped)

    def _kept(self, service: str, found: Sequence[Container]) -> Container | None:
        """Return the service's only container, or None.

        None is the answer also where more has to be done than to start it.
        """
        own = [one for one in found if one.service == service and not one.is_one_off]
        known = self.model.services[service]
        alone = known.starts_alone and set(known.depends_on) <= {self.model.database.name}
        return own[0] if len(own) == 1 and alone else None

    def _unchanged(self, containers: Sequence[Container]) -> bool:
        hashes = self.hashes.result()
        return all(
            one.config_hash == hashes.get(one.service)
            and one.image == self.daemon.image_id(self.model.image_of(one.service))
            for one in containers
        )


def container_of(daemon: Daemon, model: ComposeModel, service: str) -> Container | None:
    """Return the container of a service, None where it has none, or has no name."""
    found = daemon.containers(model.project, service) if service else ()
    return found[0] if found else None
