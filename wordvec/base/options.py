"""Hyper-parameters declared once, as fields of a frozen dataclass: bounds, help, metadata and command line follow."""

from __future__ import annotations

import math
import types
from argparse import ArgumentTypeError, BooleanOptionalAction, Namespace, _ActionsContainer
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from wordvec.base.errors import OptionError, UnknownOptionError
from wordvec.base.option_names import nearest_name, unknown_option

T = TypeVar("T")
Own = TypeVar("Own", bound="Options")


_BOOLEANS = {"yes": True, "true": True, "no": False, "false": False}


class ByName:
    """A dataclass of options that refuses one it does not have, by a name that is near, and more than it takes."""

    if not TYPE_CHECKING:  # type checkers and editors go by the dataclass's own __init__

        def __new__(cls, *values: Any, **options: Any) -> Any:
            """The object, still to be filled by the dataclass; UnknownOptionError, which is a TypeError as well."""
            _refuse_unknown(cls, values, options)
            return super().__new__(cls)


def _refuse_unknown(cls: type[Any], values: Sequence[Any], options: Mapping[str, Any]) -> None:
    """UnknownOptionError for a name that is no field of the class, and for too many values without a name."""
    own = [f for f in fields(cls) if f.init]
    known = [f.name for f in own]
    for name in options:
        if name not in known:
            raise unknown_option(name, cls.__name__, known)
    most = sum(not f.kw_only for f in own)
    if len(values) > most:
        takes = f"at most {most} without a name" if most else "all of them by name" if known else "none"
        such = f", such as {cls.__name__}({known[0]}=...)" if known else ""
        advice = ": give a corpus to fit(corpus)" if "window" in known else ""
        raise UnknownOptionError(
            f"options of {cls.__name__} must be given as it takes them, {takes}{such}; got {values[most]!r:.60}{advice}"
        )


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    above: float | None = None,
    high: float | None = None,
    below: float | None = None,
    resource: bool = False,
) -> Any:
    """A dataclass field that is a hyper-parameter; bounds are inclusive (`low`, `high`) or not (`above`, `below`).

    A `resource`, such as a number of threads, says how work is done and not what comes out.
    """
    metadata = {"help": help, "low": low, "above": above, "high": high, "below": below, "resource": resource}
    return field(default=default, metadata=metadata)


def workers_option(effect: str = "") -> Any:
    """The field `workers` of options that are `Threaded`; `effect` says what the number changes in the result."""
    text = "; ".join(filter(None, ("threads", effect, "default: all usable cores")))
    return option(None, text, low=1, high=1024, resource=True)


def with_default(of: type[Options], name: str, default: Any) -> Any:
    """The field of a class once more, for a class that is made of it and has another default."""
    (same,) = (f for f in fields(of) if f.name == name)
    return field(default=default, metadata=same.metadata)


def takes_options(of: type[Options]) -> Callable[[type[T]], type[T]]:
    """A decorator of a class whose constructor takes the options of another class by name: its docstring lists them."""

    def with_list(cls: type[T]) -> type[T]:
        cls.__doc__ = _DocWithOptions(cls.__doc__, of)  # type: ignore[assignment]
        return cls

    return with_list


@dataclass(frozen=True, kw_only=True)
class Options(ByName):
    """A set of hyper-parameters that checks itself, turns into metadata, and reads itself from a command line.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Size(Options):
    ...     window: int = option(5, "words of context on either side", low=1)
    >>> Size(window=0)
    Traceback (most recent call last):
        ...
    wordvec.base.errors.OptionError: window must be an integer >= 1; got 0
    """

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.__doc__ = _DocWithOptions(cls.__dict__.get("__doc__"))  # type: ignore[assignment]

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for f in fields(self):
            object.__setattr__(self, f.name, _checked(f, hints[f.name], getattr(self, f.name)))

    @classmethod
    def of(cls: type[Own], options: Own | None, values: Mapping[str, Any]) -> Own:
        """The options that a function was given, or the defaults, with some values replaced."""
        if options is not None and not isinstance(options, cls):
            raise OptionError(f"options must be {cls.__name__}(...), or given by name; got {options!r:.80}")
        return replace(options, **values) if options is not None else cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """All options by name, ready for JSON; `type(self)(**self.to_dict())` rebuilds the object."""
        return {f.name: _listed(getattr(self, f.name)) for f in fields(self)}

    def recorded(self) -> dict[str, Any]:
        """The options that a result depends on, by name: all but resources."""
        return {f.name: _listed(getattr(self, f.name)) for f in fields(self) if not f.metadata["resource"]}

    @classmethod
    def add_arguments(cls, parser: _ActionsContainer, without: Collection[str] = ()) -> None:
        """Add one flag for every option (`min_count` becomes `--min-count`) to a parser, or to a group of one."""
        hints = get_type_hints(cls)
        for f in fields(cls):
            if f.name not in without:
                add_flag(parser, f, hints[f.name], f.default, help_with_default(f))

    @classmethod
    def check_value(cls, name: str, value: Any) -> Any:
        """A value as the type of an option; OptionError for an unknown option, and for a value that it cannot have."""
        f, hint = cls._named(name)
        return _checked(f, hint, value)

    @classmethod
    def read(cls, name: str, text: str) -> Any:
        """The value of an option that a text says, as on the command line: numbers, names, `yes`, `no`, `none`.

        >>> from wordvec import SkipGram
        >>> SkipGram.read("window", "5"), SkipGram.read("hs", "yes"), SkipGram.read("max_vocab", "none")
        (5, True, None)
        """
        f, hint = cls._named(name)
        kind = _kind(hint)
        if text == "none" and kind.optional:
            return None
        if kind.type is bool and text in _BOOLEANS:
            return _BOOLEANS[text]
        try:
            return cls.check_value(name, text if kind.type is bool else _parser(f, kind)(text))
        except ArgumentTypeError as error:
            raise OptionError(f"{name} {error}") from None

    @classmethod
    def _named(cls, name: str) -> tuple[Field[Any], Any]:
        """(the option of a name, its type); OptionError where there is none."""
        named = {f.name: f for f in fields(cls)}
        if name not in named:
            raise unknown_option(name, cls.__name__, list(named))
        return named[name], get_type_hints(cls)[name]

    @classmethod
    def from_arguments(cls: type[Own], arguments: Namespace, **values: Any) -> Own:
        """The options as a command line gave them; `values` are of options that have no flag."""
        hints = get_type_hints(cls)
        flags = {f.name: f for f in fields(cls) if f.name not in values and hasattr(arguments, f.name)}
        return cls(**values, **{name: flag_value(f, hints[name], arguments) for name, f in flags.items()})


