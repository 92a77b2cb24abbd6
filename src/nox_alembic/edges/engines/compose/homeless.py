"""Finds the data of containers that is gone when they are removed."""

from collections.abc import Iterable, Iterator

from nox_alembic.core.compose.data import has_data_mount
from nox_alembic.core.compose.model import ComposeModel
from nox_alembic.edges.engines.compose.daemon import Container


def homeless(found: Iterable[Container], model: ComposeModel) -> Iterator[str]:
    """Yield what lies in a volume without a name, or in the container itself.

    Of what a service writes into its container, only the database is known.
    """
    for one in found:
        yield from (f"{one.service} ({place})" for place in one.anonymous)
        if one.service == model.database.name and not one.anonymous and not has_data_mount(model):
            yield f"{one.service} (the data in its container)"
