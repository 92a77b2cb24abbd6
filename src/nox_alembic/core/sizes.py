"""Sizes in bytes as texts, and texts as sizes."""

import re

STEP = 1000
UNITS = ("B", "kB", "MB", "GB", "TB")
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(B|kB|MB|GB|TB)", re.IGNORECASE)


def shown_size(count: int) -> str:
    """Return a number of bytes as people read it, such as "45.2 MB"."""
    size = float(count)
    for unit in UNITS[:-1]:
        if size < STEP:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= STEP
    return f"{size:.1f} {UNITS[-1]}"


def parse_size(text: str) -> int:
    """Return the bytes of a text such as "2 GB"; raises ValueError."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no size")
    power = [unit.lower() for unit in UNITS].index(match[2].lower())
    return int(float(match[1]) * STEP**power)
