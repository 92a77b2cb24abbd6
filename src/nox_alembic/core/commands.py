"""The commands of this tool that messages name, as this user would type them."""

import re
from typing import TypeVar

Text = TypeVar("Text", bound=str)

_COMMAND = re.compile(r"`nox -s (?P<verb>[a-z]+)(?: -- (?P<words>[^`]*))?`")


def with_environment(text: Text, environment: str) -> Text:
    """Return the text with `--env` in its commands; "" is the environment of default.

    A command that has it already stays as it is.
    """
    return type(text)(_COMMAND.sub(lambda found: _typed(found, environment), text)) if environment else text


def _typed(found: re.Match[str], environment: str) -> str:
    words = found["words"] or ""
    if "--env" in words:
        return found[0]
    option = f"--env {environment}"
    # `snapshot` has verbs of its own, and these have the options.
    both = (words, option) if found["verb"] == "snapshot" else (option, words)
    return f"`nox -s {found['verb']} -- {' '.join(filter(None, both))}`"
