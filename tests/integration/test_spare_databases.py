"""Spare databases that two runs make and copy at the same moment, in a real server."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from nox_alembic.core.copies.siblings import Mark, name_of
from nox_alembic.core.errors import FailedError
from nox_alembic.core.facts import DatabaseAddress
from nox_alembic.edges.postgres import dropping, siblings
from nox_alembic.run.acts.siblings import new_mark
from tests.integration.conftest import execute

ROUNDS = 12


def mark(address: DatabaseAddress, role: str) -> Mark:
    return new_mark(address, role, "dev", "reset", ("t2",))  # type: ignore[arg-type]


def make(address: DatabaseAddress, *, apart: bool) -> None:
    """Make the spare as `spare` does (apart), or as `reset --fast` does, which copies it then."""
    role = "making" if apart else "new"
    for _ in range(ROUNDS):
        siblings.create(address, mark(address, role))
        siblings.keep_spare(address, mark(address, "spare"), apart=apart)
        siblings.create(address, mark(address, role), source=name_of(address.name, "spare"))


def test_a_reset_and_the_making_of_spares_do_not_hinder_each_other(address: DatabaseAddress) -> None:
    with ThreadPoolExecutor(2) as both:
        runs = [both.submit(make, address, apart=apart) for apart in (True, False)]
        for run in runs:
            run.result()
    names = {one.name for one in dropping.marked(address)}
    assert names == {name_of(address.name, role) for role in ("making", "new", "spare")}
    dropping.drop(address, names)


def test_a_spare_that_is_gone_for_good_is_told(address: DatabaseAddress) -> None:
    gone = name_of(address.name, "spare")
    with pytest.raises(FailedError) as error:
        siblings.create(address, mark(address, "new"), source=gone)
    assert error.value.id == "NA612"
    assert f'template database "{gone}" does not exist' in error.value.message
    left = execute(address, f"SELECT FROM pg_database WHERE datname = '{name_of(address.name, 'new')}'")
    assert left == []
