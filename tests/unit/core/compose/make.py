"""Compose's own resolved configuration, as the tests of this folder need it."""

from typing import Any

DATA = "/var/lib/postgresql/data"


def document(**services: Any) -> dict[str, Any]:
    return {"name": "dds-dev", "services": services, "volumes": {"pgdata": {"name": "dds-dev_pgdata"}}}


def postgres(**fields: Any) -> dict[str, Any]:
    bind = {"type": "bind", "source": "/project/volumes/db", "target": DATA}
    port = {"target": 5432, "published": "5432", "host_ip": "127.0.0.1"}
    environment = {"POSTGRES_USER": "dds", "POSTGRES_PASSWORD": "a$$b", "POSTGRES_DB": "ddsurveys"}
    return {"image": "postgres:17", "volumes": [bind], "ports": [port], "environment": environment, **fields}


def waiting(**fields: Any) -> dict[str, Any]:
    return {"image": "x", "depends_on": {"db": {"condition": "service_healthy"}}, **fields}
