"""A map between vectors with words: pairs looked up, both sides normalised, a method fitted."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from wordvec.align.lexicon.lexicon import as_lexicon, match
from wordvec.align.maps.map import Map
from wordvec.align.maps.methods import CCA, Linear, Method, MultiStep, Orthogonal
from wordvec.align.maps.normalizing import Normalizer
from wordvec.align.maps.rcsls import RCSLS
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError
from wordvec.transforms import joined
from wordvec.vectors import KeyedVectors

METHODS: dict[str, type[Method]] = {method.name: method for method in (Orthogonal, Linear, CCA, RCSLS, MultiStep)}


def fit_map(
    source: KeyedVectors,
    target: KeyedVectors,
    pairs: Any,
    method: str | Method = "orthogonal",
    *,
    normalize: str = "unit,center,unit",
    case_insensitive: bool = True,
    limit: int = 200_000,
    **options: Any,
) -> Map:
    """The map from source to target that a method fits to pairs of words, with the normalisation of both sides in it.

    `pairs` is a file of lines `word translation`, a `Lexicon`, or (word, translation) pairs; words are looked up as
    written and, with `case_insensitive`, then in lower, Title and UPPER case. Of a word with n translations each pair
    weighs 1/n. `method` is a name of `METHODS`, with its `options`, or a `Method`. `normalize` is that of `Normalizer`,
    its means being those of the first `limit` rows, among which neighbours are sought, too.

    `facts` says how many pairs were used, in `coverage`. OptionError where no pair is known to both sides.

    >>> de = KeyedVectors(["hund", "katze", "haus"], [[0, 2], [1, 1], [-3, 0]])
    >>> en = KeyedVectors(["dog", "cat", "house"], [[1, 0], [1, 1], [0, -2]])
    >>> turned = fit_map(de, en, [("Hund", "dog"), ("Haus", "house")], normalize="unit")
    >>> turned.apply(de)["hund"].round(3).tolist()
    [1.0, 0.0]
    """
    check_vectors(source=source, target=target)
    chosen = as_method(method, options)
    found = match(as_lexicon(pairs), source, target, case_insensitive)
    normalizer = Normalizer(normalize, limit)
    before, source_rows = normalizer.fitted(source.vectors)
    before_target, target_rows = normalizer.fitted(target.vectors)
    x, y = (
        np.asarray(vectors.vectors[rows], np.float32)
        for vectors, rows in ((source, found.source), (target, found.target))
    )
    x, y = (x if before is None else before.apply(x)), (y if before_target is None else before_target.apply(y))
    fitted = chosen.fit(x, y, found.weights, spaces=(source_rows, target_rows))
    return normalized(
        fitted, before, before_target, normalize=normalize, limit=limit, coverage=found.coverage.to_dict()
    )


def normalized(fitted: Map, before: Any, before_target: Any, **facts: Any) -> Map:
    """A map with the normalisation of both sides before it."""
    source = joined(before, fitted.source)
    assert source is not None
    return Map(source, joined(before_target, fitted.target), {**fitted.facts, **facts})


def as_method(method: str | Method, options: dict[str, Any]) -> Method:
    """A method by its name and options, or itself; OptionError for what is neither."""
    if isinstance(method, Method):
        if options:
            raise OptionError(
                f"options must be given to the method, {type(method).__name__}(...); got {sorted(options)}"
            )
        return method
    kind = METHODS.get(method) if isinstance(method, str) else None
    if kind is None:
        raise OptionError(f"method must be one of {', '.join(METHODS)}, or a Method of wordvec.align; got {method!r}")
    known = [field.name for field in fields(kind)]
    if wrong := sorted(set(options) - set(known)):
        raise OptionError(f"{', '.join(wrong)} must be an option of {method}, which has {', '.join(known)}")
    return kind(**options)
