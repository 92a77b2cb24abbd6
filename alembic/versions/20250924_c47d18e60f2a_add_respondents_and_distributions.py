"""add respondents and distributions

Revision ID: c47d18e60f2a
Revises: 8a0e5d41c9b7
Create Date: 2025-09-24 09:30:18+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c47d18e60f2a"
down_revision = "8a0e5d41c9b7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "respondents",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("ext_ref", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_respondents_project_id_projects", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_respondents"),
        sa.UniqueConstraint("project_id", "ext_ref", name="uq_respondents_project_id_ext_ref"),
    )
    op.create_table(
        "distributions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("respondent_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["respondent_id"], ["respondents.id"], name="fk_distributions_respondent_id_respondents", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_distributions"),
        sa.UniqueConstraint("url", name="uq_distributions_url"),
    )
    op.create_index("ix_distributions_respondent_id", "distributions", ["respondent_id"])


def downgrade() -> None:
    op.drop_table("distributions")
    op.drop_table("respondents")
