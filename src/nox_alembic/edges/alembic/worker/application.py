"""The application of Flask, in whose context Flask-Migrate runs env.py."""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def context_of(*, is_of_flask: bool) -> Iterator[None]:
    """Be in the context of the application that `flask` finds, as `flask db` is.

    FLASK_APP names it, in the environment or in `.flaskenv`; else it is in `app.py` or
    `wsgi.py`.
    """
    if not is_of_flask:
        yield
        return
    # Not an import of the module: the project has Flask, and we do not.
    cli = importlib.import_module("flask.cli")
    cli.load_dotenv()
    with cli.ScriptInfo().load_app().app_context():
        yield
