"""How a size is named."""

STEP = 1000


def shown_size(count: int) -> str:
    """Return a number of bytes as people read it, such as "45.2 MB"."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < STEP:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= STEP
    return f"{size:.1f} TB"