def help_with_default(f: Field[Any]) -> str:
    """The help of an option, with its default if that is not None."""
    if f.default is None:
        return str(f.metadata["help"])
    default = ("no", "yes")[f.default] if isinstance(f.default, bool) else _listed(f.default)
    shown = " ".join(map(str, default)) or "none" if isinstance(default, list) else default
    return f"{f.metadata['help']} (default: {shown})"


def add_flag(parser: _ActionsContainer, f: Field[Any], hint: Any, default: Any, help: str) -> None:
    """Add the flag of one option; if the option may be None and has another default, the flag takes `none`."""
    kind, flag, help = _kind(hint), "--" + f.name.replace("_", "-"), help.replace("%", "%%")
    if kind.type is bool:
        parser.add_argument(flag, default=default, action=BooleanOptionalAction).help = help  # 3.12 would add a default
        return
    if _takes_none(f, kind):
        kind = kind._replace(names=(*kind.names, "none"))
    nargs: Any = None if kind.size is None else kind.size or "+"
    choices = kind.names if kind.type is str and kind.names else None
    metavar = None if choices else {int: "N", float: "X"}.get(kind.type)
    if kind.names and not choices:
        metavar = "|".join((metavar or f.name.upper(), *kind.names))
    parser.add_argument(
        flag, default=default, help=help, type=_parser(f, kind), choices=choices, nargs=nargs, metavar=metavar
    )


def flag_value(f: Field[Any], hint: Any, arguments: Namespace) -> Any:
    """The value of the flag that `add_flag` added."""
    value = getattr(arguments, f.name)
    return None if value == "none" and _takes_none(f, _kind(hint)) else value


def _takes_none(f: Field[Any], kind: _Kind) -> bool:
    return kind.optional and f.default is not None


def _listed(value: Any) -> Any:
    """A tuple as a list, which is how JSON gives it back."""
    return list(value) if isinstance(value, tuple) else value


def from_table(
    of: type[Own],
    table: Mapping[str, type[Own]],
    choice: str | Own,
    values: Mapping[str, Any],
    what: str,
    note: str = "",
    others: Sequence[str] = (),
) -> Own:
    """An object of a class in a table, made by its name and options; an object is returned as it is.

    OptionError for an unknown name or option, and for options beside an object. `what` is the argument that the choice
    is given as, `note` ends the list of names, and `others` are options that the caller takes beside those.

    >>> from wordvec.align import METHODS, Method
    >>> from_table(Method, METHODS, "linear", {"ridge": 3}, "method")
    Linear(ridge=3.0)
    """
    if isinstance(choice, of):
        if values:
            name = type(choice).__name__
            raise OptionError(f"options must be given to the {what}, {name}(...); got {sorted(values)}")
        return choice
    if not isinstance(choice, str) or choice not in table:
        raise OptionError(f"{what} must be one of {', '.join(table)}{note}; got {choice!r}")
    known = [f.name for f in fields(table[choice])]
    if wrong := sorted(set(values) - set(known)):
        near = nearest_name(wrong[0], [*known, *others])
        raise OptionError(f"{', '.join(wrong)} must be an option of {choice}, which has {', '.join(known)}{near}")
    return table[choice](**values)


