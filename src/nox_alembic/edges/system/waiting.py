"""The one loop that waits for an answer or for the end of the time.

It never sleeps a fixed time.
"""

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
    longest: float = LONGEST_PAUSE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Answer | None:
    """Return the first answer that is not None, or None after `seconds`.

    Pauses grow from 20 ms to the `longest`.
    """
    end = clock() + seconds
    pause = FIRST_PAUSE
    while (answer := ask()) is None:
        if clock() >= end:
            return None
        sleep(pause)
        pause = min(pause * 1.5, longest)
    return answer
