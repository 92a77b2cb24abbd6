"""The arguments of psql, as far as the tool must know them."""

from collections.abc import Sequence

from nox_alembic.core.frozen import frozen

STANDARD_INPUT = "-"
_FILE = ("-f", "--file")
_COMMAND = ("-c", "--command", "-l", "--list", "-V", "--version")
# https://www.postgresql.org/docs/18/app-psql.html: options whose value may stand in the
# next word.
_WITH_VALUES = """
-c -d -f -F -h -L -o -p -P -R -T -U -v --command --dbname --field-separator --file --host --log-file --output --port
--pset --record-separator --set --table-attr --username --variable
"""
_TAKE_A_VALUE = frozenset(_WITH_VALUES.split())


@frozen
class Psql:
    """The arguments of a call of psql."""

    words: tuple[str, ...]
    files: tuple[str, ...]  # for standard input in this order: psql may run where they are not
    asks: bool  # nothing was given to run, so that standard input decides

    @classmethod
    def of(cls, arguments: Sequence[str]) -> "Psql":
        """Return what was typed, taken apart."""
        words: list[str] = []
        files: list[str] = []
        asks = True
        remaining = list(arguments)
        while remaining:
            word = remaining.pop(0)
            option, value = _split(word)
            if option in _TAKE_A_VALUE and not value and remaining:
                value = remaining.pop(0)
                given = [word, value]
            else:
                given = [word]
            asks = asks and option not in {*_FILE, *_COMMAND}
            if option in _FILE and value and value != STANDARD_INPUT:
                given = [] if files else ["--file", STANDARD_INPUT]
                files.append(value)
            words += given
        return cls(tuple(words), tuple(files), asks)

    def run_by(self, *, terminal: bool) -> tuple[str, ...]:
        """Return psql's words.

        Without a person to see an error, the first error ends psql with a code that
        says so.
        """
        return self.words if self.asks and terminal else ("--set=ON_ERROR_STOP=1", *self.words)


def _split(word: str) -> tuple[str, str]:
    """Return the option and the value that is joined to it: `--file=a`, `-fa`."""
    if word.startswith("--"):
        option, _, value = word.partition("=")
        return option, value
    return (word[:2], word[2:]) if word.startswith("-") else (word, "")
