"""The query for the rows that made a migration fail, from its statement and error."""

import re

from nox_alembic.core.failures.failure import Failure

_IDENTIFIER = r'(?:"(?:[^"]|"")+"|\w+)'
_NAME = rf"{_IDENTIFIER}(?:\.{_IDENTIFIER})?"
_FOREIGN_KEY = re.compile(
    rf"FOREIGN\s+KEY\s*\((?P<columns>[^)]+)\)\s*REFERENCES\s+(?P<parent>{_NAME})\s*\((?P<keys>[^)]+)\)", re.IGNORECASE
)
_NEW_TYPE = re.compile(
    rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<table>{_NAME})\s+ALTER\s+(?:COLUMN\s+)?(?P<column>{_IDENTIFIER})"
    r"\s+(?:SET\s+DATA\s+)?TYPE\s+(?P<type>.+?)(?:\s+USING\s+(?P<using>.+?))?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_CHECK = re.compile(r"\bCHECK\s*\((?P<rule>.+)\)\s*(?:NO\s+INHERIT)?\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_PREDICATE = re.compile(r"\bWHERE\s+(?P<rule>.+?)\s*;?\s*$", re.IGNORECASE | re.DOTALL)
# PostgreSQL translates the words around it, not its form:
# `Key (a, b)=(1, x) is duplicated.`
_KEY = re.compile(r"\((?P<columns>.+?)\)=\(", re.DOTALL)
# Since PostgreSQL 16 a value can be tried against a type without an error.
TRIES_VALUES = 16


def null_rows(failure: Failure) -> str:
    """Return the query for rows without the required value.

    "" when no column of today is the cause. A detail ("Failing row contains ...") means
    that PostgreSQL refused a new row, which is not in the table.
    """
    if failure.detail or not (failure.table and failure.has_column):
        return ""
    return f"SELECT * FROM {_table(failure)} WHERE {identifier(failure.column)} IS NULL"


def duplicate_rows(failure: Failure) -> str:
    """Return the query for values that occur more than once.

    "" when the rule was there before.
    """
    found = _KEY.search(failure.detail)
    if found is None or not failure.table or (failure.has_constraint and not failure.invalid_indexes):
        return ""
    columns = found["columns"]
    predicate = _PREDICATE.search(failure.statement)
    where = f" WHERE {predicate['rule']}" if predicate else ""
    return f"SELECT {columns}, count(*) FROM {_table(failure)}{where} GROUP BY {columns} HAVING count(*) > 1"


def orphan_rows(failure: Failure) -> str:
    """Return the query for rows that refer to nothing.

    "" when the rule was there before.
    """
    if not failure.table or failure.has_constraint:
        return ""
    if found := _FOREIGN_KEY.search(failure.statement):
        columns, keys = _listed(found["columns"]), _listed(found["keys"])
        matches = " AND ".join(f"parent.{key} = child.{column}" for key, column in zip(keys, columns, strict=False))
        given = " AND ".join(f"child.{column} IS NOT NULL" for column in columns)
        return (
            f"SELECT child.* FROM {_table(failure)} AS child LEFT JOIN {found['parent']} AS parent ON {matches}"
            f" WHERE parent.{keys[0]} IS NULL AND {given}"
        )
    key = re.search(r"\((?P<columns>[^,]+?)\)=\((?P<value>.*?)\)", failure.detail)
    value = key["value"].replace("'", "''") if key else ""
    return f"SELECT * FROM {_table(failure)} WHERE {key['columns']} = '{value}'" if key else ""


def uncastable_rows(failure: Failure) -> str:
    """Return the query for values that do not fit a column's new type.

    "" when the statement changes no type.
    """
    found = _NEW_TYPE.search(failure.statement)
    if found is None:
        return ""
    column, new_type = found["column"], found["type"].replace("'", "''")
    if failure.server_major < TRIES_VALUES:
        return f"SELECT DISTINCT {column} FROM {found['table']}"
    return f"SELECT {column} FROM {found['table']} WHERE NOT pg_input_is_valid({column}::text, '{new_type}')"


def violating_rows(failure: Failure) -> str:
    """Return the query for rows that break a new check.

    "" when the check was there before.
    """
    found = _CHECK.search(failure.statement)
    if found is None or not failure.table or failure.has_constraint:
        return ""
    return f"SELECT * FROM {_table(failure)} WHERE NOT ({found['rule']})"


def identifier(name: str) -> str:
    """Return a name as SQL writes it, in quotes only where it needs them."""
    plain = re.fullmatch(r"[a-z_][a-z0-9_$]*", name) and name not in _RESERVED
    return name if plain else '"' + name.replace('"', '""') + '"'


def _table(failure: Failure) -> str:
    schema = "" if failure.schema in {"", "public"} else identifier(failure.schema) + "."
    return schema + identifier(failure.table)


def _listed(columns: str) -> list[str]:
    return [column.strip() for column in columns.split(",")]


# The words marked "reserved" in
# https://www.postgresql.org/docs/18/sql-keywords-appendix.html
_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
concurrently constraint create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from
full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime
localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning
right select session_user similar some symmetric system_user table tablesample then to trailing true union unique user
using variadic verbose when where window with
"""
_RESERVED = frozenset(_WORDS.split())
