"""What to do where a server has room for too few locks.

A transaction takes one for each table that it uses.
"""

# The default is 64 for each of 100 connections. PostgreSQL names the setting in its
# hint, and not in its error.
SAID = ("out of shared memory", "max_locks_per_transaction")
ENOUGH = 4096
CURE = (
    "the server has room for too few locks:"
    f' `nox -s sql -- -c "ALTER SYSTEM SET max_locks_per_transaction = {ENOUGH}"`, then `nox -s down` and `nox -s dev`;'
    f" in a Compose file `command: postgres -c max_locks_per_transaction={ENOUGH}` lasts"
)


def cure_of_locks(said: str) -> str:
    """Return what gives it room, "" where PostgreSQL said something else."""
    return CURE if any(word in said for word in SAID) else ""
