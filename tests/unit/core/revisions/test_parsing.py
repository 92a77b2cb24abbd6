"""What a revision file says of itself, by its text alone."""

import pytest

from nox_alembic.core.errors import FailedError
from nox_alembic.core.revisions.graph import Revision
from nox_alembic.core.revisions.parsing import NotLiteralError, parse


def test_all_that_alembic_writes_is_read() -> None:
    text = (
        '"""Join the branches\n\nRevision ID: m1\n"""\nfrom typing import Union\n'
        'revision: str = "m1"\ndown_revision: Union[str, None] = ("a1", "b2")\n'
        'branch_labels = ("mine",)\ndepends_on = "c3"\n\ndef upgrade():\n    revision = "not this"\n'
    )
    assert parse(text.encode(), "m1.py") == Revision(
        id="m1", down=("a1", "b2"), labels=("mine",), depends_on=("c3",), message="Join the branches", path="m1.py"
    )


@pytest.mark.parametrize("text", ["", "x = 1\n", 'revision = ""\n', "revision = None\n"])
def test_another_file_is_no_revision(text: str) -> None:
    assert parse(text.encode(), "x.py") is None


def test_a_computed_id_is_for_alembic_to_tell() -> None:
    with pytest.raises(NotLiteralError) as error:
        parse(b"revision = make_id(1)\n", "x.py")
    assert str(error.value) == "x.py: make_id(1) is not a literal"


def test_what_is_not_python_is_an_error_with_its_line() -> None:
    with pytest.raises(FailedError) as error:
        parse(b"revision = 'a1'\ndef (\n", "x.py")
    assert (error.value.id, error.value.hint) == ("NA407", "correct the revision file")
    assert error.value.message == "x.py is not valid Python: invalid syntax (x.py, line 2)"
