"""What a database consists of, and what differs between two states, in sentences."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from nox_alembic.core.frozen import frozen

# Longer values, such as the text of a function or view, would fill the screen twice and
# say no more.
SHOWN_LENGTH = 80


@frozen
class Item:
    """An object of the catalogue.

    Names are as PostgreSQL writes them: quoted where needed, with a schema unless it is
    public.
    """

    kind: str
    name: str
    traits: Mapping[str, str] = field(default_factory=dict)  # properties by name, "yes" where there is no value
    of: str = ""  # what it cannot be without, such as its table; "" for nothing


@frozen
class Values:
    """How many values a column has, null apart, and their checksum in any order."""

    count: int
    checksum: str


@frozen(kw_only=True)
class Catalogue:
    """A database at one moment."""

    # By kind and name: schemas, tables, columns, types, domains, sequences,
    # constraints, indexes, views, functions, triggers, policies, rules, grants,
    # comments and extensions.
    items: Mapping[tuple[str, str], Item] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)  # by table
    values: Mapping[str, Values] = field(default_factory=dict)  # by column
    records: Mapping[str, str] = field(default_factory=dict)  # by table: the checksum of whole rows in any order
    positions: Mapping[str, int] = field(default_factory=dict)  # the last number of a sequence, if it gave any


@frozen
class Difference:
    """A difference between two states."""

    kind: str
    name: str
    sentence: str
    trait: str = ""  # "" for the whole object
    loses: bool = False  # something is no longer there
    data: bool = False  # rows or values are no longer there


@frozen
class _Words:
    appeared: str
    vanished: str
    changed: str


# Objects that others belong to.
_HOMES = ("table", "column", "view", "materialised view", "type", "domain", "function", "procedure", "aggregate",
          "schema")  # fmt: skip
_BEFORE_AND_AFTER = _Words("is new", "is gone", "{old} before, {new} after")
_AFTER_A_DOWNGRADE = _Words("stays behind", "does not come back", "still {new}")


def compare(before: Catalogue, after: Catalogue) -> tuple[Difference, ...]:
    """Return what differs, objects first, then contents.

    Nothing is reported twice: a table that is gone has no columns.
    """
    return (*_objects(before, after, _BEFORE_AND_AFTER), *_contents(before, after))


def left_behind(lower: Catalogue, upper: Catalogue, found: Catalogue) -> tuple[Difference, ...]:
    """Return what a downgrade did not take back, and did not bring back.

    `lower` is what the revisions below the downgrade make from nothing, `upper` what
    they make with the downgraded revisions, and `found` is the state after the
    downgrade. What only `found` has is the user's own, and does not count.
    """
    candidates = _objects(lower, found, _AFTER_A_DOWNGRADE)
    return tuple(each for each in candidates if _state(found, each) == _state(upper, each))


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
    """Return whether the item's absence in `other` is news.

    It is, if what it belongs to is there.
    """
    return not item.of or any((kind, item.of) in other.items for kind in _HOMES)


def _content(catalogue: Catalogue, item: Item) -> str:
    """Return what goes with the item, as the end of a sentence."""
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
    """Yield what differs in the content of objects that both have.

    A table with other rows has other values, which is not news.
    """
    counted = sorted(before.rows.keys() & after.rows.keys())
    changed = [table for table in counted if before.rows[table] != after.rows[table]]
    for table in changed:
        was, now = before.rows[table], after.rows[table]
        sentence = f"table {table}: {_count(was, 'row')} before, {now} after"
        yield Difference("table", table, sentence, "rows", loses=now < was, data=now < was)
    for column in sorted(before.values.keys() & after.values.keys()):
        if before.items["column", column].of not in changed:
            yield from _values(column, before.values[column], after.values[column])
    yield from _records(before, after, [table for table in counted if table not in changed])
    for sequence in sorted(before.positions.keys() | after.positions.keys()):
        yield from _position(sequence, before, after, changed)


def _values(column: str, was: Values, now: Values) -> Iterator[Difference]:
    if was != now:
        counts = f"{_count(was.count, 'value')} before, "
        sentence = f"column {column}: {counts}{f'{now.count} after' if was.count != now.count else 'other ones after'}"
        lost = now.count <= was.count
        yield Difference("column", column, sentence, "values", loses=lost, data=lost)


def _records(before: Catalogue, after: Catalogue, tables: Iterable[str]) -> Iterator[Difference]:
    """Yield tables whose columns have the same values, but in other rows."""
    for table in tables:
        differs = before.records.get(table) != after.records.get(table)
        if differs and _values_of(before, table) == _values_of(after, table):
            yield Difference(
                "table", table, f"table {table}: values are in other rows", "values", loses=True, data=True
            )


def _values_of(catalogue: Catalogue, table: str) -> Mapping[str, Values]:
    return {name: found for name, found in catalogue.values.items() if catalogue.items["column", name].of == table}


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
