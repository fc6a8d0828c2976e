"""Hyper-parameters declared once, as fields of a frozen dataclass: bounds, help, metadata and command line follow."""

from __future__ import annotations

import math
import types
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import Field, asdict, dataclass, field, fields
from difflib import get_close_matches
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from wordvec.base.errors import OptionError, UnknownOptionError

T = TypeVar("T")
Own = TypeVar("Own", bound="Options")


# What peers call an option, and what it is here, the first that a class has.
_CALLED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("size", "dim", "dims", "dimension", "dimensions", "vector_dim", "vec_size", "emb_dim", "embedding_dim",
         "embedding_size", "num_features", "no_components", "n_components"), ("vector_size", "components")
    ),
    **dict.fromkeys(("iter", "iters", "iterations", "n_iter", "epoch", "num_epochs", "n_epochs", "niter"), ("epochs",)),
    **dict.fromkeys(("lr", "learning_rate", "start_alpha", "eta", "initial_lr"), ("alpha",)),
    **dict.fromkeys(("end_alpha", "min_lr", "min_learning_rate"), ("min_alpha",)),
    **dict.fromkeys(("ws", "window_size", "context_size", "context_window"), ("window",)),
    **dict.fromkeys(("neg", "negatives", "negative_samples", "num_negatives", "neg_samples"), ("negative",)),
    **dict.fromkeys(("subsample", "t", "threshold", "downsample"), ("sample",)),
    **dict.fromkeys(("threads", "thread", "n_jobs", "num_workers", "n_threads", "no_threads"), ("workers",)),
    **dict.fromkeys(("random_state", "random_seed", "rng"), ("seed",)),
    **dict.fromkeys(("min_freq", "mincount", "minCount", "min_word_count", "vocab_min"), ("min_count",)),
    **dict.fromkeys(("max_final_vocab", "max_vocab_size", "vocab_size"), ("max_vocab",)),
    **dict.fromkeys(("minn", "min_ngram"), ("min_n",)),
    **dict.fromkeys(("maxn", "max_ngram"), ("max_n",)),
    **dict.fromkeys(("wordNgrams", "wordngrams"), ("word_ngrams",)),
    **dict.fromkeys(("buckets", "num_buckets"), ("bucket",)),
    **dict.fromkeys(("lower", "lower_case"), ("lowercase",)),
    "xmax": ("x_max",),
    "label": ("label_prefix",),
    "minCountLabel": ("min_count_label",),
    **dict.fromkeys(("pretrainedVectors", "pretrained_vectors"), ("init",)),
    "weights": ("sample_weight",),
    "classes": ("label_names",),
}  # fmt: skip
# What peers have as an option, where the class has none that does it.
_INSTEAD = {
    "sg": "SkipGram is sg=1 and CBOW is sg=0: the class says it",
    "dm": "PVDM is dm=1 and PVDBOW is dm=0: the class says it",
    "hs": "hierarchical softmax is an option of SkipGram, CBOW and FastText",
    "cbow_mean": "CBOW takes the mean; cbow_grad of CBOW says what each word of the window gets",
    "compute_loss": "the losses of all epochs are in metadata['loss'] of the result",
    "corpus_file": "give the path to fit(path)",
    "model": "the class says which model it is; wordvec.train takes its name",
    **dict.fromkeys(("sentences", "corpus", "corpus_iterable", "documents", "texts", "data", "input"),
                    "give the corpus to fit(corpus)"),
    **dict.fromkeys(("sorted_vocab", "batch_words", "null_word", "hashfxn", "trim_rule", "comment", "verbose"),
                    "leave it out, nothing here needs it"),
}  # fmt: skip

_OF_FIT = ("init", "keep_context", "callbacks", "progress", "tokenizer", "cache")


def nearest_name(name: str, known: Sequence[str]) -> str:
    """What to write in place of an unknown name: ": did you mean ...?", or nothing where none is near.

    >>> nearest_name("vector_sizes", ["window", "vector_size"]), nearest_name("iter", ["epochs"])
    (': did you mean vector_size?', ': did you mean epochs?')
    """
    meant = meant_by(name, known)
    return f": did you mean {meant}?" if meant else ""


def meant_by(name: str, known: Sequence[str]) -> str | None:
    """The known name that an unknown one stands for elsewhere, else the nearest one; None where there is none."""
    called = [other for other in _CALLED.get(name, ()) if other in known]
    return next(iter(called or get_close_matches(name, known, 1)), None)


def unknown_option(name: str, of: str, known: Sequence[str]) -> UnknownOptionError:
    """The error for an option that there is not: what is near, else what does the same, and what there is."""
    instead = _INSTEAD.get(name, "")
    if name in _OF_FIT:  # of classes; where the options of fit are known as well, there is no such option in them
        instead = "" if "callbacks" in known else "give it to fit"
    near = f": {instead}." if instead else nearest_name(name, known)
    there = f"The options of {of} are {', '.join(known)}" if known else f"{of} has no options"
    return UnknownOptionError(f"{name} must be an option of {of}{near or '.'} {there}")


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
    def from_arguments(cls: type[Own], arguments: Namespace) -> Own:
        """The options as a command line gave them."""
        return cls(**{f.name: getattr(arguments, f.name) for f in fields(cls)})


class _DocWithOptions:
    """The `__doc__` of a class: its own text, then a list of options, those of the class where no others are named.

    The list is made when the docstring is read, so that importing costs nothing.
    """

    def __init__(self, text: str | None, of: type[Options] | None = None) -> None:
        self.text, self.of = text, of

    def __get__(self, instance: object, owner: type[Any]) -> str:
        text = cleandoc(self.text or owner.__name__)
        listed = "\n".join(_option_lines(self.of or owner))
        return f"{text}\n\nOptions:\n{listed}\n" if listed else text


def _option_lines(of: type[Options]) -> Iterator[str]:
    """Two lines for each option: name, type, default and bounds; then what it does."""
    hints = get_type_hints(of)
    for f in fields(of):
        kind, choices, optional = _kind(hints[f.name])
        names = [repr(choice) for choice in choices] if choices else [getattr(kind, "__name__", str(kind))]
        bounds = ", ".join(_bounds(f))
        yield f"    {f.name}: {' | '.join(names + ['None'] * optional)} = {f.default!r}" + f" ({bounds})" * bool(bounds)
        yield f"        {f.metadata.get('help', '')}"


def _bounds(f: Field[Any]) -> list[str]:
    """The bounds of an option, such as [">= 1", "<= 64"]."""
    signs = (("low", ">="), ("above", ">"), ("high", "<="))
    return [f"{sign} {f.metadata[name]}" for name, sign in signs if f.metadata.get(name) is not None]


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
    problem = OptionError(f"{f.name} must be {wanted} {' and '.join(_bounds(f))}".rstrip() + f"; got {value!r}")
    if hasattr(value, "item") and not getattr(value, "ndim", 0):  # a numpy scalar
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
