"""Who agrees to what is destroyed, and every way in which nobody has."""

import sys
from dataclasses import replace

import click
import pytest

from nox_alembic.cli.options import Shared
from nox_alembic.cli.prompt import agree
from nox_alembic.core.consent import Content, Inventory
from nox_alembic.core.errors import RefusedError
from nox_alembic.core.steps import Plan
from nox_alembic.core.steps.lifecycle import Kill
from nox_alembic.core.steps.migration import Rehearse
from tests.unit.core.make import told

NOTHING_TYPED = Shared(
    project=None, env=None, engine=None, json=False, dry_run=False, plan=False, approve="", yes=False, verbose=False
)
SEEN = Inventory(databases=(Content(name="sample", tables=2, rows=3, uncounted=0, size=8_100_000, trace="t"),))
WIPE = Plan((Kill(),), destroys="the database in /project/volumes/db")


def probe() -> tuple[Inventory, str]:
    return SEEN, "0123456789ab"


def never() -> tuple[Inventory, str]:
    raise AssertionError("nobody is to see it")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)


def refusal(plan: Plan, approve: str = "", seen: tuple[Inventory, str] = (SEEN, "0123456789ab")) -> RefusedError:
    with pytest.raises(RefusedError) as error:
        agree(plan, replace(NOTHING_TYPED, approve=approve), lambda: seen)
    return error.value


def test_what_destroys_nothing_needs_no_consent() -> None:
    agree(Plan((Kill(),)), NOTHING_TYPED, never)


def test_yes_agrees_to_everything_without_a_look() -> None:
    agree(WIPE, replace(NOTHING_TYPED, yes=True), never)


def test_the_hash_of_what_would_go_agrees_to_it() -> None:
    agree(WIPE, replace(NOTHING_TYPED, approve="0123456789ab"), probe)


@pytest.mark.parametrize("yes", [False, True])
def test_another_hash_does_not_not_even_with_yes(yes: bool) -> None:
    with pytest.raises(RefusedError) as error:
        agree(WIPE, replace(NOTHING_TYPED, approve="ba9876543210", yes=yes), probe)
    assert told(error) == (
        "NA623",
        (
            "ba9876543210 does not approve of this: it has the hash 0123456789ab, and destroys the database in "
            "/project/volumes/db"
        ),
        "look at it with `--plan`; `--approve 0123456789ab` lets exactly that go",
    )
    assert error.value.detail == "database sample: about 3 rows in 2 tables, 8.1 MB\nsnapshots: none"


def test_a_hash_for_nothing_is_a_mistake() -> None:
    error = refusal(Plan((Kill(),)), approve="0123456789ab")
    assert str(error) == "NA624: there is nothing to approve with 0123456789ab: this destroys nothing"
    assert error.hint == "look at it with `--plan`, and repeat it without `--approve`"


def test_what_is_asked_for_later_cannot_be_approved_now() -> None:
    error = refusal(Plan((Rehearse("b2", ("c3",)),)), approve="0123456789ab")
    assert (str(error), error.hint) == (
        "NA626: 0123456789ab cannot be compared with what the rehearsal has yet to find out",
        "repeat it without `--approve`: it asks before anything is lost",
    )


def test_what_nobody_can_see_cannot_be_approved() -> None:
    error = refusal(WIPE, approve="0123456789ab", seen=(Inventory(), ""))
    assert str(error) == (
        "NA625: 0123456789ab cannot be compared with the database in /project/volumes/db: "
        "nothing shows whether it has changed"
    )
    assert error.hint == "`nox -s dev` starts the database, which then can be asked; or repeat it with `--yes`"


def test_without_a_terminal_nobody_is_asked() -> None:
    error = refusal(WIPE)
    assert str(error) == (
        "NA010: without a terminal nobody can be asked, and this destroys the database in /project/volumes/db"
    )
    assert error.hint == (
        "look at it with `--plan`, and repeat it with the `--approve HASH` that is shown there, or with `--yes`"
    )


@pytest.mark.usefixtures("terminal")
def test_on_a_terminal_the_question_says_what_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def confirm(text: str, *, err: bool) -> bool:
        asked.append((text, err))
        return len(asked) == 1

    monkeypatch.setattr(click, "confirm", confirm)
    agree(WIPE, NOTHING_TYPED, probe)
    error = refusal(WIPE)
    assert (str(error), error.hint) == (
        "NA011: not confirmed: nothing was changed",
        "answer y, or repeat it with `--yes`",
    )
    what = "the database in /project/volumes/db (database sample: about 3 rows in 2 tables, 8.1 MB)"
    assert asked == [(f"This destroys {what}. Go on?", True)] * 2


@pytest.mark.usefixtures("terminal")
def test_the_question_steers_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def confirm(text: str, *, err: bool) -> bool:
        asked.append(text)
        return err

    monkeypatch.setattr(click, "confirm", confirm)
    agree(replace(WIPE, destroys="the database \x1b[2J"), NOTHING_TYPED, probe)
    assert r"This destroys the database \x1b[2J (" in asked[0]
