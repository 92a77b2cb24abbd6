"""What is not ours cannot steer a terminal, and nothing else about it changes."""

import unicodedata

import pytest

from nox_alembic.core.printable import printable

BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MARKS = {"\u061c", "\u200e", "\u200f"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Red \x1b[31mA\x1b[2K \x1b]0;TITLE\x07", r"Red \x1b[31mA\x1b[2K \x1b]0;TITLE\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202egnp.\u2066", r"\u202egnp.\u2066"),
        ("0 %\r99 %\x08", r"0 %\r99 %\x08"),
        ("one\r\ntwo\nthree\t3", "one\ntwo\nthree\t3"),
        ("Grüße, 你好, שלום, 👩\u200d💻 and \\x1b", "Grüße, 你好, שלום, 👩\u200d💻 and \\x1b"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


def test_it_is_all_that_unicode_has_of_the_kind() -> None:
    for number in range(0x110000):
        character = chr(number)
        steers = (
            unicodedata.category(character) in {"Cc", "Zl", "Zp"}
            or unicodedata.bidirectional(character) in BIDIRECTIONAL
            or character in MARKS
        )
        assert (printable(character) != character) == (steers and character not in "\t\n"), hex(number)
