"""The history seen from a database and from git: states, authors, decorations, and the fields of `history --json`."""

from dataclasses import replace

from nox_alembic.core.revisions.authors import Authors, Commit
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.timeline import Timeline

HISTORY = History.of(
    [
        Revision(id="a1", message="make users", path="/p/a1.py"),
        Revision(id="b2", down=("a1",), labels=("mine",), path="/p/b2.py"),
        Revision(id="b9", down=("a1",), depends_on=("b2",), path="/p/b9.py"),
    ]
)
ADDED = Authors({"/p/a1.py": Commit("c0ffee", "Anna", "2026-01-31T23:59:59+01:00")})
SEEN = Timeline(project="sample", history=HISTORY, current=("b2", "zz"), authors=ADDED)


def test_what_is_below_the_database_is_applied_and_the_rest_is_pending() -> None:
    assert [SEEN.state(key) for key in ("a1", "b2", "b9")] == ["applied", "applied", "pending"]
    assert SEEN.unknown == ("zz",)


def test_without_a_database_there_are_no_states() -> None:
    assert [replace(SEEN, current=None).state(key) for key in ("a1", "b2", "b9")] == [None, None, None]


def test_what_git_does_not_know_is_not_committed() -> None:
    assert (SEEN.author("a1"), SEEN.day("a1")) == ("Anna", "2026-01-31")
    assert (SEEN.author("b2"), SEEN.day("b2")) == ("not committed", "")


def test_nothing_is_claimed_where_git_does_not_tell_everything() -> None:
    limited = replace(SEEN, authors=replace(ADDED, limit="the clone is shallow"))
    assert (limited.author("a1"), limited.author("b2")) == ("Anna", "")
    assert replace(SEEN, authors=None).author("b2") == ""


def test_heads_the_database_labels_and_dependencies_decorate_a_revision() -> None:
    assert SEEN.decorations("a1") == ()
    assert SEEN.decorations("b2") == ("head", "database", "label mine")
    assert SEEN.decorations("b9") == ("head", "depends on b2")


def test_json_has_each_node_and_each_edge_newest_first() -> None:
    fields = SEEN.as_json()
    assert (fields["heads"], fields["current"], fields["unknown"]) == (["b2", "b9"], ["b2", "zz"], ["zz"])
    nodes = fields["nodes"]
    assert isinstance(nodes, list)
    assert [node["id"] for node in nodes] == ["b9", "b2", "a1"]
    assert nodes[-1] == {
        "id": "a1",
        "down": [],
        "depends_on": [],
        "labels": [],
        "message": "make users",
        "path": "/p/a1.py",
        "author": "Anna",
        "date": "2026-01-31T23:59:59+01:00",
        "state": "applied",
    }
    assert fields["edges"] == [
        {"child": "b9", "parent": "a1", "kind": "down"},
        {"child": "b9", "parent": "b2", "kind": "depends_on"},
        {"child": "b2", "parent": "a1", "kind": "down"},
    ]
