"""The one loop that waits: it asks until there is an answer or the time is up, and never sleeps a fixed time."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.25


def wait_until(
    ask: Callable[[], Answer | None],
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Answer | None:
    """Return the first answer that is not None, or None after `seconds`; the pauses between grow from 20 to 250 ms."""
    end = clock() + seconds
    pause = FIRST_PAUSE
    while (answer := ask()) is None:
        if clock() >= end:
            return None
        sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return answer
