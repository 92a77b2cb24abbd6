"""What the survey service does with projects and respondents; it takes a Session and knows no HTTP."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ddsurveys.models import Project, Respondent

Row = TypeVar("Row", Project, Respondent)


class NotFoundError(Exception):
    """There is no such row."""


class ConflictError(Exception):
    """The change breaks a rule that other rows rely on; the message names the rule."""


def create(session: Session, row: Row) -> Row:
    """Add a row; raises ConflictError on a duplicate, or when what it refers to does not exist."""
    session.add(row)
    _commit(session)
    return row


def list_all(session: Session, kind: type[Row], *, limit: int, offset: int, **equal: Any) -> Sequence[Row]:
    """Return a page of rows, the oldest first; `equal` are columns with the value that they must have."""
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
    """Change the given columns; raises NotFoundError or ConflictError."""
    row = read(session, kind, key)
    for name, value in values.items():
        setattr(row, name, value)
    _commit(session)
    return row


def delete(session: Session, kind: type[Row], key: int) -> None:
    """Delete a row; raises NotFoundError, or ConflictError while other rows need it."""
    session.delete(read(session, kind, key))
    _commit(session)


def _commit(session: Session) -> None:
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        rule = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        raise ConflictError(f"the rule {rule} does not allow it") from error
