"""add tiktok as a provider

Revision ID: e16a0c84d7f3
Revises: 5b92e3f7a1d0
Create Date: 2025-11-05 10:21:33+00:00
"""

from alembic import op

revision = "e16a0c84d7f3"
down_revision = "5b92e3f7a1d0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A value that was added in a transaction cannot be used in it.
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE provider_name ADD VALUE IF NOT EXISTS 'tiktok'")


def downgrade() -> None:
    # PostgreSQL cannot drop a value of a type: the type is made anew, and what refers to the value goes with it.
    tiktok = "(SELECT id FROM data_providers WHERE name = 'tiktok')"
    op.execute(f"DELETE FROM donations WHERE data_provider_id = {tiktok}")
    op.execute(f"DELETE FROM connections WHERE data_provider_id = {tiktok}")
    op.execute("DELETE FROM data_providers WHERE name = 'tiktok'")
    op.execute("ALTER TYPE provider_name RENAME TO provider_name_with_tiktok")
    op.execute("CREATE TYPE provider_name AS ENUM ('facebook', 'google', 'instagram')")
    op.execute("ALTER TABLE data_providers ALTER name TYPE provider_name USING name::text::provider_name")
    op.execute("DROP TYPE provider_name_with_tiktok")
