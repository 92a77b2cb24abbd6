"""What SQL statements change: a careful reading of the statements in migrations."""

import contextlib
from collections.abc import Iterator

from nox_alembic.core.effects import SHARED, Effect, Effects, ObjectKind, Operation, Unread, part, table
from nox_alembic.core.effects.tokens import Words, statements

SHOWN = 60

# Statements that change no object that another revision could trip over.
_HARMLESS = (
    "ANALYZE", "BEGIN", "CHECKPOINT", "COMMIT", "LOCK", "REFRESH", "RELEASE", "RESET", "ROLLBACK",
    "SAVEPOINT", "SECURITY", "SET", "SHOW", "START", "VACUUM",
)  # fmt: skip
_PREFIXES = ("OR REPLACE", "TEMPORARY", "TEMP", "UNLOGGED", "GLOBAL", "LOCAL", "UNIQUE", "MATERIALIZED", "RECURSIVE",
             "CONSTRAINT", "FOREIGN", "EVENT", "PROCEDURAL", "TRUSTED")  # fmt: skip
_IF = ("IF NOT EXISTS", "IF EXISTS", "CONCURRENTLY", "ONLY")
_KINDS: dict[str, ObjectKind] = {
    "TYPE": "type", "DOMAIN": "type", "VIEW": "view", "FUNCTION": "function", "PROCEDURE": "function",
    "AGGREGATE": "function", "SEQUENCE": "sequence",
}  # fmt: skip
_OTHERS = ("SCHEMA", "EXTENSION", "COLLATION", "CAST", "PUBLICATION", "STATISTICS", "LANGUAGE")
_SHARED: dict[str, ObjectKind] = {
    "ROLE": "role", "USER": "role", "GROUP": "role", "OWNED BY": "role", "TABLESPACE": "tablespace",
    "DATABASE": "database", "SUBSCRIPTION": "subscription", "PARAMETER": "setting",
}  # fmt: skip
_ACTS: dict[str, Operation] = {"CREATE": "create", "ALTER": "alter", "DROP": "drop"}
_ACTIONS: dict[str, Operation] = {"ADD": "create", "ALTER": "alter", "VALIDATE": "alter", "DROP": "drop"}
# The words with which statements begin that may change what is shared.
_BEGINNINGS = {*_ACTS, "GRANT", "REVOKE", "REASSIGN", "COMMENT"}
_WRITES = ("INSERT INTO", "UPDATE", "DELETE FROM", "TRUNCATE", "COPY", "MERGE INTO")


def read_sql(sql: str, first_line: int) -> Effects:
    """Return the effects of the statements.

    The text begins on the file's `first_line`.
    """
    effects: list[Effect] = []
    unread: list[Unread] = []
    for words in statements(sql):
        line = first_line + words.line
        try:
            found = list(_read(words, line))
        except _UnreadError:
            unread.append(Unread(line, shortened(sql[words.tokens[0].start : words.end])))
            effects += _shared_inside(words, line)
        else:
            named = (*found, *_references(words, line))
            effects += [effect for effect in named if effect.name.strip(".") or effect.kind in SHARED]
    return Effects(tuple(effects), tuple(unread))


def shared_within(text: str, line: int) -> Iterator[Effect]:
    """Yield what a text may change that is shared.

    A statement may begin anywhere in it: the text may be a part of one.
    """
    for words in statements(text):
        for at, token in enumerate(words.tokens):
            if token.upper in _BEGINNINGS:
                with contextlib.suppress(_UnreadError):
                    yield from (one for one in _read(Words(words.tokens[at:]), line) if one.kind in SHARED)
        yield from _shared_inside(words, line)


