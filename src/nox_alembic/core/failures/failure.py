"""A failed migration as frozen values: what the run saw, what the database shows."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from nox_alembic.core.frozen import frozen


@frozen(kw_only=True)
class Blocker:
    """A session that keeps another one waiting, as pg_stat_activity shows it."""

    pid: int
    user: str = ""
    application: str = ""
    state: str = ""  # as in pg_stat_activity
    query: str = ""  # as in pg_stat_activity

    @property
    def described(self) -> str:
        """The session as messages name it."""
        program = f', application "{self.application}"' if self.application else ""
        query = " ".join(without_passwords(self.query).split())
        shown = query if len(query) <= QUERY_WIDTH else query[: QUERY_WIDTH - 1] + "…"
        doing = f"{self.state or 'state unknown'}: {shown}" if shown else self.state or "nothing to see of it"
        return f'process {self.pid} of the server (user "{self.user}"{program}, {doing})'


@frozen(kw_only=True)
class Failure:
    """All that is known of a failed migration.

    An empty value means "not known" or "does not apply". The fields come in the order
    in which they get known: what was typed, what the run saw, what was found after it.
    """

    # What is to be repeated.
    verb: str = "migrate"
    target: str = ""  # if one was typed
    back: bool = False  # it was a downgrade
    environment: str = ""
    engine: str = ""

    # Where it failed.
    revision: str = ""
    path: str = ""  # of its file, relative to the project
    line: int = 0  # in that file, counted from 1
    source: str = ""  # the text of that line
    statement: str = ""  # the SQL that the server refused

    # Why.
    refused: str = ""  # Alembic's own sentence, where Alembic raised
    sqlstate: str = ""  # the server's code of the error, five characters
    error: str = ""  # the name of the exception's class
    message: str = ""  # the first line of what PostgreSQL or the exception says
    report: str = ""  # what PostgreSQL said below its message: position, detail, hint
    detail: str = ""  # its detail alone, which names the offending row
    schema: str = ""
    table: str = ""
    column: str = ""
    constraint: str = ""

    missing: str = ""  # the package that Python did not find
    python: str = ""  # the interpreter that ran Alembic
    wants_arguments: bool = False  # env.py reads those of `-x`, and none were given

    # What became of the database.
    committed: bool = False  # the revision has committed something by itself
    undoable: bool = False  # what was there before the run is kept
    before: tuple[str, ...] | None = None  # the revisions that the database was at, None when that is not known
    after: tuple[str, ...] | None = None  # those that it is at now
    kept: tuple[str, ...] = ()  # applied by this run, and still applied
    taken_back: tuple[str, ...] = ()  # taken back by this run
    rolled_back: tuple[str, ...] = ()  # run for nothing: the transaction took them back
    invalid_indexes: tuple[str, ...] = ()
    blockers: tuple[Blocker, ...] = ()  # sessions that kept it waiting

    # What decides which cure is named.
    server_major: int = 0
    has_column: bool = False  # `column` exists now
    has_constraint: bool = False  # `constraint` exists now
    extension_available: bool = False  # the server has what `extension` names

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Failure":
        """Return the failure from a worker's plain values, without unknown names."""
        known = {entry.name for entry in fields(cls)}
        return cls(**{key: value for key, value in found.items() if key in known})

    @property
    def extension(self) -> str:
        """The extension that has the missing type, function or class, "" for none."""
        if self.sqlstate not in {"42704", "42883", *EXTENSION_MISSING}:
            return ""
        if self.sqlstate in EXTENSION_MISSING:
            found = _CREATE_EXTENSION.search(self.statement)
            return found[1].strip('"') if found else ""
        return next((_BROUGHT_BY[word] for word in re.findall(r"\w+", self.message) if word in _BROUGHT_BY), "")

    def as_json(self) -> dict[str, object]:
        """Return the fields that `--json` adds beside the error."""
        return {
            "revision": self.revision,
            "path": self.path,
            "line": self.line,
            "statement": without_passwords(self.statement),
            "sqlstate": self.sqlstate,
            "before": None if self.before is None else list(self.before),
            "after": None if self.after is None else list(self.after),
            "kept": list(self.kept),
            "taken_back": list(self.taken_back),
            "invalid_indexes": list(self.invalid_indexes),
            "blockers": [blocker.pid for blocker in self.blockers],
        }


class MigrationError(Exception):
    """A migration failed. Alembic's edge raises it, with as much as it knows.

    The caller adds the rest and makes it a FailedError.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def without_passwords(text: str) -> str:
    """Return SQL with the literals after PASSWORD blanked out."""
    return re.sub(r"(\bPASSWORD\s+)'(?:[^']|'')*'", r"\1'***'", text, flags=re.IGNORECASE)


QUERY_WIDTH = 120
_CREATE_EXTENSION = re.compile(r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?("[^"]+"|\w+)', re.IGNORECASE)
# CREATE EXTENSION without its files on the server: feature_not_supported since
# PostgreSQL 13, undefined_file before.
EXTENSION_MISSING = frozenset({"0A000", "58P01"})

_BROUGHT_BY: Mapping[str, str] = {
    name: extension
    for extension, names in {
        "citext": "citext",
        "cube": "cube",
        "fuzzystrmatch": "levenshtein soundex metaphone dmetaphone",
        "hstore": "hstore",
        "intarray": "gin__int_ops gist__int_ops query_int",
        "isn": "isbn issn ean13",
        "ltree": "ltree lquery ltxtquery",
        "pg_trgm": "gin_trgm_ops gist_trgm_ops similarity word_similarity show_trgm",
        "pgcrypto": "gen_random_bytes digest hmac crypt gen_salt pgp_sym_encrypt pgp_sym_decrypt",
        "postgis": "geometry geography raster st_point st_makepoint st_transform st_setsrid",
        "tablefunc": "crosstab",
        "unaccent": "unaccent",
        "uuid-ossp": "uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5",
        "vector": "vector halfvec sparsevec vector_l2_ops vector_cosine_ops vector_ip_ops",
    }.items()
    for name in names.split()
}
