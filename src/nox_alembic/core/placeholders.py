"""The placeholders in `alembic-variables`, for the parts of a database's address."""

from collections.abc import Mapping
from dataclasses import replace
from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nox_alembic.core.facts import DatabaseAddress

NAMES = ("host", "port", "user", "password", "database", "url")
# In the place of a password, where people read it.
HIDDEN = "***"


def placeholders_of(text: str) -> tuple[str, ...]:
    """Return what stands in braces in a text; raises ValueError for a lone brace."""
    found = []
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None:
            found.append(name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else ""))
    return tuple(found)


def filled(templates: Mapping[str, str], address: "DatabaseAddress") -> dict[str, str]:
    """Return the variables for a database, which may hold its password."""
    parts = {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
        "database": address.name,
        "url": address.url,
    }
    return {name: text.format_map(parts) for name, text in templates.items()}


def shown(templates: Mapping[str, str], address: "DatabaseAddress") -> dict[str, str]:
    """Return those variables that lead to the database, as messages name them.

    What has no placeholder may be a secret of another kind.
    """
    leading = {name: text for name, text in templates.items() if placeholders_of(text)}
    found = filled(leading, replace(address, password=HIDDEN))
    return {name: value.replace("%2A%2A%2A", HIDDEN) for name, value in found.items()}
