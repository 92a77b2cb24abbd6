"""What the service does with projects and respondents, without HTTP."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from psycopg2.errors import ForeignKeyViolation, RestrictViolation
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.schema import ColumnCollectionConstraint

from ddsurveys.models import Base, Project, Respondent

Row = TypeVar("Row", Project, Respondent)


class NotFoundError(Exception):
    """There is no such row."""


class ConflictError(Exception):
    """Another row is in the way: it has the same key, or still needs this row."""


class MissingReferenceError(Exception):
    """A row refers to a row that does not exist."""


def create(session: Session, row: Row) -> Row:
    """Add a row and return it.

    Raises ConflictError on a duplicate, and MissingReferenceError when it refers to a
    row that does not exist.
    """
    session.add(row)
    _commit(session)
    return row


def list_all(session: Session, kind: type[Row], *, limit: int, offset: int, **equal: Any) -> Sequence[Row]:
    """Return a page of rows, the oldest first.

    `equal` are columns with the values that they must have.
    """
    wanted = {name: value for name, value in equal.items() if value is not None}
    query = select(kind).filter_by(**wanted).order_by(kind.id).limit(limit).offset(offset)
    return session.scalars(query).all()


def read(session: Session, kind: type[Row], key: int) -> Row:
    """Return a row, or raise NotFoundError."""
    row = session.get(kind, key)
    if row is None:
        raise NotFoundError(f"there is no {kind.__name__.lower()} {key}")
    return row


def change(session: Session, kind: type[Row], key: int, values: Mapping[str, Any]) -> Row:
    """Change the given columns and return the row.

    Raises NotFoundError, ConflictError or MissingReferenceError.
    """
    row = read(session, kind, key)
    for name, value in values.items():
        setattr(row, name, value)
    _commit(session)
    return row


def delete(session: Session, kind: type[Row], key: int) -> None:
    """Delete a row; raises NotFoundError, or ConflictError while other rows need it."""
    session.delete(read(session, kind, key))
    try:
        _commit(session)
    except MissingReferenceError:
        raise ConflictError(f"{kind.__name__.lower()} {key} is still in use") from None


def _commit(session: Session) -> None:
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        diagnosis = getattr(error.orig, "diag", None)
        columns = ", ".join(_columns(getattr(diagnosis, "constraint_name", None)))
        if isinstance(error.orig, ForeignKeyViolation | RestrictViolation):
            raise MissingReferenceError(f"{columns} refers to a row that does not exist") from error
        raise ConflictError(f"there is another row with this {columns}") from error


def _columns(constraint: str | None) -> list[str]:
    """Return the columns of a constraint: its name is the database's business."""
    return [
        column.name
        for table in Base.metadata.tables.values()
        for candidate in table.constraints
        if candidate.name == constraint and isinstance(candidate, ColumnCollectionConstraint)
        for column in candidate.columns
    ]
