"""A command that a message names means the environment that was typed."""

import pytest

from nox_alembic.core.commands import with_environment


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("`nox -s dev` starts it, `ls` does not", "`nox -s dev -- --env test` starts it, `ls` does not"),
        ('`nox -s sql -- -c "SELECT 1"`', '`nox -s sql -- --env test -c "SELECT 1"`'),
        ("`nox -s snapshot -- save a`", "`nox -s snapshot -- save a --env test`"),
        ("`nox -s undo -- --env other`", "`nox -s undo -- --env other`"),
        ("run `nox -s lint-all`", "run `nox -s lint-all`"),
    ],
)
def test_the_environment_is_named_in_each_command(text: str, typed: str) -> None:
    assert with_environment(text, "test") == typed
    assert with_environment(text, "") == text
