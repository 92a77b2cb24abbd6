"""The time of now, as it is written down: ISO 8601, UTC. All edges may use it."""

import datetime as dt


def now() -> str:
    """Return it to the second, as in "2026-11-26T03:14:15Z"."""
    return _now("seconds")


def now_exactly() -> str:
    """Return it to the millisecond, for names that must differ."""
    return _now("milliseconds")


def _now(precision: str) -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec=precision).replace("+00:00", "Z")
