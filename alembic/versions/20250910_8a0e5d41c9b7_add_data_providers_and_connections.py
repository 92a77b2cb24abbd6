"""add data providers and connections

Revision ID: 8a0e5d41c9b7
Revises: 3f1c9a7b2d64
Create Date: 2025-09-10 13:47:05+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "8a0e5d41c9b7"
down_revision = "3f1c9a7b2d64"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_providers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        # The type is made with the table, and has to be dropped by hand: Alembic drops tables only.
        sa.Column("name", sa.Enum("facebook", "google", "instagram", name="provider_name"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_data_providers"),
        sa.UniqueConstraint("name", name="uq_data_providers_name"),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("data_provider_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_connections_project_id_projects", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["data_provider_id"],
            ["data_providers.id"],
            name="fk_connections_data_provider_id_data_providers",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
        sa.UniqueConstraint("project_id", "data_provider_id", name="uq_connections_project_id_data_provider_id"),
    )


def downgrade() -> None:
    op.drop_table("connections")
    op.drop_table("data_providers")
    op.execute("DROP TYPE provider_name")
