"""Where lines with rich's markup go, with rich itself imported as late as the first of them."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console


class Screen(Protocol):
    """What takes lines with rich's markup."""

    def print(self, *objects: Any, end: str = "\n", style: str | None = None) -> None:
        """Print a line."""


class LateConsole:
    """Rich's console on stderr, imported for its first line: a verb with nothing to do is over before that."""

    @cached_property
    def _console(self) -> "Console":
        from rich.console import Console  # noqa: PLC0415

        return Console(stderr=True, highlight=False, soft_wrap=True)

    def print(self, *objects: Any, end: str = "\n", style: str | None = None) -> None:
        """Print a line."""
        self._console.print(*objects, end=end, style=style)


def escape(text: str) -> str:
    """Return the text without a meaning as rich's markup."""
    from rich import markup  # noqa: PLC0415 - as late as the console

    return markup.escape(text)
