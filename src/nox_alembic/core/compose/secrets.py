"""Where this machine has what the database's image reads from files."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath, PurePosixPath

from nox_alembic.core.compose.model import LOGIN, ComposeModel, Document, Service
from nox_alembic.core.frozen import frozen


@frozen
class Source:
    """A file, or a variable, of this machine; both are empty where it has neither."""

    path: PurePath | None = None
    variable: str = ""


def sources(document: Document, service: Service) -> Mapping[str, Source]:
    """Return where the value of each variable is that the image reads from a file."""
    places = {name: service.environment.get(f"{name}_FILE", "") for name in LOGIN}
    return {
        name: _secret(document, service.name, PurePosixPath(place)) or _mounted(service, PurePosixPath(place))
        for name, place in places.items()
        if place and not service.environment.get(name)
    }


def revealed(model: ComposeModel, values: Mapping[str, str]) -> ComposeModel:
    """Return the model with these variables in the environment of the database."""
    database = replace(model.database, environment={**model.database.environment, **values})
    return replace(model, database=database, services={**model.services, database.name: database})


def _secret(document: Document, service: str, place: PurePosixPath) -> Source | None:
    """Return the secret or config that Compose has at that place in the container."""
    for kind, folder in (("secrets", "/run/secrets"), ("configs", "/")):
        for given in document["services"][service].get(kind) or ():
            if PurePosixPath(folder, given.get("target") or given["source"]) == place:
                found = (document.get(kind) or {}).get(given["source"]) or {}
                path = PurePath(found["file"]) if "file" in found else None
                return Source(path, found.get("environment", ""))
    return None


def _mounted(service: Service, place: PurePosixPath) -> Source:
    mounts = [one for one in service.mounts if one.kind == "bind" and place.is_relative_to(one.target)]
    if not mounts:
        return Source()
    deepest = max(mounts, key=lambda one: len(one.target))
    return Source(PurePath(deepest.source, place.relative_to(deepest.target)))
