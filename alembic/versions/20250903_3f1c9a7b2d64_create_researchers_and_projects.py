"""create researchers and projects

Revision ID: 3f1c9a7b2d64
Revises:
Create Date: 2025-09-03 08:12:41+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "3f1c9a7b2d64"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "researchers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_researchers"),
        sa.UniqueConstraint("email", name="uq_researchers_email"),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("researcher_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("respondent_limit", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["researcher_id"], ["researchers.id"], name="fk_projects_researcher_id_researchers", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
    )
    op.create_index("ix_projects_researcher_id", "projects", ["researcher_id"])


def downgrade() -> None:
    op.drop_table("projects")
    op.drop_table("researchers")