class _DocWithOptions:
    """The `__doc__` of a class: its own text, then a list of options, those of the class where no others are named.

    The list is made when the docstring is read, so that importing costs nothing.
    """

    def __init__(self, text: str | None, of: type[Options] | None = None) -> None:
        self.text, self.of = text, of

    def __get__(self, instance: object, owner: type[Any]) -> str:
        text = cleandoc(self.text or owner.__name__)
        own = owner.__dict__
        if "__dataclass_fields__" in own and "__match_args__" not in own:
            return text  # `dataclass` asks whether there is a docstring, while it makes the class
        listed = "\n".join(_option_lines(self.of or owner))
        return f"{text}\n\nOptions:\n{listed}\n" if listed else text


def _option_lines(of: type[Options]) -> Iterator[str]:
    """Two lines for each option: name, type, default and bounds; then what it does."""
    hints = get_type_hints(of)
    for f in fields(of):
        kind = _kind(hints[f.name])
        names = [repr(name) for name in kind.names]
        if not names or kind.type is not str:
            names.insert(0, f"tuple of {kind.type.__name__}" if kind.size is not None else kind.type.__name__)
        bounds, names = ", ".join(_bounds(f)), names + ["None"] * kind.optional
        yield f"    {f.name}: {' | '.join(names)} = {f.default!r}" + f" ({bounds})" * bool(bounds)
        yield f"        {f.metadata.get('help', '')}"


def _bounds(f: Field[Any]) -> list[str]:
    """The bounds of an option, such as [">= 1", "<= 64"]."""
    signs = (("low", ">="), ("above", ">"), ("high", "<="), ("below", "<"))
    return [f"{sign} {f.metadata[name]}" for name, sign in signs if f.metadata.get(name) is not None]


class _Kind(NamedTuple):
    """The type hint of an option, taken apart."""

    type: type[Any]  # int, float, bool or str
    names: tuple[str, ...]  # of a Literal: all values of a str, or what may stand in the place of a number
    optional: bool  # None is allowed
    size: int | None  # of a tuple its length, 0 for any; None for a single value


def _kind(hint: Any) -> _Kind:
    """What a hint allows: `int`, `float | None`, `Literal["a", "b"]`, `float | Literal["auto"]`, `tuple[int, int]`."""
    hints = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    names = tuple(name for h in hints if get_origin(h) is Literal for name in get_args(h))
    (plain,) = [h for h in hints if h is not type(None) and get_origin(h) is not Literal] or [str]
    size = None
    if get_origin(plain) is tuple:
        plain, *others = get_args(plain)
        size = 0 if Ellipsis in others else 1 + len(others)
    return _Kind(plain, names, type(None) in hints, size)


def _parser(f: Field[Any], kind: _Kind) -> Callable[[str], Any]:
    """The function that makes a value of a word of the command line."""

    def parse(text: str) -> Any:
        try:
            return text if text in kind.names else kind.type(text)
        except ValueError:
            raise ArgumentTypeError(f"must be {_wanted(f, kind._replace(size=None))}; got {text!r}") from None

    return parse


def _checked(f: Field[Any], hint: Any, value: Any) -> Any:
    """The value of an option as its type; OptionError for another type, or a value out of bounds."""
    kind = _kind(hint)
    if (value is None and kind.optional) or (isinstance(value, str) and value in kind.names):
        return value
    if kind.names and kind.type is str:
        raise OptionError(f"{f.name} must be one of {', '.join(kind.names)}; got {value!r}")
    problem = OptionError(f"{f.name} must be {_wanted(f, kind)}; got {value!r}")
    if kind.size is None:
        return _single(f, kind.type, value, problem)
    values = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(values, (list, tuple)) or (kind.size and len(values) != kind.size):
        raise problem
    return tuple(_single(f, kind.type, item, problem) for item in values)


def _wanted(f: Field[Any], kind: _Kind) -> str:
    """What the value of an option must be, such as "an integer >= 1"."""
    if kind.size is None:
        wanted = {int: "an integer", float: "a number", bool: "true or false", str: "a string"}[kind.type]
    else:
        wanted = f"{kind.size or ''} {'integers' if kind.type is int else 'numbers'}".lstrip()
    return f"{wanted} {' and '.join(_bounds(f))}".rstrip() + "".join(f" or {name}" for name in kind.names)


def _single(f: Field[Any], kind: type[Any], value: Any, problem: OptionError) -> Any:
    """One value as its type, within the bounds of the option; else the problem is raised."""
    if hasattr(value, "item") and not getattr(value, "ndim", 0):  # a numpy scalar
        value = value.item()
    if isinstance(value, bool) != (kind is bool) or not isinstance(value, (int, float) if kind is float else kind):
        raise problem
    if kind is float:
        value = float(value)
        if not math.isfinite(value):
            raise problem
    low, above, high, below = (f.metadata.get(name) for name in ("low", "above", "high", "below"))
    if (low is not None and value < low) or (above is not None and value <= above):
        raise problem
    if (high is not None and value > high) or (below is not None and value >= below):
        raise problem
    return value
