"""What a program printed, as errors show it: the first and last lines, shortened."""

FIRST, LAST = 20, 30  # lines
WIDTH = 500  # characters


def excerpt(text: str) -> str:
    """Return the first and the last lines of a text, each cut where it is long."""
    lines = [shortened(line, WIDTH) for line in text.strip("\n").splitlines()]
    left_out = len(lines) - FIRST - LAST
    if left_out > 1:
        lines = [*lines[:FIRST], f"... {left_out:,} more lines ...", *lines[-LAST:]]
    return "\n".join(lines)


def shortened(line: str, width: int) -> str:
    """Return the beginning and the end of a line that is longer than that.

    The beginning says more.
    """
    if len(line) <= width:
        return line
    first, last = width * 3 // 4, width // 4
    return f"{line[:first]} ... {len(line) - first - last:,} more characters ... {line[-last:]}"
