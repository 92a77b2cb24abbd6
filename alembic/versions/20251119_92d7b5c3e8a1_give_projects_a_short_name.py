"""give projects a short name

Revision ID: 92d7b5c3e8a1
Revises: e16a0c84d7f3
Create Date: 2025-11-19 14:55:09+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "92d7b5c3e8a1"
down_revision = "e16a0c84d7f3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("short_name", sa.Text(), nullable=True))
    # From the name, with the id where two would be the same.
    op.execute(
        """
        UPDATE projects AS project SET short_name = made.short_name
        FROM (
            SELECT id, slug || CASE row_number() OVER (PARTITION BY slug ORDER BY id) WHEN 1 THEN '' ELSE '-' || id END
                AS short_name
            FROM (
                SELECT id, coalesce(nullif(trim(BOTH '-' FROM left(
                    regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g'), 30)), ''), 'project') AS slug
                FROM projects
            ) AS slugs
        ) AS made
        WHERE made.id = project.id
        """
    )
    op.alter_column("projects", "short_name", nullable=False)
    op.create_unique_constraint("uq_projects_short_name", "projects", ["short_name"])


def downgrade() -> None:
    op.drop_column("projects", "short_name")
