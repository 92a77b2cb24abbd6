"""The database of a Compose project alone, as a project of its own."""

from typing import Any

from nox_alembic.core.compose.data import data_target
from nox_alembic.core.compose.model import ComposeModel, Document, published_database_port


def database_alone(
    document: Document, model: ComposeModel, project: str, folder: str = "", volume: str = ""
) -> dict[str, Any]:
    """Return a configuration of the database alone: another project, a free port.

    Its data is in `folder`, in an existing `volume`, or else in memory. Compose has
    resolved it, so that it needs nothing of the project's file, and collides with
    nothing.
    """
    service = {**document["services"][model.database.name]}
    for key in ("container_name", "depends_on", "networks", "profiles", "restart"):
        service.pop(key, None)
    data = data_target(model)
    binds = [one for one in service.get("volumes", []) if one.get("type") == "bind" and one.get("target") != data]
    place = {"type": "bind", "source": folder.replace("$", "$$")} if folder else {"type": "tmpfs"}
    place = {"type": "volume", "source": "data"} if volume else place
    # Nothing waits for Docker's health check, and each is a process in the container.
    service["healthcheck"] = {"disable": True}
    service["volumes"] = [*binds, {**place, "target": data}]
    port = published_database_port(model.database)
    service["ports"] = [
        {"mode": "ingress", "host_ip": "127.0.0.1", "target": port.container, "published": "0", "protocol": "tcp"}
    ]
    kept = {key: document[key] for key in ("secrets", "configs") if key in document}
    if volume:
        kept["volumes"] = {"data": {"name": volume, "external": True}}
    return {"name": project, "services": {model.database.name: service}, **kept}
