"""Tables of objects that are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TypeVar

T = TypeVar("T")


class Table(Mapping[str, T]):
    """A read-only mapping from names to objects; `places` says where each is: its module, a dot, and what it is called.

    A module that begins with a dot is one of the package. Only the module of an object that is asked for is imported.

    >>> levels = Table("wordvec.base", {"level": ".simd.simd_level", "root": "math.sqrt"})
    >>> list(levels), "other" in levels, levels["root"](9)
    (['level', 'root'], False, 3.0)
    """

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        self._package, self.places = package, dict(places)

    def __getitem__(self, name: str) -> T:
        """The object of a name, imported when it is asked for the first time."""
        module, _, called = self.places[name].rpartition(".")
        value: T = getattr(import_module(module, self._package), called)
        return value

    def __contains__(self, name: object) -> bool:
        """Whether there is such a name, for which nothing is imported."""
        return name in self.places

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of the table."""
        return iter(self.places)

    def __len__(self) -> int:
        """The number of names."""
        return len(self.places)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(self.places)}>"
