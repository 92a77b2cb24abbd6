"""Fills in sample data; a second run changes nothing."""

import os
import sys
from collections.abc import Iterator

from sqlalchemy import Select, Table, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ddsurveys.database import make_engine
from ddsurveys.models import (
    Base,
    Connection,
    DataProvider,
    Distribution,
    Donation,
    DonationStatus,
    Project,
    ProviderName,
    Researcher,
    Respondent,
)
from ddsurveys.settings import SettingsError, read_settings

RESPONDENTS = 20


def main() -> int:
    """Fill the database of DATABASE_URL, and print how many rows were added.

    Returns the exit code.
    """
    try:
        engine = make_engine(read_settings(os.environ).database_url)
    except SettingsError as error:
        sys.stderr.write(f"ddsurveys: {error}\n")
        return 3
    with Session(engine) as session, session.begin():
        added = sum(_add(session, row) for row in sample())
        for table in Base.metadata.sorted_tables:
            session.execute(_number_on(table))
    engine.dispose()
    sys.stdout.write(f"seeded {added} rows\n" if added else "nothing to seed: all rows are there\n")
    return 0


def sample() -> Iterator[Base]:
    """Yield the rows, each after the rows that it refers to.

    The ids are fixed, so that a row is recognised.
    """
    yield Researcher(id=1, email="ada@example.org", name="Ada Example")
    for number, name in enumerate(ProviderName, 1):
        yield DataProvider(id=number, name=name)
    yield Project(id=1, researcher_id=1, name="Screen time and sleep", short_name="screen-time", respondent_limit=500)
    yield Project(id=2, researcher_id=1, name="Music taste", short_name="music-taste")
    for number, (project, provider) in enumerate([(1, 2), (1, 4), (2, 3)], 1):
        yield Connection(id=number, project_id=project, data_provider_id=provider)
    for number in range(1, RESPONDENTS + 1):
        yield Respondent(id=number, project_id=1 + number % 2, external_id=f"R{number:04}")
        yield Distribution(id=number, respondent_id=number, url=f"https://survey.example.org/r/{number:04}")
    for number in range(1, RESPONDENTS + 1, 2):
        status = DonationStatus.COMPLETE if number % 3 else DonationStatus.PENDING
        yield Donation(id=number, respondent_id=number, data_provider_id=2, size=number * 1024, status=status)


def _number_on(table: Table) -> Select[tuple[int]]:
    """Return the statement that sets a table's sequence after its last row.

    The sample rows bring their own ids.
    """
    last = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
    return select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last, False))


def _add(session: Session, row: Base) -> int:
    """Insert a row unless it exists; return how many were added."""
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key != "created_at"}
    done = session.execute(insert(type(row)).values(values).on_conflict_do_nothing().returning(type(row).id))  # type: ignore[attr-defined] # all of them have one
    return len(done.all())


if __name__ == "__main__":
    sys.exit(main())
