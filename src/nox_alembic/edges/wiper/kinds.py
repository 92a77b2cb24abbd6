"""What a name in a folder can be, as far as the wiper cares."""

import enum


class FileKind(enum.Enum):
    """`LINK` is whatever leads elsewhere: a symbolic link, a junction, any other reparse point."""

    MISSING = "missing"
    FOLDER = "a folder"
    LINK = "a link"
    OTHER = "neither a folder nor a link"
