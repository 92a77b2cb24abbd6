"""SQL as tokens: enough for a careful reading of a statement, without a grammar."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nox_alembic.core.frozen import frozen

_TOKENS = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<text>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")+")
      | (?P<word>[^\W\d][\w$]*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_OPEN, _CLOSE = "([", ")]"


@frozen
class Token:
    """A word, a quoted name, a text or a sign."""

    kind: str
    text: str  # as it is written
    start: int  # counts from 0, as `line` does
    line: int

    @property
    def upper(self) -> str:
        """The word as keywords are compared, "" for a token that is not a word.

        A quoted name is not a keyword.
        """
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The name as PostgreSQL understands it, "" for a token that is not a name."""
        if self.kind == "quoted":
            return self.text[1:-1].replace('""', '"')
        return self.text.lower() if self.kind == "word" else ""


@dataclass
class Words:
    """A statement that is read from left to right."""

    tokens: Sequence[Token]
    at: int = 0
    line: int = field(init=False)

    def __post_init__(self) -> None:
        self.line = self.tokens[0].line if self.tokens else 0

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.tokens)

    @property
    def end(self) -> int:
        """The position after the statement in its text."""
        return self.tokens[-1].start + len(self.tokens[-1].text)

    def take(self, *phrases: str) -> str:
        """Go past the first phrase that comes next, and return it.

        "" when none does.
        """
        for phrase in phrases:
            words = phrase.split()
            ahead = self.tokens[self.at : self.at + len(words)]
            if [token.upper or token.text for token in ahead] == words:
                self.at += len(words)
                return phrase
        return ""

    def skip(self, *phrases: str) -> None:
        """Go past all phrases that come next, in any order."""
        while self.take(*phrases):
            pass

    def name(self) -> str:
        """Go past a name and return it; "" when there is none.

        A schema belongs to the name, except `public`.
        """
        parts: list[str] = []
        while not self.done and (found := self.tokens[self.at].name):
            parts.append(found)
            self.at += 1
            if not self.take("."):
                break
        return ".".join(parts[1:] if parts[:1] == ["public"] and len(parts) > 1 else parts)

    def names(self) -> list[str]:
        """Go past a list of names, and return them."""
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        return [name for name in found if name]

    def inside(self) -> "Words":
        """Go past the parentheses that come next, and return what is between them.

        Without parentheses the result is empty.
        """
        start = self.at
        if not self.take("("):
            return Words(())
        depth = 1
        while depth and not self.done:
            depth += (self.tokens[self.at].text in _OPEN) - (self.tokens[self.at].text in _CLOSE)
            self.at += 1
        return Words(self.tokens[start + 1 : self.at - 1])

    def seek(self, *phrases: str) -> str:
        """Go past the first phrase outside of parentheses, and return it.

        When there is none, go to the end and return "".
        """
        while not self.done:
            if found := self.take(*phrases):
                return found
            if self.tokens[self.at].text == "(":
                self.inside()
            else:
                self.at += 1
        return ""

    def parts(self) -> Iterator["Words"]:
        """Yield the rest of the statement, cut at the commas outside of parentheses."""
        while not self.done:
            start = self.at
            end = self.at if self.seek(",") else self.at + 1
            yield Words(self.tokens[start : end - 1])


def statements(sql: str) -> Iterator[Words]:
    """Yield each statement of a text."""
    found: list[Token] = []
    for token in _tokens(sql):
        if token.text == ";":
            if found:
                yield Words(found)
            found = []
        else:
            found.append(token)
    if found:
        yield Words(found)


def _tokens(sql: str) -> Iterator[Token]:
    line = 0
    for match in _TOKENS.finditer(sql):
        kind = match.lastgroup if match.lastgroup != "tag" else "text"
        if kind != "space":
            yield Token(str(kind), match[0], match.start(), line)
        line += match[0].count("\n")
