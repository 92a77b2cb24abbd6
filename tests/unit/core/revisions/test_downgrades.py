"""Whether a revision has a way back, by the text of its file."""

import pytest

from nox_alembic.core.revisions.downgrades import why_no_way_back

UPGRADE = 'def upgrade():\n    op.create_table("t")\n\n\n'
FORGOTTEN = "has a downgrade() that does nothing, and an upgrade() that does something"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no downgrade()"),
        ("def downgrade():\n    raise NotImplementedError", "has a downgrade() that raises NotImplementedError"),
        ('def downgrade():\n    raise alembic.Error("never")', "has a downgrade() that raises alembic.Error"),
        ('def downgrade():\n    "why"\n    x()\n    raise', "has a downgrade() that raises an error"),
        ("def downgrade() -> None:\n    pass", FORGOTTEN),
        ("def downgrade():\n    ...", FORGOTTEN),
        ('def downgrade():\n    """No way back."""', FORGOTTEN),
    ],
)
def test_what_is_no_way_back(text: str, why: str) -> None:
    assert why_no_way_back(UPGRADE + text) == why


@pytest.mark.parametrize(
    "text",
    [
        f'{UPGRADE}def downgrade():\n    op.drop_table("t")',
        f"{UPGRADE}def downgrade():\n    return  # nothing to take back: rows were only corrected",
        f"{UPGRADE}def downgrade():\n    if strange():\n        raise NotImplementedError\n    undo()",
        f"{UPGRADE}def downgrade():\n    return undo()\n    raise NotImplementedError",
        f"{UPGRADE}from shared import undo as downgrade",
        f"{UPGRADE}downgrade = make_downgrade()",
        'def upgrade():\n    """Join."""\n\n\ndef downgrade():\n    pass',
        "from shared import *",
        "def upgrade(:",
        "",
    ],
)
def test_what_is_one_or_may_be_one(text: str) -> None:
    assert why_no_way_back(text) == ""
    assert why_no_way_back(text.encode()) == ""
