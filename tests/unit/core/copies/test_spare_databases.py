"""Which spare database a reset may copy, and whether the server is still as fresh data would have it."""

from dataclasses import replace

import pytest

from nox_alembic.core.copies.siblings import Mark, Sibling
from nox_alembic.core.copies.spare_databases import Cluster, SwapFacts
from nox_alembic.core.copies.spares import Needs
from tests.unit.core.make import chain

CLUSTER = Cluster(roles={"dds": "t t t"}, settings={"work_mem": "4096"})
FILES = {"a1": "1", "b2": "2", "c3": "3"}
HISTORY = chain("a1", "b2", "c3")
NEEDS = Needs(settings={"env.py": "1"}, files=FILES, seed="seed.py")
STANDING = SwapFacts(may_create=True, record=CLUSTER.record, cluster=CLUSTER, needs=NEEDS)


def spare(*revisions: str, seeded: bool = False, made: SwapFacts = STANDING) -> Sibling:
    digest = made.digest(HISTORY, revisions, seeded=seeded)
    mark = Mark(role="spare", of="app", environment="dev", verb="reset", at="", revisions=revisions, digest=digest,
                seeded=seeded)  # fmt: skip
    return Sibling("app__spare" if seeded else "app__base", mark)


@pytest.mark.parametrize(
    ("now", "difference"),
    [
        (CLUSTER, ""),
        (replace(CLUSTER, roles={"dds": "t t t", "report": "f"}), "has other roles than fresh data would have"),
        (replace(CLUSTER, roles={"dds": "t t f"}), "has other roles than fresh data would have"),
        (replace(CLUSTER, settings={}), "has other settings than fresh data would have"),
        (Cluster(), "has other roles and settings than fresh data would have"),
    ],
)
def test_a_server_is_compared_with_the_record_of_its_fresh_data(now: Cluster, difference: str) -> None:
    assert now.differs_from(CLUSTER.record) == difference


@pytest.mark.parametrize("record", ["", "x", "[]", "{}", '{"form":"0"}'])
def test_without_a_record_nothing_is_known_of_fresh_data(record: str) -> None:
    assert CLUSTER.differs_from(record) == "was not recorded when its data was fresh"


def test_a_server_whose_image_puts_more_into_a_database_is_not_the_one_to_make_one_in() -> None:
    record = replace(CLUSTER, plain=False).record
    assert (
        CLUSTER.differs_from(record) == "puts more into a new database than PostgreSQL does, as scripts of its image do"
    )


def test_a_record_has_no_setting_in_it_that_could_be_a_secret() -> None:
    assert "hunter2" not in Cluster(roles={"dds": "hunter2"}, settings={"x.password": "hunter2"}).record


def test_a_spare_database_is_used_while_everything_that_it_is_made_from_is_as_it_was() -> None:
    bare, seeded = spare("c3"), spare("c3", seeded=True)
    swap_facts = replace(STANDING, spares=(bare, seeded))
    assert swap_facts.spare(HISTORY, ["c3"], seeded=False) == bare
    assert swap_facts.spare(HISTORY, ["c3"], seeded=True) == seeded
    assert swap_facts.spare(HISTORY, ["b2"], seeded=False) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"files": {**FILES, "b2": "edited"}},
        {"files": {"a1": "1", "c3": "3"}},
        {"settings": {"env.py": "2"}},
    ],
)
def test_a_spare_database_of_other_files_is_not_used(changed: dict[str, object]) -> None:
    needs = replace(NEEDS, **changed)  # type: ignore[arg-type]
    swap_facts = replace(STANDING, spares=(spare("c3"), spare("c3", seeded=True)), needs=needs)
    assert swap_facts.spare(HISTORY, ["c3"], seeded=False) is None
    assert swap_facts.spare(HISTORY, ["c3"], seeded=True) is None
    assert swap_facts.prefix(HISTORY, ["c3"]) is None


def test_another_seed_leaves_the_spare_database_without_one() -> None:
    swap_facts = replace(STANDING, spares=(spare("c3"), spare("c3", seeded=True)), needs=replace(NEEDS, seed="2"))
    assert swap_facts.spare(HISTORY, ["c3"], seeded=False) is not None
    assert swap_facts.spare(HISTORY, ["c3"], seeded=True) is None


def test_a_longer_history_begins_with_the_spare_database_of_a_shorter_one_but_never_with_a_seeded_one() -> None:
    bare = spare("b2")
    assert replace(STANDING, spares=(bare,)).prefix(HISTORY, ["c3"]) == bare
    assert replace(STANDING, spares=(spare("b2", seeded=True),)).prefix(HISTORY, ["c3"]) is None
    assert replace(STANDING, spares=(spare("c3"),)).prefix(HISTORY, ["b2"]) is None
    other = replace(STANDING, needs=replace(NEEDS, files={**FILES, "b2": "as it was on another branch"}))
    assert replace(STANDING, spares=(spare("b2", made=other),)).prefix(HISTORY, ["c3"]) is None


def test_where_files_cannot_be_read_there_is_no_spare_database() -> None:
    swap_facts = replace(STANDING, spares=(spare("c3"),), needs=None)
    assert swap_facts.spare(HISTORY, ["c3"], seeded=False) is None
    assert swap_facts.prefix(HISTORY, ["c3"]) is None
    assert not swap_facts.knows_seed
