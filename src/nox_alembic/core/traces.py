"""Whether a program has reached a database, by what the server has counted there."""

from collections.abc import Mapping, Sequence

from nox_alembic.core.frozen import frozen


@frozen(kw_only=True)
class Counters:
    """What the server has counted in a database up to now.

    `sessions` are the logins, None before PostgreSQL 14. `transactions` are those that
    ended: a login is one, and whatever is done after it is another one. `rows` are
    those that were written. `active` is when a session that is still there was at work
    last, in seconds of the server's clock, 0 for none.
    """

    sessions: int | None = None
    transactions: int = 0
    rows: int = 0
    active: float = 0.0


def has_trace(before: Counters, after: Counters) -> bool:
    """Return whether somebody did more in between than log in, as a health check does.

    A seed whose rows are there already has asked for them, and that is a transaction. A
    session that was open all the time, such as that of a pool, is counted late, and
    known by when it was at work. Counters that were reset in between say nothing
    against it.
    """
    if after.transactions < before.transactions:
        return True
    logins = (after.sessions or 0) - (before.sessions or 0)
    done = after.transactions - before.transactions
    return done > logins or after.rows > before.rows or after.active > before.active


def without_trace(command: Sequence[str], place: str, variables: Mapping[str, str]) -> str:
    """Return the warning about a seed command that has left no trace in `place`.

    `variables` are those that could have led it there, without a password.
    """
    given = ", ".join(f"{name}={value}" for name, value in variables.items())
    return (
        f"the seed command `{' '.join(command)}` ended well, and has done nothing in {place}: it was given {given}."
        ' Let it connect by these, or give it what it reads by "alembic-variables"; `nox -s reset` runs it again'
    )
