"""respondent limit must be positive

Revision ID: 24e8c7a9b350
Revises: d05b61f2c49e
Create Date: 2026-04-22 16:18:02+00:00
"""

from alembic import op

revision = "24e8c7a9b350"
down_revision = "d05b61f2c49e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE projects SET respondent_limit = NULL WHERE respondent_limit <= 0")
    op.create_check_constraint("respondent_limit_positive", "projects", "respondent_limit > 0")


def downgrade() -> None:
    op.drop_constraint("respondent_limit_positive", "projects", type_="check")
