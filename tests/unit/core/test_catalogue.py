"""What differs between two states of a database, in sentences."""

from dataclasses import replace

from nox_alembic.core.catalogue import Catalogue, Item, Values, compare, left_behind


def items(*found: Item) -> dict[tuple[str, str], Item]:
    return {(item.kind, item.name): item for item in found}


def catalogue(*found: Item) -> Catalogue:
    return Catalogue(items=items(*found))


def sentences(before: Catalogue, after: Catalogue) -> list[tuple[str, bool]]:
    return [(difference.sentence, difference.loses) for difference in compare(before, after)]


TABLE = Item("table", "donations")
STATUS = Item("column", "donations.status", {"type": "text", "default": "'new'", "not null": "yes"}, "donations")
INDEX = Item("index", "by_status", {"state": "valid", "definition": "CREATE INDEX ..."}, "donations")
IDS = Item("sequence", "ids", {"start": "1"}, "donations")


def filled(rows: int, values: Values, position: int | None) -> Catalogue:
    return Catalogue(
        items=items(TABLE, STATUS, IDS),
        rows={"donations": rows},
        values={"donations.status": values},
        positions={} if position is None else {"ids": position},
    )


def test_the_same_has_no_differences() -> None:
    same = filled(7, Values(7, "1"), 7)
    assert compare(same, same) == ()


def test_values_that_are_in_other_rows_are_a_loss_unless_the_columns_tell_it() -> None:
    before = replace(filled(7, Values(7, "1"), 7), records={"donations": "1"})
    after = replace(before, records={"donations": "2"})
    assert sentences(before, after) == [("table donations: values are in other rows", True)]
    other = replace(after, values={"donations.status": Values(7, "2")})
    assert sentences(before, other) == [("column donations.status: 7 values before, other ones after", True)]
    assert sentences(before, replace(after, rows={"donations": 6}))[0][0] == "table donations: 7 rows before, 6 after"


def test_objects_that_come_and_go() -> None:
    assert sentences(catalogue(TABLE, INDEX), catalogue(TABLE, STATUS)) == [
        ("column donations.status is new", False),
        ("index by_status is gone", True),
    ]


def test_a_table_that_is_gone_takes_the_rest_with_it_in_one_sentence() -> None:
    grant = Item("grant", "to public on column status of table donations", {"privileges": "SELECT"}, STATUS.name)
    assert sentences(catalogue(TABLE, STATUS, INDEX, grant), catalogue()) == [("table donations is gone", True)]
    full = Catalogue(items=items(TABLE), rows={"donations": 1})
    assert sentences(full, catalogue()) == [("table donations is gone, with 1 row", True)]


def test_a_column_that_is_gone_says_how_many_values_it_had() -> None:
    before = filled(7, Values(5, "1"), None)
    assert sentences(before, Catalogue(items=items(TABLE, IDS), rows={"donations": 7})) == [
        ("column donations.status is gone, with 5 values", True)
    ]


def test_properties_are_new_gone_or_others() -> None:
    after = Item("column", "donations.status", {"type": "varchar(9)", "collation": '"C"', "not null": "yes"})
    assert sentences(catalogue(TABLE, STATUS), catalogue(TABLE, after)) == [
        ('column donations.status: collation "C" is new', False),
        ("column donations.status: default 'new' is gone", True),
        ("column donations.status: type text before, varchar(9) after", False),
    ]


def test_a_property_without_a_value_is_named_alone() -> None:
    after = Item("column", "donations.status", {"type": "text", "default": "'new'"})
    assert sentences(catalogue(TABLE, STATUS), catalogue(TABLE, after)) == [
        ("column donations.status: not null is gone", True)
    ]


def test_what_is_long_is_not_shown() -> None:
    def view(text: str) -> Catalogue:
        return catalogue(Item("view", "open", {"definition": text} if text else {}))

    assert sentences(view("SELECT\n1"), view("SELECT\n2")) == [("view open: its definition is another one", False)]
    assert sentences(view("SELECT\n1"), view("")) == [("view open: definition is gone", True)]


def test_fewer_rows_are_a_loss_and_their_values_are_not_told_as_well() -> None:
    before, after = filled(7, Values(7, "1"), 7), filled(0, Values(0, "0"), None)
    assert sentences(before, after) == [("table donations: 7 rows before, 0 after", True)]
    assert sentences(after, before) == [("table donations: 0 rows before, 7 after", False)]


def test_values_that_are_gone_or_others_are_a_loss() -> None:
    """A column that was dropped and added again is as before, and empty."""
    before = filled(7, Values(5, "1"), 7)
    assert sentences(before, filled(7, Values(0, "0"), 7)) == [
        ("column donations.status: 5 values before, 0 after", True)
    ]
    assert sentences(before, filled(7, Values(5, "2"), 7)) == [
        ("column donations.status: 5 values before, other ones after", True)
    ]
    assert sentences(before, filled(7, Values(7, "2"), 7)) == [
        ("column donations.status: 5 values before, 7 after", False)
    ]


def test_a_sequence_that_starts_again_is_told_where_its_table_did_not() -> None:
    before, after = filled(7, Values(7, "1"), 7), filled(7, Values(7, "1"), None)
    assert sentences(before, after) == [("sequence ids: at 7 before, at its start after", False)]


PROVIDER = Item("type", "provider", {"labels": "card, bank"})


def behind(lower: Catalogue, upper: Catalogue, found: Catalogue) -> list[str]:
    return [difference.sentence for difference in left_behind(lower, upper, found)]


def test_a_type_that_the_downgrade_forgot_stays_behind() -> None:
    assert behind(catalogue(), catalogue(TABLE, PROVIDER), catalogue(PROVIDER)) == ["type provider stays behind"]


def test_what_somebody_made_by_hand_is_theirs() -> None:
    assert behind(catalogue(), catalogue(TABLE), catalogue(Item("table", "scratch"))) == []


def test_a_label_that_stays_is_told_with_all_of_them() -> None:
    less = Item("type", "provider", {"labels": "card"})
    assert behind(catalogue(less), catalogue(PROVIDER), catalogue(PROVIDER)) == [
        "type provider: labels still card, bank"
    ]


def test_what_the_upgrade_took_away_and_the_downgrade_did_not_bring_back() -> None:
    bare = Item("column", "donations.status", {"type": "text", "not null": "yes"}, "donations")
    assert behind(catalogue(TABLE, STATUS, INDEX), catalogue(TABLE, bare), catalogue(TABLE, bare)) == [
        "column donations.status: default 'new' does not come back",
        "index by_status does not come back",
    ]
