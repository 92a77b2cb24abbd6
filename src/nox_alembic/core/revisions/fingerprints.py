"""Which fingerprints still hold, and which are missing."""

from collections.abc import Iterable, Mapping

from nox_alembic.core.revisions.graph import History

Digests = Mapping[str, str]  # SHA-256 in hex by revision id


def holding(history: History, current: Iterable[str], fingerprints: Digests) -> dict[str, str]:
    """Return the fingerprints of applied revisions.

    At a revision without a file here, what is below it is not known: fingerprints
    without a file hold, too.
    """
    places = tuple(current)
    applied, blind = history.with_ancestors(places), bool(history.unknown(places))
    return {
        key: digest
        for key, digest in fingerprints.items()
        if key in applied or (blind and key not in history.revisions)
    }  # fmt: skip


def unfingerprinted(history: History, current: Iterable[str], fingerprints: Digests) -> tuple[str, ...]:
    """Return the applied revisions without a fingerprint, in order.

    Alembic itself applied them, or a run that was cut off.
    """
    missing = history.with_ancestors(current) - fingerprints.keys()
    return tuple(key for key in history.order if key in missing) if missing else ()
