"""index donations by respondent and provider

Revision ID: 7c3fe9015ab8
Revises: 92d7b5c3e8a1
Create Date: 2026-01-14 11:08:46+00:00
"""

from alembic import op

revision = "7c3fe9015ab8"
down_revision = "92d7b5c3e8a1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Donations come in all day: the index is built beside them, which no transaction allows.
    with op.get_context().autocommit_block():
        # What a build that failed has left is there, and of no use.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_donations_respondent_id_data_provider_id")
        op.create_index(
            "ix_donations_respondent_id_data_provider_id",
            "donations",
            ["respondent_id", "data_provider_id"],
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            "ix_donations_respondent_id_data_provider_id", "donations", postgresql_concurrently=True, if_exists=True
        )
