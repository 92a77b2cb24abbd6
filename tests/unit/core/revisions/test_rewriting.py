"""A revision file on top of another revision: nothing else changes, byte by byte."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nox_alembic.core.revisions.rewriting import NotRewritableError, rebased

FULL = '''\
"""make b1

Revision ID: b1
Revises: t1
Create Date: 2026-07-01
"""
# follows t1
revision: str = 'b1'
down_revision: str | None = "t1"  # was "t1"
'''


def test_the_literal_and_the_line_of_the_docstring_change() -> None:
    changed = FULL.replace('None = "t1"', 'None = "a1"').replace("Revises: t1", "Revises: a1")
    assert rebased(FULL.encode(), "a1") == changed.encode()


@pytest.mark.parametrize(
    ("source", "made"),
    [
        (b"down_revision = 't1'\n", b"down_revision = 'a1'\n"),
        (b"down_revision = u't1'", b"down_revision = u'a1'"),
        (b"down_revision = ('t1',)\n", b"down_revision = ('a1',)\n"),
        (b"down_revision = [\n  't1',  # below\n]\n", b"down_revision = [\n  'a1',  # below\n]\n"),
        (b"down_revision = ('t'\n '1')\n", b'down_revision = ("a1")\n'),
        (b"revision = 'b1'\ndown_revision = None\n", b"revision = 'b1'\ndown_revision = 'a1'\n"),
        (b"down_revision = None\n", b'down_revision = "a1"\n'),
        (b"x = 1; down_revision = 't1'; y = 2\n", b"x = 1; down_revision = 'a1'; y = 2\n"),
        (b'"""m\r\n\r\nRevises: t1\r\n"""\r\ndown_revision = "t1"\r\n',
         b'"""m\r\n\r\nRevises: a1\r\n"""\r\ndown_revision = "a1"\r\n'),
        (b'"""m\n\nRevises: \n"""\ndown_revision = None\n', b'"""m\n\nRevises: a1\n"""\ndown_revision = "a1"\n'),
        (b'"""m\n\nRevises: something else\n"""\ndown_revision = "t1"\n',
         b'"""m\n\nRevises: something else\n"""\ndown_revision = "a1"\n'),
        (b'x = 1\n"""\nRevises: t1\n"""\ndown_revision = "t1"',
         b'x = 1\n"""\nRevises: t1\n"""\ndown_revision = "a1"'),
        (b'\xef\xbb\xbfdown_revision = "t1"', b'\xef\xbb\xbfdown_revision = "a1"'),
        (b'# coding: latin-1\nx = "\xe9"; down_revision = "t1"  # \xe9\n',
         b'# coding: latin-1\nx = "\xe9"; down_revision = "a1"  # \xe9\n'),
        ('x = "€\x0c\x85"; down_revision = "t1"\r'.encode(), 'x = "€\x0c\x85"; down_revision = "a1"\r'.encode()),
    ],
)  # fmt: skip
def test_every_form_keeps_its_bytes(source: bytes, made: bytes) -> None:
    assert rebased(source, "a1") == made


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (b"revision = 'b1'\n", "it sets down_revision 0 times"),
        (b"down_revision = 't1'\ndown_revision = 't2'\n", "it sets down_revision 2 times"),
        (b"down_revision = BELOW\n", "down_revision is BELOW, which is not the literal of one revision"),
        (b"down_revision = ('t1', 't2')\n",
         "down_revision is ('t1', 't2'), which is not the literal of one revision"),
        (b"down_revision = f't1'\n", "down_revision is f't1', which is not the literal of one revision"),
        (b"down_revision = (\n", "it is not valid Python: '(' was never closed (<unknown>, line 1)"),
        (b"# coding: nonsense\n", "it cannot be read: unknown encoding: nonsense"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_says_why(source: bytes, why: str) -> None:
    with pytest.raises(NotRewritableError) as error:
        rebased(source, "a1")
    assert str(error.value) == why


@settings(deadline=None)
@given(
    before=st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    form=st.sampled_from(['"t1"', "'t1'", '("t1",)', '"""t1"""']),
)
def test_whatever_surrounds_the_literal_stays(before: str, end: str, form: str) -> None:
    source = f"x = {before!r} #{before}{end}down_revision = {form}{end}y = {before!r}{end}"
    made = rebased(source.encode(), "a1")
    assert made == source.replace(form, form.replace("t1", "a1")).encode()
    ast.parse(made)
