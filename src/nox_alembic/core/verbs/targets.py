"""Which revision a word means, and how messages name it."""

from pathlib import PurePath

from nox_alembic.core.config import Config
from nox_alembic.core.errors import FindingError, UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.paths import from_root
from nox_alembic.core.revisions.team import CURE, told_heads


def target_of(facts: Facts, word: str) -> str:
    """Return `heads`, or the id that the word means.

    Two heads have no meaning for `head`: that is for people to decide.
    """
    if word in {"head", "heads"}:
        if len(facts.history.heads) > 1:
            raise FindingError("NA403", told_heads(facts.history, facts.team), hint=CURE)
        return "heads"
    return facts.history.resolve(word)


def downgrade_target(facts: Facts, word: str) -> str:
    """Return an id or `base` for `-N`, `base`, or a revision below the current one."""
    if word == "base":
        return word
    if word.startswith("-") and word[1:].isdigit():
        return _steps_back(facts, int(word[1:]))
    target = facts.history.resolve(word)
    if target not in facts.history.with_ancestors(facts.current or ()):
        message = f"the revision {facts.history.describe(target)} is not applied, so there is no way down to it"
        raise UsageError("NA409", message, hint=f"`nox -s migrate -- {target}` goes up to it")
    return target


def reapply_target(facts: Facts, word: str) -> str:
    """Return the revision that is meant, by default the current one.

    It must be applied (NA409).
    """
    places = facts.current or ()
    if not word and len(places) > 1:
        message = f"the database is at {' and '.join(map(facts.history.describe, places))}"
        raise UsageError("NA402", message, hint="name the revision to re-apply")
    key = facts.history.resolve(word) if word else places[0]
    if key not in facts.history.with_ancestors(places):
        message = f"the revision {facts.history.describe(key)} is not applied, so there is nothing to re-apply"
        raise UsageError("NA409", message, hint=f"`nox -s migrate -- {key}` applies it")
    return key


def _steps_back(facts: Facts, count: int) -> str:
    """Return the revision `count` below the current one.

    There is no single answer at a merge.
    """
    places = facts.current or ()
    for _ in range(count):
        if not places:
            break
        if len(places) > 1:
            message = f"-{count} is ambiguous: the database is at {' and '.join(map(facts.history.describe, places))}"
            raise UsageError("NA402", message, hint="name the revision to go back to")
        facts.history.refuse_unknown(places)
        places = facts.history.revisions[places[0]].down
    if len(places) > 1:
        message = f"-{count} is ambiguous below a merge: {' and '.join(map(facts.history.describe, places))}"
        raise UsageError("NA402", message, hint="name the revision to go back to")
    return places[0] if places else "base"


def shown(facts: Facts, target: str) -> str:
    """Return the target as messages name it."""
    return facts.history.describe(facts.history.heads[0]) if target == "heads" and facts.history.heads else target


def shown_current(facts: Facts) -> str:
    """Return where the database is, as messages name it."""
    return ", ".join(map(facts.history.describe, facts.current or ())) or "base"


def shown_path(config: Config, path: str | PurePath) -> str:
    """Return a path as messages name it.

    Below the project's folder, it starts from there.
    """
    return str(from_root(config.root, PurePath(path)))
