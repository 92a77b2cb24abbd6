"""The placeholders in `alembic-variables`, for the parts of a database's address."""

from collections.abc import Mapping
from string import Formatter

NAMES = ("host", "port", "user", "password", "database", "url")


def placeholders_of(text: str) -> tuple[str, ...]:
    """Return what stands in braces in a text; raises ValueError for a lone brace."""
    found = []
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None:
            found.append(name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else ""))
    return tuple(found)


def filled(templates: Mapping[str, str], parts: Mapping[str, str | int]) -> dict[str, str]:
    """Return the variables with the parts of an address in them, its password too."""
    return {name: text.format_map(parts) for name, text in templates.items()}


def leading(templates: Mapping[str, str]) -> dict[str, str]:
    """Return those that lead to a database.

    What has no placeholder may be a secret of another kind.
    """
    return {name: text for name, text in templates.items() if placeholders_of(text)}
