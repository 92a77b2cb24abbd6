"""SQL as tokens: what a careful reading of a statement needs, and no grammar."""

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
    """A word, a quoted name, a text or a sign; `text` is as it is written, `start` and `line` count from 0."""

    kind: str
    text: str
    start: int
    line: int

    @property
    def upper(self) -> str:
        """The word as keywords are compared; "" for what is no word, so that a quoted name is no keyword."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The name that it is to PostgreSQL, "" for what is none."""
        if self.kind == "quoted":
            return self.text[1:-1].replace('""', '"')
        return self.text.lower() if self.kind == "word" else ""


@dataclass
class Words:
    """A statement being read from left to right."""

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
        """Where the statement ends in its text."""
        return self.tokens[-1].start + len(self.tokens[-1].text)

    def take(self, *phrases: str) -> str:
        """Go past the first of the phrases that comes next, and return it; "" when none does."""
        for phrase in phrases:
            words = phrase.split()
            ahead = self.tokens[self.at : self.at + len(words)]
            if [token.upper or token.text for token in ahead] == words:
                self.at += len(words)
                return phrase
        return ""

    def skip(self, *phrases: str) -> None:
        """Go past all of the phrases that come next, in any order."""
        while self.take(*phrases):
            pass

    def name(self) -> str:
        """Go past a name, with its schema if it has one, and return it without the schema `public`; "" for none."""
        parts: list[str] = []
        while not self.done and (found := self.tokens[self.at].name):
            parts.append(found)
            self.at += 1
            if not self.take("."):
                break
        return ".".join(parts[1:] if parts[:1] == ["public"] and len(parts) > 1 else parts)

    def names(self) -> list[str]:
        """Go past a list of names."""
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        return [name for name in found if name]

    def inside(self) -> "Words":
        """Return what is between the parentheses that come next, which are gone past; nothing when none do."""
        start = self.at
        if not self.take("("):
            return Words(())
        depth = 1
        while depth and not self.done:
            depth += (self.tokens[self.at].text in _OPEN) - (self.tokens[self.at].text in _CLOSE)
            self.at += 1
        return Words(self.tokens[start + 1 : self.at - 1])

    def seek(self, *phrases: str) -> str:
        """Go past the first of the phrases outside of parentheses, and return it; "" and to the end when none is."""
        while not self.done:
            if found := self.take(*phrases):
                return found
            if self.tokens[self.at].text == "(":
                self.inside()
            else:
                self.at += 1
        return ""

    def parts(self) -> Iterator["Words"]:
        """Yield what is left, cut at the commas outside of parentheses."""
        while not self.done:
            start = self.at
            end = self.at if self.seek(",") else self.at + 1
            yield Words(self.tokens[start : end - 1])


def statements(sql: str) -> Iterator[Words]:
    """Yield each statement of a text that has any."""
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
