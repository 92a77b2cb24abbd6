"""A program to run, and how one has ended."""

from collections.abc import Mapping
from dataclasses import field

from nox_alembic.core.frozen import frozen


@frozen
class Invocation:
    """A program to run: its words and the whole environment.

    The password is in the environment, so that it is in no argument.
    """

    words: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)

    def adding(self, *arguments: str) -> "Invocation":
        """Return it with more arguments."""
        return Invocation((*self.words, *arguments), self.environ)


@frozen
class Completed:
    """How a program ended and what it printed."""

    args: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Whether it ended with 0."""
        return self.code == 0
