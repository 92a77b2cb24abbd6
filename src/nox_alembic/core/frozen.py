"""Frozen dataclasses that share one comparison, hash, text and refusal to change.

`dataclass(frozen=True)` compiles all of that anew for each class, which takes a
millisecond on a slow machine. A verb imports some 180 classes: that was a fifth of the
time before the tool does anything, and is now a third of that.
"""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform, overload

Class = TypeVar("Class", bound=type[Any])


@overload
def frozen(cls: Class, /) -> Class: ...
@overload
def frozen(*, kw_only: bool) -> Callable[[Class], Class]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: Class | None = None, /, *, kw_only: bool = False) -> Class | Callable[[Class], Class]:
    """Make a class a frozen dataclass; with `kw_only` its fields are given by name."""

    def make(cls: Class) -> Class:
        dataclass(repr=False, eq=False, kw_only=kw_only)(cls)
        cls.__compared__ = tuple(entry.name for entry in fields(cls) if entry.compare)
        for method in (_setattr, _delattr, _eq, _hash, _repr):
            setattr(cls, f"__{method.__name__.lstrip('_')}__", method)
        return cls

    return make if cls is None else make(cls)


def _setattr(self: Any, name: str, value: object) -> None:
    """Set each field once, from `__init__`."""
    if name in self.__dict__ or name not in self.__dataclass_fields__:
        raise FrozenInstanceError(f'"{name}" of a {type(self).__name__} cannot be changed')
    self.__dict__[name] = value


def _delattr(self: Any, name: str) -> None:
    raise FrozenInstanceError(f'"{name}" of a {type(self).__name__} cannot be taken away')


def _eq(self: Any, other: object) -> bool:
    same = self.__class__ is other.__class__
    return same and all(getattr(self, name) == getattr(other, name) for name in self.__compared__)


def _hash(self: Any) -> int:
    return hash(tuple(getattr(self, name) for name in self.__compared__))


def _repr(self: Any) -> str:
    shown = (f"{entry.name}={getattr(self, entry.name)!r}" for entry in fields(self) if entry.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"
