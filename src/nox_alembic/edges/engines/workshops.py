"""Which workshop makes data beside that of an engine.

An engine itself knows nothing of workshops.
"""

from typing import TYPE_CHECKING, cast

from nox_alembic.edges.engines import Engine, Workshop

if TYPE_CHECKING:
    from nox_alembic.edges.engines.compose.engine import ComposeEngine
    from nox_alembic.edges.engines.embedded.engine import EmbeddedEngine


def workshop_of(engine: Engine) -> Workshop:
    """Return what makes data folders or volumes beside the engine's own."""
    if engine.name == "compose":
        from nox_alembic.edges.engines.compose.workshop import ComposeWorkshop  # noqa: PLC0415 - the SDK takes 0.2 s

        return ComposeWorkshop(cast("ComposeEngine", engine))
    from nox_alembic.edges.engines.embedded.workshop import EmbeddedWorkshop  # noqa: PLC0415 - psutil

    return EmbeddedWorkshop(cast("EmbeddedEngine", engine))
