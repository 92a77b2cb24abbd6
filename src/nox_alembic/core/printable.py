"""Text from elsewhere, made harmless for a terminal.

It may be a revision's message, or a server's.
"""

import re

# What steers a terminal (C0 but for tab and newline, DEL, C1), and what reorders or
# breaks a line where nobody sees it: the bidirectional controls of Unicode (UAX #9, 2),
# and its line and paragraph separators.
_STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return the text with control and bidirectional characters as escapes.

    They are written as Python writes them.
    """
    return _STEERS.sub(lambda found: found[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n"))
