"""Refinement: a map fitted again to the dictionary that it gives, a few times."""

from __future__ import annotations

from typing import Any

import numpy as np

from wordvec.align.lexicon.dictionary_induction import induced
from wordvec.align.maps.fitting import as_method, normalized
from wordvec.align.maps.map import Map
from wordvec.align.maps.methods import Method
from wordvec.align.maps.normalizing import Normalizer
from wordvec.base.errors import OptionError
from wordvec.search.matching import mutual
from wordvec.vectors import KeyedVectors


def refine(
    source: KeyedVectors,
    target: KeyedVectors,
    start: Map,
    method: str | Method = "orthogonal",
    *,
    rounds: int = 5,
    ranks: int = 15_000,
    both_ways: bool = True,
    k: int = 10,
    workers: int | None = None,
    **options: Any,
) -> Map:
    """A map fitted again, `rounds` times, to its own translations by CSLS (Conneau et al. 2018, section 2.2).

    Pairs are those of the first `ranks` words of both sides that are the best of each other or, with
    `both_ways=False`, the best translations of source words. The normalisation is that of the map that it starts from.
    `facts["refinement"]` says how many pairs each round had. OptionError where no pair is left, as under a map that
    does not translate.
    """
    for name, value in (("rounds", rounds), ("ranks", ranks), ("k", k)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise OptionError(f"{name} must be an integer >= 1; got {value!r}")
    chosen = as_method(method, options)
    normalizer = Normalizer(start.facts.get("normalize", "none"), start.facts.get("limit", 200_000))
    (before, x), (before_target, y) = normalizer.fitted(source.vectors), normalizer.fitted(target.vectors)
    current, pairs = start, list[int]()
    left, right = start.transform(source.vectors[:ranks]), start.transform_target(target.vectors[:ranks])
    for _ in range(rounds):
        found = induced(left, right, k, workers=workers)
        rows, others = mutual(found.forward, found.backward) if both_ways else found.one_way()
        if not len(rows):
            raise OptionError("the map must translate some words to be refined; none of its pairs is mutual")
        fitted = chosen.fit(x[rows], y[others], spaces=(x, y))
        pairs.append(len(rows))
        left, right = fitted.transform(x[:ranks]), fitted.transform_target(y[:ranks])
        current = normalized(fitted, before, before_target)
    current.facts |= {name: value for name, value in start.facts.items() if name not in current.facts}
    current.facts["refinement"] = pairs
    return current
