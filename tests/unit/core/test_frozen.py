"""What a frozen dataclass of ours can do is what one of the standard library's can."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import pytest

from nox_alembic.core.frozen import frozen


@frozen
class Point:
    x: int
    y: int = 0

    @cached_property
    def sum(self) -> int:
        return self.x + self.y


@frozen
class Other:
    x: int
    y: int = 0


@frozen(kw_only=True)
class Login:
    user: str
    password: str = field(default="", repr=False)
    ask: Callable[[], str] = field(default=str, repr=False, compare=False)
    groups: list[str] = field(default_factory=list)


def test_values_of_one_class_are_equal_by_their_fields() -> None:
    other: object = Other(1, 2)
    assert Point(1, 2) == Point(1, y=2)
    assert Point(1, 2) != Point(1, 3)
    assert Point(1, 2) != other
    assert len({Point(1, 2), Point(1, 2), Other(1, 2)}) == 2
    assert Login(user="a", ask=lambda: "b") == Login(user="a")
    assert hash(Point(1, 2)) == hash(Point(1, 2))


@pytest.mark.parametrize("name", ["x", "y", "sum", "z"])
def test_nothing_can_be_changed_added_or_taken_away(name: str) -> None:
    point: Any = Point(1, 2)
    with pytest.raises(FrozenInstanceError):
        setattr(point, name, 3)
    with pytest.raises(FrozenInstanceError):
        delattr(point, name)
    assert (point.x, point.y, point.sum) == (1, 2, 3)


def test_a_secret_is_not_in_the_text() -> None:
    assert repr(Login(user="dds", password="s3cret")) == "Login(user='dds', groups=[])"


def test_it_is_a_dataclass() -> None:
    assert replace(Point(1, 2), y=5) == Point(1, 5)
    assert asdict(Login(user="dds"))["groups"] == []
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
    with pytest.raises(TypeError):
        Login("dds")  # type: ignore[misc, call-arg, arg-type, unused-ignore]


def test_its_text_is_that_of_the_standard_librarys() -> None:
    @dataclass(frozen=True)
    class Point:
        x: int
        y: int = 0

    ours = frozen(type("Point", (), {"__annotations__": {"x": int, "y": int}, "y": 0, "__module__": __name__}))
    assert repr(ours(1)).rpartition(".")[2] == repr(Point(1)).rpartition(".")[2]
