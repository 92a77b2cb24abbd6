"""Gate 1: what a target may look like, decided without the disk."""

import pytest

from nox_alembic.core.errors import RefusedError
from nox_alembic.edges.wiper import path_rules


@pytest.mark.parametrize(
    ("given", "meant"),
    [("volumes/db", "volumes/db"), ("./volumes/db/", "volumes/db"), ("/a/db///", "/a/db"), ("./db", "db")],
)
def test_a_clear_path_loses_its_trailing_separators(given: str, meant: str) -> None:
    assert path_rules.check(given) == meant


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("a\0b", "it contains a NUL character"),
        ("~/db", "it contains a '~' or a variable that nothing has expanded"),
        ("$HOME/db", "it contains a '~' or a variable that nothing has expanded"),
        ("%TEMP%\\db", "it contains a '~' or a variable that nothing has expanded"),
        ("volumes/*", "it contains a glob character"),
        ("\\\\server\\share", "it is a network path"),
        ("//server/share", "it is a network path"),
        ("C:db", "it is relative to a drive"),
        ("/", "it names the root of a file system or the folder itself"),
        (".", "it contains '.' or '..'"),
        ("./", "it contains '.' or '..'"),
        ("db/..", "it contains '.' or '..'"),
        ("db/../db", "it contains '.' or '..'"),
        ("a/./b", "it contains '.' or '..'"),
    ],
)
def test_a_path_that_could_mean_more_is_refused(given: str, reason: str) -> None:
    with pytest.raises(RefusedError) as error:
        path_rules.check(given)
    assert (error.value.id, error.value.message) == ("NA301", f"refused to wipe {path_rules.shown(given)}: {reason}")
    assert error.value.hint == (
        "write the path of the database's folder in full, or relative to the Compose file, such as ./volumes/db"
    )
