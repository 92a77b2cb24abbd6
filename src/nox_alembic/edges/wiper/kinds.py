"""The kinds of names in a folder that the wiper tells apart."""

import enum


class FileKind(enum.Enum):
    """`LINK` is whatever leads elsewhere: a link, a junction, a reparse point."""

    MISSING = "missing"
    FOLDER = "a folder"
    LINK = "a link"  # whatever leads elsewhere: a symbolic link, a junction, any other reparse point
    OTHER = "neither a folder nor a link"
