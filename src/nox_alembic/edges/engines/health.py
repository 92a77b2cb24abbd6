"""The backend seen from outside: whether it says that it is healthy."""

import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from nox_alembic.core.errors import FailedError
from nox_alembic.edges.system.waiting import wait_until

if TYPE_CHECKING:
    import urllib.request

ANSWER_SECONDS = 5
# It is asked often, which costs little, and less often whether it still runs, which
# costs an engine more.
LONGEST_PAUSE = 0.05
PROBE_SECONDS = 0.5


def is_healthy(url: str | None, engine_says: Callable[[], bool | None], is_alive: Callable[[], bool]) -> bool:
    """Return whether the backend is healthy.

    Its health address says so, else what the engine knows, else that it runs.
    """
    if url is not None:
        return _status(url) == 200
    known = engine_says()
    return is_alive() if known is None else known


def await_healthy(
    url: Callable[[], str | None],
    engine_says: Callable[[], bool | None],
    is_alive: Callable[[], bool],
    log_tail: Callable[[], str],
    seconds: float,
) -> None:
    """Wait until it is healthy.

    Raises FailedError when it ends meanwhile (NA501) or takes too long (NA502).
    """
    address, next_probe = url(), 0.0

    def ask() -> bool | None:
        nonlocal address, next_probe
        if is_healthy(address, engine_says, is_alive):
            return True
        if time.monotonic() < next_probe:
            return None
        address, next_probe = url(), time.monotonic() + PROBE_SECONDS
        if not is_alive():
            message = "the backend ended instead of becoming healthy"
            raise FailedError("NA501", message, hint="`nox -s logs` shows all of its log", detail=log_tail())
        return None

    if wait_until(ask, seconds, longest=LONGEST_PAUSE) is None:
        message = f"the backend was not healthy within {seconds} seconds{_last_answer(url())}"
        raise FailedError("NA502", message, hint="`nox -s logs` shows all of its log", detail=log_tail())


def _last_answer(url: str | None) -> str:
    if url is None:
        return ""
    status = _status(url)
    return f": {url} answers {status}" if status else f": {url} does not answer"


def _status(url: str) -> int:
    """Return the HTTP status, 0 when there is no answer."""
    import urllib.error  # noqa: PLC0415 - takes long, and most verbs ask no backend

    try:
        with _opener().open(url, timeout=ANSWER_SECONDS) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, ValueError):
        return 0


@functools.cache
def _opener() -> "urllib.request.OpenerDirector":
    import urllib.request  # noqa: PLC0415 - takes long, and most verbs ask no backend

    # The backend is on this machine: a proxy that the environment names must not be
    # asked for it.
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
