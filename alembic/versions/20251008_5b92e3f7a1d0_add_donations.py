"""add donations

Revision ID: 5b92e3f7a1d0
Revises: c47d18e60f2a
Create Date: 2025-10-08 15:02:57+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "5b92e3f7a1d0"
down_revision = "c47d18e60f2a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "donations",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("respondent_id", sa.BigInteger(), nullable=False),
        sa.Column("data_provider_id", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["respondent_id"], ["respondents.id"], name="fk_donations_respondent_id_respondents", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["data_provider_id"],
            ["data_providers.id"],
            name="fk_donations_data_provider_id_data_providers",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_donations"),
    )


def downgrade() -> None:
    op.drop_table("donations")