def shortened(text: str) -> str:
    """Return the text in one line, cut to what lists show."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 3]}..."


class _UnreadError(Exception):
    """The statement may do what its words do not say."""


def _read(words: Words, line: int) -> Iterator[Effect]:
    if words.take(*_HARMLESS):
        return
    if words.take("COMMENT ON"):
        yield from _comment(words, line)
    elif words.take("GRANT", "REVOKE"):
        yield from _grant(words, line)
    elif words.take("REASSIGN OWNED BY"):
        yield from _shared("role", "alter", words, line)
    elif verb := words.take(*_ACTS):
        yield from _definition(_ACTS[verb], words, line)
    else:
        yield from _rows(words, line)


def _definition(operation: Operation, words: Words, line: int) -> Iterator[Effect]:
    words.skip(*_PREFIXES)
    if words.take("TABLE"):
        yield from _table(operation, words, line)
    elif words.take("INDEX"):
        yield from _index(operation, words, line)
    elif kind := words.take(*_KINDS):
        yield from _named(_KINDS[kind], operation, words, line)
    elif kind := words.take("TRIGGER", "POLICY", "RULE"):
        yield from _owned(kind, operation, words, line)
    elif words.take("SYSTEM"):
        words.take("SET", "RESET")
        yield Effect("setting", words.name(), operation, line)
    elif not words.take("USER MAPPING") and (kind := words.take(*_SHARED)):
        yield from _shared(_SHARED[kind], "alter" if kind == "OWNED BY" else operation, words, line)
    elif kind := words.take(*_OTHERS):
        words.skip(*_IF)
        yield from (Effect("other", f"{kind.lower()} {name}", operation, line) for name in words.names())
    else:
        raise _UnreadError


def _shared(kind: ObjectKind, operation: Operation, words: Words, line: int) -> Iterator[Effect]:
    words.skip(*_IF)
    yield from (Effect(kind, name, operation, line) for name in words.names() or [""])


def _grant(words: Words, line: int) -> Iterator[Effect]:
    """Yield what a grant changes that is shared.

    That is who is a member of a role, and what may be done with a database.
    """
    words.skip("ADMIN OPTION FOR", "INHERIT OPTION FOR", "SET OPTION FOR")
    words.names()
    if words.take("TO", "FROM"):
        yield from _shared("role", "alter", words, line)
    elif words.seek("ON") and (kind := words.take(*_SHARED)):
        yield from _shared(_SHARED[kind], "alter", words, line)


def _shared_inside(words: Words, line: int) -> Iterator[Effect]:
    """Yield what the texts of a statement may change that is shared.

    Such a text is the block of a DO.
    """
    for token in words.tokens:
        if token.kind == "text":
            opening = token.text[: token.text.find("$", 1) + 1] if token.text.startswith("$") else "'"
            inside = token.text.partition(opening)[2].removesuffix(opening)
            yield from shared_within(inside.replace("''", "'") if opening == "'" else inside, line + token.line)


def _named(kind: ObjectKind, operation: Operation, words: Words, line: int) -> Iterator[Effect]:
    words.skip(*_IF)
    names = words.names()
    yield from (Effect(kind, name, operation, line) for name in names)
    if operation == "alter" and (words.take("RENAME TO")):
        yield Effect(kind, names[0], "rename", line)
        yield Effect(kind, words.name(), "create", line)


def _owned(kind: str, operation: Operation, words: Words, line: int) -> Iterator[Effect]:
    words.skip(*_IF)
    name = words.name()
    if not words.seek("ON"):
        raise _UnreadError
    yield part("trigger" if kind == "TRIGGER" else "other", words.name(), name, operation, line)


def _index(operation: Operation, words: Words, line: int) -> Iterator[Effect]:
    words.skip(*_IF)
    if operation != "create":
        yield from _named("index", operation, words, line)
        return
    name = "" if words.take("ON") else words.name()
    words.take("ON")
    words.skip(*_IF)
    owner = words.name()
    yield Effect("index", name or f"on {owner}", operation, line, owner)
    if words.take("USING"):
        words.name()
    for column in words.inside().parts():
        yield part("column", owner, column.name(), "use", line)


def _table(operation: Operation, words: Words, line: int) -> Iterator[Effect]:
    words.skip(*_IF)
    names = words.names()
    if operation != "alter":
        yield from (table(name, operation, line) for name in names)
        return
    words.take("*")
    for action in words.parts():
        yield from _action(names[0], action, line)


def _action(owner: str, words: Words, line: int) -> Iterator[Effect]:
    """Yield the effects of one action of ALTER TABLE."""
    if words.take("SET SCHEMA"):
        yield table(owner, "rename", line)
    elif words.take("RENAME TO"):
        yield from (table(owner, "rename", line), table(words.name(), "create", line))
    elif words.take("RENAME CONSTRAINT"):
        yield from _renamed("constraint", owner, words, line)
    elif words.take("RENAME COLUMN", "RENAME"):
        yield from _renamed("column", owner, words, line)
    elif operation := words.take(*_ACTIONS):
        yield _altered(owner, _ACTIONS[operation], words, line)
    else:
        yield table(owner, "alter", line)


def _altered(owner: str, operation: Operation, words: Words, line: int) -> Effect:
    if words.take("CONSTRAINT"):
        words.skip(*_IF)
        return part("constraint", owner, words.name(), operation, line)
    if words.take("PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN KEY", "EXCLUDE"):
        return table(owner, "alter", line)
    words.take("COLUMN")
    words.skip(*_IF)
    return part("column", owner, words.name(), operation, line)


def _renamed(kind: ObjectKind, owner: str, words: Words, line: int) -> Iterator[Effect]:
    yield part(kind, owner, words.name(), "rename", line)
    words.take("TO")
    yield part(kind, owner, words.name(), "create", line)


def _comment(words: Words, line: int) -> Iterator[Effect]:
    if words.take("COLUMN"):
        owner, _, name = words.name().rpartition(".")
        yield part("column", owner, name, "alter", line)
    elif words.take("TABLE"):
        yield table(words.name(), "alter", line)
    elif kind := words.take(*_SHARED):
        yield from _shared(_SHARED[kind], "alter", words, line)


def _rows(words: Words, line: int) -> Iterator[Effect]:
    operation = words.seek(*_WRITES) if words.take("WITH") else words.take(*_WRITES)
    if not operation:
        raise _UnreadError
    words.skip("ONLY", "TABLE")
    for name in words.names():
        yield table(name, "rows", line)
        yield from (part("column", name, column, "use", line) for column in _columns(operation, words))


def _columns(operation: str, words: Words) -> Iterator[str]:
    """Yield the columns that the statement writes."""
    if operation in {"INSERT INTO", "COPY"}:
        yield from (column.name() for column in words.inside().parts())
    elif operation == "UPDATE" and words.seek("SET"):
        written = Words(words.tokens[words.at :])
        start = written.at
        written.seek("FROM", "WHERE", "RETURNING")
        yield from (column.name() for column in Words(written.tokens[start : written.at]).parts())


def _references(words: Words, line: int) -> Iterator[Effect]:
    """Yield the tables and columns that the statement's foreign keys point at."""
    whole = Words(words.tokens)
    for at, token in enumerate(whole.tokens):
        if token.upper == "REFERENCES":
            whole.at = at + 1
            owner = whole.name()
            yield table(owner, "use", line)
            yield from (part("column", owner, column.name(), "use", line) for column in whole.inside().parts())
