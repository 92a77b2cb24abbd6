"""donations have a status

Revision ID: a9f60d13e5c2
Revises: 24e8c7a9b350
Create Date: 2026-06-17 07:39:55+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "a9f60d13e5c2"
down_revision = "24e8c7a9b350"
branch_labels = None
depends_on = None


def upgrade() -> None:
    status = sa.Enum("pending", "complete", "failed", name="donation_status")
    status.create(op.get_bind())
    op.add_column("donations", sa.Column("status", status, server_default=sa.text("'pending'"), nullable=False))
    # What came before this column came whole.
    op.execute("UPDATE donations SET status = 'complete'")


def downgrade() -> None:
    op.drop_column("donations", "status")
    op.execute("DROP TYPE donation_status")
