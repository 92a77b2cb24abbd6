"""The tables of the survey service.

Researchers run projects. Respondents join them and donate data from providers.
"""

import datetime as dt
import enum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Enum,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The base of all tables; a migration can name every constraint."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, int: BigInteger, dt.datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy's


class ProviderName(enum.Enum):
    """The platforms from which data can be donated."""

    FACEBOOK = "facebook"
    GOOGLE = "google"
    INSTAGRAM = "instagram"
    TIKTOK = "tiktok"


class DonationStatus(enum.Enum):
    """How far a donation has come."""

    PENDING = "pending"
    COMPLETE = "complete"
    FAILED = "failed"


def _values(members: type[enum.Enum]) -> list[str]:
    """Return the values for the database: the names are Python's business."""
    return [str(member.value) for member in members]


class Keyed(Base):
    """The columns of every table."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Researcher(Keyed):
    __tablename__ = "researchers"

    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Project(Keyed):
    """A study."""

    __tablename__ = "projects"
    __table_args__ = (CheckConstraint("respondent_limit > 0", name="respondent_limit_positive"),)

    researcher_id: Mapped[int] = mapped_column(ForeignKey("researchers.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str]
    short_name: Mapped[str] = mapped_column(unique=True)  # its place in links
    respondent_limit: Mapped[int | None]  # ends the recruiting; None never does


class DataProvider(Keyed):
    __tablename__ = "data_providers"

    name: Mapped[ProviderName] = mapped_column(
        Enum(ProviderName, name="provider_name", values_callable=_values), unique=True
    )


class Connection(Keyed):
    """A project that asks for data from a provider."""

    __tablename__ = "connections"
    __table_args__ = (UniqueConstraint("project_id", "data_provider_id"),)

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    data_provider_id: Mapped[int] = mapped_column(ForeignKey("data_providers.id", ondelete="RESTRICT"))


class Respondent(Keyed):
    """A person in a project."""

    __tablename__ = "respondents"
    __table_args__ = (UniqueConstraint("project_id", "external_id"),)

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="RESTRICT"))
    external_id: Mapped[str]  # the person's id on the survey platform


class Distribution(Keyed):
    """A personal link that was handed to a respondent."""

    __tablename__ = "distributions"

    respondent_id: Mapped[int] = mapped_column(ForeignKey("respondents.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(unique=True)


class Donation(Keyed):
    """Data that a respondent gave."""

    __tablename__ = "donations"
    __table_args__ = (Index("ix_donations_respondent_id_data_provider_id", "respondent_id", "data_provider_id"),)

    respondent_id: Mapped[int] = mapped_column(ForeignKey("respondents.id", ondelete="CASCADE"))
    data_provider_id: Mapped[int] = mapped_column(ForeignKey("data_providers.id", ondelete="RESTRICT"))
    size: Mapped[int]  # in bytes
    status: Mapped[DonationStatus] = mapped_column(
        Enum(DonationStatus, name="donation_status", values_callable=_values), server_default=text("'pending'")
    )
