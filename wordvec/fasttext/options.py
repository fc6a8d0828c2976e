"""fastText's option names: defaults, checks, and their names in wordvec."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from enum import IntEnum
from typing import Any

from wordvec.base.errors import OptionError
from wordvec.base.threads import usable_cores
from wordvec.formats.io.fasttext_model import LOSSES, MODELS


class loss_name(IntEnum):
    """The losses, by fastText's numbers."""

    hs = 1
    ns = 2
    softmax = 3
    ova = 4


class model_name(IntEnum):
    """The models, by fastText's numbers."""

    cbow = 1
    skipgram = 2
    supervised = 3


@dataclass(frozen=True)
class Args:
    """The options of a model, by fastText's names, with the defaults of words; those of labels are in `SUPERVISED`."""

    model: model_name = model_name.skipgram
    lr: float = 0.05
    dim: int = 100
    ws: int = 5
    epoch: int = 5
    minCount: int = 5
    minCountLabel: int = 0
    minn: int = 3
    maxn: int = 6
    neg: int = 5
    wordNgrams: int = 1
    loss: loss_name = loss_name.ns
    bucket: int = 2_000_000
    thread: int = 0
    lrUpdateRate: int = 100
    t: float = 1e-4
    label: str = "__label__"
    verbose: int = 2
    pretrainedVectors: str = ""
    seed: int = 0


SUPERVISED: dict[str, Any] = {
    "model": "supervised",
    "lr": 0.1,
    "minCount": 1,
    "minn": 0,
    "maxn": 0,
    "loss": "softmax",
}
AUTOTUNE = (
    "autotuneValidationFile",
    "autotuneMetric",
    "autotunePredictions",
    "autotuneDuration",
    "autotuneModelSize",
)
NAMES = tuple(field.name for field in fields(Args))
_OF_LABELS = ("input", *(name for name in NAMES if name != "model"), *AUTOTUNE)
_OF_WORDS = ("input", *NAMES, *AUTOTUNE)
_ALIASES = {  # which fastText takes, too
    "min_count": "minCount",
    "word_ngrams": "wordNgrams",
    "lr_update_rate": "lrUpdateRate",
    "label_prefix": "label",
    "pretrained_vectors": "pretrainedVectors",
}
_OURS = {  # what is meant where our names are given
    "alpha": "lr",
    "vector_size": "dim",
    "window": "ws",
    "epochs": "epoch",
    "min_n": "minn",
    "max_n": "maxn",
    "negative": "neg",
    "workers": "thread",
    "threads": "thread",
    "sample": "t",
    "corpus": "input",
    "min_count_label": "minCountLabel",
}


def read_args(given: Sequence[Any], named: Mapping[str, Any], supervised: bool) -> tuple[str, Args]:
    """The path of the input and the options of a call of train_supervised or train_unsupervised.

    OptionError for a name that there is not, with the one that is meant; for one that is given twice; for a value that
    cannot be; and for autotuning.
    """
    order = _OF_LABELS if supervised else _OF_WORDS
    if len(given) > len(order):
        raise OptionError(f"there are {len(order)} arguments, {', '.join(order)}; got {len(given)}")
    told: dict[str, Any] = dict(zip(order, given))
    for alias, value in named.items():
        name = _ALIASES.get(alias, alias)
        if name not in order:
            near = [_OURS[name]] if name in _OURS else get_close_matches(name, order, 1)
            hint = f": did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"an argument must be one of {', '.join(order)}; got {alias!r}{hint}")
        if name in told:
            raise OptionError(f"{name} must be given once; got {told[name]!r} and {value!r}")
        told[name] = value
    if any(told.pop(name, None) for name in AUTOTUNE):
        raise OptionError(
            "there is no autotuning under fastText's names: leave out the arguments autotune..., and use "
            "wordvec.classify.autotune, whose classifier can be saved as name.bin or name.ftz"
        )
    return _path(told.pop("input", None)), _checked(told, supervised)


def _path(given: Any) -> str:
    if given is None or not isinstance(given, (str, os.PathLike)):
        raise OptionError(
            f"input must be the path of a file with a text on each line; got {type(given).__name__}: for lists use "
            "wordvec.FastText or wordvec.classify.TextClassifier"
        )
    return os.fspath(given)


def _checked(told: dict[str, Any], supervised: bool) -> Args:
    """The options with checked types; the trainers check bounds."""
    values = {**(SUPERVISED if supervised else {"model": "skipgram", "loss": "ns"}), **told}
    if "thread" not in told:
        values["thread"] = usable_cores()
    for name, names in (("model", model_name), ("loss", loss_name)):
        value = values[name]
        if isinstance(value, names):
            continue
        if not isinstance(value, str) or value not in names.__members__:
            raise OptionError(f"{name} must be one of {', '.join(names.__members__)}; got {value!r}")
        values[name] = names[value]
    if not supervised and (values["model"] == model_name.supervised or values["loss"] > loss_name.ns):
        raise OptionError(
            f"train_unsupervised must have the model skipgram or cbow, and the loss ns or hs; got "
            f"{values['model'].name} and {values['loss'].name}"
        )
    kinds = {"int": int, "float": (int, float), "str": (str, os.PathLike)}
    for field in fields(Args):
        value = values.get(field.name, field.default)
        kind = kinds.get(str(field.type))
        if hasattr(value, "item"):  # a numpy scalar
            value = value.item()
        if kind is not None and (isinstance(value, bool) or not isinstance(value, kind)):  # type: ignore[arg-type]
            raise OptionError(f"{field.name} must be a {field.type}; got {value!r}")
        values[field.name] = os.fspath(value) if isinstance(value, os.PathLike) else value
    args = Args(**values)
    if args.wordNgrams <= 1 and args.maxn == 0:
        args = replace(args, bucket=0)  # as fastText does: nothing is hashed
    return args


def args_of_file(told: Mapping[str, Any], label: str) -> Args:
    """The options of a file, and defaults for those that a file lacks, such as the learning rate."""
    model, loss = model_name[MODELS[told["model"]]], loss_name[LOSSES[told["loss"]]]
    return Args(
        model=model,
        lr=0.1 if model == model_name.supervised else 0.05,
        dim=told["dim"],
        ws=told["window"],
        epoch=told["epochs"],
        minCount=told["min_count"],
        minn=told["min_n"],
        maxn=told["max_n"],
        neg=told["negative"],
        wordNgrams=told["word_ngrams"],
        loss=loss,
        bucket=told["bucket"],
        thread=usable_cores(),
        lrUpdateRate=told["lr_update_rate"],
        t=told["sample"],
        label=label,
    )


def arguments_of(args: Args) -> dict[str, float]:
    """The options for a file."""
    return {
        "window": args.ws,
        "epochs": args.epoch,
        "min_count": args.minCount,
        "negative": args.neg,
        "word_ngrams": args.wordNgrams,
        "loss": int(args.loss),
        "model": int(args.model),
        "lr_update_rate": args.lrUpdateRate,
        "sample": args.t,
    }
