"""What a database consists of, as frozen values, and in plain sentences what differs between two states of it."""

from collections.abc import Iterator, Mapping
from dataclasses import field

from nox_alembic.core.frozen import frozen

# Longer ones, as those of functions and views, would fill the screen twice and say no more.
SHOWN_LENGTH = 80


@frozen
class Item:
    """One object of the catalogue.

    `traits` are its properties by name, without those that it does not have, "yes" for those that have no value; `of`
    is the name of what it cannot be without, such as its table, "" for nothing. Names are as PostgreSQL writes them:
    quoted where needed, with a schema unless it is public.
    """

    kind: str
    name: str
    traits: Mapping[str, str] = field(default_factory=dict)
    of: str = ""


@frozen
class Values:
    """How many values other than null a column has, and their checksum, whatever their order."""

    count: int
    checksum: str


@frozen(kw_only=True)
class Catalogue:
    """A database at one moment.

    `items`: schemas, tables, columns, types, domains, sequences, constraints, indexes, views, functions, triggers,
    policies, rules, grants, comments and extensions by kind and name; `rows` by table; `values` by column;
    `positions`: the last number that a sequence gave, by sequence, without those that never gave one.
    """

    items: Mapping[tuple[str, str], Item] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Values] = field(default_factory=dict)
    positions: Mapping[str, int] = field(default_factory=dict)


@frozen
class Difference:
    """One thing that differs; `trait` is "" for the whole object.

    `loses` when something is not there any more, `data` when that is rows or values.
    """

    kind: str
    name: str
    sentence: str
    trait: str = ""
    loses: bool = False
    data: bool = False


@frozen
class _Words:
    appeared: str
    vanished: str
    changed: str


# What others belong to.
_HOMES = ("table", "column", "view", "materialised view", "type", "domain", "function", "procedure", "aggregate",
          "schema")  # fmt: skip
_BEFORE_AND_AFTER = _Words("is new", "is gone", "{old} before, {new} after")
_AFTER_A_DOWNGRADE = _Words("stays behind", "does not come back", "still {new}")


def compare(before: Catalogue, after: Catalogue) -> tuple[Difference, ...]:
    """Return what differs, objects first, then contents; nothing is told twice: a table that is gone has no columns."""
    return (*_objects(before, after, _BEFORE_AND_AFTER), *_contents(before, after))


def left_behind(lower: Catalogue, upper: Catalogue, found: Catalogue) -> tuple[Difference, ...]:
    """Return what a downgrade did not take back, nor bring back.

    `lower` and `upper` are what the revisions below and up to the downgraded ones make from nothing, `found` is what is
    there after the downgrade. What `found` has of neither is somebody's own, and of no interest.
    """
    candidates = _objects(lower, found, _AFTER_A_DOWNGRADE)
    return tuple(it for it in candidates if _state(found, it) == _state(upper, it))


def _state(catalogue: Catalogue, at: Difference) -> str | None:
    item = catalogue.items.get((at.kind, at.name))
    if item is None or not at.trait:
        return None if item is None else item.name
    return item.traits.get(at.trait)


def _objects(before: Catalogue, after: Catalogue, words: _Words) -> Iterator[Difference]:
    for key in sorted(before.items.keys() | after.items.keys()):
        old, new = before.items.get(key), after.items.get(key)
        if old is not None and new is not None:
            yield from _traits(old, new, words)
        elif new is not None and _stands_alone(new, before):
            yield Difference(new.kind, new.name, f"{new.kind} {new.name} {words.appeared}")
        elif old is not None and _stands_alone(old, after):
            content = _content(before, old)
            sentence = f"{old.kind} {old.name} {words.vanished}{content}"
            yield Difference(old.kind, old.name, sentence, loses=True, data=bool(content))


def _stands_alone(item: Item, other: Catalogue) -> bool:
    """Return whether its absence there is news: what it belongs to, if anything, is there."""
    return not item.of or any((kind, item.of) in other.items for kind in _HOMES)


def _content(catalogue: Catalogue, item: Item) -> str:
    """Return what goes with it, as the end of a sentence."""
    if item.kind == "table" and (rows := catalogue.rows.get(item.name, 0)):
        return f", with {_count(rows, 'row')}"
    if item.kind == "column" and (values := catalogue.values.get(item.name)) and values.count:
        return f", with {_count(values.count, 'value')}"
    return ""


def _traits(old: Item, new: Item, words: _Words) -> Iterator[Difference]:
    for trait in sorted(old.traits.keys() | new.traits.keys()):
        was, now = old.traits.get(trait), new.traits.get(trait)
        if was != now:
            said = _said(trait, was, now, words)
            yield Difference(old.kind, old.name, f"{old.kind} {old.name}: {said}", trait, loses=now is None)


def _said(trait: str, was: str | None, now: str | None, words: _Words) -> str:
    if was is None:
        return f"{_shown(trait, now)} {words.appeared}"
    if now is None:
        return f"{_shown(trait, was)} {words.vanished}"
    if _is_long(was) or _is_long(now):
        return f"its {trait} is another one"
    return f"{trait} {words.changed.format(old=was, new=now)}"


def _shown(trait: str, value: str | None) -> str:
    return trait if value is None or value == "yes" or _is_long(value) else f"{trait} {value}"


def _is_long(value: str) -> bool:
    return len(value) > SHOWN_LENGTH or "\n" in value


def _contents(before: Catalogue, after: Catalogue) -> Iterator[Difference]:
    """Yield what differs inside of what both have; a table with other rows has other values, which is not news."""
    counted = sorted(before.rows.keys() & after.rows.keys())
    changed = [table for table in counted if before.rows[table] != after.rows[table]]
    for table in changed:
        was, now = before.rows[table], after.rows[table]
        sentence = f"table {table}: {_count(was, 'row')} before, {now} after"
        yield Difference("table", table, sentence, "rows", loses=now < was, data=now < was)
    for column in sorted(before.values.keys() & after.values.keys()):
        if before.items["column", column].of not in changed:
            yield from _values(column, before.values[column], after.values[column])
    for sequence in sorted(before.positions.keys() | after.positions.keys()):
        yield from _position(sequence, before, after, changed)


def _values(column: str, was: Values, now: Values) -> Iterator[Difference]:
    if was != now:
        counts = f"{_count(was.count, 'value')} before, "
        sentence = f"column {column}: {counts}{f'{now.count} after' if was.count != now.count else 'other ones after'}"
        lost = now.count <= was.count
        yield Difference("column", column, sentence, "values", loses=lost, data=lost)


def _position(sequence: str, before: Catalogue, after: Catalogue, changed: list[str]) -> Iterator[Difference]:
    was, now = before.positions.get(sequence), after.positions.get(sequence)
    item = before.items.get(("sequence", sequence))
    if was != now and item and ("sequence", sequence) in after.items and item.of not in changed:
        sentence = f"sequence {sequence}: {_at(was)} before, {_at(now)} after"
        yield Difference("sequence", sequence, sentence, "position")


def _at(position: int | None) -> str:
    return "at its start" if position is None else f"at {position}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
