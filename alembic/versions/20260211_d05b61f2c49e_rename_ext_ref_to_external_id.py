"""rename ext_ref to external_id

Revision ID: d05b61f2c49e
Revises: 7c3fe9015ab8
Create Date: 2026-02-11 09:44:20+00:00
"""

from alembic import op

revision = "d05b61f2c49e"
down_revision = "7c3fe9015ab8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("respondents", "ext_ref", new_column_name="external_id")
    op.execute(
        "ALTER TABLE respondents RENAME CONSTRAINT uq_respondents_project_id_ext_ref"
        " TO uq_respondents_project_id_external_id"
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE respondents RENAME CONSTRAINT uq_respondents_project_id_external_id"
        " TO uq_respondents_project_id_ext_ref"
    )
    op.alter_column("respondents", "external_id", new_column_name="ext_ref")
