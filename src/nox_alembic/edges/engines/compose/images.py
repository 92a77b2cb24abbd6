"""The images of a Compose project: which are missing, and how they are brought here."""

from collections.abc import Sequence

from nox_alembic.core.compose.model import ComposeModel
from nox_alembic.core.errors import NoxAlembicError, PreconditionError
from nox_alembic.edges.engines.compose.cli import ComposeCli
from nox_alembic.edges.engines.compose.daemon import Daemon


def missing(daemon: Daemon, model: ComposeModel) -> tuple[str, ...]:
    """Return the images of its services that are not on the daemon's machine."""
    images = [model.services[name].image for name in (model.database.name, *model.others)]
    return tuple(dict.fromkeys(image for image in images if image and not daemon.has_image(image)))


def provide(cli: ComposeCli, model: ComposeModel, images: Sequence[str]) -> None:
    """Build the images that the project builds, and pull the rest.

    Raises PreconditionError (NA110) with the names of missing images.
    """
    for service in model.services.values():
        if service.image in images or (service.builds and not service.image):
            _provide(cli, service.name, builds=service.builds, image=service.image)


def _provide(cli: ComposeCli, service: str, *, builds: bool, image: str) -> None:
    verb = "build" if builds else "pull"
    try:
        cli.call(verb, service)
    except NoxAlembicError as error:
        message = f'the image "{image}" of the service "{service}" is not on this machine, and `{verb}` failed'
        hint = f"`docker compose {verb} {service}` shows why"
        raise PreconditionError("NA110", message, hint=hint, detail=error.detail) from None
