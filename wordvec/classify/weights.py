"""Weights of texts in training: by text, or by label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError, OptionError
from wordvec.classify.checks import texts_given
from wordvec.vocabulary import Vocabulary

T = TypeVar("T", bound=tuple[Any, ...])


def weighed(pairs: Iterable[T], weights: Any, out: list[float]) -> Iterator[T]:
    """The pairs (text, labels); `out` receives the weights of labelled texts. CorpusError where lengths differ."""
    nothing, rest, number = object(), iter(texts_given(weights, "sample_weight", OptionError)), -1
    for number, pair in enumerate(pairs):
        weight = next(rest, nothing)
        if weight is nothing:
            raise CorpusError(f"sample_weight must be as many as texts; there are {number}, and more texts")
        value = _checked(weight, f"sample_weight of text {number}")
        if pair[1]:
            out.append(value)
        yield pair
    if next(rest, nothing) is not nothing:
        raise CorpusError(f"sample_weight must be as many as texts; there are {number + 1} texts, and more weights")


def class_weights(given: Any, labels: Vocabulary, prefix: str) -> NDArray[np.float64]:
    """[L] the weight of each label: from a dict, else 1; "balanced": lines / (labels * lines with the label)."""
    assert labels.counts is not None
    counts = np.asarray(labels.counts, np.float64)
    if isinstance(given, str) and given == "balanced":
        balanced: NDArray[np.float64] = counts.sum() / (len(counts) * np.maximum(counts, 1))
        return balanced
    if not isinstance(given, Mapping):
        raise OptionError(f"class_weight must be 'balanced' or a dict from labels to weights; got {given!r:.60}")
    weights, names = np.ones(len(labels)), list(labels)
    for label, weight in given.items():
        name = str(label).removeprefix(prefix)
        if name not in labels:
            near = get_close_matches(name, names, 1)
            hint = f": did you mean {near[0]!r}?" if near else f"; there are {', '.join(map(repr, names[:5]))}"
            raise OptionError(f"class_weight must be of labels that the texts have; none has {name!r}{hint}")
        weights[labels.get(name)] = _checked(weight, f"class_weight of {name!r}")
    return weights


def _checked(value: Any, what: str) -> float:
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not isfinite(value) or value < 0:
        raise OptionError(f"{what} must be a number of at least 0; got {value!r:.40}")
    return float(value)
