"""A map between keyed vectors: pairs of words looked up, both sides normalised, a method fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np

from wordvec.align.lexicon.lexicon import as_lexicon, match
from wordvec.align.maps.map import Map
from wordvec.align.maps.method import Method
from wordvec.align.maps.methods import METHODS
from wordvec.align.maps.normalizing import Normalizer, limit_option, normalize_option
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError
from wordvec.base.options import Options, from_table, option
from wordvec.transforms import Transforms, joined
from wordvec.vectors import KeyedVectors

T = TypeVar("T", bound=Options)


@dataclass(frozen=True, kw_only=True)
class MapFitting(Options):
    """The options of `fit_map`."""

    normalize: str = normalize_option()
    case_insensitive: bool = option(True, "look words up as written, then in lower, Title and UPPER case")
    limit: int = limit_option()


def fit_map(
    source: KeyedVectors,
    target: KeyedVectors,
    pairs: Any,
    method: str | Method = "orthogonal",
    options: MapFitting | None = None,
    **values: Any,
) -> Map:
    """The map from source to target that a method fits to pairs of words; it includes the normalisation of both sides.

    `pairs` is a file of lines `word translation`, a `Lexicon`, or (word, translation) pairs. Each of the n translations
    of a word has weight 1/n. `method` is a name of `METHODS`, or a `Method`. The `options` are those of `MapFitting`;
    they may be given by name, next to the options of the method: `fit_map(de, en, pairs, "linear", ridge=1.0)`.

    `facts["coverage"]` says how many pairs were used. OptionError where no pair has a vector on both sides.

    >>> de = KeyedVectors(["hund", "katze", "haus"], [[0, 2], [1, 1], [-3, 0]])
    >>> en = KeyedVectors(["dog", "cat", "house"], [[1, 0], [1, 1], [0, -2]])
    >>> rotation = fit_map(de, en, [("Hund", "dog"), ("Haus", "house")], normalize="unit")
    >>> rotation.apply(de)["hund"].round(3).tolist()
    [1.0, 0.0]
    """
    check_vectors(source=source, target=target)
    chosen, with_method = options_and_method(MapFitting, options, method, values)
    matched = match(as_lexicon(pairs), source, target, chosen.case_insensitive)
    normalizer = Normalizer(chosen.normalize, chosen.limit)
    source_steps, source_rows = normalizer.fitted(source.vectors)
    target_steps, target_rows = normalizer.fitted(target.vectors)
    x, y = (
        np.asarray(vectors.vectors[rows], np.float32)
        for vectors, rows in ((source, matched.source), (target, matched.target))
    )
    x = x if source_steps is None else source_steps.apply(x)
    y = y if target_steps is None else target_steps.apply(y)
    fitted = with_method.fit(x, y, matched.weights, spaces=(source_rows, target_rows))
    facts = {"normalize": chosen.normalize, "limit": chosen.limit, "coverage": matched.coverage.to_dict()}
    return normalized(fitted, source_steps, target_steps, **facts)


def normalized(fitted: Map, source_steps: Transforms | None, target_steps: Transforms | None, **facts: Any) -> Map:
    """A map preceded by the normalisation of both sides, with more facts."""
    source = joined(source_steps, fitted.source)
    assert source is not None
    return Map(source, joined(target_steps, fitted.target), {**fitted.facts, **facts})


def options_and_method(
    of: type[T], options: T | None, method: str | Method, values: Mapping[str, Any]
) -> tuple[T, Method]:
    """The options of a function, and its alignment method, from the values that were given by name for both.

    OptionError for a value that neither has, or that both have.
    """
    own = [field.name for field in fields(of)]
    if isinstance(method, str) and method in METHODS:
        for field in fields(METHODS[method]):
            if field.name in own and field.name in values:
                raise OptionError(
                    f"{field.name} must be given as {of.__name__}({field.name}=...) or as "
                    f"{METHODS[method].__name__}({field.name}=...): both have this option"
                )
    chosen = of.of(options, {name: value for name, value in values.items() if name in own})
    others = {name: value for name, value in values.items() if name not in own}
    note = ", or a Method of wordvec.align"
    return chosen, from_table(Method, METHODS, method, others, "method", note, others=own)
