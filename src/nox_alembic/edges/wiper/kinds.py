"""The kinds of names in a folder that the wiper tells apart."""

import enum


class Kind(enum.Enum):
    """What a name in a folder is."""

    MISSING = "missing"
    FOLDER = "a folder"
    LINK = "a link"  # whatever leads elsewhere: a symbolic link, a junction, any other reparse point
    OTHER = "neither a folder nor a link"
