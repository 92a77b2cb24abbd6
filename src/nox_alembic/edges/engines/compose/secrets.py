"""Reads what the database's image reads from files: user, password, name."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from nox_alembic.core.compose.model import ComposeModel, Document, read_model
from nox_alembic.core.compose.secrets import revealed, sources
from nox_alembic.core.config import Config


def read_whole_model(
    document: Document, config: Config, environ: Mapping[str, str], profiles: Sequence[str] = ()
) -> ComposeModel:
    """Return the model with those values, as far as this machine can read them."""
    model = read_model(document, config, profiles)
    values = dict(_values(model, document, environ))
    return revealed(model, values) if values else model


def _values(model: ComposeModel, document: Document, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, source in sources(document, model.database).items():
        if source.variable in environ:
            yield name, environ[source.variable]
        elif source.path is not None:
            with suppress(OSError, UnicodeDecodeError):
                # As `$(< file)` of a shell has it.
                yield name, Path(source.path).read_text(encoding="utf-8").rstrip("\n")
