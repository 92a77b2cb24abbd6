"""What a revision changes that all databases of the server share."""

import pytest

from nox_alembic.core.effects.shared import Shared, shared_changes

ROLES = b"""
from alembic import op
APP = "app"


def upgrade():
    op.execute("CREATE ROLE " + APP)
    op.execute("CREATE ROLE app; GRANT ro TO app; CREATE TABLE t ()")


def downgrade():
    op.execute(f"DROP ROLE {APP}")
"""


def test_each_way_says_what_it_changes() -> None:
    assert shared_changes(ROLES) == Shared("creates the role app and changes the role app", "drops the role app")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'"""create user table"""\ndef upgrade():\n    op.create_table("user")\n',
        b'"""grant and revoke"""\ndef upgrade():\n    op.execute("GRANT SELECT ON t TO app")\n',
        b"DROP ROLE app",
        b"# DROP ROLE \xff\n",
    ],
)
def test_what_is_no_statement_or_changes_the_database_alone_is_nothing(content: bytes) -> None:
    assert shared_changes(content) == Shared()


def test_a_name_that_only_the_run_tells_is_left_out() -> None:
    assert shared_changes(b"def upgrade():\n    op.execute(f'CREATE TABLESPACE {name}')\n").by("upgrade") == (
        "creates a tablespace"
    )
