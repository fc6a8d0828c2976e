"""Hyper-parameters declared once, as fields of a frozen dataclass: bounds, help, metadata and command line follow."""

from __future__ import annotations

import math
import types
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from wordvec.errors import OptionError

T = TypeVar("T", bound="Options")


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    above: float | None = None,
    high: float | None = None,
    resource: bool = False,
) -> Any:
    """A dataclass field that is a hyper-parameter; `low` and `high` are inclusive bounds, `above` an exclusive one.

    A `resource`, such as a number of threads, says how work is done and not what comes out.
    """
    metadata = {"help": help, "low": low, "above": above, "high": high, "resource": resource}
    return field(default=default, metadata=metadata)


def with_default(of: type[Options], name: str, default: Any) -> Any:
    """The field of a class once more, for a class that is made of it and has another default."""
    (same,) = (f for f in fields(of) if f.name == name)
    return field(default=default, metadata=same.metadata)


@dataclass(frozen=True, kw_only=True)
class Options:
    """A set of hyper-parameters that checks itself, turns into metadata, and reads itself from a command line.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Size(Options):
    ...     window: int = option(5, "words of context on either side", low=1)
    >>> Size(window=0)
    Traceback (most recent call last):
        ...
    wordvec.errors.OptionError: window must be an integer >= 1; got 0
    """

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for f in fields(self):
            object.__setattr__(self, f.name, _checked(f, hints[f.name], getattr(self, f.name)))

    def to_dict(self) -> dict[str, Any]:
        """All options by name, ready for JSON; `type(self)(**self.to_dict())` rebuilds the object."""
        return asdict(self)

    def recorded(self) -> dict[str, Any]:
        """The options that a result depends on, by name: all but resources."""
        return {f.name: getattr(self, f.name) for f in fields(self) if not f.metadata["resource"]}

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        """Add one flag for every option (`min_count` becomes `--min-count`), with its default and help."""
        hints = get_type_hints(cls)
        for f in fields(cls):
            kind, choices, _ = _kind(hints[f.name])
            flag, text = (
                "--" + f.name.replace("_", "-"),
                f.metadata["help"].replace("%", "%%") + " (default: %(default)s)",
            )
            if kind is bool:
                parser.add_argument(flag, default=f.default, help=text, action=BooleanOptionalAction)
            else:
                parser.add_argument(flag, default=f.default, help=text, type=kind, choices=choices)

    @classmethod
    def from_arguments(cls: type[T], arguments: Namespace) -> T:
        """The options as a command line gave them."""
        return cls(**{f.name: getattr(arguments, f.name) for f in fields(cls)})


def _kind(hint: Any) -> tuple[type, tuple[Any, ...] | None, bool]:
    """The plain type behind a hint, its choices if it is a Literal, and whether None is allowed."""
    optional = get_origin(hint) in (Union, types.UnionType)
    if optional:
        (hint,) = [a for a in get_args(hint) if a is not type(None)]
    if get_origin(hint) is Literal:
        return str, get_args(hint), optional
    return hint, None, optional


def _checked(f: Field[Any], hint: Any, value: Any) -> Any:
    kind, choices, optional = _kind(hint)
    if value is None and optional:
        return None
    if choices is not None:
        if value not in choices:
            raise OptionError(f"{f.name} must be one of {', '.join(choices)}; got {value!r}")
        return value
    low, above, high = f.metadata["low"], f.metadata["above"], f.metadata["high"]
    wanted = {int: "an integer", float: "a number", bool: "true or false", str: "a string"}[kind]
    bounds = [f"{sign} {bound}" for sign, bound in ((">=", low), (">", above), ("<=", high)) if bound is not None]
    problem = OptionError(f"{f.name} must be {wanted} {' and '.join(bounds)}".rstrip() + f"; got {value!r}")
    if hasattr(value, "item"):  # a numpy scalar
        value = value.item()
    if isinstance(value, bool) != (kind is bool) or not isinstance(value, (int, float) if kind is float else kind):
        raise problem
    if kind is float:
        value = float(value)  # type: ignore[arg-type]
        if not math.isfinite(value):
            raise problem
    if (
        (low is not None and value < low)
        or (above is not None and value <= above)
        or (high is not None and value > high)
    ):
        raise problem
    return value
