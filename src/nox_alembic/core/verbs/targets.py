"""Which revision a word means, and how messages name it."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from nox_alembic.core.config import Config
from nox_alembic.core.errors import FindingError, UsageError
from nox_alembic.core.facts import Facts
from nox_alembic.core.paths import from_root
from nox_alembic.core.revisions.team import CURE, told_heads
from nox_alembic.core.revisions.words import BASE, Words


def target_of(facts: Facts, word: str) -> str:
    """Return `heads`, or the id that the word means.

    Two heads have no meaning for `head`, unless each is of a branch with a label: that
    is for people to decide (NA403). No upgrade goes to `base` (NA409).
    """
    if word in {"head", "heads"}:
        if facts.history.is_forked:
            raise forked(facts)
        return "heads"
    target = words(facts).id(word)
    if target == BASE:
        message = f'"{word}" is base, and no upgrade goes there'
        raise UsageError("NA409", message, hint=f"`nox -s downgrade -- {word}` goes down to it")
    return target


def span_of(facts: Facts, word: str) -> tuple[str, str]:
    """Return from where to where an upgrade is printed; "" is base.

    The word is a target, for an upgrade of the database, or `REV:REV`.
    """
    first, is_range, last = word.rpartition(":")
    target = target_of(facts, last or "heads")
    if not is_range:
        return ",".join(facts.current or ()), target
    start = words(facts).id(first or BASE)
    return "" if start == BASE else start, target


def head_of_new(facts: Facts, word: str) -> str:
    """Return the head that a new revision follows, "" for the only one.

    Raises FindingError (NA403), and UsageError (NA402) where it has to be named.
    """
    target_of(facts, "heads")
    heads = facts.history.heads
    if not word and len(heads) < 2:
        return ""
    if not word:
        message = f"a new revision follows one of the heads: {' or '.join(map(facts.history.describe, heads))}"
        hint = f"name it by `--head`: {_which(facts, heads, 'head', 'its branch')}"
        raise UsageError("NA402", message, hint=hint)
    head = words(facts).id(word)
    if head not in heads:
        message = f"the revision {facts.history.describe(head)} is no head, so a new one after it would make a fork"
        raise UsageError("NA402", message, hint=f"the heads are: {', '.join(map(facts.history.describe, heads))}")
    return head


def words(facts: Facts) -> Words:
    """Return what looks words up, where the database is now."""
    return Words(facts.history, facts.current or (), forked(facts) if facts.history.is_forked else None)


def forked(facts: Facts) -> FindingError:
    """Return the error of several heads that are not meant to be (NA403)."""
    return FindingError("NA403", told_heads(facts.history, facts.team), hint=CURE)


def downgrade_target(facts: Facts, word: str) -> str:
    """Return what a downgrade goes to: an id, or `base`, maybe of one branch alone.

    The words are `-N`, `base`, or a revision below the current one, with a branch.
    """
    if word == BASE:
        return word
    if re.fullmatch(r"-\d+", word):
        return _steps_back(facts, int(word[1:]))
    known = words(facts)
    target = known.id(word)
    if "@" in word and word not in facts.history.revisions:
        tip = known.tip(word.rpartition("@")[0])
        if target == BASE or target in facts.history.with_ancestors([tip], down_only=True):
            return f"{tip}@{target}" if _has_branches(facts, target) else target
    if target == BASE:
        return target
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
        raise UsageError("NA402", message, hint=_which(facts, places, "head", "the revision to re-apply"))
    key = words(facts).id(word) if word else places[0]
    if key not in facts.history.with_ancestors(places):
        message = f"the revision {facts.history.describe(key)} is not applied, so there is nothing to re-apply"
        raise UsageError("NA409", message, hint=f"`nox -s migrate -- {key}` applies it")
    return key


def _has_branches(facts: Facts, place: str) -> bool:
    """Return whether several revisions stand on it."""
    every = facts.history.revisions.values()
    return sum(place in one.down if place != BASE else not one.down for one in every) > 1


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
            raise UsageError("NA402", message, hint=_which(facts, places, f"-{count}", "the revision to go back to"))
        facts.history.refuse_unknown(places)
        places = facts.history.revisions[places[0]].down
    if len(places) > 1:
        message = f"-{count} is ambiguous below a merge: {' and '.join(map(facts.history.describe, places))}"
        raise UsageError("NA402", message, hint="name the revision to go back to")
    return places[0] if places else "base"


def _which(facts: Facts, places: Sequence[str], place: str, what: str) -> str:
    """Return how to name one of several places: by its branch, where it has a label."""
    labels = dict.fromkeys(label for key in places for label in sorted(facts.history.labels.get(key, ())))
    return f"name {what}" + (f": {' or '.join(f'{label}@{place}' for label in labels)}" if labels else "")


def shown(facts: Facts, target: str) -> str:
    """Return the target as messages name it."""
    if target == "heads" and facts.history.heads:
        return ", ".join(map(facts.history.describe, facts.history.heads))
    return target


def shown_current(facts: Facts) -> str:
    """Return where the database is, as messages name it."""
    return ", ".join(map(facts.history.describe, facts.current or ())) or "base"


def shown_path(config: Config, path: str | PurePath) -> str:
    """Return a path as messages name it.

    Below the project's folder, it starts from there.
    """
    return str(from_root(config.root, PurePath(path)))
