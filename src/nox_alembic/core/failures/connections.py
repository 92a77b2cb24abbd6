"""The messages when env.py or a revision connects to another database."""

from collections.abc import Mapping
from typing import Any

from nox_alembic.core.errors import FailedError, NoxAlembicError, RefusedError

POSTGRESQL_ONLY = "only PostgreSQL is supported"
TAKE = "have env.py take `sqlalchemy.url` of its configuration, or DATABASE_URL where that is set"


def explained(found: Mapping[str, str]) -> tuple[str, str]:
    """Return the subject and the text of a message about such a connection.

    The connection was sent to its right place, or a revision has opened it. The message
    is shown once for a subject, whatever database Alembic runs on next.
    """
    if "meant" in found:
        return found["named"], f"env.py names {found['named']}; Alembic is run on {found['meant']}"
    sentence = f"{_who(found)} connects to {found['named']} by itself, which is left alone"
    return sentence, sentence


def refusal(found: Mapping[str, Any]) -> NoxAlembicError:
    """Return the error for what a worker has refused.

    Its `kind` is one of those of `worker.connections`.
    """
    meant, end = found["meant"], "what it ran before is kept" if found["has_run"] else "nothing was run"
    match found["kind"]:
        case "several":
            places = ", ".join(found["places"])
            message = f"env.py means several databases in one run ({places}), and the environment has one: {end}"
            hint = "have env.py connect to one of them alone, that of DATABASE_URL, where that is set"
            return RefusedError("NA471", message, hint=hint)
        case "revision":
            message = f"{_who(found)} connects to {found['place']} by itself, and could change what is there, while it "
            hint = (
                "let it connect only where a variable names that place, and leave the variable unset here; "
                "`nox -s migrate` runs it on the real database"
            )
            return RefusedError("NA472", f"{message}is only tried out on {meant}", hint=hint)
        case "offline":
            message = f"env.py connects to {found['place']}, where only SQL is asked for"
            hint = "have env.py connect nowhere where `context.is_offline_mode()` is true"
            return FailedError("NA473", message, hint=hint)
        case "dialect":
            message = f"env.py connects to {found['place']}: {POSTGRESQL_ONLY}; {end}"
            return RefusedError("NA478", message, hint=f"{TAKE}, and a PostgreSQL there")
        case "written":
            message = f"env.py takes {found['place']} from its configuration: {POSTGRESQL_ONLY}; {end}"
            hint = "give `sqlalchemy.url` a PostgreSQL URL, or set DATABASE_URL to one where the project has another"
            return RefusedError("NA478", message, hint=hint)
        case _:
            hint = f"{TAKE}: what a `creator` or a driver's own connect() opens cannot be sent to another place"
    message = f"env.py connects to {found['place']}, and not to {meant}, the database that is meant: {end}"
    return RefusedError("NA470", message, hint=hint)


def _who(found: Mapping[str, Any]) -> str:
    return f"the revision {found['revision']}" if found["revision"] else "a revision file"
